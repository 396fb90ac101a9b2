"""An issue on its way, at the desk: pause it, let it go on, cancel it, decide about what is unknown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlmodel import select

from publisher.store.pages import desk as pages
from publisher.store.tables import DeliveryRow
from publisher.web.desk import shown
from tests.newsroom import FRIDAY
from tests.web.browser import looking
from tests.web.desks import KIM, Desk, open_desk, words_of

ISSUE = "/desk/issues/1"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Kim is signed in, and No. 1 is released to twelve readers; nothing has left yet."""
    with open_desk(tmp_path / "publication") as desk:
        desk = desk.enters()
        desk.room.approves()
        desk.room.releases()
        desk.now = FRIDAY
        yield desk


def becomes(desk: Desk, *states: str) -> None:
    """The first deliveries come to these states."""
    with desk.room.database.write() as session:
        rows = session.exec(select(DeliveryRow).order_by("id")).all()
        for row, state in zip(rows, states, strict=False):
            row.state, row.attempts = state, 1
            row.accepted_at = FRIDAY if state == "accepted" else None


def state(desk: Desk) -> tuple[str, str]:
    page = desk.room.issue()
    return page["state"], page["state_reason"]


def test_it_says_who_has_it_who_has_not_and_who_is_uncertain(desk: Desk) -> None:
    becomes(desk, "accepted", "accepted", "refused", "unknown", "sending")
    seen = desk.sees()
    assert "have it 2 have not 8 just being sent 1 nobody can tell 1" in seen
    assert "12 readers = 2 accepted + 1 refused + 1 unknown + 1 sending + 7 queued" in seen


def test_it_is_paused_and_goes_on(desk: Desk) -> None:
    answer = desk.post(f"{ISSUE}/pauses")
    assert answer.url == f"{desk.url}{ISSUE}?said=paused"
    assert "Paused." in words_of(answer.text)
    assert state(desk) == ("paused", f"paused by {KIM}")
    assert "Pause No. 1" not in words_of(answer.text)
    answer = desk.post(f"{ISSUE}/resumptions")
    assert "It goes on." in words_of(answer.text)
    assert state(desk)[0] == "sending"


def test_what_cannot_be_done_any_more_is_said(desk: Desk) -> None:
    assert desk.post(f"{ISSUE}/resumptions").status_code == 409
    desk.post(f"{ISSUE}/pauses")
    answer = desk.post(f"{ISSUE}/pauses")
    assert answer.status_code == 409
    assert "No. 1 is paused; only an issue that is going out can be paused" in words_of(answer.text)


def test_cancelling_asks_first_with_the_numbers(desk: Desk) -> None:
    becomes(desk, "accepted", "unknown")
    assert f'href="{ISSUE}/cancellation"' in desk.get(ISSUE).text
    asked = desk.sees(f"{ISSUE}/cancellation")
    assert "have it 1 have not 10 nobody can tell 1" in asked
    assert "This cannot be taken back." in asked
    assert state(desk)[0] == "sending"
    answer = desk.post(f"{ISSUE}/cancellations", data={"reason": "the wrong picture"})
    assert "What has not left never leaves." in words_of(answer.text)
    assert state(desk) == ("cancelled", f"cancelled: the wrong picture (by {KIM})")
    assert desk.room.issue()["deliveries"]["dropped"] == 10
    assert "have it 1 have not 10 nobody can tell 1" in desk.sees()
    again = desk.post(f"{ISSUE}/cancellations")
    assert again.status_code == 409
    assert "It can no longer be cancelled." in desk.sees(f"{ISSUE}/cancellation")


def test_a_draft_is_cancelled_too(tmp_path: Path) -> None:
    with open_desk(tmp_path / "publication") as desk:
        desk = desk.enters()
        assert f'href="{ISSUE}/cancellation"' in desk.get(ISSUE).text
        assert "Nothing of it has left, and nothing will." in desk.sees(f"{ISSUE}/cancellation")
        desk.post(f"{ISSUE}/cancellations")
        assert state(desk) == ("cancelled", f"cancelled: by {KIM}")


def test_a_reason_is_as_long_as_the_field(desk: Desk) -> None:
    assert desk.post(f"{ISSUE}/cancellations", data={"reason": "x" * 301}).status_code == 400
    assert state(desk)[0] == "sending"


def test_what_is_unknown_is_left_and_the_desk_stops_asking(desk: Desk) -> None:
    becomes(desk, *["accepted"] * 10, "unknown", "unknown")
    seen = desk.sees()
    assert "2 are unknown. About 90% of such letters have arrived." in seen
    assert "publisher issues resolve 1 --log FILE" in seen
    form = desk.form("decisions")
    assert form == {"seen": "2"}
    answer = desk.post(f"{ISSUE}/decisions", data=form | {"unknown": "leave"})
    assert "They stay as they are." in words_of(answer.text)
    seen = desk.sees()
    assert "About 90%" not in seen
    assert "2 that are unknown are left as they are." in seen
    assert desk.room.issue()["left_so"] == {"letters": 2, "posts": 0}


def test_what_is_unknown_is_sent_again(desk: Desk) -> None:
    becomes(desk, *["accepted"] * 10, "unknown", "unknown")
    answer = desk.post(f"{ISSUE}/decisions", data=desk.form("decisions") | {"unknown": "send-again"})
    assert "They are queued again." in words_of(answer.text)
    assert desk.room.issue()["deliveries"]["deferred"] == 2
    with desk.room.database.read() as session:
        assert f"sent again by {KIM}" in set(session.exec(select(DeliveryRow.reason)))


def test_nobody_decides_about_more_than_they_saw(desk: Desk) -> None:
    becomes(desk, "unknown")
    form = desk.form("decisions")
    becomes(desk, "unknown", "unknown", "unknown")
    answer = desk.post(f"{ISSUE}/decisions", data=form | {"unknown": "send-again"})
    assert answer.status_code == 409
    assert "3 of No. 1 are unknown now, not 1; look again, then decide" in words_of(answer.text)
    assert desk.room.issue()["deliveries"]["unknown"] == 3


@pytest.mark.parametrize(
    "form", [{}, {"unknown": "leave"}, {"unknown": "guess", "seen": "1"}, {"unknown": "leave", "seen": "-1"}]
)
def test_a_decision_is_whole_or_none(desk: Desk, form: dict[str, str]) -> None:
    becomes(desk, "unknown")
    assert desk.post(f"{ISSUE}/decisions", data=form).status_code == 400
    assert desk.room.issue()["undecided"]["letters"] == 1


def test_of_a_cancelled_issue_the_unknown_can_only_be_left(desk: Desk) -> None:
    becomes(desk, "unknown")
    desk.post(f"{ISSUE}/cancellations")
    assert "send-again" not in desk.get(ISSUE).text
    assert desk.post(f"{ISSUE}/decisions", data={"unknown": "send-again", "seen": "1"}).status_code == 409
    assert desk.post(f"{ISSUE}/decisions", data={"unknown": "leave", "seen": "1"}).status_code == 200


def test_it_says_how_fast_letters_leave_and_how_long_it_takes(desk: Desk) -> None:
    assert "a second" not in desk.sees()
    becomes(desk, *["accepted"] * 6)
    desk.now = FRIDAY + timedelta(seconds=2)
    seen = desk.sees()
    assert "Pace 3 a second" in seen
    assert "To go 2 seconds" in seen
    desk.now = FRIDAY + timedelta(seconds=29)
    assert "Pace 13 a minute To go 29 seconds" in desk.sees()
    desk.now = FRIDAY + timedelta(minutes=5)
    assert "To go" not in desk.sees()


def test_a_large_list_is_looked_at_less_often(desk: Desk) -> None:
    assert 'data-every="1"' in desk.get(f"{ISSUE}/progress").text
    with desk.room.database.read() as session:
        issue = pages.progress(session, 1, FRIDAY)
    issue["deliveries"]["queued"] = 1_000_000
    schedule = desk.room.publication.settings.schedule
    assert shown.standing(issue, issue["digest"], KIM, schedule, FRIDAY).every == 6


def test_another_site_changes_nothing(desk: Desk) -> None:
    for path in ("pauses", "cancellations", "decisions"):
        answer = desk.post(f"{ISSUE}/{path}", headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403
    assert state(desk)[0] == "sending"


def test_it_is_all_said_in_korean(desk: Desk) -> None:
    becomes(desk, "accepted", "unknown", "unknown")
    seen = desk.sees(f"{ISSUE}?lang=ko")
    assert "2건이 확인되지 않았습니다. 이런 메일은 약 90%가 도착해 있습니다." in seen
    assert "1호 발송 멈추기" in seen
    asked = desk.get(f"{ISSUE}/cancellation?lang=ko").text
    assert "되돌릴 수 없습니다." in asked
    [action] = re.findall(r'action="([^"]*cancellations[^"]*)"', asked)
    answer = desk.post(action, data={"reason": "사진이 틀렸습니다"})
    assert f"{KIM} 님이 발행을 취소했습니다: 사진이 틀렸습니다" in words_of(answer.text)


@pytest.mark.parametrize("has_script", [True, False])
def test_an_editor_pauses_resumes_and_cancels_in_a_browser(desk: Desk, browser: Browser, has_script: bool) -> None:
    with looking(browser, "en", "light", 390, java_script_enabled=has_script) as page:
        page.goto(desk.link(to=ISSUE))
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="Pause No. 1").click()
        expect(page.get_by_text("nothing more leaves")).to_be_visible()
        page.get_by_role("button", name="Let No. 1 go on").click()
        expect(page.get_by_role("button", name="Pause No. 1")).to_be_visible()
        page.get_by_role("link", name="Cancel No. 1 …").click()
        page.get_by_role("link", name="Back, without cancelling").click()
        page.get_by_role("link", name="Cancel No. 1 …").click()
        page.get_by_label("Why, for the other editors").fill("the wrong picture")
        page.get_by_role("button", name="Cancel No. 1 for good").click()
        expect(page.get_by_text("What has not left never leaves.")).to_be_visible()
    assert state(desk) == ("cancelled", f"cancelled: the wrong picture (by {KIM})")
