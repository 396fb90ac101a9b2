"""The ledger, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from publisher.domain.audience import AudienceRule, ChannelAudience
from publisher.domain.message import Accepted, Unknown
from publisher.domain.sending import Claimed, Marked, Progress, State, settle
from publisher.store import ledger, outgoing, subscribers
from publisher.store.db import Database
from publisher.store.ledger import Settling
from publisher.store.tables import DeliveryRow, PostRow
from tests.makers import NOW, going_out, post_surface, readers

LEASE = NOW + timedelta(minutes=15)


@dataclass(frozen=True)
class Taken:
    id: int
    progress: Progress


def claim(session: Session, issue_id: int, worker: str = "one", limit: int = 100) -> list[Taken]:
    """Rows that a worker without a journal has."""
    waiting = select(DeliveryRow).where(DeliveryRow.issue_id == issue_id, DeliveryRow.state == "queued")
    taken = []
    for row in session.exec(waiting.order_by(col(DeliveryRow.id)).limit(limit)):
        assert row.id is not None
        taken.append(Taken(row.id, settle(ledger.progress_of(row), Claimed(LEASE), NOW)))
        ledger.write_progress(row, taken[-1].progress)
        row.claimed_by = worker
    session.flush()
    return taken


def states(database: Database) -> Counter[str]:
    with database.read() as session:
        return Counter(session.exec(select(DeliveryRow.state)).all())


def test_everyone_of_the_audience_gets_one_row(database: Database) -> None:
    going_out(database, 5)
    assert states(database) == {"queued": 5}


def test_who_is_on_two_lists_gets_one_row_and_who_left_or_is_suppressed_none(database: Database) -> None:
    rule = AudienceRule((ChannelAudience("letter", ("weekly", "extra")),))
    with database.write() as session:
        readers(session, 4)
        readers(session, 4, "extra")
        subscribers.leave(session, "reader1@example.org", NOW)
        subscribers.suppress(session, "READER2@Example.org", "complained", NOW)
    going_out(database, 4, rule)
    assert states(database) == {"queued": 2}


def test_an_address_gets_an_issue_from_the_first_mail_channel_only_and_a_copy_takes_all(database: Database) -> None:
    rule = AudienceRule(
        (
            ChannelAudience("letter", ("weekly",)),
            ChannelAudience("other", ("weekly",)),
            ChannelAudience("out", ("weekly",), is_copy=True),
        )
    )
    going_out(database, 3, rule)
    with database.read() as session:
        assert Counter(session.exec(select(DeliveryRow.channel)).all()) == {"letter": 3, "out": 3}


def test_a_worker_that_lost_its_claim_can_neither_mark_nor_settle(database: Database) -> None:
    issue_id = going_out(database, 1)
    with database.write() as session:
        [lost] = claim(session, issue_id, "one")
        assert ledger.recover(session, NOW) == 0  # its process is gone; the row is queued again
    with database.write() as session:
        [taken] = claim(session, issue_id, "two")
        assert ledger.mark(session, DeliveryRow, [lost.id], "one") == set()
        assert ledger.mark(session, DeliveryRow, [taken.id], "two") == {taken.id}
        sending = settle(lost.progress, Marked(), NOW)
        ledger.settle_rows(session, DeliveryRow, [Settling(lost.id, sending, settle(sending, Accepted(), NOW))], "one")
    assert states(database) == {"sending": 1}


def test_what_a_dead_worker_had_marked_is_unknown_and_what_it_had_claimed_is_queued(database: Database) -> None:
    issue_id = going_out(database, 5)
    with database.write() as session:
        block = claim(session, issue_id)
        ledger.mark(session, DeliveryRow, [due.id for due in block[:2]], "one")
    with database.write() as session:
        assert ledger.recover(session, NOW) == 2
    assert states(database) == {"unknown": 2, "queued": 3}


def test_the_row_says_what_the_lifecycle_says(database: Database) -> None:
    """Marking and settling are one SQL statement each; they must agree with `settle`."""
    issue_id = going_out(database, 1)
    with database.write() as session:
        [due] = claim(session, issue_id)
        ledger.mark(session, DeliveryRow, [due.id], "one")
    with database.read() as session:
        row = session.get(DeliveryRow, due.id)
        assert row is not None
        assert ledger.progress_of(row) == settle(due.progress, Marked(), NOW)
    sending = settle(due.progress, Marked(), NOW)
    after = settle(sending, Accepted("250 2.0.0 queued as 4F"), NOW)
    with database.write() as session:
        ledger.settle_rows(session, DeliveryRow, [Settling(due.id, sending, after)], "one")
    with database.read() as session:
        row = session.get(DeliveryRow, due.id)
        assert row is not None
        assert ledger.progress_of(row) == after


def test_an_issue_is_unsettled_until_every_letter_and_post_has_an_end(database: Database) -> None:
    issue_id = going_out(database, 1)
    with database.write() as session:
        ledger.add_posts(session, issue_id, "x", [(1, "key-1", post_surface("hello"), NOW)], NOW)
        assert outgoing.unsettled(session, issue_id) == 2
        [due] = claim(session, issue_id)
        ledger.mark(session, DeliveryRow, [due.id], "one")
        sending = settle(due.progress, Marked(), NOW)
        after = settle(sending, Unknown("no answer"), NOW)
        ledger.settle_rows(session, DeliveryRow, [Settling(due.id, sending, after)], "one")
        post = ledger.claim_post(session, issue_id, "x", worker="one", now=NOW, until=LEASE)
        assert post is not None and post.progress.state == State.CLAIMED
        assert outgoing.unsettled(session, issue_id) == 1


def test_a_row_is_not_settled_twice(database: Database) -> None:
    issue_id = going_out(database, 1)
    with database.write() as session:
        [due] = claim(session, issue_id)
        ledger.mark(session, DeliveryRow, [due.id], "one")
        sending = settle(due.progress, Marked(), NOW)
        first = settle(sending, Accepted("first"), NOW)
        second = replace(first, receipt="second")
        ledger.settle_rows(session, DeliveryRow, [Settling(due.id, sending, first)], "one")
        ledger.settle_rows(session, DeliveryRow, [Settling(due.id, sending, second)], "one")
    with database.read() as session:
        row = session.get(DeliveryRow, due.id)
        assert row is not None and row.receipt == "first"


def test_the_same_post_of_an_issue_cannot_be_queued_twice(database: Database) -> None:
    issue_id = going_out(database, 1)
    with pytest.raises(Exception, match=r"(?i)unique"), database.write() as session:
        ledger.add_posts(session, issue_id, "x", [(1, "key-1", post_surface("a"), NOW), (1, "key-2", "{}", NOW)], NOW)
    with database.read() as session:
        assert session.exec(select(PostRow)).all() == []
