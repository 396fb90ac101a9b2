"""The database: opened, read, written, upgraded, backed up, checked, and kept to one process at a time."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, inspect, text
from sqlmodel import Session as Session  # given on: stages name it in their signatures

from publisher.errors import DatabaseError
from publisher.store.driver import Driver
from publisher.store.engine import WRITES, Place, driver_for, engine_for, place_of, told
from publisher.store.hold import FileLock, Hold, ServerLock, lock_number
from publisher.store.migrations import REVISIONS
from publisher.store.trouble import is_missing

IS_WRITE = "is_write"


class Database:
    """One open database. Every failure of it, not of ours, is a DatabaseError in readable words."""

    def __init__(self, place: Place, *, foreign_keys: bool = True) -> None:
        self.place = place
        self.engine = engine_for(place, foreign_keys=foreign_keys)
        self.dialect: Literal["sqlite", "postgresql"] = "sqlite" if place.path else "postgresql"
        if self.dialect == "sqlite":
            self._reading = self.engine
        else:
            self._reading = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._writing = self.engine.execution_options(**{WRITES: True})

    @property
    def driver(self) -> Driver:
        """How the hot path connects (`hot.py`)."""
        return driver_for(self.place)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one moment of the database and cannot change it."""
        with told(self.place, self.engine), Session(self._reading, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session that is committed at the end, or rolled back on any exception. On SQLite writers wait in line."""
        with told(self.place, self.engine), Session(self._writing, expire_on_commit=False) as session:
            session.info[IS_WRITE] = True
            with session.begin():
                yield session

    @contextmanager
    def connect(self, *, write: bool = False) -> Iterator[Connection]:
        """The same, as a bare connection."""
        with told(self.place, self.engine), (self._writing if write else self._reading).begin() as connection:
            yield connection

    def close(self) -> None:
        self.engine.dispose()


def open_database(url: str, root: Path) -> Database:
    """The database of a publication, with exactly the tables that this program knows. Raises DatabaseError."""
    place = place_of(url, root)
    if place.path is not None and is_missing(place.path):
        raise DatabaseError(f"{place.shown} does not exist yet; run `publisher db upgrade`")
    database = Database(place)
    try:
        with database.connect() as connection:
            problem = _schema_problem(place, connection)
        if problem:
            raise DatabaseError(problem)
    except BaseException:
        database.close()
        raise
    return database


def upgrade(url: str, root: Path) -> list[str]:
    """Bring the database to the tables of this program, making it where there is none; the steps that were taken.

    All steps or none. Raises DatabaseError, also for a newer database and for one of another program.
    """
    place = place_of(url, root)
    if place.path is not None:
        _make_file(place.path)
    # Foreign keys are off while tables are rebuilt (https://sqlite.org/lang_altertable.html, 7) and checked at the end.
    with closing(Database(place, foreign_keys=False)) as database, database.connect(write=True) as connection:
        if database.dialect == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock_number("upgrade")})
        revision = _revision(connection)
        if revision is None and inspect(connection).get_table_names():
            raise DatabaseError(f"{place.shown} holds tables of something else; name another in [database] url")
        if revision is not None and revision not in REVISIONS:
            raise DatabaseError(_newer(place, revision))
        steps = _migrate(connection, revision)
        if database.dialect == "sqlite" and (broken := _broken_references(connection)):
            raise DatabaseError(f"{place.shown} was not upgraded: {broken[0]}")
    return steps


def backup(url: str, root: Path, target: Path) -> None:
    """Write all of the database into the new file `target`, while others go on using it. Raises DatabaseError."""
    place = place_of(url, root)
    if place.path is not None and is_missing(place.path):
        raise DatabaseError(f"{place.shown} does not exist; there is nothing to back up")
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise DatabaseError(f"{target} exists already and is not overwritten; name another file") from None
    except OSError as error:
        raise DatabaseError(f"{target} cannot be written ({error.strerror}); name another file") from error
    part = target.with_name(f"{target.name}.part")
    try:
        if place.path is not None:
            _copy_sqlite(place, part)
        else:
            _dump_postgresql(place, part)
        part.replace(target)
    except BaseException:
        target.unlink(missing_ok=True)
        part.unlink(missing_ok=True)
        raise


def check(url: str, root: Path) -> list[str]:
    """What is wrong with the database itself, each a readable line; empty when nothing is."""
    place = place_of(url, root)
    if place.path is not None and is_missing(place.path):
        return [f"{place.shown} does not exist yet; run `publisher db upgrade`"]
    try:
        with closing(Database(place)) as database, database.connect() as connection:
            damage = _damage(connection) if database.dialect == "sqlite" else _invalid_indexes(connection)
            schema = _schema_problem(place, connection)
            return damage + ([schema] if schema else [])
    except DatabaseError as error:
        return [error.message]


@contextmanager
def exclusive(database: Database, what: str) -> Iterator[Hold]:
    """Only one process at a time does `what` on this database; for another, Busy says who has it.

    The lock is the kernel's or the server's, so it ends with its holder however that ends. Whoever holds it for long
    makes sure of it with `keep`.
    """
    path = database.place.path
    lock = FileLock(path, what) if path else ServerLock(database.place, database.engine, what)
    lock.take()
    try:
        yield lock
    finally:
        lock.let_go()


# --- what the tables are


def _schema_problem(place: Place, connection: Connection) -> str | None:
    revision = _revision(connection)
    if revision == REVISIONS[-1]:
        return None
    if revision is None and inspect(connection).get_table_names():
        return f"{place.shown} is not one of Publisher; correct [database] url in config.toml"
    if revision is None:
        return f"{place.shown} is empty; run `publisher db upgrade`"
    if revision in REVISIONS:
        return f"{place.shown} is behind this program ({revision}, not {REVISIONS[-1]}); run `publisher db upgrade`"
    return _newer(place, revision)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _newer(place: Place, revision: str) -> str:
    return (
        f"{place.shown} is newer than this program ({revision}, we know {REVISIONS[-1]}); install the newer Publisher"
    )


def _migrate(connection: Connection, revision: str | None) -> list[str]:
    from alembic import command  # 0.5 s, and only an upgrade needs it
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(files("publisher.store") / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    scripts = ScriptDirectory.from_config(config).iterate_revisions("head", revision or "base")
    return [f"{script.revision}: {script.doc}" for script in reversed(list(scripts))]


def _make_file(path: Path) -> None:
    """An empty file for SQLite that only we may read: it will hold readers' addresses."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT, 0o600))
    except OSError as error:
        reason = "it is a folder" if isinstance(error, IsADirectoryError) else error.strerror
        raise DatabaseError(f"the database {path} cannot be made ({reason}); correct [database] url") from error


# --- damage


def _damage(connection: Connection) -> list[str]:
    found = [str(line) for (line,) in connection.execute(text("PRAGMA integrity_check"))]
    return [f"damaged: {line}" for line in found if line != "ok"] + _broken_references(connection)


def _broken_references(connection: Connection) -> list[str]:
    broken = connection.execute(text("PRAGMA foreign_key_check")).all()
    return [f"{table} row {row} names a row of {parent} that is not there" for table, row, parent, _ in broken]


def _invalid_indexes(connection: Connection) -> list[str]:
    rows = connection.execute(text("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"))
    return [f"the index {name} is not valid; run REINDEX INDEX {name}" for (name,) in rows]


# --- backups


def _copy_sqlite(place: Place, part: Path) -> None:
    assert place.path is not None
    with closing(Database(place)) as database, told(place, database.engine):
        source = database.engine.raw_connection()
        with closing(source), closing(sqlite3.connect(part)) as copy:
            driver: Any = source.driver_connection
            driver.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, which may be carried elsewhere
    part.chmod(0o600)
    with part.open("rb") as written:
        os.fsync(written.fileno())


def _dump_postgresql(place: Place, part: Path) -> None:
    password = place.url.password or place.url.query.get("password")
    url = place.url.set(drivername="postgresql").difference_update_query(["password"])._replace(password=None)
    command = ["pg_dump", "--format=custom", f"--file={part}", f"--dbname={url.render_as_string()}"]
    if shutil.which("pg_dump") is None:
        raise DatabaseError(f"pg_dump is not installed here; install it, or run elsewhere: {' '.join(command)}")
    secret = {"PGPASSWORD": str(password)} if password else {}
    done = subprocess.run(  # noqa: S603  the arguments are ours and no shell reads them
        command, env=os.environ | secret, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise DatabaseError(f"{place.shown} was not backed up: {(done.stderr.splitlines() or ['pg_dump failed'])[0]}")
