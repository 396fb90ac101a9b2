"""The engine: claim, mark, send, settle, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from publisher.delivery.engine import DEFERRED_IN_A_ROW, Clock, Run
from publisher.delivery.journal import Journal
from publisher.domain.issue import IssueState
from publisher.domain.message import Accepted, Deferred, Letter, Refused, Unknown
from publisher.errors import ChannelDown, DatabaseError, RenderError
from publisher.store import issues, ledger, subscribers
from publisher.store.db import Database
from publisher.store.hot import Deliveries, Due, Part
from publisher.store.tables import AttemptRow, DeliveryRow
from tests.delivery.wire import Answer, Wire
from tests.makers import NOW, going_out


def a_letter(due: Due) -> Letter:
    return Letter(due.id, "bounce@example.org", due.email, f"<{due.id}@example.org>", b"hello\r\n")


@pytest.fixture
def run(database: Database, tmp_path: Path) -> Iterator[Callable[..., Run]]:
    with ExitStack() as closing_all:

        def make(
            wire: Wire,
            issue_id: int,
            *,
            now: datetime = NOW,
            write: Callable[[Due], Letter] = a_letter,
            is_stopping: Callable[[], bool] = lambda: False,
        ) -> Run:
            with database.read() as session:
                bounds = ledger.bounds(session, issue_id, "letter")
            assert bounds
            journal = Journal(tmp_path / "journals", "letter")
            deliveries = closing_all.enter_context(
                closing(Deliveries(database.driver, Part(issue_id, "letter", ("weekly",), *bounds), journal.claimed_by))
            )
            return Run(deliveries, journal, wire, write, Clock(lambda: now, lambda: 0.5), is_stopping)

        yield make


Engine = Callable[..., Run]


def states(database: Database) -> Counter[str]:
    with database.read() as session:
        return Counter(session.exec(select(DeliveryRow.state)).all())


def always(answer: Answer) -> Callable[[Letter], Answer]:
    return lambda letter: answer


def test_everyone_gets_one_letter_and_never_more_than_the_connections_are_under_way(
    database: Database, run: Engine
) -> None:
    issue_id = going_out(database, 20)
    wire = Wire(always(Accepted("250 ok")))
    tally = run(wire, issue_id).run()
    assert tally.accepted == 20
    assert sorted(wire.arrived) == sorted(f"reader{n}@example.org" for n in range(1, 21))
    assert wire.most_at_once == 3
    assert states(database) == {"accepted": 20}


def test_before_a_letter_leaves_the_journal_says_so(database: Database, run: Engine, tmp_path: Path) -> None:
    issue_id = going_out(database, 12)
    said: list[bool] = []

    def look(letter: Letter) -> Answer:
        [journal] = (tmp_path / "journals").glob("*.journal")
        said.append(f"\nS {letter.delivery_id}\n" in journal.read_text())
        return Accepted()

    run(Wire(look), issue_id).run()
    assert said == [True] * 12
    assert list((tmp_path / "journals").iterdir()) == []


def test_where_the_journal_cannot_be_written_nothing_leaves(database: Database, run: Engine) -> None:
    issue_id = going_out(database, 3)
    wire = Wire(always(Accepted()))
    engine = run(wire, issue_id)
    os.dup2(os.open("/dev/full", os.O_WRONLY), engine.journal._file)
    tally = engine.run()
    assert "cannot be written (No space left on device)" in tally.down
    assert wire.arrived == []
    assert states(database) == {"queued": 3}


def test_each_kind_of_answer_is_settled_and_kept_with_its_reason(database: Database, run: Engine) -> None:
    issue_id = going_out(database, 4)
    answers: dict[str, Answer] = {
        "reader1@example.org": Accepted("250 2.0.0 queued"),
        "reader2@example.org": Refused("550 no such user", 550),
        "reader3@example.org": Deferred("451 greylisted", 451),
        "reader4@example.org": Unknown("no answer after the final dot"),
    }
    run(Wire(lambda letter: answers[letter.recipient]), issue_id).run()
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


def test_a_deferred_reader_holds_up_nobody_and_is_tried_again_when_due(database: Database, run: Engine) -> None:
    issue_id = going_out(database, 3)
    wire = Wire(lambda letter: Deferred("later") if letter.recipient.startswith("reader1@") else Accepted())
    run(wire, issue_id).run()
    run(wire, issue_id, now=NOW + timedelta(minutes=4)).run()
    assert len(wire.arrived) == 2
    wire = Wire(always(Accepted()))
    run(wire, issue_id, now=NOW + timedelta(minutes=5)).run()
    assert wire.arrived == ["reader1@example.org"]


def test_an_answer_about_us_stops_the_channel_and_loses_nobody(database: Database, run: Engine) -> None:
    issue_id = going_out(database, 10)

    def answer(letter: Letter) -> Answer:
        down = letter.recipient.startswith("reader4@")
        return ChannelDown("letter", "550 sender not allowed") if down else Accepted()

    wire = Wire(answer)
    tally = run(wire, issue_id).run()
    assert tally.down == "550 sender not allowed"
    assert states(database)["queued"] == 10 - len(wire.arrived)
    assert states(database)["sending"] == states(database)["claimed"] == 0
    mended = Wire(always(Accepted()))
    run(mended, issue_id, now=NOW + timedelta(minutes=6)).run()
    assert len(wire.arrived + mended.arrived) == len(set(wire.arrived + mended.arrived)) == 10


def test_a_relay_that_cannot_be_reached_leaves_everybody_in_the_queue(database: Database, run: Engine) -> None:
    issue_id = going_out(database, 2)

    class Shut(Wire):
        def open(self, leaves: Callable[[int], None] = lambda delivery_id: None) -> Wire:
            raise ChannelDown("letter", "127.0.0.1:1025 refuses connections")

    tally = run(Shut(always(Accepted())), issue_id).run()
    assert "refuses" in tally.down
    assert states(database) == {"queued": 2}


def test_a_letter_that_cannot_be_written_is_dropped_with_the_reason_and_the_others_go(
    database: Database, run: Engine
) -> None:
    issue_id = going_out(database, 3)

    def write(due: Due) -> Letter:
        if due.email.startswith("reader2@"):
            raise RenderError("subscriber 2: the name holds U+0007")
        return a_letter(due)

    wire = Wire(always(Accepted()))
    run(wire, issue_id, write=write).run()
    assert states(database) == {"accepted": 2, "dropped": 1}
    with database.read() as session:
        dropped = session.exec(select(DeliveryRow).where(DeliveryRow.state == "dropped")).one()
    assert "cannot be written" in dropped.reason


def test_who_leaves_before_the_claim_gets_nothing(database: Database, run: Engine) -> None:
    issue_id = going_out(database, 2)
    with database.write() as session:
        subscribers.leave(session, "reader1@example.org", NOW)
    wire = Wire(always(Accepted()))
    run(wire, issue_id).run()
    assert wire.arrived == ["reader2@example.org"]
    assert states(database) == {"accepted": 1, "dropped": 1}


def test_told_to_stop_it_settles_what_is_under_way_and_gives_back_the_rest(database: Database, run: Engine) -> None:
    issue_id = going_out(database, 30)
    wire = Wire(always(Accepted()))
    run(wire, issue_id, is_stopping=lambda: len(wire.arrived) >= 5).run()
    counts = states(database)
    assert counts["sending"] == counts["claimed"] == 0
    assert counts["accepted"] == len(wire.arrived) < 12
    assert counts["queued"] == 30 - len(wire.arrived)


def test_with_nothing_due_no_connection_is_opened(database: Database, run: Engine) -> None:
    issue_id = going_out(database, 1)
    wire = Wire(always(Accepted()))
    run(wire, issue_id, now=NOW - timedelta(minutes=1)).run()
    assert wire.opened == 0


def test_paused_meanwhile_it_stops_within_a_second_and_gives_back_the_rest(database: Database, run: Engine) -> None:
    issue_id = going_out(database, 30)
    paused_at = 0.0

    def answer(letter: Letter) -> Answer:
        nonlocal paused_at
        time.sleep(0.05)
        if len(wire.arrived) == 5 and not paused_at:
            with database.write() as session:
                issue = issues.by_number(session, 1)
                issues.set_state(session, issue, IssueState.PAUSED, now=NOW)
            paused_at = time.monotonic()
        return Accepted()

    wire = Wire(answer)
    tally = run(wire, issue_id).run()
    assert time.monotonic() - paused_at < 1
    assert states(database) == {"accepted": len(wire.arrived), "queued": 30 - len(wire.arrived)}
    assert tally.down == ""


def test_a_relay_that_puts_everybody_off_is_left_alone(database: Database, run: Engine) -> None:
    issue_id = going_out(database, 60)
    tally = run(Wire(always(Deferred("451 4.3.2 not now", 451))), issue_id).run()
    assert f"the last {DEFERRED_IN_A_ROW} letters were all put off: 451 4.3.2 not now" in tally.down
    assert tally.deferred < DEFERRED_IN_A_ROW + 10
    assert states(database) == {"queued": 60}


def test_when_too_many_of_the_first_are_refused_an_editor_is_asked_once(database: Database, run: Engine) -> None:
    issue_id = going_out(database, 300)
    wire = Wire(
        lambda letter: Refused("550 5.1.1 no such user", 550) if letter.delivery_id % 3 == 0 else Accepted(), capacity=1
    )
    tally = run(wire, issue_id).run()
    assert tally.refused == 50
    assert tally.ask.startswith("50 of the first 150 letters were refused")
    assert states(database)["queued"] == 150
    assert run(wire, issue_id).run().ask == ""
    assert states(database)["queued"] == 0


def test_a_database_that_is_gone_for_a_while_loses_and_repeats_nothing(
    database: Database, run: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue_id = going_out(database, 40)
    engine: Run
    gone = 0

    class Gone:
        """The real rows; now and then their database does not answer."""

        def __init__(self, rows: Deliveries) -> None:
            self._rows = rows

        def __getattr__(self, name: str) -> Any:
            return getattr(self._rows, name)

        def fold(self, *given: Any) -> bool:
            nonlocal gone
            gone += 1
            if gone % 3:
                raise DatabaseError("the database is gone")
            return self._rows.fold(*given)

    def slowly(letter: Letter) -> Answer:
        time.sleep(0.02)
        return Accepted()

    wire = Wire(slowly)
    engine = run(wire, issue_id)
    engine.deliveries = Gone(engine.deliveries)  # type: ignore[arg-type]
    engine.run()
    assert gone > 1
    assert len(wire.arrived) == len(set(wire.arrived))
    assert states(database)["accepted"] == len(wire.arrived)
    assert states(database)["accepted"] + states(database)["queued"] == 40
