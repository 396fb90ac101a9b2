"""A real Postfix on 127.0.0.1, all of it in a temporary folder: it takes every letter and puts it into one Maildir.

Needs root, as Postfix's master does, and the Debian package `postfix` (`tools/packages.sh trial`); no service of the
machine is touched.
"""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.delivery_peers import free_port

_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.test
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
smtpd_forbid_unauth_pipelining = yes
smtpd_forbid_bare_newline = yes
virtual_mailbox_domains = example.org
virtual_mailbox_base = {folder}
virtual_mailbox_maps = static:mail/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 100
"""
# No service is in a chroot; those that talk to nobody but each other are private, as in Debian's own file.
_MASTER = """
127.0.0.1:{port} inet n - n - 100 smtpd
pickup   unix      n - n 60  1 pickup
cleanup  unix      n - n -   0 cleanup
qmgr     unix      n - n 300 1 qmgr
rewrite  unix      - - n -   - trivial-rewrite
bounce   unix      - - n -   0 bounce
defer    unix      - - n -   0 bounce
trace    unix      - - n -   0 bounce
proxymap unix      - - n -   - proxymap
virtual  unix      - n n -   - virtual
error    unix      - - n -   - error
retry    unix      - - n -   - error
anvil    unix      - - n -   1 anvil
postlog  unix-dgram n - n -  1 postlogd
"""


class Relay:
    """Postfix with a folder of its own. `mail` is where what it has delivered is, a file each."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.mail = folder / "mail" / "new"
        self._folder = folder
        self._read = self._taken = 0
        self._pid_file = folder / "queue" / "pid" / "master.pid"
        for name in ("config", "data", "mail"):
            (folder / name).mkdir()
        (folder / "queue").mkdir()
        shutil.chown(folder / "data", "postfix")
        shutil.chown(folder / "mail", 65534, 65534)
        (folder / "config" / "main.cf").write_text(_MAIN.format(folder=folder), encoding="ascii")
        (folder / "config" / "master.cf").write_text(_MASTER.format(port=self.port), encoding="ascii")

    def start(self) -> None:
        command = [_postfix("postfix"), "-c", str(self._folder / "config"), "start"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr + self.log()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Its master is told to stop, and tells the others; by SIGKILL all are gone at once, as in a crash."""
        if not self._pid_file.exists():
            return
        master = int(self._pid_file.read_text())
        with suppress(ProcessLookupError):
            os.kill(master, how)
            if how == signal.SIGKILL:
                os.killpg(master, how)
        self._pid_file.unlink(missing_ok=True)
        deadline = time.monotonic() + 30
        while Path(f"/proc/{master}").exists():
            assert time.monotonic() < deadline, "Postfix does not stop"
            time.sleep(0.01)

    def taken(self) -> int:
        """How many messages it has begun to take so far, by its log, of which only what is new is read."""
        with (self._folder / "log").open("rb") as log:
            log.seek(self._read)
            new = log.read()
        new = new[: new.rfind(b"\n") + 1]
        self._read += len(new)
        self._taken += new.count(b": message-id=<")
        return self._taken

    def settles(self, patience: float = 300) -> None:
        """Wait until its queue is empty: it promised to deliver what it took."""
        deadline = time.monotonic() + patience
        while any(self._taken_files()):
            assert time.monotonic() < deadline, f"Postfix still has letters in its queue\n{self.log()[-2000:]}"
            time.sleep(0.2)

    def log(self) -> str:
        return "".join(
            path.read_text(errors="replace") for path in (self._folder / "said", self._folder / "log") if path.exists()
        )

    def _taken_files(self) -> Iterator[Path]:
        """Its queue, without what was cut off in the middle: only a complete file may be "executed"."""
        for name in ("incoming", "active", "deferred"):
            for path in (self._folder / "queue" / name).rglob("*"):
                with suppress(FileNotFoundError):
                    if path.is_file() and path.stat().st_mode & stat.S_IXUSR:
                        yield path


@contextmanager
def relay() -> Iterator[Relay]:
    """A Postfix that is started, and gone at the end with all that it has."""
    assert os.geteuid() == 0, "Postfix's master runs as root only; run this trial as root"
    _postfix("postfix")
    # Its processes are other users, who must be able to come in.
    folder = Path(tempfile.mkdtemp(prefix="publisher-postfix-"))
    folder.chmod(0o755)
    one = Relay(folder)
    try:
        one.start()
        yield one
    finally:
        one.stop(signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


def _postfix(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert found, "Postfix is not installed and the trial needs it; install the Debian package `postfix`"
    return found
