"""What became of a settled issue is counted once; what may still change is counted as it is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from publisher.stages import send
from publisher.store import resolve
from publisher.store.db import Database
from publisher.store.pages import counts
from tests.makers import NOW, going_out


def runs(database: Database, statement: str, **values: Any) -> None:
    with database.connect(write=True) as connection:
        connection.execute(text(statement), values)


def told(database: Database) -> dict[str, int]:
    with database.read() as session:
        found = counts.by_channel(session, 1)
    return {state: number for one in found.values() for state, number in one.states.items() if number}


def has_ended(database: Database, **states: int) -> None:
    """An issue is sent: of its letters so many have come to each of these ends."""
    going_out(database, sum(states.values()))
    for state, count in states.items():
        runs(
            database,
            "UPDATE delivery SET state = :state, attempts = 1, reason = 'told' WHERE id IN"
            " (SELECT id FROM delivery WHERE state = 'queued' ORDER BY id LIMIT :count)",
            state=state,
            count=count,
        )
    send.finish(database, NOW)


def test_a_settled_issue_is_told_as_it_was_counted(database: Database) -> None:
    has_ended(database, accepted=4, refused=2)
    runs(database, "UPDATE delivery SET state = 'queued' WHERE state = 'accepted'")  # who looks at them again sees that
    assert told(database) == {"accepted": 4, "refused": 2}


def test_a_row_that_is_missing_is_told_whatever_was_counted(database: Database) -> None:
    has_ended(database, accepted=4, refused=2)
    runs(database, "DELETE FROM delivery WHERE id IN (SELECT min(id) FROM delivery WHERE state = 'accepted')")
    assert told(database) == {"accepted": 3, "refused": 2}


def test_an_issue_that_goes_out_is_counted_as_it_is(database: Database) -> None:
    going_out(database, 3)
    runs(database, "UPDATE delivery SET state = 'accepted' WHERE id = (SELECT min(id) FROM delivery)")
    assert told(database) == {"accepted": 1, "queued": 2}


def test_what_was_unknown_and_is_found_is_counted_again(database: Database) -> None:
    has_ended(database, accepted=1, unknown=2)
    with database.write() as session:
        reader = next(iter(resolve.unknown_readers(session, 1, ["letter", "copies"])))
        assert resolve.adopt(session, 1, ["letter", "copies"], {reader: "queue id 7"}, NOW) == 1
    assert told(database) == {"accepted": 2, "unknown": 1}


def test_what_is_sent_again_is_no_longer_settled(database: Database) -> None:
    has_ended(database, accepted=1, unknown=2)
    with database.write() as session:
        resolve.send_again(session, 1, "sent again by kim", NOW)
    assert told(database) == {"accepted": 1, "deferred": 2}


def test_a_late_answer_that_nobody_counted_shows(database: Database) -> None:
    has_ended(database, accepted=1, unknown=1)
    runs(database, "UPDATE delivery SET state = 'accepted' WHERE state = 'unknown'")
    assert told(database) == {"accepted": 2}
