"""The report of an issue: what went out, why not to others, who left after it, how it was made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from publisher.stages import enroll
from tests.newsroom import FRIDAY, THURSDAY
from tests.web.desks import KIM, LEE, Desk, open_desk

AT = "/desk/issues/1/report"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path / "publication") as desk:
        yield desk.enters()


def goes_out(desk: Desk, by: str = KIM) -> None:
    desk.room.approves(by, now=THURSDAY + timedelta(minutes=34))
    desk.room.releases()
    desk.room.sends()
    desk.now = FRIDAY + timedelta(days=1)


def test_it_says_what_became_of_every_letter(desk: Desk) -> None:
    goes_out(desk)
    shown = desk.sees(AT)
    assert "It left on Fri 29 May 2026, 07:30, and everything was settled within a minute." in shown
    assert "Accepted 12 100% Readers 12" in shown


def test_refusals_are_counted_by_their_reason_whoever_they_name(desk: Desk) -> None:
    desk.room.approves()
    desk.room.releases()
    with desk.room.database.connect(write=True) as connection:
        for reader in (1, 2, 3):
            reason = f"550 5.1.1 <reader{reader}@example.org> no such user" if reader < 3 else "552 mailbox full"
            refused = "UPDATE delivery SET state = 'refused', attempts = 1, reason = :reason WHERE id = :id"
            connection.execute(text(refused), {"reason": reason, "id": reader})
    desk.room.sends()
    shown = desk.sees(AT)
    assert "Why letters were refused Reason Letters 550 5.1.1 … no such user 2 552 mailbox full 1" in shown
    assert "Accepted 9 75% Refused 3 25%" in shown


def test_who_left_in_the_week_after_it_is_counted(desk: Desk) -> None:
    goes_out(desk)
    enroll.leave(desk.room.database, "reader1@example.org", now=FRIDAY + timedelta(hours=2))
    enroll.leave(desk.room.database, "reader2@example.org", now=FRIDAY + timedelta(days=9))
    assert "left the list so far 1" in desk.sees(AT)
    desk.now = FRIDAY + timedelta(days=10)
    assert "left the list until Fri 5 Jun 2026, 07:30 1" in desk.sees(AT)


def test_an_issue_that_nobody_edited_is_the_draft(desk: Desk) -> None:
    goes_out(desk)
    shown = desk.sees(AT)
    assert "from the draft to the approval 34 minutes" in shown
    assert "of its text as in the draft 100%" in shown
    assert "Nobody edited it. Approved by kim@example.org." in shown


def test_what_was_rewritten_is_no_part_of_the_draft(desk: Desk) -> None:
    pick = desk.room.issue()["picks"][0]
    answer = desk.post("/desk/issues/1/edits", data={f"word.pick:{pick['item']}:body": pick["body"] + " And more."})
    assert answer.status_code == 200
    goes_out(desk, by=LEE)
    shown = desk.sees(AT)
    assert "of its text as in the draft 100%" not in shown
    assert "edits 1" in shown
    assert "Edited by kim@example.org." in shown


def test_before_it_left_there_is_nothing_to_report(desk: Desk) -> None:
    assert "It has not left yet" in desk.sees(AT)
    assert desk.get("/desk/issues/99/report").status_code == 404


def test_nothing_is_told_of_opens_and_clicks(desk: Desk) -> None:
    goes_out(desk)
    assert "Nobody is followed" in desk.sees(AT)
