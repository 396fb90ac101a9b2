"""Reading, writing, and failing while at it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from publisher.errors import DatabaseError, WrongUse
from publisher.stages import sign_in
from publisher.store.db import Database, check, open_database, upgrade
from publisher.store.tables import MembershipRow, PauseRow, SourceRow
from tests.makers import NOW
from tests.postgres import Postgres
from tests.store.makers import names


def test_what_is_written_is_committed_at_the_end(database: Database) -> None:
    with database.write() as session:
        session.add(SourceRow(name="a"))
    assert names(database) == ["a"]


def test_a_text_that_the_database_keeps_nowhere_is_told_and_is_no_failure(database: Database) -> None:
    """PostgreSQL has no NUL in a text, and whoever types one at the sign-in must not read that the fault is ours."""
    keeps_any = database.dialect == "sqlite"
    refused = nullcontext() if keeps_any else pytest.raises(WrongUse, match="cannot be kept")
    with refused, database.read() as session:
        session.exec(select(SourceRow).where(SourceRow.name == "\0")).all()
    refused = nullcontext() if keeps_any else pytest.raises(WrongUse, match="cannot be kept")
    with refused, database.write() as session:
        session.add(SourceRow(name="a\0"))
    assert names(database) == (["a\0"] if keeps_any else [])
    assert sign_in.check(database, "\0@example.org", "harbour") is None


def test_an_exception_rolls_everything_back(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as session:
        session.add(SourceRow(name="a"))
        session.flush()
        raise RuntimeError
    assert names(database) == []


def test_a_reading_session_cannot_change_anything(database: Database) -> None:
    with pytest.raises(DatabaseError), database.read() as session:
        session.add(SourceRow(name="a"))
        session.commit()
    with database.write() as session:
        session.add(SourceRow(name="b"))
    assert names(database) == ["b"]


def test_a_reader_sees_one_moment_however_long_it_looks(database: Database) -> None:
    with database.read() as session:
        assert session.exec(select(SourceRow.name)).all() == []
        with database.write() as other:
            other.add(SourceRow(name="a"))
        assert session.exec(select(SourceRow.name)).all() == []
    assert names(database) == ["a"]


def test_rows_can_be_used_after_their_session(database: Database) -> None:
    with database.write() as session:
        row = SourceRow(name="a")
        session.add(row)
    assert row.name == "a"


def test_a_moment_comes_back_as_the_same_utc(database: Database) -> None:
    seoul = datetime.fromisoformat("2026-05-29T07:30:00.123456+09:00")
    with database.write() as session:
        session.add(PauseRow(channel="x", paused_at=seoul, reason="bad login"))
    with database.read() as session:
        back = session.exec(select(PauseRow)).one().paused_at
    assert back == seoul
    assert back.utcoffset() == datetime.now(UTC).utcoffset()


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    naive = datetime(2026, 5, 29, 7, 30)  # noqa: DTZ001  this is the mistake under test
    with pytest.raises(Exception, match="without a zone"), database.write() as session:
        session.add(PauseRow(channel="x", paused_at=naive, reason=""))


def test_a_mistake_of_ours_is_not_called_a_failure_of_the_database(database: Database) -> None:
    with pytest.raises(IntegrityError) as raised, database.write() as session:
        session.add(MembershipRow(list_name="kim@example.org", subscriber_id=7, joined_at=NOW))
    assert "kim" not in str(raised.value)


def test_sqlite_writers_begin_immediate_and_readers_do_not(sqlite: Database) -> None:
    said: list[str] = []

    def listen(connection: sqlite3.Connection, _: object) -> None:
        connection.set_trace_callback(said.append)

    sqlite.close()  # so that the next connection is a new one
    event.listen(sqlite.engine, "connect", listen)
    with sqlite.write() as session:
        session.execute(text("SELECT 1"))
    with sqlite.read() as session:
        session.execute(text("SELECT 2"))
    said = [line.strip() for line in said if not line.startswith("PRAGMA")]
    assert said == ["BEGIN IMMEDIATE", "SELECT 1", "COMMIT", "BEGIN", "SELECT 2", "ROLLBACK"]


def test_sqlite_is_durable_and_checks_references(sqlite: Database) -> None:
    with sqlite.read() as session:
        found = {
            name: session.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 60_000}


def test_postgresql_commits_are_durable_even_where_its_default_is_not(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.url(postgres.create())
    upgrade(url, tmp_path)
    with closing(open_database(url, tmp_path)) as database, database.write() as session:
        session.execute(text("ALTER DATABASE " + url.split("/")[3].split("?")[0] + " SET synchronous_commit = off"))
    with closing(open_database(url, tmp_path)) as database, database.read() as session:
        assert session.execute(text("SHOW synchronous_commit")).scalar_one() == "on"
        assert session.execute(text("SHOW lock_timeout")).scalar_one() == "1min"


def test_eight_writers_at_once_lose_nothing(database: Database) -> None:
    with database.write() as session:
        session.add(SourceRow(name="counter"))

    def count() -> None:
        for _ in range(5):
            with database.write() as session:
                row = session.exec(select(SourceRow).with_for_update()).one()
                row.failures += 1
                session.add(row)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert session.exec(select(SourceRow.failures)).one() == 40


def test_a_lock_that_is_not_given_is_told(
    database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("publisher.store.engine.PATIENCE_MS", 100)
    with closing(open_database(database_url, tmp_path)) as other, database.write() as session:
        session.execute(text("UPDATE source SET failures = 0"))
        session.execute(text("DELETE FROM source" if database.dialect == "sqlite" else "LOCK TABLE source"))
        with pytest.raises(DatabaseError, match="locked by another process") as raised, other.write() as second:
            second.execute(text("UPDATE source SET failures = 1"))
    assert "nothing was changed" in raised.value.message


def test_a_full_disk_is_told_and_changes_nothing(tmp_path: Path) -> None:
    with _small_disk(tmp_path / "disk") as folder:
        upgrade("sqlite:///p.db", folder)
        with closing(open_database("sqlite:///p.db", folder)) as database:
            with database.write() as session:
                session.add(SourceRow(name="before"))
            with pytest.raises(DatabaseError) as raised, database.write() as session:
                session.add_all(SourceRow(name=f"{number}", last_error="x" * 50_000) for number in range(100))
            assert "p.db is full; nothing was changed; make room there" in raised.value.message
            assert names(database) == ["before"]
            assert check("sqlite:///p.db", folder) == []


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path]:
    """A disk of 2 MB, or, for who may not mount one, the same limit by SQLite itself."""
    folder.mkdir()
    if os.geteuid() != 0:
        with _small_files():
            yield folder
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@contextmanager
def _small_files() -> Iterator[None]:
    from sqlalchemy import Engine

    def limit(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA max_page_count = 500")

    event.listen(Engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)


def test_a_small_sqlite_that_may_not_grow_is_full_too(sqlite: Database) -> None:
    with pytest.raises(DatabaseError, match="is full; nothing was changed"), sqlite.write() as session:
        session.execute(text("PRAGMA max_page_count = 60"))
        session.add_all(SourceRow(name=f"{number}", last_error="x" * 50_000) for number in range(100))


def test_a_lost_connection_is_told_and_the_next_one_works(database: Database) -> None:
    if database.dialect == "sqlite":
        assert database.place.path is not None
        gone = database.place.path.with_suffix(".gone")
        database.close()
        database.place.path.rename(gone)
        with pytest.raises(DatabaseError, match="does not exist; put a backup in its place"), database.write() as s:
            s.execute(text("SELECT 1"))
        gone.rename(database.place.path)
    else:
        with pytest.raises(DatabaseError, match="does not answer"), database.write() as session:
            session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert names(database) == []
