"""Saving fields over HTTP, by a plain form and as the script does it; and who else is here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from publisher.domain.draft import mark
from tests.web.desks import KIM, LEE, Desk, open_desk, words_of

EDITS, WRITE = "/desk/issues/1/edits", "/desk/issues/1/write"
SCRIPT = {"Accept": "application/json"}
BROWSER = {"Accept": "text/html"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path / "publication") as desk:
        desk.room.has_editors(KIM, LEE)
        yield desk


def asks(browser: Desk, words: dict[str, str], was: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """Save as the script does."""
    form = {f"word.{name}": value for name, value in words.items()}
    form |= {f"was.{name}": value for name, value in (was or {}).items()}
    answer = browser.post(EDITS, data=form, headers=SCRIPT, **more)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def sends(browser: Desk, **form: str) -> Any:
    """Save as a plain form does."""
    return browser.post(EDITS, data=form, headers=BROWSER, allow_redirects=False)


def test_the_script_is_told_what_a_field_says_now_and_its_mark(desk: Desk) -> None:
    kim = desk.enters(KIM)
    told = asks(kim, {"subject": "  Ships,  counted  "}, {"subject": mark("A harbour counts ships")})
    assert told["fields"] == {"subject": {"value": "Ships, counted", "mark": mark("Ships, counted")}}
    assert (told["conflicts"], told["refused"], told["problem"]) == ([], {}, "")
    assert told["counts"]["subject"] == {"length": 14, "limit": 40}
    assert desk.room.issue()["subject"] == "Ships, counted"
    assert told["revision"] > 0
    assert asks(kim, {"subject": "Ships again"}, {"subject": told["fields"]["subject"]["mark"]})["conflicts"] == []


def test_hangul_is_two_columns_wide(desk: Desk) -> None:
    assert asks(desk.enters(KIM), {"subject": "햇빛 도서관"})["counts"]["subject"]["length"] == 11


def test_what_somebody_else_wrote_meanwhile_is_told_and_stays(desk: Desk) -> None:
    seen = {"title": mark("A harbour counts ships")}
    asks(desk.enters(KIM), {"title": "Kim’s title"}, seen)
    told = asks(desk.enters(LEE), {"title": "Lee’s title", "byline": "Lee"}, seen | {"byline": ""})
    [conflict] = told["conflicts"]
    assert (conflict["field"], conflict["yours"], conflict["theirs"]) == ("title", "Lee’s title", "Kim’s title")
    assert (conflict["by"], conflict["mark"], conflict["is_gone"]) == (KIM, mark("Kim’s title"), False)
    assert (desk.room.issue()["title"], desk.room.issue()["byline"]) == ("Kim’s title", "Lee")
    assert asks(desk.enters(LEE), {"title": "Lee’s title"}, {"title": conflict["mark"]})["conflicts"] == []
    assert desk.room.issue()["title"] == "Lee’s title"


def test_a_plain_form_comes_back_to_its_page_and_says_so(desk: Desk) -> None:
    kim = desk.enters(KIM)
    answer = sends(kim, **{"word.title": "Another title", "back": f"{WRITE}?item=1"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{WRITE}?item=1&said=saved")
    assert desk.room.issue()["title"] == "Another title"
    for elsewhere in (
        "https://evil.example",
        "//evil.example",
        "/desk/sign-out",
        "/desk/issues/1/write?item=1\r\nX: y",
    ):
        answer = sends(kim, **{"word.title": "Another title", "back": elsewhere})
        assert answer.headers["location"] == "/desk/issues/1?said=saved"


def test_a_plain_form_shows_both_texts_side_by_side_and_lets_the_editor_merge_them(desk: Desk) -> None:
    seen = {"was.title": mark("A harbour counts ships"), "back": WRITE}
    asks(desk.enters(KIM), {"title": "The harbour counts <b>its</b> ships"})
    lee = desk.enters(LEE)
    page = sends(lee, **{"word.title": "A harbour counts boats", "word.byline": "Lee", **seen})
    assert page.status_code == 409
    assert "<b>its</b>" not in page.text
    assert "kim@example.org wrote" in words_of(page.text)
    assert "harbour counts" in words_of(page.text)
    assert "A harbour counts boats" in page.text
    assert desk.room.issue()["byline"] == "Lee"
    shown = dict(re.findall(r'name="(was\.[^"]+)" value="([^"]*)"', page.text))
    merged = sends(lee, **shown, **{"word.title": "The harbour counts its boats", "back": WRITE})
    assert merged.status_code == 303
    assert desk.room.issue()["title"] == "The harbour counts its boats"


def test_theirs_is_taken_by_writing_nothing(desk: Desk) -> None:
    asks(desk.enters(KIM), {"title": "Kim’s title"})
    answer = sends(desk.enters(LEE), **{"word.title": "Lee’s", "keep.title": "theirs", "was.title": "x"})
    assert answer.status_code == 303
    assert desk.room.issue()["title"] == "Kim’s title"


def test_a_field_that_cannot_be_saved_keeps_no_other_from_it(desk: Desk) -> None:
    kim = desk.enters(KIM)
    told = asks(kim, {"title": "가" * 301, "byline": "Kim"})
    assert told["refused"] == {"title": "Title has 301 characters, and may have 300"}
    assert desk.room.issue()["byline"] == "Kim"
    page = sends(kim, **{"word.title": "가" * 301, "back": WRITE})
    assert page.status_code == 422
    assert "가" * 301 in page.text
    assert "Title has 301 characters, and may have 300" in words_of(page.text)


def test_a_field_that_no_issue_has_is_refused_with_its_name(desk: Desk) -> None:
    answer = desk.enters(KIM).post(EDITS, data={"word.state": "sent"}, headers=SCRIPT)
    assert answer.status_code == 409
    assert "an issue has no field 'state'" in answer.text.lower()


def test_a_time_is_meant_on_the_clock_of_the_publication(desk: Desk) -> None:
    item = desk.room.issue()["picks"][0]["item"]
    field = f"pick:{item}:post:out:at"
    told = asks(desk.enters(KIM), {field: "2026-05-29T12:30"})
    assert told["fields"][field]["value"] == "2026-05-29T12:30"
    assert told["fields"][field]["mark"] == mark("2026-05-29T03:30:00+00:00")
    assert "no time" in asks(desk.enters(KIM), {field: "noon"})["refused"][field]


@pytest.mark.parametrize("at", ["9999-12-31T23:59+00:00", "9999-12-31T23:59-14:00", "0001-01-01T00:00+14:00"])
def test_a_time_that_no_calendar_has_is_refused_and_breaks_no_page(desk: Desk, at: str) -> None:
    kim, item = desk.enters(KIM), desk.room.issue()["picks"][0]["item"]
    field = f"pick:{item}:post:out:at"
    assert "no time" in asks(kim, {field: at})["refused"][field]
    assert kim.get(f"{WRITE}?item={item}").status_code == 200
    assert kim.post("/desk/issues/1/moves", data={"to": at}).status_code == 409


def test_a_post_is_counted_with_the_save_as_its_network_counts(desk: Desk) -> None:
    item = desk.room.issue()["picks"][0]["item"]
    field = f"pick:{item}:post:out:text"
    told = asks(desk.enters(KIM), {field: "항구가 배를 셉니다"})["counts"][field]
    assert told["text"].startswith("항구가 배를 셉니다")
    assert told["words"] == "항구가 배를 셉니다"
    assert told["length"] == len(told["text"])


def test_an_edit_after_the_approval_says_that_it_does_not_stand_any_more(desk: Desk) -> None:
    desk.room.approves(KIM)
    told = asks(desk.enters(LEE), {"title": "After all"})
    assert told["voided"] == 1
    assert desk.room.issue()["state"] == "draft"


def test_what_has_left_is_not_edited_and_the_script_reads_why(desk: Desk) -> None:
    desk.room.approves(KIM)
    desk.room.releases()
    answer = desk.enters(KIM).post(EDITS, data={"word.title": "Too late"}, headers=SCRIPT)
    assert answer.status_code == 409
    assert "can no longer be edited" in answer.text


def test_a_text_of_a_megabyte_is_too_large_and_half_of_one_is_not(desk: Desk) -> None:
    kim = desk.enters(KIM)
    most = 1024 * 1024
    assert kim.post(EDITS, data=b"word.title=" + b"x" * most, headers=SCRIPT).status_code == 413
    note = "가나다라 " * 3_900
    assert asks(kim, {"note": note})["refused"] == {}
    assert desk.room.issue()["note"].strip() == note.strip()


def test_who_else_is_here_is_shown_with_the_field_they_are_in(desk: Desk) -> None:
    kim, lee = desk.enters(KIM), desk.enters(LEE)
    at = "/desk/issues/1/presence"
    assert kim.post(at, data={"place": "subject", "revision": "0"}, headers=SCRIPT).json()["others"] == []
    told = lee.post(at, data={"place": "choose", "revision": "0"}, headers=SCRIPT).json()
    assert told["others"] == [{"name": "kim", "place": "subject"}]
    assert "kim Subject" in words_of(told["doing"])
    desk.now += timedelta(minutes=1)
    assert lee.post(at, data={"place": "<b>", "revision": "0"}, headers=SCRIPT).json()["others"] == []
    assert kim.post(at, data={"revision": "0"}, headers=SCRIPT).json()["others"] == [{"name": "lee", "place": ""}]


def test_who_stays_on_a_page_is_told_what_others_changed(desk: Desk) -> None:
    kim, lee = desk.enters(KIM), desk.enters(LEE)
    revision = asks(kim, {"title": "New"})["revision"]
    at = "/desk/issues/1/presence"
    told = lee.post(at, data={"revision": "0"}, headers=SCRIPT).json()
    assert (told["revision"], told["fields"]["title"]) == (revision, {"value": "New", "mark": mark("New")})
    assert lee.post(at, data={"revision": str(revision)}, headers=SCRIPT).json()["fields"] == {}


def test_what_stops_the_approval_stands_beside_its_button_and_leads_to_its_field(desk: Desk) -> None:
    kim = desk.enters(KIM)
    page = kim.get(WRITE).text
    assert re.search(r'<a class="button is-small" id="to-approve" href="/desk/issues/1#approve"', page)
    item = desk.room.issue()["picks"][1]["item"]
    asks(kim, {f"pick:{item}:post:out:text": "ships " * 1_666})
    page = kim.get(WRITE).text
    assert 'id="to-approve" disabled' in page
    assert "stops it:" in words_of(page)
    assert f'href="{WRITE}?item={item}#pick:{item}:post:out:text"' in page
    desk.room.has_editors("author@example.org", role="author")
    assert "Your role does not approve." in desk.enters("author@example.org").sees(WRITE)
