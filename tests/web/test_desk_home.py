"""The desk's first page: what comes next, what was, and what keeps it from working."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.stages import skip
from publisher.store import editors, outgoing
from publisher.store.tables import RunRow
from publisher.web import app
from publisher.web.server import serving
from publisher.web.shell import Shell
from tests.newsroom import FRIDAY, THURSDAY, Newsroom
from tests.web.desks import KIM, LEE, WEEK, Desk, open_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path / "publication") as desk:
        yield desk.enters()


def test_what_waits_for_the_editor_comes_first(desk: Desk) -> None:
    shown = desk.sees("/desk")
    assert shown.index("Look and approve") < shown.index("Planned for Fri 29 May 2026, 07:30") < shown.index("Number")
    desk.room.approves()
    shown = desk.sees("/desk")
    assert "Look and approve" not in shown
    assert "Leaves Fri 29 May 2026, 07:30" in shown


def test_it_says_how_much_waits_for_this_editor_and_for_no_other(desk: Desk) -> None:
    assert "1 issue waits for you." in desk.sees("/desk")
    with desk.room.database.write() as session:
        editors.add(session, "new@example.org", "author", THURSDAY)
    shown = desk.enters("new@example.org").sees("/desk")
    assert "Nothing waits for you." in shown
    assert "Look and approve" not in shown


def test_who_has_approved_is_not_asked_again(tmp_path: Path) -> None:
    with open_desk(tmp_path / "two", approvals=2) as desk:
        desk.room.approves()
        assert "Approved by kim@example.org; it waits for others." in desk.enters().sees("/desk")
        assert "1 issue waits for you." in desk.enters(LEE).sees("/desk")


def test_earlier_issues_have_a_page_of_their_own(desk: Desk) -> None:
    shown = desk.sees("/desk?before=2")
    assert "Earlier issues Back to what is under way" in shown
    assert "No. 1 Draft A harbour counts ships" in shown
    assert "Nothing is earlier than that" in desk.sees("/desk?before=1")
    assert desk.get("/desk?before=x").status_code == 404


def test_where_nothing_waits_it_says_when_the_next_draft_comes(desk: Desk) -> None:
    desk.room.approves()
    desk.room.releases()
    desk.room.sends()
    desk.now = FRIDAY + timedelta(hours=1)
    shown = desk.sees("/desk")
    assert "Nothing waits for you. The next draft is made on Thu 4 Jun 2026, 09:00." in shown
    assert "No. 1 Sent A harbour counts ships Fri 29 May 2026, 07:30 12 12" in shown


def test_a_new_publication_says_what_happens_first(tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path / "new", "sqlite:///var/publisher.db")
    room.has_editors(KIM)
    with serving(app.create(Shell(room.publication, lambda: THURSDAY - WEEK, guest=KIM))) as url:
        shown = Desk(room, url, [THURSDAY]).sees("/desk")
    assert "No issue yet" in shown
    assert "publisher compose" in shown
    room.database.close()


def test_weeks_that_are_left_out_say_so_with_the_reason(desk: Desk) -> None:
    schedule, zone = desk.room.publication.settings.schedule, desk.room.publication.settings.publication.timezone
    day = (FRIDAY + WEEK).astimezone(zone).date()
    skip.run(desk.room.database, day, line=schedule.send, zone=zone, now=THURSDAY, reason="a summer break", by=KIM)
    assert "Fri 5 Jun 2026, 07:30 Skipped a summer break" in desk.sees("/desk")
    desk.now = FRIDAY + WEEK + timedelta(hours=1)
    assert "Weeks left out Fri 5 Jun 2026, 07:30 a summer break" in desk.sees("/desk")


def test_a_holiday_is_a_week_left_out(tmp_path: Path) -> None:
    with open_desk(tmp_path / "p", guest=KIM) as desk:
        settings = desk.room.publication.settings
        holiday = (FRIDAY + WEEK).astimezone(settings.publication.timezone).date()
        schedule = settings.schedule.model_copy(update={"holidays": (holiday,)})
        publication = type(desk.room.publication)(settings.model_copy(update={"schedule": schedule}))
        with serving(app.create(Shell(publication, lambda: THURSDAY, guest=KIM))) as url:
            assert "Fri 5 Jun 2026, 07:30 Skipped holiday" in Desk(desk.room, url, [THURSDAY]).sees("/desk")
        publication.database.close()


def test_what_keeps_it_from_working_is_told_first(desk: Desk) -> None:
    with desk.room.database.write() as session:
        outgoing.pause_channel(session, "out", "the disk is full", THURSDAY)
    troubled = Shell(desk.room.publication, lambda: THURSDAY, lambda: ["the clock stands still"], guest=KIM)
    with serving(app.create(troubled)) as url:
        shown = Desk(desk.room, url, [THURSDAY]).sees("/desk")
    assert shown.index("the clock stands still") < shown.index("Channel out has stopped the disk is full")
    assert shown.index("the disk is full") < shown.index("Look and approve")


def test_what_the_clock_did_is_told_in_korean(tmp_path: Path) -> None:
    with open_desk(tmp_path / "publication", guest=KIM) as desk:
        with desk.room.database.write() as session:
            session.add(
                RunRow(
                    stage="send", occurrence=FRIDAY, line="", state="done", started_at=FRIDAY, reason="No. 1 is draft"
                )
            )
        page = desk.sees("/desk?lang=ko")
    assert "보내기 1호: 초안" in page
    assert "No. 1 is draft" not in page
