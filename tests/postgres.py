"""A PostgreSQL of the tests' own: a private cluster in a temporary folder, reached by its socket, gone at the end.

Each test process has its own, and each test a database of its own. PostgreSQL refuses to run as root, so where the
tests do, its server is another user. It lives in memory where there is room: a new database costs 0.1 s there, 1 s on a
disk.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

_MISSING = "PostgreSQL's server is not installed and the tests need it; install the Debian package `postgresql`"
_DEBIAN = Path("/usr/lib/postgresql")
_MEMORY = Path("/dev/shm")
_USER = "publisher"
_NEW_CLUSTER = ("-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")


class Postgres:
    """A running cluster. `url(name)` is a database's address for Publisher."""

    def __init__(self, folder: Path, binaries: Path, server: subprocess.Popen[bytes]) -> None:
        self.folder = folder
        self.binaries = binaries
        self.server = server
        self._numbers = itertools.count(1)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://{_USER}@/{name}?host={self.folder}"

    def create(self, template: str = "template0") -> str:
        """A new database, made from `template`; its name."""
        name = f"test_{next(self._numbers)}"
        self.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def drop(self, name: str) -> None:
        """Make room in memory again; on a disk it would cost 1.5 s, and all goes at the end anyway."""
        if self.folder.is_relative_to(_MEMORY):
            self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """While the block lasts nobody is answered, and no connection ends."""
        postmaster = self.server.pid
        backends = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        everybody = [postmaster, *map(int, backends)]
        for process in everybody:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in everybody:
                os.kill(process, signal.SIGCONT)

    def execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(host=str(self.folder), user=_USER, dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)


def binaries() -> Path:
    """The newest server there is. Raises AssertionError that names what to install."""
    versions = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    assert found, _MISSING
    return Path(found).resolve().parent


@contextmanager
def cluster() -> Iterator[Postgres]:
    """A cluster that lives as long as the block; its server does not outlive a killed test process either."""
    where = binaries()
    user = _other_user()
    folder = Path(tempfile.mkdtemp(prefix="publisher-postgres-", dir=_in_memory()))
    try:
        if user:
            os.chown(folder, user.pw_uid, user.pw_gid)
        made = subprocess.run(
            _as(user, where / "initdb", "-D", folder / "data", "-U", _USER, *_NEW_CLUSTER),
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                _as(user, where / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses="),
                cwd=folder,
                stdout=log,
                stderr=log,
            )
        try:
            _wait(folder, server)
            yield Postgres(folder, where, server)
        finally:
            server.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
            server.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _in_memory() -> Path | None:
    """Where a folder in memory may be made; None where there is not much of it."""
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > 2_000_000_000 else None


def _other_user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _as(user: pwd.struct_passwd | None, *command: str | Path) -> list[str | Path]:
    """The command as that user, and ended by the kernel where this process is killed before it can end it."""
    who = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"] if user else []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        assert user is None, "`setpriv` is not installed and the tests need it; install the Debian package `util-linux`"
        return [*command]
    return [setpriv, *who, "--pdeathsig", "INT", *command]


def _wait(folder: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert server.poll() is None, (folder / "log").read_text(errors="replace")
        try:
            psycopg.connect(host=str(folder), user=_USER, dbname="postgres").close()
            return
        except psycopg.OperationalError:
            time.sleep(0.02)
    raise AssertionError((folder / "log").read_text(errors="replace"))
