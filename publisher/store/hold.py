"""One process at a time: locks of the kernel or of the database's server, which end with their holder.

A lock may get lost while its holder lives: a server that was started again, a folder that was mounted anew. `keep`
notices, and takes it again or says who has it now.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import threading
import zlib
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from publisher.errors import Busy, DatabaseError
from publisher.store.engine import Place, told


class Hold(Protocol):
    """A lock that is held."""

    def keep(self) -> bool:
        """Make sure of the lock; True when it, or the database, had gone and is there again.

        Raises Busy when another process has it, DatabaseError while the database is away.
        """
        ...


class FileLock:
    """A lock on a file beside SQLite's own."""

    def __init__(self, path: Path, what: str) -> None:
        self._database, self._what = path, what
        self._path = path.with_name(f"{path.name}.{what}.lock")
        self._handle: int | None = None
        self._file: tuple[int, int] | None = None
        self._guard = threading.Lock()

    def take(self) -> None:
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise DatabaseError(f"{self._path} cannot be opened ({error.strerror}); allow it for this user") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            busy = Busy(_busy(self._what, os.pread(handle, 1000, 0)))
            os.close(handle)
            raise busy from None
        # What a dead holder left is only replaced: it is the lock that refuses, never the text.
        os.ftruncate(handle, 0)
        with suppress(OSError):
            os.pwrite(handle, json.dumps(_ourselves()).encode(), 0)
        self._handle, self._file = handle, _identity(self._database)

    def keep(self) -> bool:
        with self._guard:
            file = _identity(self._database)
            if file is None:
                self._file = None
                raise DatabaseError(f"the database {self._database} is not there; put it back, or end this process")
            has_changed = file != self._file
            self._file = file
            if self._handle is not None and _identity(self._path) != _identity_of(os.fstat(self._handle)):
                os.close(self._handle)
                self._handle = None
            if self._handle is None:
                self.take()
                has_changed = True
            return has_changed

    def let_go(self) -> None:
        if self._handle is not None:
            os.ftruncate(self._handle, 0)
            os.close(self._handle)
            self._handle = None


class ServerLock:
    """A lock on a connection of its own, whose name tells the holder; keepalives end it soon after a lost host."""

    def __init__(self, place: Place, engine: Engine, what: str) -> None:
        self._place, self._engine, self._what = place, engine, what
        self._connection: Connection | None = None
        self._driver: Any = None
        self._guard = threading.Lock()

    def take(self) -> None:
        with told(self._place, self._engine):
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            self._driver = connection.connection.dbapi_connection
            connection.detach()
            try:
                us = _ourselves()
                name = f"publisher {self._what}: process {us['pid']} on {us['host']}"[:63]
                connection.execute(_NAME_THE_HOLDER, {"name": name})
                lock = lock_number(self._what)
                if not connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": lock}).scalar():
                    raise Busy(_busy_server(self._what, connection.execute(_WHO_HOLDS, {"lock": lock}).all()))
            except BaseException:
                connection.close()
                raise
        self._connection = connection

    def keep(self) -> bool:
        with self._guard:
            if self._connection is not None:
                try:
                    self._connection.execute(text("SELECT 1"))
                    return False
                except DBAPIError:  # its server has gone, and the lock with it
                    self.let_go()
            self.take()
            return True

    def let_go(self) -> None:
        if self._connection is not None:
            with suppress(DBAPIError):
                # A server ends a closed connection when it comes to it: until then the next one would find us there.
                if not self._connection.invalidated:
                    self._connection.execute(text("SELECT pg_advisory_unlock_all()"))
            with suppress(DBAPIError):
                self._connection.close()
            # One that broke was thrown away by SQLAlchemy, and one that it does not pool is not closed by that.
            self._driver.close()
            self._connection = self._driver = None


_NAME_THE_HOLDER = text(
    "SELECT set_config('application_name', :name, false), set_config('tcp_keepalives_idle', '30', false),"
    " set_config('tcp_keepalives_interval', '10', false), set_config('tcp_keepalives_count', '3', false)"
)
_WHO_HOLDS = text(
    "SELECT activity.application_name, activity.backend_start FROM pg_locks"
    " JOIN pg_stat_activity AS activity USING (pid)"
    " WHERE locktype = 'advisory' AND granted AND objsubid = 1"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND classid = 0 AND objid = :lock"
)


def lock_number(what: str) -> int:
    return zlib.crc32(f"publisher {what}".encode())


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file stands there now; None where there is none, or none that we may look at."""
    try:
        return _identity_of(path.stat())
    except OSError:
        return None


def _identity_of(stat: os.stat_result) -> tuple[int, int]:
    return stat.st_dev, stat.st_ino


def _ourselves() -> dict[str, Any]:
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": datetime.now(UTC).isoformat(timespec="seconds")}


def _busy(what: str, written: bytes) -> str:
    try:
        holder = json.loads(written)
        who = f"process {holder['pid']} on {holder['host']} since {holder['since']}"
    except (ValueError, KeyError, TypeError):
        who = "another process"
    return f"{what} is already running on this database: {who}; wait until it ends, or end it and run this again"


def _busy_server(what: str, holders: Sequence[Any]) -> str:
    who = "another process"
    if holders and holders[0][0]:
        name, since = holders[0]
        who = f"{name.partition(': ')[2] or name} since {since.astimezone(UTC).isoformat(timespec='seconds')}"
    return f"{what} is already running on this database: {who}; wait until it ends, or end it and run this again"
