"""Real peers on 127.0.0.1, in processes of their own so that their word can be trusted."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True)
class Mailbox:
    """A server: its port, and a line "recipient message-id leave-link" for each letter that it accepted."""

    port: int
    log: Path

    def count(self) -> int:
        """How many letters the server has had so far, cheaply enough to ask all the time."""
        return self.log.read_bytes().count(b"\n") if self.log.exists() else 0

    def letters(self) -> list[tuple[str, str, str]]:
        """(recipient, Message-ID, leave link) of every letter the server had before it said 250; - for no link."""
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        return [(line.split(" ")[0], line.split(" ")[1], line.split(" ")[2]) for line in lines]


@contextmanager
def mailbox(folder: Path, *, delay: float = 0.0, port: int = 0) -> Iterator[Mailbox]:
    """A real SMTP server in its own process; `delay` is how many seconds it takes over each letter."""
    log, ready = folder / "accepted.log", folder / "smtp.port"
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", "tests.peers", str(log), str(ready), str(delay), str(port)]
    server = subprocess.Popen(command, cwd=Path(__file__).parents[1])
    try:
        deadline = time.monotonic() + 20
        while not ready.exists() or not ready.read_text():
            assert server.poll() is None and time.monotonic() < deadline, "the SMTP server did not start"
            time.sleep(0.02)
        yield Mailbox(int(ready.read_text()), log)
    finally:
        server.terminate()
        server.wait(10)


class _Log:
    """Accepts everything, and writes it down before it says so."""

    def __init__(self, log: Path, delay: float) -> None:
        self._file = log.open("a", encoding="utf-8", buffering=1)
        self._delay = delay

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        head = content.split(b"\r\n\r\n", 1)[0]
        message_id = re.search(rb"^Message-ID: (\S+)", head, re.MULTILINE | re.IGNORECASE)
        leave = re.search(rb"^List-Unsubscribe: <([^>]+)>", head, re.MULTILINE | re.IGNORECASE)
        if b"\r\nAuto-Submitted: auto-generated" in head:  # a notice to an editor, which nobody unsubscribes from
            return "250 2.0.0 accepted"
        assert message_id
        link = leave[1].decode() if leave else "-"  # notices have none
        self._file.write(f"{envelope.rcpt_tos[0]} {message_id[1].decode()} {link}\n")
        await asyncio.sleep(self._delay)
        return "250 2.0.0 accepted"


async def _serve(log: Path, ready: Path, delay: float, port: int) -> None:
    keeper = _Log(log, delay)
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(keeper, hostname="localhost", enable_SMTPUTF8=False), "127.0.0.1", port
    )
    ready.write_text(str(server.sockets[0].getsockname()[1]))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])))
