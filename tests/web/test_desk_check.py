"""Check: whom an issue goes to, what stands against it, who may approve, and what else is done before it leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from publisher.stages import edit, enroll
from publisher.store import issues, proofs, subscribers
from publisher.store.tables import AuditRow
from tests.newsroom import FRIDAY, THURSDAY
from tests.web.desks import KIM, LEE, Desk, everything, open_desk, words_of

HOUR = timedelta(hours=1)
AUTHOR, EDITOR = "author@example.org", "editor@example.org"


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    options: dict[str, Any] = getattr(request, "param", {})
    with open_desk(tmp_path / "publication", **options) as desk:
        yield desk.enters()


def trail(desk: Desk) -> list[tuple[str, str, str]]:
    with desk.room.database.read() as session:
        rows = session.exec(select(AuditRow).where(AuditRow.issue_number == 1).order_by(AuditRow.id))  # type: ignore[arg-type]
        return [(row.by, row.action, row.detail) for row in rows]


def writes(desk: Desk, by: str, title: str) -> None:
    publication = desk.room.publication
    change = edit.Edit(title=title)
    edit.run(desk.room.database, 1, change, publication.renderer, publication.rule, min_items=3, now=desk.now, by=by)


# --- whom it goes to


def test_every_subscriber_is_in_the_audience_or_left_out_for_one_reason(desk: Desk) -> None:
    with desk.room.database.write() as session:
        subscribers.suppress(session, "reader1@example.org", "asked", THURSDAY)
        subscribers.leave(session, "reader2@example.org", THURSDAY)
        session.execute(text("UPDATE subscriber SET state = 'pending' WHERE email = 'reader3@example.org'"))
        subscribers.leave(session, "reader4@example.org", THURSDAY, list_name="weekly")
    shown = desk.sees()
    assert "Goes to 8 readers" in shown
    assert "Not to 4: left: 1, never mailed: 1, not confirmed: 1, on none of its lists: 1" in shown


def test_the_cooling_off_and_the_time_it_leaves_are_told_before_it_is_approved(desk: Desk) -> None:
    shown = desk.sees()
    assert "Cooling off 15 minutes" in shown
    assert "Planned for Fri 29 May 2026, 07:30 KST" in shown


# --- the checks


def test_what_blocks_it_disables_the_button_and_says_why_beside_it(desk: Desk) -> None:
    with desk.room.database.write() as session:
        session.execute(text("UPDATE issue SET unrendered = 'a template has a mistake'"))
    page = desk.get("/desk/issues/1").text
    assert re.search(r'<button class="button" id="approve" type="submit" disabled', page)
    assert "Stops approval" in page and "a template has a mistake" in page
    answer = desk.approves()
    assert answer.status_code == 409 and "a template has a mistake" in words_of(answer.text)
    assert desk.room.issue()["state"] == "draft"


def test_a_warning_that_came_since_the_page_was_opened_must_be_seen_first(desk: Desk) -> None:
    form = desk.form("approvals")
    answer = desk.post("/desk/issues/1/approvals", data=form | {"marks": ""})
    assert answer.status_code == 409
    assert "warn of what you have not seen yet" in words_of(answer.text)
    assert desk.room.issue()["state"] == "draft"
    assert desk.approves().status_code == 200


def test_a_finding_leads_to_the_field_that_mends_it(desk: Desk) -> None:
    desk.room.edits(edit.Edit(headlines={1: "TODO"}, preheader="TODO"))
    item = desk.room.issue()["picks"][0]["item"]
    page = desk.get("/desk/issues/1").text
    assert f'href="/desk/issues/1/write?item={item}#pick:{item}:headline"' in page
    assert 'href="#preheader"' in page and 'id="preheader"' in page


# --- who may


@pytest.mark.parametrize("desk", [{"approvals": 2}], indirect=True)
def test_two_who_have_both_written_wait_for_one_who_has_not(desk: Desk) -> None:
    writes(desk, KIM, "One title")
    writes(desk, LEE, "Another title")
    desk.approves()
    shown = words_of(desk.enters(LEE).approves().text)
    assert "it needs one who has not" in shown
    assert desk.room.issue()["state"] == "draft"
    desk.room.has_editors("park@example.org", role="approver")
    desk.enters("park@example.org").approves()
    assert desk.room.issue()["state"] == "approved"


def test_an_author_sees_why_they_cannot_approve_and_no_button(desk: Desk) -> None:
    desk.room.has_editors(AUTHOR, role="author")
    author = desk.enters(AUTHOR)
    page = author.get("/desk/issues/1").text
    assert "Your role does not approve" in page
    for action in ("approvals", "tests", "requests", "moves", "holds", "readers"):
        assert f'/desk/issues/1/{action}"' not in page, action
        assert author.post(f"/desk/issues/1/{action}").status_code == 403, action


# --- a test letter


def test_a_test_goes_to_a_few_that_are_named_and_is_in_the_trail(desk: Desk) -> None:
    answer = desk.post("/desk/issues/1/tests", data={"to": "ann@example.net, bo@example.net"})
    assert "A test letter is on its way." in words_of(answer.text)
    # The folder keeps one file for both: it is the same letter, to nobody who subscribes.
    assert "Subject: [TEST] A harbour counts ships" in desk.room.letters()[0]
    assert [detail for _, action, detail in trail(desk) if action == "tested"] == [
        "to a…@example.net",
        "to b…@example.net",
    ]


@pytest.mark.parametrize(
    ("to", "says"),
    [
        ("nobody", "not a mail address"),
        ("a@example.org\nBcc:x@example.org x", "not a mail address"),
        (" ".join(f"a{n}@example.org" for n in range(11)), "10 at most"),
        ("reader1@example.org", "never mailed"),
    ],
)
def test_a_test_that_cannot_go_to_all_goes_to_nobody(desk: Desk, to: str, says: str) -> None:
    with desk.room.database.write() as session:
        subscribers.suppress(session, "reader1@example.org", "asked", THURSDAY)
    answer = desk.post("/desk/issues/1/tests", data={"to": f"ann@example.net {to}"})
    assert answer.status_code == 409 and says in words_of(answer.text)
    assert desk.room.letters() == [] and "tested" not in {action for _, action, _ in trail(desk)}


def test_tests_are_limited_by_the_hour(desk: Desk) -> None:
    ten = {"to": " ".join(f"a{n}@example.org" for n in range(10))}
    assert [desk.post("/desk/issues/1/tests", data=ten).status_code for _ in range(4)] == [200, 200, 200, 409]
    desk.now += HOUR + timedelta(seconds=1)
    assert desk.post("/desk/issues/1/tests", data=ten).status_code == 200


# --- changes asked, held, moved


def test_asking_for_changes_makes_it_a_draft_and_says_so_in_all_modes_until_it_is_approved(desk: Desk) -> None:
    desk.approves()
    answer = desk.post("/desk/issues/1/requests", data={"note": "Shorter:\n<b>and</b> kinder"})
    assert "Asked for changes." in words_of(answer.text)
    assert desk.room.issue()["state"] == "draft"
    assert all(approval["withdrawn_at"] for approval in desk.room.issue()["approvals"])
    for mode in ("", "/choose", "/write"):
        page = desk.get(f"/desk/issues/1{mode}").text
        assert f"{KIM} asks for changes" in page and "&lt;b&gt;and&lt;/b&gt; kinder" in page, mode
    desk.room.edits(edit.Edit(title="Shorter"))
    assert "asks for changes" in desk.sees()
    desk.approves()
    assert "asks for changes" not in desk.sees()
    assert (KIM, "asked-for-changes", "Shorter:\n<b>and</b> kinder") in trail(desk)


@pytest.mark.parametrize("note", ["", "   ", "x" * 801])
def test_a_wish_says_what_should_change_and_a_long_one_is_not_lost(desk: Desk, note: str) -> None:
    answer = desk.post("/desk/issues/1/requests", data={"note": note})
    assert answer.status_code == 409
    assert note.strip() in answer.text
    assert desk.room.issue()["state_reason"] == ""


def test_a_held_issue_says_who_held_it(desk: Desk) -> None:
    desk.approves()
    desk.post("/desk/issues/1/holds", data={"reason": "the harbour called"})
    issue = desk.room.issue()
    assert (issue["state"], issue["state_reason"]) == ("held", f"held by {KIM}: the harbour called")


def test_a_moved_issue_leaves_at_its_new_time_with_the_approval_that_it_has(desk: Desk) -> None:
    desk.approves()
    desk.post("/desk/issues/1/moves", data={"to": "2026-05-29T12:00"})
    noon = FRIDAY + timedelta(hours=4, minutes=30)
    issue = desk.room.issue()
    assert (issue["state"], issue["leaves_at"], issue["send_at"]) == ("approved", noon, FRIDAY)
    assert desk.room.releases(now=noon - timedelta(minutes=1)) == []
    [released] = desk.room.releases(now=noon)
    assert (released.audience, released.late_by) == (12, timedelta(0))


def test_a_draft_that_was_moved_is_not_late_before_its_new_time(desk: Desk) -> None:
    desk.post("/desk/issues/1/moves", data={"to": "2026-05-31T09:00"})
    assert desk.room.releases(now=FRIDAY + timedelta(days=1)) == []
    desk.now = FRIDAY + timedelta(days=1)
    assert "Leaves Sun 31 May 2026, 09:00" in words_of(desk.approves().text)


@pytest.mark.parametrize(
    ("to", "says"),
    [("2026-05-28T09:00", "over already"), ("2026-06-05T07:30", "next issue"), ("noon", "no time")],
)
def test_a_time_that_cannot_be_is_refused_and_says_why(desk: Desk, to: str, says: str) -> None:
    answer = desk.post("/desk/issues/1/moves", data={"to": to})
    assert answer.status_code == 409 and says in words_of(answer.text)
    assert desk.room.issue()["moved_to"] is None


def test_an_approved_issue_is_moved_only_by_who_may_approve(desk: Desk) -> None:
    desk.room.has_editors(EDITOR, role="editor")
    desk.approves()
    answer = desk.enters(EDITOR).post("/desk/issues/1/moves", data={"to": "2026-05-29T12:00"})
    assert answer.status_code == 409
    assert desk.room.issue()["leaves_at"] == FRIDAY


# --- as a reader has it


def test_the_letter_is_shown_as_a_subscriber_has_it_and_takes_them_off_nowhere(desk: Desk) -> None:
    desk.room.edits(edit.Edit(note="Dear {{first_name|reader}}, good morning."))
    answer = desk.post("/desk/issues/1/readers", data={"address": "READER7@example.org"})
    found = re.search(r"as=(\d+)", answer.url)
    assert found and "reader7" not in answer.url
    assert "As Reader 7, reader7@example.org, has it." in words_of(answer.text)
    for surface in ("letter", "text"):
        shown = desk.get(f"/desk/issues/1/surfaces/{surface}?as={found[1]}").text
        assert "Dear Reader, good morning." in shown and "/leave/0." in shown
    raw = desk.get(f"/desk/issues/1/surfaces/letter.eml?as={found[1]}").text
    assert "reader7@example.org" in raw and f"/leave/{found[1]}." not in raw


def test_with_fields_missing_the_defaults_are_shown(desk: Desk) -> None:
    desk.room.edits(edit.Edit(note="Dear {{first_name|reader}}, good morning."))
    assert "Dear reader, good morning." in desk.get("/desk/issues/1/surfaces/letter?as=blank").text
    assert "of whom nothing is known" in desk.sees("/desk/issues/1?as=blank")


def test_an_author_reads_as_no_subscriber(desk: Desk) -> None:
    desk.room.has_editors(AUTHOR, role="author")
    author = desk.enters(AUTHOR)
    assert author.get("/desk/issues/1/surfaces/letter?as=1").status_code == 403
    assert author.get("/desk/issues/1/surfaces/letter?as=blank").status_code == 200
    assert author.get("/desk/issues/1?as=1").status_code == 403


@pytest.mark.parametrize("whose", ["0", "-1", "x", "1 OR 1", "999999"])
def test_nobody_else_is_read_as(desk: Desk, whose: str) -> None:
    assert desk.get("/desk/issues/1/surfaces/letter", params={"as": whose}).status_code in (400, 404)


def test_the_letter_is_the_sealed_bytes_with_the_slots_filled(desk: Desk) -> None:
    desk.room.edits(edit.Edit(note="Dear {{first_name|reader}}, good morning."))
    with desk.room.database.read() as session:
        newest = proofs.newest(session, issues.by_number(session, 1).id or 0)
    assert newest
    identity = desk.room.publication.identity()
    filled = re.sub("\ue000leave_url\ue002[^\ue001]*\ue001", identity.leave_url(0), newest[1]["text"])
    filled = re.sub("\ue000first_name\ue002[^\ue001]*\ue001", "Robin", filled)
    assert desk.get("/desk/issues/1/surfaces/text").content.decode() == filled


def test_what_is_refused_changes_nothing(desk: Desk) -> None:
    enroll.add_editor(desk.room.database, AUTHOR, "author", now=THURSDAY)
    author = desk.enters(AUTHOR)
    before = everything(desk.room)
    for action in ("approvals", "tests", "requests", "moves", "holds"):
        assert author.post(f"/desk/issues/1/{action}", data={"note": "x", "to": "2026-05-29T12:00"}).status_code == 403
    assert everything(desk.room) == before
