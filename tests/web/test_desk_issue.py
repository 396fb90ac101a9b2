"""One issue on the desk: what an editor sees, approves, pulls back, and watches leave."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import text

from publisher.errors import ApprovalError
from publisher.stages import approve, edit
from publisher.web.shell import Shell
from tests.newsroom import FRIDAY, THURSDAY
from tests.web.desks import KIM, LEE, Desk, addresses, everything, open_desk, words_of

HOUR = timedelta(hours=1)


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A desk at which Kim is signed in; the fixture's parameter says otherwise than usual how it is run."""
    options: dict[str, Any] = getattr(request, "param", {})
    with open_desk(tmp_path / "publication", **options) as desk:
        yield desk.enters()


def test_looking_changes_nothing(desk: Desk) -> None:
    looks = [path for method, path in addresses(Shell(desk.room.publication, lambda: THURSDAY)) if method == "GET"]
    before = everything(desk.room)
    for path in looks:
        for look in (desk.browser.get, desk.browser.head):
            assert look(desk.url + path, timeout=20).status_code < 500, path
    assert everything(desk.room) == before


def test_the_first_words_say_what_needs_doing(desk: Desk) -> None:
    shown = desk.sees()
    order = [
        "Draft",
        "A harbour counts ships",
        "Approve No. 1",
        "Planned for Fri 29 May 2026, 07:30 KST",
        "What goes out",
    ]
    assert [shown.index(part) for part in order] == sorted(shown.index(part) for part in order)
    assert "to 12 readers of weekly" in shown


def test_everything_that_goes_out_is_shown(desk: Desk) -> None:
    shown = desk.sees()
    for pick in desk.room.issue()["picks"]:
        assert pick["headline"] in shown
        assert pick["reason"] in shown
    for post in desk.room.issue()["posts"]:
        assert f"{post['length']} / {post['limit']:,}" in shown
    assert "The subject is 22 columns wide" in shown


def test_a_subject_in_hangul_is_twice_as_wide(desk: Desk) -> None:
    desk.room.edits(edit.Edit(subject="바람이 분다"))
    assert "The subject is 11 columns wide" in desk.sees()


def test_approving_seals_what_was_shown_and_says_when_it_leaves(desk: Desk) -> None:
    digest = desk.room.issue()["digest"]
    answer = desk.approves()
    assert answer.url == f"{desk.url}/desk/issues/1?said=approved"
    shown = words_of(answer.text)
    assert f"Approved by {KIM}. Nothing has left yet." in shown
    assert "Leaves Fri 29 May 2026, 07:30 KST" in shown
    issue = desk.room.issue()
    assert issue["state"] == "approved"
    assert [(approval["editor"], approval["digest"]) for approval in issue["approvals"]] == [(KIM, digest)]


def test_late_approval_leaves_after_the_cooling_off(desk: Desk) -> None:
    desk.now = FRIDAY + HOUR
    assert "This time has passed." in desk.sees()
    assert "It then leaves on Fri 29 May 2026, 08:45" in desk.sees()
    assert "Leaves Fri 29 May 2026, 08:45" in words_of(desk.approves().text)


def test_a_proof_that_changed_meanwhile_is_refused_and_shows_the_difference(desk: Desk) -> None:
    form = desk.form("approvals")
    desk.room.edits(edit.Edit(title="A harbour counts whales"))
    answer = desk.post("/desk/issues/1/approvals", data=form)
    assert answer.status_code == 409
    shown = words_of(answer.text)
    assert "That was not done" in shown
    assert "No. 1 has changed since you looked" in shown
    assert "<ins>whales</ins>" in answer.text
    assert "<del>ships</del>" in answer.text
    assert desk.room.issue()["state"] == "draft"
    assert desk.approves().status_code == 200
    assert desk.room.issue()["state"] == "approved"


@pytest.mark.parametrize("digest", [None, "", "a", "g" * 64, "%"])
def test_an_approval_names_the_whole_proof_or_is_none(desk: Desk, digest: str | None) -> None:
    form = {} if digest is None else {"digest": digest}
    assert desk.post("/desk/issues/1/approvals", data=form).status_code == 400
    assert desk.room.issue()["approvals"] == []


def test_a_page_that_was_overtaken_offers_a_look_and_no_approval(desk: Desk) -> None:
    seen = desk.form("approvals")["digest"]
    assert "Approve No. 1" in desk.sees(f"/desk/issues/1/progress?seen={seen}")
    desk.room.edits(edit.Edit(title="A harbour counts whales"))
    overtaken = desk.get(f"/desk/issues/1/progress?seen={seen}").text
    assert "approvals" not in overtaken
    assert f"/desk/issues/1?seen={seen}" in overtaken
    assert "<ins>whales</ins>" in desk.get(f"/desk/issues/1?seen={seen}").text


def test_what_changed_since_the_last_approval_is_shown(desk: Desk) -> None:
    desk.room.approves()
    desk.room.edits(edit.Edit(title="A harbour counts whales"))
    shown = desk.get("/desk/issues/1").text
    assert "What changed since it was approved last" in shown
    assert "<ins>whales</ins>" in shown
    desk.room.edits(edit.Edit(title="A harbour counts ships"))
    assert "Nothing has changed since it was approved last." in desk.sees()


def test_a_held_issue_says_why_and_is_approved_only_on_purpose(desk: Desk) -> None:
    approve.hold(desk.room.database, 1, reason="held by an editor", now=THURSDAY)
    assert "held by an editor" in desk.sees()
    assert desk.approves().status_code == 409
    assert desk.room.issue()["state"] == "held"
    assert desk.approves(despite_hold="true").status_code == 200
    assert desk.room.issue()["state"] == "approved"


@pytest.mark.parametrize("desk", [{"approvals": 2}], indirect=True)
def test_two_editors_approve_where_two_are_needed(desk: Desk) -> None:
    form = desk.form("approvals")
    assert "1 of 2 approvals are given; it waits for the others" in words_of(desk.approves().text)
    assert 'action="/desk/issues/1/approvals"' not in desk.get("/desk/issues/1").text
    assert desk.post("/desk/issues/1/approvals", data=form).status_code == 409
    assert f"Approved by {KIM}, {LEE}." in words_of(desk.enters(LEE).approves().text)


def test_pulling_back_makes_it_a_draft_again(desk: Desk) -> None:
    desk.approves()
    answer = desk.post("/desk/issues/1/withdrawals")
    assert "Pulled back. Nothing of it has left." in words_of(answer.text)
    issue = desk.room.issue()
    assert (issue["state"], issue["leaves_at"]) == ("draft", None)
    assert issue["approvals"][0]["withdrawn_at"] is not None
    assert f"pulled back by {KIM}" in desk.sees()


def test_what_has_left_cannot_be_pulled_back(desk: Desk) -> None:
    desk.approves()
    desk.room.releases()
    answer = desk.post("/desk/issues/1/withdrawals")
    assert answer.status_code == 409
    assert "No. 1 is sending, not approved" in words_of(answer.text)
    assert desk.room.issue()["state"] == "sending"


def test_a_form_of_another_site_approves_and_pulls_back_nothing(desk: Desk) -> None:
    form = desk.form("approvals")
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert desk.post("/desk/issues/1/approvals", data=form, headers=headers).status_code == 403
    assert desk.room.issue()["state"] == "draft"


def test_the_piece_that_is_watched_comes_anew_only_when_something_changed(desk: Desk) -> None:
    page = desk.get("/desk/issues/1").text
    place = re.search(r'data-poll="([^"]+)" data-tag="([^"]+)"', page)
    assert place
    path, tag = place[1].replace("&amp;", "&"), f'"{place[2]}"'
    desk.now += HOUR
    unchanged = desk.get(path, headers={"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.text) == (304, "")
    desk.room.approves()
    changed = desk.get(path, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag
    assert "<html" not in changed.text
    assert "Approved by" in words_of(changed.text)
    assert desk.get(path, headers={"If-None-Match": changed.headers["ETag"]}).status_code == 304


def test_it_goes_out_while_one_watches(desk: Desk) -> None:
    desk.approves()
    watch = f"/desk/issues/1/progress?seen={desk.room.issue()['digest']}"
    desk.now = FRIDAY
    desk.room.releases()
    released = desk.sees(watch)
    assert "12 readers = 12 queued" in released
    assert "0 / 4" in released
    desk.room.sends()
    sent = desk.sees(watch)
    assert "12 readers = 12 accepted" in sent
    assert "4 / 4" in sent
    assert 'data-every="0"' in desk.get(watch).text


def test_without_a_script_the_page_looks_again_by_itself_only_while_something_happens(desk: Desk) -> None:
    assert "http-equiv" not in desk.get("/desk/issues/1").text
    desk.approves()
    assert re.search(
        r'<noscript><meta http-equiv="refresh" content="20; url=/desk/issues/1"></noscript>',
        desk.get("/desk/issues/1").text,
    )
    desk.now = FRIDAY
    desk.room.releases()
    assert 'content="5; url=' in desk.get("/desk/issues/1").text
    desk.room.sends()
    assert "http-equiv" not in desk.get("/desk/issues/1").text


def settled(desk: Desk, **states: tuple[str, str]) -> None:
    """Send the issue, then let the world have answered otherwise to some: reader=(state, reason)."""
    desk.room.approves()
    desk.room.releases()
    desk.room.sends()
    with desk.room.database.write() as session:
        for reader, (state, reason) in states.items():
            session.execute(
                text(
                    "UPDATE delivery SET state = :state, reason = :reason WHERE subscriber_id ="
                    " (SELECT id FROM subscriber WHERE email = :email)"
                ),
                {"state": state, "reason": reason, "email": f"{reader}@example.org"},
            )


def test_the_report_adds_up_and_names_who_is_unknown_and_refused(desk: Desk) -> None:
    settled(
        desk, reader3=("unknown", "the sender stopped before the answer came"), reader5=("refused", "550 no mailbox")
    )
    shown = desk.sees()
    assert "12 readers = 10 accepted + 1 refused + 1 unknown" in shown
    assert shown.index("reader3@example.org") < shown.index("reader5@example.org")
    assert "550 no mailbox" in shown
    assert "reader4@example.org" not in shown
    assert "The ledger does not add up" not in shown


def test_a_reader_without_a_row_is_told_loudly(desk: Desk) -> None:
    settled(desk)
    with desk.room.database.write() as session:
        session.execute(text("DELETE FROM delivery WHERE id IN (SELECT min(id) FROM delivery)"))
    assert "The ledger does not add up 1 reader has no row." in desk.sees()


def test_every_delivery_is_had_as_a_table_that_runs_no_formula(desk: Desk) -> None:
    settled(desk, reader3=("refused", '=HYPERLINK("http://evil.example")'))
    answer = desk.get("/desk/issues/1/deliveries.csv")
    rows = answer.text.splitlines()
    assert rows[0] == "subscriber_id,email,state,reason,attempts,accepted_at,message_id"
    assert len(rows) == 13
    assert "'=HYPERLINK" in answer.text
    assert "attachment" in answer.headers["Content-Disposition"]


def test_an_edited_template_shows_once_it_is_rendered_again(desk: Desk) -> None:
    template = desk.room.root / "templates" / "letter.txt.j2"
    template.write_text(template.read_text(encoding="utf-8") + "\nPrinted on cloth.\n", encoding="utf-8")
    assert "Printed on cloth." not in desk.sees()
    answer = desk.post("/desk/issues/1/proofs")
    assert "Rendered again." in words_of(answer.text)
    assert "Printed on cloth." in words_of(answer.text)


def test_a_broken_template_is_told_and_what_was_seen_stays(desk: Desk) -> None:
    (desk.room.root / "templates" / "letter.txt.j2").write_text("{% if %}", encoding="utf-8")
    digest = desk.room.issue()["digest"]
    answer = desk.post("/desk/issues/1/proofs")
    assert answer.status_code == 409
    assert "letter.txt.j2" in words_of(answer.text)
    assert desk.room.issue()["digest"] == digest


def test_a_test_letter_goes_to_the_editor_and_to_nobody_else(desk: Desk) -> None:
    answer = desk.post("/desk/issues/1/tests")
    assert "A test letter is on its way." in words_of(answer.text)
    [letter] = desk.room.letters()
    assert f"To: <{KIM}>" in letter
    assert "Subject: [TEST] A harbour counts ships" in letter
    assert desk.room.issue()["state"] == "draft"


def test_an_issue_that_is_not_there_is_a_page_that_says_so(desk: Desk) -> None:
    for path in ("/desk/issues/9", "/desk/issues/9/progress", "/desk/issues/9/surfaces/letter", "/desk/issues/0"):
        assert desk.get(path).status_code == 404
    assert desk.post("/desk/issues/9/withdrawals").status_code == 404


def test_korean_is_spoken_where_it_is_asked_for_and_stays_with_the_forms(desk: Desk) -> None:
    page = desk.get("/desk/issues/1?lang=ko").text
    assert "승인" in page
    assert "/desk/issues/1/approvals?lang=ko" in page
    answer = desk.post("/desk/issues/1/approvals?lang=ko", data=desk.form("approvals"))
    assert "lang=ko" in answer.url
    assert "승인했습니다." in answer.text


def test_a_page_is_nothing_for_a_cache(desk: Desk) -> None:
    assert desk.get("/desk/issues/1").headers["Cache-Control"] == "no-store"


def test_words_of_a_flash_come_from_us_only(desk: Desk) -> None:
    page = desk.get("/desk/issues/1?said=<script>alert(1)</script>&seen=<b>")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "Approved." not in desk.sees("/desk/issues/1?said=approved")


def test_the_stage_itself_refuses_what_the_desk_refuses(desk: Desk) -> None:
    with pytest.raises(ApprovalError, match="has changed since you looked"):
        desk.room.approves(digest="0" * 64)


def test_a_browser_that_lost_its_cookie_approves_nothing(desk: Desk) -> None:
    form = desk.form("approvals")
    assert requests.post(f"{desk.url}/desk/issues/1/approvals", data=form, timeout=10).status_code == 401
    assert desk.room.issue()["state"] == "draft"
