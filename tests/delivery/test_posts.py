"""Posts: one at a time, spaced out, and never twice."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from sqlmodel import select

from publisher.delivery.engine import Clock
from publisher.delivery.posts import PostRun
from publisher.domain.message import Deferred, Refused, Unknown
from publisher.errors import ChannelDown
from publisher.store import ledger, outgoing
from publisher.store.db import Database
from publisher.store.tables import PostRow
from tests.delivery.wire import SocialWire
from tests.makers import NOW, going_out, post_surface

NONE = timedelta(0)


def queued(database: Database, *texts: str, spacing: timedelta = NONE) -> int:
    issue_id = going_out(database, 0)
    with database.write() as session:
        posts = [(n, f"key-{n}", post_surface(text), NOW + (n - 1) * spacing) for n, text in enumerate(texts, start=1)]
        ledger.add_posts(session, issue_id, "x", posts, NOW)
    return issue_id


def run(database: Database, wire: SocialWire, issue_id: int, *, now: datetime = NOW, spacing: timedelta = NONE) -> None:
    PostRun(database, wire, issue_id, spacing, "one", Clock(lambda: now, lambda: 0.5)).run()


def states(database: Database) -> Counter[str]:
    with database.read() as session:
        return Counter(session.exec(select(PostRow.state)).all())


def test_posts_go_out_in_order(database: Database) -> None:
    issue_id = queued(database, "one", "two", "three")
    wire = SocialWire([])
    run(database, wire, issue_id)
    assert wire.sent == ["one", "two", "three"]
    assert states(database) == {"accepted": 3}


def test_spacing_is_kept_even_when_several_are_overdue(database: Database) -> None:
    gap = timedelta(minutes=20)
    issue_id = queued(database, "one", "two", "three", spacing=gap)
    wire = SocialWire([])
    late = NOW + timedelta(hours=5)
    for minutes, count in [(0, 1), (17, 1), (20, 2), (37, 2), (40, 3)]:
        run(database, wire, issue_id, now=late + timedelta(minutes=minutes), spacing=gap)
        assert len(wire.sent) == count


def test_a_lost_answer_is_looked_up_and_adopted(database: Database) -> None:
    issue_id = queued(database, "one", "two")
    wire = SocialWire([Unknown("no answer")])
    wire.there["one"] = "1234"  # it did arrive
    run(database, wire, issue_id)
    assert wire.sent == ["one", "two"]
    with database.read() as session:
        assert [row.receipt for row in session.exec(select(PostRow).order_by(PostRow.position))] == ["1234", "key-2"]  # type: ignore[arg-type]  # SQLModel's fields are columns


def test_a_lost_post_that_is_not_there_is_sent_once_more_and_not_a_third_time(database: Database) -> None:
    issue_id = queued(database, "one")
    wire = SocialWire([Unknown("no answer"), Unknown("no answer")])
    run(database, wire, issue_id)
    run(database, wire, issue_id)
    assert wire.sent == ["one", "one"]
    assert states(database) == {"unknown": 1}


def test_where_nobody_can_look_a_lost_post_stays_unknown(database: Database) -> None:
    issue_id = queued(database, "one", "two")
    wire = SocialWire([Unknown("no answer")], can_look=False)
    run(database, wire, issue_id)
    run(database, wire, issue_id)
    assert wire.sent == ["one"]
    assert states(database) == {"unknown": 1, "queued": 1}


def test_a_refused_post_stops_none_of_the_others(database: Database) -> None:
    issue_id = queued(database, "one", "two")
    run(database, SocialWire([Refused("400 text is not allowed")]), issue_id)
    assert states(database) == {"refused": 1, "accepted": 1}


def test_a_deferred_post_keeps_its_place_before_the_others(database: Database) -> None:
    issue_id = queued(database, "one", "two")
    wire = SocialWire([Deferred("later")])
    run(database, wire, issue_id)
    run(database, wire, issue_id, now=NOW + timedelta(minutes=6))
    assert wire.sent == ["one", "one", "two"]


def test_an_issue_is_not_settled_while_a_lost_post_may_still_be_found(database: Database) -> None:
    issue_id = queued(database, "one")
    run(database, SocialWire([Unknown("no answer")], can_look=False), issue_id)
    with database.read() as session:
        assert outgoing.unsettled(session, issue_id) == 1
    wire = SocialWire([])
    wire.there["one"] = "1234"
    run(database, wire, issue_id, now=NOW + timedelta(hours=1))
    with database.read() as session:
        assert outgoing.unsettled(session, issue_id) == 0


def test_a_throttled_post_waits_as_long_as_it_was_asked_to(database: Database) -> None:
    issue_id = queued(database, "one")
    run(database, SocialWire([Deferred("429", 429, retry_after=900)]), issue_id)
    with database.read() as session:
        assert session.exec(select(PostRow)).one().due_at == NOW + timedelta(minutes=15)


def test_a_bad_login_returns_the_post_and_pauses_the_channel(database: Database) -> None:
    issue_id = queued(database, "one", "two")
    wire = SocialWire([ChannelDown("x", "401, the keys are not accepted")])
    run(database, wire, issue_id)
    assert states(database) == {"queued": 2}
    run(database, SocialWire([]), issue_id, now=NOW + timedelta(minutes=6))
    assert states(database) == {"accepted": 2}


def test_a_post_under_way_in_a_crash_is_looked_up_before_anything_else(database: Database) -> None:
    issue_id = queued(database, "one")
    with database.write() as session:
        due = ledger.claim_post(session, issue_id, "x", worker="dead", now=NOW, until=NOW)
        assert due is not None
        ledger.mark(session, PostRow, [due.id], "dead")
    with database.write() as session:
        assert ledger.recover(session, NOW) == 1
    wire = SocialWire([])
    wire.there["one"] = "1234"
    run(database, wire, issue_id)
    assert wire.sent == []
    assert states(database) == {"accepted": 1}
