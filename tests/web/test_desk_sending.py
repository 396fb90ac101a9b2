"""Sending now: what goes out, of whom nobody can tell, the channels, and the brake."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from publisher.store import outgoing
from tests.newsroom import FRIDAY
from tests.web.desks import LEE, Desk, open_desk

SOON = FRIDAY + timedelta(seconds=20)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Four of twelve letters are out, and of one more nobody can tell."""
    with open_desk(tmp_path / "publication") as desk:
        desk.room.approves()
        desk.room.releases()
        desk.now = SOON
        with desk.room.database.connect(write=True) as connection:
            connection.execute(
                text("UPDATE delivery SET state = 'accepted', attempts = 1, accepted_at = :at WHERE id <= 4"),
                {"at": f"{FRIDAY:%Y-%m-%d %H:%M:%S}.000000"},
            )
            lost = "UPDATE delivery SET state = 'unknown', reason = :reason WHERE id = 5"
            connection.execute(text(lost), {"reason": "the sender stopped before the answer came"})
        yield desk.enters()


def test_it_shows_how_far_it_is_and_how_fast(desk: Desk) -> None:
    shown = desk.sees("/desk/sending")
    assert "41% 5 of 12 letters have their end" in shown
    assert "have it 4 have not 7 nobody can tell 1" in shown
    assert "Pace 12 a minute" in shown
    assert "To go 35 seconds" in shown


def test_who_is_unknown_is_named_to_those_who_may_see_it(desk: Desk) -> None:
    assert "Unknown reader5@example.org out the sender stopped before the answer came" in desk.sees("/desk/sending")
    desk.room.has_editors("new@example.org", role="author")
    shown = desk.enters("new@example.org").sees("/desk/sending")
    assert "r…@example.org" in shown
    assert "reader5@" not in shown


def test_the_brake_stops_and_lets_go(desk: Desk) -> None:
    answer = desk.post("/desk/sending/1/pauses")
    assert answer.url.endswith("/desk/sending?said=paused")
    shown = desk.sees("/desk/sending")
    assert "No. 1 Paused" in shown
    assert "paused by kim@example.org" in shown
    assert desk.post("/desk/sending/1/resumptions").url.endswith("/desk/sending?said=resumed")
    assert "No. 1 Sending" in desk.sees("/desk/sending")


def test_to_pause_twice_says_that_it_was_not_done(desk: Desk) -> None:
    desk.post("/desk/sending/1/pauses")
    answer = desk.post("/desk/sending/1/pauses")
    assert answer.status_code == 409
    assert "No. 1 is paused; only an issue that is going out can be paused" in answer.text


def test_anybody_on_the_desk_may_pull_the_brake(desk: Desk) -> None:
    desk.room.has_editors("new@example.org", role="author")
    author = desk.enters("new@example.org")
    assert "Pause No. 1" in author.sees("/desk/sending")
    assert author.post("/desk/sending/1/pauses").status_code == 200
    assert "No. 1 Paused" in desk.sees("/desk/sending")


def test_a_channel_that_stopped_says_why_and_since_when(desk: Desk) -> None:
    assert "Sending out folder 11 letters and posts are still to come" in desk.sees("/desk/sending")
    with desk.room.database.write() as session:
        outgoing.pause_channel(session, "out", "the disk is full", SOON)
    assert "Paused out folder the disk is full It stopped on Fri 29 May 2026, 07:30" in desk.sees("/desk/sending")


def test_whoever_watches_is_sent_only_what_is_new(desk: Desk) -> None:
    first = desk.get("/desk/sending/progress")
    tag = first.headers["etag"]
    assert 'data-every="1"' in first.text
    assert desk.get("/desk/sending/progress", headers={"If-None-Match": tag}).status_code == 304
    desk.room.sends(now=SOON)
    assert desk.get("/desk/sending/progress", headers={"If-None-Match": tag}).status_code == 200


def test_where_nothing_goes_out_it_says_what_comes_next(tmp_path: Path) -> None:
    with open_desk(tmp_path / "publication", guest=LEE) as desk:
        shown = desk.sees("/desk/sending")
        assert "Nothing is going out No issue is approved yet." in shown
        assert "Ready out folder has nothing to send" in shown
        desk.room.approves()
        assert "No. 1 is approved and leaves on Fri 29 May 2026, 07:30." in desk.sees("/desk/sending")
