"""What an issue said before: listed, compared, brought back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.web.desk.compared import difference
from tests.web.desks import KIM, LEE, Desk, open_desk, words_of

EDITS, REVISIONS = "/desk/issues/1/edits", "/desk/issues/1/revisions"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path / "publication") as desk:
        yield desk


def writes(desk: Desk, who: str, later: timedelta = timedelta(0), **words: str) -> Desk:
    desk.now += later
    browser = desk.enters(who)
    form = {f"word.{name.replace('__', ':')}": value for name, value in words.items()}
    assert browser.post(EDITS, data=form, headers={"Accept": "application/json"}).status_code == 200
    return browser


def test_before_the_first_edit_there_is_nothing_to_compare(desk: Desk) -> None:
    assert "Nobody has changed it yet" in desk.enters(KIM).sees(REVISIONS)


def test_the_list_says_who_changed_what_and_when(desk: Desk) -> None:
    writes(desk, KIM, title="Ships", byline="Kim")
    page = writes(desk, LEE, timedelta(minutes=5), pick__1__headline="The harbour").sees(REVISIONS)
    assert "Thu 28 May 2026, 09:05 lee@example.org Headline of item 1" in page
    assert "kim@example.org Title, Byline" in page
    assert "Thu 28 May 2026, 09:00 composed" in page


def test_two_revisions_are_compared_word_by_word_in_korean_too(desk: Desk) -> None:
    writes(desk, KIM, title="바람골 도서관이 지붕을 빌려줬다")
    kim = writes(desk, LEE, timedelta(minutes=5), title="바람골 도서관이 햇빛에 지붕을 빌려줬다")
    html = kim.get(f"{REVISIONS}?of=1&to=2").text
    assert "<ins>햇빛에 </ins>" in html
    assert "<del>" not in html
    assert "They say the same" in words_of(kim.get(f"{REVISIONS}?of=2").text)


def test_an_order_is_compared_by_its_headlines(desk: Desk) -> None:
    ids = [str(pick["item"]) for pick in desk.room.issue()["picks"]]
    kim = writes(desk, KIM, order=" ".join(ids[1:]))
    html = kim.get(f"{REVISIONS}?of=0").text
    assert "Order of the items" in html
    assert "<del>A harbour counts ships" in html.replace("</del><del>", "")


def test_a_revision_comes_back_and_what_was_there_stays_a_revision(desk: Desk) -> None:
    writes(desk, KIM, title="The first")
    lee = writes(desk, LEE, timedelta(minutes=5), title="The second")
    answer = lee.post(f"{REVISIONS}/1/restorations", allow_redirects=False)
    assert answer.headers["location"] == f"{REVISIONS}?said=restored"
    assert desk.room.issue()["title"] == "The first"
    assert lee.sees(REVISIONS).count("lee@example.org Title") == 2
    assert lee.post(f"{REVISIONS}/2/restorations").status_code == 200
    assert desk.room.issue()["title"] == "The second"


def test_a_revision_that_there_is_not_is_said_to_be_none(desk: Desk) -> None:
    kim = desk.enters(KIM)
    assert kim.get(f"{REVISIONS}?of=9").status_code == 404
    assert kim.post(f"{REVISIONS}/9/restorations").status_code == 404


def test_what_somebody_wrote_is_text_wherever_it_is_compared(desk: Desk) -> None:
    writes(desk, KIM, title="Ships")
    kim = writes(desk, LEE, timedelta(minutes=5), title="<img src=x onerror=alert(1)>")
    assert "<img" not in kim.get(f"{REVISIONS}?of=1").text


def test_texts_of_the_same_few_words_are_compared_at_once() -> None:
    before, after = "a b " * 1_000, "b a a " * 660
    begun = time.monotonic()
    pieces = difference(before, after)
    assert time.monotonic() - begun < 2  # it was minutes, in which nothing else was answered
    assert "".join(text for sign, text in pieces if sign != "+") == before
    assert "".join(text for sign, text in pieces if sign != "-") == after
