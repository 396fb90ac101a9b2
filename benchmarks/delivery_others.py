"""What people would use instead, to see the ratios of `benchmarks/delivery.py` in proportion.

python -m benchmarks.delivery_others PORT COUNT OCTETS     the loop with smtplib
"""

from __future__ import annotations

import shutil
import smtplib
import sqlite3
import subprocess
import sys
import tempfile
import time
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from benchmarks.delivery_peers import CONNECTIONS, ROOT, Missing, timed

_NODEMAILER = """
const [port, count, octets, connections] = process.argv.slice(1).map(Number);
const line = 'a line of a letter that is about as long as lines are, give or take\\n';
const html = line.repeat(Math.ceil(octets / line.length));
const transport = require('nodemailer').createTransport({
  host: '127.0.0.1', port, secure: false, ignoreTLS: true, pool: true, maxConnections: connections,
  maxMessages: Infinity,
});
(async () => {
  let next = 0;
  const sender = async () => {
    while (next < count) {
      const number = next++;
      await transport.sendMail({
        from: 'letter@example.org', to: `reader${number}@example.org`, subject: 'A made-up week', html,
        textEncoding: 'quoted-printable',
      });
    }
  };
  await Promise.all(Array.from({ length: connections * 2 }, sender));
  transport.close();
})();
"""


def smtplib_loop(port: int, count: int, octets: int) -> float:
    """Seconds of the loop that the standard library invites to, in a process of its own."""
    return timed([sys.executable, "-m", "benchmarks.delivery_others", str(port), str(count), str(octets)]).seconds


def nodemailer(port: int, count: int, octets: int) -> float:
    """Seconds of nodemailer with a pool. Raises Missing where it is not installed (npm install nodemailer)."""
    node = shutil.which("node")
    if not node:
        raise Missing("Node is not installed")
    asked = subprocess.run([node, "-e", "require('nodemailer')"], cwd=ROOT, capture_output=True, check=False)
    if asked.returncode:
        raise Missing("nodemailer is not installed (npm install nodemailer, or NODE_PATH to where it is)")
    return timed([node, "-e", _NODEMAILER, str(port), str(count), str(octets), str(CONNECTIONS)]).seconds


def rsa_signature(count: int = 300) -> float:
    """Seconds of processor time that OpenSSL needs for one RSA-2048 signature."""
    key = rsa.generate_private_key(65537, 2048)
    began = time.process_time()
    for _ in range(count):
        key.sign(b"headers", padding.PKCS1v15(), hashes.SHA256())
    return (time.process_time() - began) / count


def main() -> None:
    port, count, octets = map(int, sys.argv[1:])
    line = "<p>A line of a letter that is about as long as lines are, give or take.</p>\n"
    with tempfile.TemporaryDirectory() as folder, smtplib.SMTP("127.0.0.1", port) as server:
        database = sqlite3.connect(Path(folder) / "sent.db")
        database.execute("CREATE TABLE sent (email TEXT PRIMARY KEY)")
        for number in range(count):
            message = EmailMessage()
            message["From"], message["To"] = "letter@example.org", f"reader{number}@example.org"
            message["Subject"], message["Date"], message["Message-ID"] = "A made-up week", formatdate(), make_msgid()
            message.set_content(line * (octets // len(line)), subtype="html", cte="quoted-printable")
            server.send_message(message)
            with database:
                database.execute("INSERT INTO sent VALUES (?)", [message["To"]])
        database.close()


if __name__ == "__main__":
    main()
