"""Only a database that is exactly what this program knows is opened; any other is named in one line."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from publisher.errors import DatabaseError
from publisher.store.db import Database, check, open_database, upgrade
from publisher.store.engine import place_of
from publisher.store.migrations import REVISIONS
from tests.postgres import Postgres
from tests.store.makers import SQLITE


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
    monkeypatch.setattr("publisher.store.db.REVISIONS", (*REVISIONS, "9000"))
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
    assert len(upgrade(SQLITE, root)) == len(REVISIONS)
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
