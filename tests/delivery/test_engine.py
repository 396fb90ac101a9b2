"""The engine: claim, mark, send, settle, on SQLite and on PostgreSQL."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlmodel import select

from publisher.delivery.engine import Clock, Run
from publisher.domain.message import Accepted, Deferred, Letter, Refused, Unknown
from publisher.errors import ChannelDown, RenderError
from publisher.store import ledger, subscribers
from publisher.store.db import Database, Session
from publisher.store.ledger import Due
from publisher.store.tables import AttemptRow, DeliveryRow
from tests.delivery.wire import Answer, Wire
from tests.makers import NOW, going_out


def a_letter(due: Due) -> Letter:
    return Letter(due.id, "bounce@example.org", due.email, f"<{due.id}@example.org>", b"hello\r\n")


def engine(
    database: Database,
    wire: Wire,
    issue_id: int,
    *,
    now: datetime = NOW,
    write: Callable[[Due], Letter] = a_letter,
    is_stopping: Callable[[], bool] = lambda: False,
) -> Run[Due]:
    def claim(session: Session, at: datetime, until: datetime, limit: int) -> list[Due]:
        return ledger.claim_deliveries(
            session, issue_id, "letter", ("weekly",), worker="one", now=at, until=until, limit=limit
        )

    return Run(database, wire, claim, write, "one", Clock(lambda: now, lambda: 0.5), is_stopping)


def states(database: Database) -> Counter[str]:
    with database.read() as session:
        return Counter(session.exec(select(DeliveryRow.state)).all())


def always(answer: Answer) -> Callable[[Letter], Answer]:
    return lambda letter: answer


def test_everyone_gets_one_letter_and_never_more_than_the_connections_are_under_way(database: Database) -> None:
    issue_id = going_out(database, 20)
    wire = Wire(always(Accepted("250 ok")))
    tally = engine(database, wire, issue_id).run()
    assert tally.accepted == 20
    assert sorted(wire.arrived) == sorted(f"reader{n}@example.org" for n in range(1, 21))
    assert wire.most_at_once == 3
    assert states(database) == {"accepted": 20}


def test_no_more_rows_are_marked_than_letters_are_under_way(database: Database) -> None:
    """So that a crash leaves at most that many unknown."""
    issue_id = going_out(database, 12)
    seen: list[int] = []

    def look(letter: Letter) -> Answer:
        seen.append(states(database)["sending"])
        return Accepted()

    engine(database, Wire(look), issue_id).run()
    assert max(seen) <= 3


def test_each_kind_of_answer_is_settled_and_kept_with_its_reason(database: Database) -> None:
    issue_id = going_out(database, 4)
    answers: dict[str, Answer] = {
        "reader1@example.org": Accepted("250 2.0.0 queued"),
        "reader2@example.org": Refused("550 no such user", 550),
        "reader3@example.org": Deferred("451 greylisted", 451),
        "reader4@example.org": Unknown("no answer after the final dot"),
    }
    engine(database, Wire(lambda letter: answers[letter.recipient]), issue_id).run()
    assert states(database) == {"accepted": 1, "refused": 1, "queued": 1, "unknown": 1}
    with database.read() as session:
        attempts = {(row.result, row.reason) for row in session.exec(select(AttemptRow))}
        [waiting] = session.exec(select(DeliveryRow).where(DeliveryRow.state == "queued")).all()
    assert attempts == {
        ("refused", "550 no such user"),
        ("deferred", "451 greylisted"),
        ("unknown", "no answer after the final dot"),
    }
    assert waiting.due_at == NOW + timedelta(minutes=5)


def test_a_deferred_reader_holds_up_nobody_and_is_tried_again_when_due(database: Database) -> None:
    issue_id = going_out(database, 3)
    wire = Wire(lambda letter: Deferred("later") if letter.recipient.startswith("reader1@") else Accepted())
    engine(database, wire, issue_id).run()
    engine(database, wire, issue_id, now=NOW + timedelta(minutes=4)).run()
    assert len(wire.arrived) == 2
    wire = Wire(always(Accepted()))
    engine(database, wire, issue_id, now=NOW + timedelta(minutes=5)).run()
    assert wire.arrived == ["reader1@example.org"]


def test_an_answer_about_us_stops_the_channel_and_loses_nobody(database: Database) -> None:
    issue_id = going_out(database, 10)

    def answer(letter: Letter) -> Answer:
        down = letter.recipient.startswith("reader4@")
        return ChannelDown("letter", "550 sender not allowed") if down else Accepted()

    wire = Wire(answer)
    tally = engine(database, wire, issue_id).run()
    assert tally.down == "550 sender not allowed"
    assert states(database)["queued"] == 10 - len(wire.arrived)
    assert states(database)["sending"] == states(database)["claimed"] == 0
    mended = Wire(always(Accepted()))
    engine(database, mended, issue_id, now=NOW + timedelta(minutes=6)).run()
    assert len(wire.arrived + mended.arrived) == len(set(wire.arrived + mended.arrived)) == 10


def test_a_relay_that_cannot_be_reached_leaves_everybody_in_the_queue(database: Database) -> None:
    issue_id = going_out(database, 2)

    class Shut(Wire):
        def open(self) -> Wire:
            raise ChannelDown("letter", "127.0.0.1:1025 refuses connections")

    tally = engine(database, Shut(always(Accepted())), issue_id).run()
    assert "refuses" in tally.down
    assert states(database) == {"queued": 2}


def test_a_letter_that_cannot_be_written_is_dropped_with_the_reason_and_the_others_go(database: Database) -> None:
    issue_id = going_out(database, 3)

    def write(due: Due) -> Letter:
        if due.email.startswith("reader2@"):
            raise RenderError("subscriber 2: the name holds U+0007")
        return a_letter(due)

    wire = Wire(always(Accepted()))
    engine(database, wire, issue_id, write=write).run()
    assert states(database) == {"accepted": 2, "dropped": 1}
    with database.read() as session:
        dropped = session.exec(select(DeliveryRow).where(DeliveryRow.state == "dropped")).one()
    assert "cannot be written" in dropped.reason


def test_who_leaves_before_the_claim_gets_nothing(database: Database) -> None:
    issue_id = going_out(database, 2)
    with database.write() as session:
        subscribers.leave(session, "reader1@example.org", NOW)
    wire = Wire(always(Accepted()))
    engine(database, wire, issue_id).run()
    assert wire.arrived == ["reader2@example.org"]
    assert states(database) == {"accepted": 1, "dropped": 1}


def test_told_to_stop_it_settles_what_is_under_way_and_gives_back_the_rest(database: Database) -> None:
    issue_id = going_out(database, 30)
    wire = Wire(always(Accepted()))
    engine(database, wire, issue_id, is_stopping=lambda: len(wire.arrived) >= 5).run()
    counts = states(database)
    assert counts["sending"] == counts["claimed"] == 0
    assert counts["accepted"] == len(wire.arrived) < 12
    assert counts["queued"] == 30 - len(wire.arrived)


def test_with_nothing_due_no_connection_is_opened(database: Database) -> None:
    issue_id = going_out(database, 1)
    wire = Wire(always(Accepted()))
    engine(database, wire, issue_id, now=NOW - timedelta(minutes=1)).run()
    assert wire.opened == 0


def test_after_a_crash_the_next_run_sends_to_everyone_that_was_not_under_way(database: Database) -> None:
    issue_id = going_out(database, 10)

    class Crash(BaseException):
        """The process is gone: nothing of ours runs any more."""

    wire = Wire(always(Accepted()))

    def crash(letter: Letter) -> Answer:
        if len(wire.arrived) == 4:
            raise Crash
        return Accepted()

    wire._answer = crash
    wire.close = lambda: None  # type: ignore[method-assign]  # nobody closes anything in a crash
    with contextlib.suppress(Crash):
        engine(database, wire, issue_id).run()
    with database.write() as session:
        unknown = ledger.recover(session, NOW)
    assert 1 <= unknown <= 3
    after = Wire(always(Accepted()))
    engine(database, after, issue_id).run()
    assert not set(wire.arrived) & set(after.arrived)
    assert len(wire.arrived) + len(after.arrived) + unknown == 10
