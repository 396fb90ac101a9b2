"""The hot path's SQL: what it claims and writes, that it agrees with the tables' own, and that it never sorts."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from publisher.domain.audience import email_hash
from publisher.domain.message import Accepted, Deferred
from publisher.domain.sending import Marked, Progress, State, settle
from publisher.errors import DatabaseError
from publisher.store import hot, issues, ledger
from publisher.store.db import Database
from publisher.store.driver import Driver
from publisher.store.hot import Deliveries, Folded, Part
from publisher.store.tables import DeliveryRow, SuppressionRow
from tests.makers import NOW, going_out

UNTIL = NOW + timedelta(minutes=15)
Rows = Callable[..., Deliveries]


@pytest.fixture
def rows(database: Database) -> Iterator[Rows]:
    """The deliveries of an issue, or a part of them, as a worker sees them."""
    with ExitStack() as all_of_them:

        def make(issue_id: int, first: int | None = None, last: int | None = None, worker: str = "one") -> Deliveries:
            with database.read() as session:
                bounds = ledger.bounds(session, issue_id, "letter")
            assert bounds
            part = Part(issue_id, "letter", ("weekly",), first or bounds[0], last or bounds[1])
            return all_of_them.enter_context(closing(Deliveries(database.driver, part, worker)))

        yield make


def row(database: Database, delivery_id: int) -> DeliveryRow:
    with database.read() as session:
        return session.exec(select(DeliveryRow).where(DeliveryRow.id == delivery_id)).one()


def test_what_is_claimed_is_claimed_once_and_with_its_reader(database: Database, rows: Rows) -> None:
    issue_id = going_out(database, 5)
    deliveries = rows(issue_id)
    first = list(deliveries.claim(NOW, UNTIL, 3).rows)
    rest = list(deliveries.claim(NOW, UNTIL, 3).rows)
    assert [due.email for due in first + rest] == [f"reader{n}@example.org" for n in range(1, 6)]
    assert not deliveries.claim(NOW, UNTIL, 3).rows
    taken = row(database, first[0].id)
    assert (taken.state, taken.claimed_by, taken.lease_until) == ("claimed", "one", UNTIL)


def test_two_workers_take_disjoint_parts(database: Database, rows: Rows) -> None:
    issue_id = going_out(database, 6)
    with database.read() as session:
        first, last = ledger.bounds(session, issue_id, "letter") or (0, 0)
    one, two = rows(issue_id, first, first + 2), rows(issue_id, first + 3, last, worker="two")
    assert [due.id for due in two.claim(NOW, UNTIL, 10).rows] == [first + 3, first + 4, first + 5]
    assert [due.id for due in one.claim(NOW, UNTIL, 10).rows] == [first, first + 1, first + 2]


def test_what_has_waited_longest_is_first_and_what_is_not_due_waits(database: Database, rows: Rows) -> None:
    issue_id = going_out(database, 4)
    with database.write() as session:
        waiting = session.exec(select(DeliveryRow).order_by(DeliveryRow.id)).all()  # type: ignore[arg-type]
        waiting[0].due_at = NOW + timedelta(minutes=5)
        waiting[3].due_at = NOW - timedelta(minutes=5)
    claimed = rows(issue_id).claim(NOW, UNTIL, 10).rows
    assert [due.email for due in claimed] == ["reader2@example.org", "reader3@example.org", "reader4@example.org"]
    later = rows(issue_id).claim(NOW + timedelta(minutes=5), UNTIL, 10).rows
    assert [due.email for due in later] == ["reader1@example.org"]


def test_who_is_suppressed_meanwhile_is_unwanted(database: Database, rows: Rows) -> None:
    issue_id = going_out(database, 2)
    with database.write() as session:
        session.add(
            SuppressionRow(email_hash=email_hash("reader1@example.org"), reason="complained", suppressed_at=NOW)
        )
    assert [due.unwanted for due in rows(issue_id).claim(NOW, UNTIL, 10).rows] == ["suppressed: complained", ""]


@pytest.mark.parametrize("state", ["paused", "cancelled"])
def test_of_an_issue_that_is_not_going_out_nothing_is_claimed(database: Database, rows: Rows, state: str) -> None:
    issue_id = going_out(database, 2)
    deliveries = rows(issue_id)
    assert deliveries.is_going_out()
    with database.write() as session:
        issues.by_number(session, 1).state = state
    assert not deliveries.is_going_out()
    assert not deliveries.claim(NOW, UNTIL, 10).rows


def test_what_is_accepted_is_written_as_the_lifecycle_would_write_it(database: Database, rows: Rows) -> None:
    issue_id = going_out(database, 2)
    deliveries = rows(issue_id)
    quick, slow = deliveries.claim(NOW, UNTIL, 2).rows
    after = settle(settle(slow.progress, Marked(), NOW), Accepted("250 ok"), NOW)
    assert deliveries.fold([(quick.id, "250 ok", NOW)], [Folded(slow.id, after)], NOW)
    one, other = row(database, quick.id).model_dump(), row(database, slow.id).model_dump()
    for name in ("id", "subscriber_id"):
        one.pop(name), other.pop(name)
    assert one == other
    assert one["state"] == "accepted" and one["attempts"] == 1 and one["accepted_at"] == NOW


def test_what_was_put_off_is_due_again_at_its_time(database: Database, rows: Rows) -> None:
    issue_id = going_out(database, 1)
    deliveries = rows(issue_id)
    [due] = deliveries.claim(NOW, UNTIL, 1).rows
    after = settle(settle(due.progress, Marked(), NOW), Deferred("451 later"), NOW)
    deliveries.fold([], [Folded(due.id, after, "deferred")], NOW)
    assert not deliveries.claim(NOW, UNTIL, 1).rows
    [again] = deliveries.claim(after.due_at, UNTIL, 1).rows
    assert again.progress == Progress(State.CLAIMED, after.due_at, 1, NOW)


def test_a_worker_that_lost_its_rows_changes_nothing(database: Database, rows: Rows) -> None:
    issue_id = going_out(database, 2)
    deliveries = rows(issue_id)
    first, second = deliveries.claim(NOW, UNTIL, 2).rows
    with database.write() as session:
        for delivery_id in (first.id, second.id):
            lost = session.get(DeliveryRow, delivery_id)
            assert lost
            lost.claimed_by = "another"
    deliveries.fold([(first.id, "250 ok", NOW)], [Folded(second.id, settle(second.progress, Marked(), NOW))], NOW)
    assert {row(database, first.id).state, row(database, second.id).state} == {"claimed"}


def test_every_waiting_row_is_given_page_after_page(
    database: Database, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hot, "_PAGE", 3)
    issue_id = going_out(database, 8)
    assert [email for page in rows(issue_id).queued() for _, _, email, _ in page] == [
        f"reader{n}@example.org" for n in range(1, 9)
    ]


def test_a_claim_seeks_in_an_index_and_never_sorts(tmp_path: Path, database: Database) -> None:
    """Sorting what waits at each claim would make a million readers cost a million times a million."""
    if database.dialect != "sqlite":
        with database.connect() as connection:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            given = {"channel": "letter", "due_at": NOW, "first": 1, "last": 9, "issue_id": 1, "limit": 5}
            steps = str(connection.exec_driver_sql("EXPLAIN " + _pyformat(hot._DUE_THEN), given).all())
            assert "delivery_due" in steps and "Sort" not in steps
        return
    with closing(sqlite3.connect(database.driver.path)) as connection:
        for statement in (hot._NEXT_DUE, hot._DUE_THEN):
            plan = str(connection.execute("EXPLAIN QUERY PLAN " + statement, _AnyValue()).fetchall())
            assert "delivery_due" in plan, plan
            assert "TEMP B-TREE" not in plan and "SCAN" not in plan, plan
        for statement in (hot._QUEUED_PAGE, hot._SETTLED):
            plan = str(connection.execute("EXPLAIN QUERY PLAN " + statement, _AnyValue()).fetchall())
            assert "TEMP B-TREE" not in plan and "SCAN delivery" not in plan, plan


def test_a_database_that_is_gone_is_told_and_found_again_when_it_is_back(database: Database, rows: Rows) -> None:
    issue_id = going_out(database, 1)
    deliveries = rows(issue_id)
    if database.dialect == "postgresql":
        assert deliveries.is_going_out()
        with database.connect() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                " AND datname = current_database()"
            )
        with pytest.raises(DatabaseError):
            deliveries.is_going_out()
    else:
        gone = Deliveries(Driver("the database gone.db", path="/nowhere/gone.db"), Part(1, "letter", (), 1, 1), "one")
        with pytest.raises(DatabaseError, match="does not exist"):
            gone.is_going_out()
    assert deliveries.is_going_out()


def test_a_worker_imports_neither_sqlalchemy_nor_anything_else_that_is_heavy() -> None:
    import subprocess

    code = (
        "import sys, publisher.delivery.worker, publisher.channels.smtp;"
        "heavy = 'sqlalchemy sqlmodel fastapi tweepy jinja2 PIL requests psycopg'.split();"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class _AnyValue(dict[str, object]):
    """A plan is made for any value."""

    def __missing__(self, name: str) -> object:
        return 1


def _pyformat(statement: str) -> str:
    import re

    return re.sub(r":(\w+)", r"%(\1)s", statement)
