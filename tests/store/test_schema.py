"""What an upgrade makes is exactly what tables.py says: the real DDL, CHECKs and indexes included."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from enum import StrEnum
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from publisher.domain.audience import SubscriberState
from publisher.domain.issue import IssueState
from publisher.domain.sending import State
from publisher.store import migrations, tables
from publisher.store.db import Database, upgrade
from publisher.store.engine import place_of
from tests.makers import NOW
from tests.postgres import Postgres

_SQLITE_DDL = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%' AND tbl_name NOT LIKE 'alembic%'"
_POSTGRESQL_DDL = """
    SELECT table_name || '.' || column_name, concat_ws(' ', data_type, is_nullable, column_default)
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'
    UNION ALL
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND conrelid <> 'alembic_version'::regclass
    UNION ALL
    SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'
"""


def ddl(connection: Connection) -> dict[str, str]:
    """Every table, column, constraint and index by name, as the database itself writes it down."""
    query = _SQLITE_DDL if connection.dialect.name == "sqlite" else _POSTGRESQL_DDL
    return {name: _in_any_order(sql or "") for name, sql in connection.execute(text(query))}


def _in_any_order(sql: str) -> str:
    """SQLite keeps the text of CREATE TABLE; where its lines stand, and brackets of a default, make no difference."""
    sql = re.sub(r"DEFAULT \(('[^']*'|\d+)\)", r"DEFAULT \1", sql)
    return " | ".join(sorted(re.split(r",?\s*\n\s*", re.sub(r'"(\w+)"', r"\1", sql))))


def of_upgrade(url: str, root: Path) -> dict[str, str]:
    upgrade(url, root)
    with closing(Database(place_of(url, root))) as database, database.connect() as connection:
        return ddl(connection)


def of_tables(url: str, root: Path) -> dict[str, str]:
    """The same of `SQLModel.metadata.create_all`, in a database that has an empty alembic_version to leave out."""
    with closing(Database(place_of(url, root))) as database, database.connect(write=True) as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        SQLModel.metadata.create_all(connection)
        return ddl(connection)


@pytest.fixture(params=["sqlite", "postgresql"])
def two_urls(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    if request.param == "sqlite":
        for name in ("a.db", "b.db"):
            (tmp_path / name).touch()
        return ["sqlite:///a.db", "sqlite:///b.db"]
    server: Postgres = request.getfixturevalue("postgres")
    return [server.url(server.create()) for _ in range(2)]


def test_an_upgrade_makes_what_the_tables_say(two_urls: list[str], tmp_path: Path) -> None:
    upgraded, declared = of_upgrade(two_urls[0], tmp_path), of_tables(two_urls[1], tmp_path)
    assert len(declared) > 30
    assert upgraded == declared


def test_the_comparison_sees_a_changed_check(two_urls: list[str], tmp_path: Path) -> None:
    """What Alembic's own check does not see."""
    before = of_upgrade(two_urls[0], tmp_path)
    with closing(Database(place_of(two_urls[0], tmp_path))) as database, database.connect(write=True) as connection:
        if database.dialect == "postgresql":
            connection.execute(text("ALTER TABLE issue DROP CONSTRAINT issue_state_known"))
            connection.execute(text("ALTER TABLE issue ADD CONSTRAINT issue_state_known CHECK (state <> '')"))
        else:
            connection.execute(text("DROP TABLE pause"))
            connection.execute(text("CREATE TABLE pause (channel VARCHAR PRIMARY KEY CHECK (channel <> ''))"))
        assert ddl(connection) != before


def test_the_known_revisions_are_the_files_there_are() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    script = ScriptDirectory.from_config(config)
    assert tuple(revision.revision for revision in reversed(list(script.walk_revisions()))) == migrations.REVISIONS


def test_the_history_is_one_line_and_only_goes_forward() -> None:
    for path in (Path(migrations.__file__).parent / "versions").glob("[0-9]*.py"):
        assert "def downgrade" not in path.read_text()
        assert "publisher.store.tables" not in path.read_text()


def an_issue(number: int, state: str) -> tables.IssueRow:
    send_at = NOW.replace(day=number)
    return tables.IssueRow(number=number, state=state, language="en", composed_at=NOW, send_at=send_at)


def a_subscriber(number: int, state: str) -> tables.SubscriberRow:
    key = f"reader{number}@example.org"
    return tables.SubscriberRow(email=key, email_key=key, email_hash=key, state=state, added_at=NOW)


@pytest.mark.parametrize(("make", "states"), [(an_issue, IssueState), (a_subscriber, SubscriberState)])
def test_a_state_that_nobody_knows_cannot_be_stored(
    database: Database, make: Callable[[int, str], SQLModel], states: type[StrEnum]
) -> None:
    with database.write() as session:
        session.add_all(make(number, state.value) for number, state in enumerate(states, start=1))
    with pytest.raises(IntegrityError), database.write() as session:
        session.add(make(20, "launched"))


def test_the_ledgers_checks_know_every_state_of_the_lifecycle() -> None:
    for table in ("delivery", "post"):
        checks = [str(c.sqltext) for c in SQLModel.metadata.tables[table].constraints if hasattr(c, "sqltext")]
        assert all(any(f"'{state.value}'" in check for check in checks) for state in State)
