"""Upgrading, backing up and checking a database."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from publisher.errors import DatabaseError
from publisher.store.db import Database, backup, check, open_database, upgrade
from publisher.store.migrations import REVISIONS
from publisher.store.tables import SourceRow
from tests.postgres import Postgres
from tests.store.makers import SQLITE, names


def test_an_upgrade_says_its_steps_once(empty_url: str, tmp_path: Path) -> None:
    steps = upgrade(empty_url, tmp_path)
    assert steps[0] == "0001: the first tables"
    assert [step.partition(":")[0] for step in steps] == list(REVISIONS)
    assert upgrade(empty_url, tmp_path) == []
    assert check(empty_url, tmp_path) == []
    open_database(empty_url, tmp_path).close()


def test_a_failed_upgrade_leaves_nothing_behind(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise DatabaseError("stop")

    monkeypatch.setattr("alembic.script.ScriptDirectory.iterate_revisions", fail)
    with pytest.raises(DatabaseError):
        upgrade(empty_url, tmp_path)
    with pytest.raises(DatabaseError, match="is empty"):
        open_database(empty_url, tmp_path)


def test_only_we_may_read_a_new_sqlite_file(tmp_path: Path) -> None:
    upgrade(SQLITE, tmp_path)
    assert stat.S_IMODE((tmp_path / "var/publisher.db").stat().st_mode) == 0o600


def test_an_upgrade_in_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file")
    with pytest.raises(DatabaseError, match=r"publisher.db cannot be made .*correct \[database\] url"):
        upgrade(SQLITE, tmp_path)


def test_a_backup_is_whole_while_others_write(sqlite: Database, tmp_path: Path) -> None:
    with sqlite.write() as session:
        session.add(SourceRow(name="a"))
    with sqlite.write() as session:
        session.add(SourceRow(name="not yet"))
        session.flush()
        backup(SQLITE, tmp_path, tmp_path / "copy.db")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "var"]
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    assert check("sqlite:///copy.db", tmp_path) == []
    with closing(open_database("sqlite:///copy.db", tmp_path)) as copy:
        assert names(copy) == ["a"]


def test_a_backup_never_overwrites(database_url: str, tmp_path: Path) -> None:
    target = tmp_path / "copy"
    target.write_text("precious")
    with pytest.raises(DatabaseError, match="exists already and is not overwritten"):
        backup(database_url, tmp_path, target)
    assert target.read_text() == "precious"


def test_a_failed_backup_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "publisher.db").write_bytes(b"not a database, but long enough to look at" * 100)
    with pytest.raises(DatabaseError, match="not a database"):
        backup("sqlite:///publisher.db", tmp_path, tmp_path / "copy.db")
    assert [path.name for path in tmp_path.iterdir()] == ["publisher.db"]


def test_a_backup_of_nothing_or_to_nowhere_says_so(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="nothing to back up"):
        backup(SQLITE, tmp_path, tmp_path / "copy.db")
    upgrade(SQLITE, tmp_path)
    with pytest.raises(DatabaseError, match=r"cannot be written .*name another file"):
        backup(SQLITE, tmp_path, tmp_path / "nowhere" / "copy.db")


def test_a_postgresql_backup_can_be_restored(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{postgres.binaries}:{os.environ['PATH']}")
    live, restored = postgres.create(), postgres.create()
    upgrade(postgres.url(live), tmp_path)
    with closing(open_database(postgres.url(live), tmp_path)) as database, database.write() as session:
        session.add(SourceRow(name="a"))
    backup(postgres.url(live), tmp_path, tmp_path / "news.dump")
    subprocess.run(
        ["pg_restore", "-h", postgres.folder, "-U", "publisher", "-d", restored, tmp_path / "news.dump"], check=True
    )
    with closing(open_database(postgres.url(restored), tmp_path)) as database:
        assert names(database) == ["a"]


def test_without_pg_dump_a_backup_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DatabaseError, match=r"pg_dump --format=custom .*postgresql://me@host/news") as raised:
        backup("postgresql://me:hunter2@host/news", tmp_path, tmp_path / "news.dump")
    assert "hunter2" not in raised.value.message
    assert not (tmp_path / "news.dump").exists()


def test_a_damaged_sqlite_is_told(sqlite: Database, tmp_path: Path) -> None:
    with sqlite.write() as session:
        session.add_all(SourceRow(name=f"{number}", last_error="x" * 900) for number in range(400))
    sqlite.close()
    path = tmp_path / "var/publisher.db"
    pages = bytearray(path.read_bytes())
    pages[-40 * 4096 : -20 * 4096] = b"\xff" * (20 * 4096)
    path.write_bytes(pages)
    assert any("damaged" in problem or "malformed" in problem for problem in check(SQLITE, tmp_path))


def test_a_reference_to_nothing_is_told(sqlite: Database, tmp_path: Path) -> None:
    assert sqlite.place.path is not None
    with closing(sqlite3.connect(sqlite.place.path)) as raw, raw:
        raw.execute("INSERT INTO membership VALUES ('weekly', 7, '2026-05-28 00:00:00', NULL, '')")
    assert check(SQLITE, tmp_path) == ["membership row 1 names a row of subscriber that is not there"]


def test_checking_what_is_not_there_says_so(tmp_path: Path) -> None:
    assert "does not exist yet" in check(SQLITE, tmp_path)[0]
