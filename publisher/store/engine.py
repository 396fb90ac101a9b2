"""Where the database is, how a connection to it behaves, and what its failures mean in words.

SQLite: WAL, synchronous FULL, foreign keys, a minute of patience. PostgreSQL through psycopg: as long for a lock, and
commits that are durable even where the server's default is not.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    DisconnectionError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from publisher.errors import DatabaseError, WrongUse
from publisher.store.driver import Driver
from publisher.store.trouble import PATIENCE_MS, words

CONNECT_SECONDS = 10
WRITES = "publisher_writes"
# A server whose host has gone is given up after a minute, not after the hours that TCP would wait.
_PATIENCE = {
    "connect_timeout": CONNECT_SECONDS,
    "application_name": "publisher",
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": PATIENCE_MS,
}
_MISTAKES = (IntegrityError, ProgrammingError, NotSupportedError)


@dataclass(frozen=True, slots=True)
class Place:
    """One database. `path` is SQLite's file; `shown` names the database without its password."""

    url: URL
    path: Path | None
    shown: str


def place_of(url: str, root: Path) -> Place:
    """The database that `[database] url` means; a relative SQLite path is taken from `root`. Raises DatabaseError."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # The cause is not shown: it repeats the URL, which may hold a password.
        raise DatabaseError(f"[database] url cannot be read; write {_EXAMPLES}") from None
    match parsed.drivername:
        case "sqlite" | "sqlite+pysqlite":
            return _sqlite(parsed, root)
        case "postgresql" | "postgresql+psycopg":
            return _postgresql(parsed)
        case other:
            raise DatabaseError(f"[database] url: {other} is not a database we know; write {_EXAMPLES}")


def engine_for(place: Place, *, foreign_keys: bool = True) -> Engine:
    """An engine whose every connection behaves as this module promises. It does not connect yet."""
    if place.path is None:
        patience = _PATIENCE | dict(place.url.query)
        engine = create_engine(place.url, pool_pre_ping=True, hide_parameters=True, connect_args=patience)
        event.listen(engine, "connect", _prepare_postgresql)
        return engine
    # mode=rw: a file that has gone is never quietly made anew.
    file = URL.create("sqlite+pysqlite", database=f"file:{quote(str(place.path))}", query={"mode": "rw", "uri": "true"})
    engine = create_engine(file, hide_parameters=True, connect_args={"timeout": PATIENCE_MS / 1000})

    def prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        connection.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", _begin_sqlite)
    _keep_to_the_file(engine, place.path)
    return engine


def driver_for(place: Place) -> Driver:
    """How the hot path connects, without SQLAlchemy."""
    if place.path is not None:
        return Driver(place.shown, path=str(place.path))
    dialect = place.url.get_dialect()()
    _, arguments = dialect.create_connect_args(place.url)
    return Driver(place.shown, arguments={**_PATIENCE, **arguments})


@contextmanager
def told(place: Place, engine: Engine) -> Iterator[None]:
    """Turns a failure of the database into DatabaseError; a mistake of ours, such as a broken UNIQUE, stays itself.

    What it can keep nowhere, such as a NUL in a text on PostgreSQL, somebody has asked for: WrongUse.
    """
    driver: Any = engine.dialect.loaded_dbapi
    try:
        yield
    except _MISTAKES:
        raise
    except DataError as error:
        raise WrongUse("this has a character or a number that cannot be kept; take it out, then try again") from error
    except DBAPIError as error:
        raise DatabaseError(words(place.shown, place.path, error.orig)) from error
    except driver.Error as error:
        raise DatabaseError(words(place.shown, place.path, error)) from error
    except PoolTimeout as error:
        raise DatabaseError(f"{place.shown} has no free connection; too much is using it at once") from error


_EXAMPLES = 'one like "sqlite:///var/publisher.db" or "postgresql+psycopg://name@host/database"'


def _sqlite(url: URL, root: Path) -> Place:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise DatabaseError('[database] url: SQLite needs a file; write one like "sqlite:///var/publisher.db"')
    path = Path(os.path.normpath(root / url.database))
    return Place(url, path, f"the database {path}")


def _postgresql(url: URL) -> Place:
    if not url.database:
        raise DatabaseError("[database] url: name the database after the last /, as in postgresql+psycopg://host/name")
    in_query = url.query.get("host", "")
    host = url.host or (in_query if isinstance(in_query, str) else ",".join(in_query)) or "the local socket"
    where = f"{host}:{url.port}" if url.port else host
    return Place(
        url.set(drivername="postgresql+psycopg"), None, f"the database {url.database} on PostgreSQL at {where}"
    )


def _keep_to_the_file(engine: Engine, path: Path) -> None:
    """A connection of the pool ends with its file: one that was moved away or replaced can still be read through it."""

    def file_there() -> tuple[int, int] | None:
        try:
            found = path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def remember(_connection: object, record: Any) -> None:
        record.info["file"] = file_there()

    def compare(_connection: object, record: Any, _proxy: object) -> None:
        if record.info.get("file") != file_there():
            raise DisconnectionError

    event.listen(engine, "connect", remember)
    event.listen(engine, "checkout", compare)


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes the lock at once: two of them wait for each other instead of failing over a stale snapshot."""
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare_postgresql(connection: Any, _: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('lock_timeout', %s, false), CASE current_setting('synchronous_commit')"
            " WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END",
            [f"{PATIENCE_MS}ms"],
        )
    connection.commit()
