"""Opening, writing, failing, upgrading, backing up and checking a database."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from publisher.errors import Busy, DatabaseError
from publisher.store.db import Database, backup, check, exclusive, open_database, upgrade
from publisher.store.engine import place_of
from publisher.store.tables import PauseRow, SourceRow
from tests.postgres import Postgres

NOW = datetime(2026, 5, 28, 9, 0, tzinfo=UTC)
SQLITE = "sqlite:///var/publisher.db"


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    upgrade(SQLITE, tmp_path)
    with closing(open_database(SQLITE, tmp_path)) as database:
        yield database


def names(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.exec(select(SourceRow.name).order_by(col(SourceRow.name))))


# --- reading and writing


def test_what_is_written_is_committed_at_the_end(database: Database) -> None:
    with database.write() as session:
        session.add(SourceRow(name="a"))
    assert names(database) == ["a"]


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
        session.execute(text("INSERT INTO membership VALUES ('weekly', 7, '2026-05-28', NULL, '')"))
    assert "weekly" not in str(raised.value).partition("[SQL")[2].partition("parameters")[2]


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
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}


def test_postgresql_commits_are_durable_even_where_its_default_is_not(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.url(postgres.create())
    upgrade(url, tmp_path)
    with closing(open_database(url, tmp_path)) as database, database.write() as session:
        session.execute(text("ALTER DATABASE " + url.split("/")[3].split("?")[0] + " SET synchronous_commit = off"))
    with closing(open_database(url, tmp_path)) as database, database.read() as session:
        assert session.execute(text("SHOW synchronous_commit")).scalar_one() == "on"
        assert session.execute(text("SHOW lock_timeout")).scalar_one() == "10s"


def test_twenty_writers_at_once_lose_nothing(database: Database) -> None:
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


# --- opening


def test_a_database_that_does_not_exist_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match=r"var/publisher.db does not exist yet; run `publisher db upgrade`"):
        open_database(SQLITE, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_tables_says_what_to_run(empty_url: str, tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    with pytest.raises(DatabaseError, match="is empty; run `publisher db upgrade`"):
        open_database(empty_url, tmp_path)


def test_a_database_that_is_behind_is_refused(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("publisher.store.db.REVISIONS", ("0001", "0002"))
    with pytest.raises(DatabaseError, match=r"behind this program .*run `publisher db upgrade`"):
        open_database(database_url, tmp_path)
    assert "behind" in check(database_url, tmp_path)[0]


def test_a_database_that_is_newer_is_refused_and_not_upgraded(database: Database, database_url: str) -> None:
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for refuse in (open_database, upgrade):
        with pytest.raises(DatabaseError, match=r"newer than this program .*install the newer Publisher"):
            refuse(database_url, Path())
    assert "newer" in check(database_url, Path())[0]


def test_a_database_of_another_program_is_left_alone(empty_url: str, tmp_path: Path) -> None:
    upgrade(empty_url, tmp_path)
    database = Database(place_of(empty_url, tmp_path))
    with closing(database), database.write() as session:
        session.execute(text("DROP TABLE alembic_version"))
    with pytest.raises(DatabaseError, match="not one of Publisher"):
        open_database(empty_url, tmp_path)
    with pytest.raises(DatabaseError, match="tables of something else"):
        upgrade(empty_url, tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"not a database, but long enough to look at" * 100, "is not a database"), (None, "is a folder")],
)
def test_what_is_no_database_is_named(content: bytes | None, words: str, tmp_path: Path) -> None:
    path = tmp_path / "publisher.db"
    path.write_bytes(content) if content else path.mkdir()
    for refuse in (open_database, upgrade):
        with pytest.raises(DatabaseError, match=f"{path}.*{words}") as raised:
            refuse("sqlite:///publisher.db", tmp_path)
        assert "\n" not in raised.value.message
    assert words in check("sqlite:///publisher.db", tmp_path)[0]


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory",
        "mysql://me:hunter2@host/name",
        "postgresql://me:hunter2@host",
        "postgresql://me:hunter2@host:port/name",
        "hunter2",
        "",
    ],
)
def test_an_address_that_cannot_be_is_refused_without_repeating_it(url: str, tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match=r"\[database\] url") as raised:
        open_database(url, tmp_path)
    assert "hunter2" not in raised.value.message


@pytest.mark.parametrize(
    "url", ["postgresql://me:hunter2@127.0.0.1:1/news", "postgresql+psycopg://me@127.0.0.1:1/news?password=hunter2"]
)
def test_a_postgresql_that_is_down_is_named_without_its_password(url: str, tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match=r"news on PostgreSQL at 127.0.0.1:1 does not answer .*refused") as raised:
        open_database(url, tmp_path)
    assert "hunter2" not in raised.value.message
    assert "\n" not in raised.value.message


def test_a_postgresql_database_that_is_not_there_is_named(postgres: Postgres, tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match='database "nowhere" does not exist'):
        open_database(postgres.url("nowhere"), tmp_path)


def test_a_plain_postgresql_address_means_psycopg(tmp_path: Path) -> None:
    assert place_of("postgresql://h/n", tmp_path).url.drivername == "postgresql+psycopg"


def test_a_relative_sqlite_path_is_taken_from_the_publication(tmp_path: Path) -> None:
    assert place_of(SQLITE, tmp_path).path == tmp_path / "var/publisher.db"
    assert place_of("sqlite:////data/p.db", tmp_path).path == Path("/data/p.db")


def test_a_path_with_odd_characters_works(tmp_path: Path) -> None:
    root = tmp_path / "한입 뉴스 100% #1?"
    root.mkdir()
    assert upgrade(SQLITE, root) == ["0001: the first tables"]
    open_database(SQLITE, root).close()
    assert sorted(path.name for path in (root / "var").iterdir()) == ["publisher.db"]


@pytest.mark.parametrize("locked", [".", "publisher.db"])
def test_a_database_that_we_may_not_open_says_so(locked: str, tmp_path: Path) -> None:
    upgrade("sqlite:///publisher.db", tmp_path)
    (tmp_path / locked).chmod(0)
    found = _as_nobody(tmp_path, f"open_database('sqlite:///{tmp_path}/publisher.db', Path('/'))")
    (tmp_path / locked).chmod(0o755)
    assert "cannot be opened; give the user that runs publisher the right" in found


def test_a_database_that_we_may_only_read_says_so_when_written(tmp_path: Path) -> None:
    upgrade("sqlite:///publisher.db", tmp_path)
    (tmp_path / "publisher.db").chmod(0o444)
    for path in (tmp_path, *tmp_path.parents[:3]):
        path.chmod(0o755)
    found = _as_nobody(tmp_path, f"open_database('sqlite:///{tmp_path}/publisher.db', Path('/')).write().__enter__()")
    assert "the right to" in found


def _as_nobody(tmp_path: Path, code: str) -> str:
    """What a process without privileges is told."""
    upgrade("sqlite:///other.db", tmp_path.parent)
    for path in tmp_path.parents[:3]:
        path.chmod(path.stat().st_mode | 0o011)
    program = (
        "import os\n"
        "from pathlib import Path\n"
        "from publisher.errors import DatabaseError\n"
        "from publisher.store.db import check, open_database\n"
        f"check('sqlite:///other.db', Path({str(tmp_path.parent)!r}))\n"  # loads all that it needs
        "if os.geteuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        f"try: {code}\n"
        "except DatabaseError as error: print(error.message)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- failing while it works


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


# --- upgrading


def test_an_upgrade_says_its_steps_once(empty_url: str, tmp_path: Path) -> None:
    assert upgrade(empty_url, tmp_path) == ["0001: the first tables"]
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


# --- backups


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


# --- checking


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


# --- one process at a time

_HOLDER = """
import os, sys
from pathlib import Path
from publisher.store.db import exclusive, open_database
database = open_database(sys.argv[1], Path("/"))
with exclusive(database, "send"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def _holder(url: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_process_is_told_who_is_at_it(database: Database, database_url: str) -> None:
    with _holder(database_url) as holder:
        with pytest.raises(Busy, match=rf"process {holder.pid} on {os.uname().nodename} since 20"):
            exclusive(database, "send").__enter__()
        with exclusive(database, "collect"):
            pass


def test_a_killed_holder_refuses_nobody(database: Database, database_url: str) -> None:
    with _holder(database_url) as holder:
        holder.kill()
        holder.wait()
        for _ in range(500):
            try:
                with exclusive(database, "send"):
                    break
            except Busy:
                assert database.dialect == "postgresql"  # its server needs a moment to see that the socket is closed
                threading.Event().wait(0.01)
        else:
            pytest.fail("still busy 5 s after the holder was killed")


def test_it_can_be_held_again_after_it_was_let_go(database: Database) -> None:
    for _ in range(2):
        with exclusive(database, "send"), pytest.raises(Busy), exclusive(database, "send"):
            pass


def test_two_databases_do_not_keep_each_other_waiting(tmp_path: Path, postgres: Postgres) -> None:
    for urls in (["sqlite:///a.db", "sqlite:///b.db"], [postgres.url(postgres.create()) for _ in range(2)]):
        for url in urls:
            upgrade(url, tmp_path)
        first, second = (open_database(url, tmp_path) for url in urls)
        with closing(first), closing(second), exclusive(first, "send"), exclusive(second, "send"):
            pass
