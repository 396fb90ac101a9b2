"""Approving by the link of a notice: a look shows, the button approves once, and whatever changes ends it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_string, policy
from pathlib import Path
from typing import Any

import pytest
import requests

from publisher.stages import approve, ask, edit, enroll, notify
from tests.newsroom import THURSDAY
from tests.notices.makers import mails, outbox
from tests.web.desks import KIM, LEE, Desk, everything, open_desk, words_of

WEEK = timedelta(days=7)


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    options: dict[str, Any] = getattr(request, "param", {})
    with open_desk(tmp_path / "publication", **options) as desk:
        yield desk


def link(desk: Desk, to: str = KIM) -> str:
    """The link to approve in the notice that this editor gets."""
    room = desk.room
    notify.tell(room.database, room.publication.notice_writer, notify.about(room.database, 1), now=desk.now)
    mails(room, now=desk.now)
    for letter in (room.root / "out" / "letters").glob("notice-*.eml"):
        message = message_from_string(letter.read_text(encoding="ascii"), policy=policy.default)
        if to in str(message["To"]):
            body = message.get_body(("plain",))
            assert body
            found = re.search(r"http://\S+(/desk/approve/\S+)", body.get_content())
            return desk.url + found[1] if found else ""
    raise AssertionError(f"no notice to {to}")


def presses(url: str) -> requests.Response:
    """Open the page, press its button."""
    page = requests.get(url, timeout=20).text
    marks = re.search(r'name="marks" value="([^"]*)"', page)
    return requests.post(url, data={"marks": marks[1] if marks else ""}, timeout=20)


def test_the_link_shows_what_it_approves_and_the_button_approves_it(desk: Desk) -> None:
    url = link(desk)
    shown = words_of(requests.get(url, timeout=20).text)
    for part in ("A harbour counts ships", "A bus that waits", f"lets {KIM} approve No. 1", "12 readers", "Warning"):
        assert part in shown
    assert desk.room.issue()["state"] == "draft"
    assert "It leaves on Fri 29 May 2026, 07:30" in words_of(presses(url).text)
    issue = desk.room.issue()
    assert (issue["state"], [given["editor"] for given in issue["approvals"]]) == ("approved", [KIM])


def test_however_often_it_is_opened_nothing_changes(desk: Desk) -> None:
    url = link(desk)
    before = everything(desk.room)
    for method in ("GET", "HEAD") * 5:
        assert requests.request(method, url, timeout=20).status_code == 200
    assert everything(desk.room) == before


def test_it_approves_once_and_signs_nobody_in(desk: Desk) -> None:
    url = link(desk)
    answer = presses(url)
    assert not answer.cookies
    assert presses(url).status_code == 410
    assert len(desk.room.issue()["approvals"]) == 1


def test_no_character_of_it_can_be_another(desk: Desk) -> None:
    url = link(desk)
    head, _, token = url.rpartition("/")
    identity = desk.room.publication.identity()
    for at in range(len(token)):
        other = "b" if token[at] != "b" else "c"
        forged = f"{token[:at]}{other}{token[at + 1 :]}"
        assert approve.invited(desk.room.database, identity, forged, now=desk.now) is None, at
    assert requests.post(f"{head}/{token[:-1]}", timeout=20).status_code == 410
    assert desk.room.issue()["state"] == "draft"


def test_a_link_for_another_purpose_opens_nothing_here(desk: Desk) -> None:
    entering = desk.link(KIM).rpartition("/")[2]
    assert requests.post(f"{desk.url}/desk/approve/{entering}", timeout=20).status_code == 410
    token = link(desk).rpartition("/")[2]
    assert requests.post(f"{desk.url}/desk/enter/{token}", timeout=20).status_code == 403
    assert requests.post(f"{desk.url}/leave/{token}", timeout=20).status_code in (400, 403, 404, 410)
    assert desk.room.issue()["state"] == "draft"


def test_an_edit_ends_it_and_so_does_one_that_is_taken_back(desk: Desk) -> None:
    url = link(desk)
    desk.room.edits(edit.Edit(title="A harbour counts whales"))
    assert presses(url).status_code == 410
    desk.room.edits(edit.Edit(title="A harbour counts ships"))
    assert presses(url).status_code == 410
    assert desk.room.issue()["state"] == "draft"


@pytest.mark.parametrize("desk", [{"approvals": 2}], indirect=True)
def test_a_pull_back_ends_everybodys(desk: Desk) -> None:
    kim, lee = link(desk), link(desk, LEE)
    assert "1 of 2 approvals are given" in words_of(presses(kim).text)
    assert presses(lee).status_code == 200
    assert desk.room.issue()["state"] == "approved"
    approve.pull_back(desk.room.database, 1, by=KIM, now=desk.now)
    for url in (kim, lee):
        assert presses(url).status_code == 410
    assert desk.room.issue()["state"] == "draft"


def test_a_change_of_role_and_a_week_end_it(desk: Desk) -> None:
    kim, lee = link(desk), link(desk, LEE)
    enroll.add_editor(desk.room.database, KIM, "approver", now=THURSDAY)
    assert presses(kim).status_code == 410
    desk.now += WEEK
    assert presses(lee).status_code == 410
    assert desk.room.issue()["state"] == "draft"


def test_who_may_not_approve_gets_no_link(desk: Desk) -> None:
    desk.room.has_editors("author@example.org", role="author")
    assert link(desk, "author@example.org") == ""
    assert link(desk) != ""


def test_a_form_of_another_site_approves_nothing(desk: Desk) -> None:
    url = link(desk)
    assert requests.post(url, headers={"Origin": "https://evil.example"}, timeout=20).status_code == 403
    assert desk.room.issue()["state"] == "draft"


def test_warnings_are_seen_before_the_button_works(desk: Desk) -> None:
    answer = requests.post(link(desk), timeout=20)
    assert answer.status_code == 409 and "you have not seen yet" in words_of(answer.text)
    assert desk.room.issue()["state"] == "draft"


def test_nothing_that_is_stored_holds_the_link(desk: Desk) -> None:
    link(desk)
    assert all("/approve/" not in row.text + row.html for row in outbox(desk.room))


def test_a_wish_for_changes_is_told_to_who_wrote_it_and_an_approval_to_all(desk: Desk) -> None:
    room, publication = desk.room, desk.room.publication
    room.has_editors("park@example.org")
    change = edit.Edit(title="A harbour counts whales")
    edit.run(room.database, 1, change, publication.renderer, publication.rule, min_items=3, now=THURSDAY, by=LEE)
    ask.run(room.database, 1, by=KIM, note="Shorter.", now=THURSDAY)

    def tells() -> int:
        news = notify.recent(room.database, now=THURSDAY)
        return notify.tell(room.database, publication.notice_writer, news, now=THURSDAY)

    tells()
    assert [row.recipient for row in outbox(room) if row.kind == "changes-asked"] == [LEE]
    room.approves()
    tells()
    approved = [row for row in outbox(room) if row.kind == "approved"]
    assert [row.recipient for row in approved] == [KIM, LEE, "park@example.org"]
    assert "pulled back" in approved[0].text
    assert tells() == 0
