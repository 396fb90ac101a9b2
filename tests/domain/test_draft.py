"""An issue as fields: what is written into one comes out of it, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain import draft
from publisher.domain.issue import Issue, Pick, PostWish
from publisher.domain.message import Picture
from publisher.errors import WrongUse
from tests.makers import an_issue

AT = datetime(2026, 5, 29, 3, 0, tzinfo=UTC)


def an_issue_of(*items: int) -> Issue:
    picks = tuple(
        Pick(at, item, f"Headline {item}", f"Body {item}", "", "a reason") for at, item in enumerate(items, 1)
    )
    return replace(an_issue(), picks=picks)


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
wishes = st.builds(PostWish, words, words, st.sampled_from((None, AT)), st.booleans())
pictures = st.none() | st.builds(Picture, st.just("https://example.org/a.jpg"), words, words, words)


@st.composite
def issues(draw: st.DrawFn) -> Issue:
    items = draw(st.lists(st.integers(1, 99), unique=True, max_size=4))
    picks = tuple(
        Pick(
            at,
            item,
            draw(words),
            draw(words),
            draw(words),
            "",
            picture=draw(pictures),
            section=draw(words),
            sponsor=draw(words),
            posts=draw(st.dictionaries(st.sampled_from(("x", "out")), wishes)),
        )
        for at, item in enumerate(items, 1)
    )
    return replace(an_issue(), title=draw(words), note=draw(words), deks=("one", "two"), picks=picks)


def cleaned(issue: Issue) -> Issue:
    fields = {name: draft.clean(name, value) for name, value in draft.fields(issue).items()}
    return draft.with_fields(issue, fields)


@given(issues())
def test_an_issue_that_is_written_from_its_own_fields_is_the_same(issue: Issue) -> None:
    once = cleaned(issue)
    assert draft.with_fields(once, draft.fields(once)) == once
    assert draft.changed(draft.fields(once), draft.fields(cleaned(once))) == []


@given(issues(), issues())
def test_the_fields_of_one_issue_make_another_one_say_the_same(one: Issue, other: Issue) -> None:
    one, other = cleaned(one), cleaned(other)
    blank = {name: "" for name in draft.fields(other) if name.startswith("pick:")}
    added = {pick.item_id: pick for pick in one.picks}
    there = {name: value for name, value in blank.items() if draft.place(name).item in added}
    made = draft.with_fields(other, there | draft.fields(one), added)
    assert draft.changed(draft.fields(made), draft.fields(one)) == []


def test_a_new_order_moves_drops_and_adds() -> None:
    issue = an_issue_of(1, 2, 3)
    made = draft.with_fields(issue, {"order": "3 9 1"}, {9: Pick(1, 9, "New", "", "", "")})
    assert [(pick.position, pick.item_id) for pick in made.picks] == [(1, 3), (2, 9), (3, 1)]


def test_a_field_changes_nothing_but_itself() -> None:
    issue = an_issue_of(1, 2)
    made = draft.with_fields(issue, {"pick:2:headline": "Another"})
    assert draft.changed(draft.fields(issue), draft.fields(made)) == ["pick:2:headline"]


def test_a_picture_that_is_taken_away_takes_its_words_with_it() -> None:
    issue = an_issue_of(1)
    shown = draft.with_fields(issue, {"pick:1:alt": "A harbour", "pick:1:picture": "https://example.org/a.jpg"})
    assert shown.picks[0].picture == Picture("https://example.org/a.jpg", "A harbour")
    assert draft.with_fields(shown, {"pick:1:picture": ""}).picks[0].picture is None


def test_a_wish_that_is_taken_back_leaves_nothing() -> None:
    issue = draft.with_fields(an_issue_of(1), {"pick:1:post:x:text": "My words", "pick:1:post:x:off": "off"})
    assert issue.picks[0].posts == {"x": PostWish("My words", is_off=True)}
    assert draft.with_fields(issue, {"pick:1:post:x:text": "", "pick:1:post:x:off": ""}).picks[0].posts == {}


@pytest.mark.parametrize(
    "field", ["state", "number", "pick:0:headline", "pick:1:item_id", "pick:1:post:x y:text", "pick:1:post:x", ""]
)
def test_what_is_no_field_is_refused(field: str) -> None:
    with pytest.raises(WrongUse, match="no field"):
        draft.place(field)


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("title", " A\r\ntitle\x00 of\ttwo  lines ", "A title of two lines"),
        ("pick:1:body", "one\r\n\r\ntwo\x07", "one\n\ntwo"),
        ("note", "\u1112\u1161\u11ab", "한"),
        ("pick:1:headline", "a\ue000first_name\ue002x\ue001b", "afirst_namexb"),
        ("pick:1:post:x:at", "2026-05-29T12:00+09:00", "2026-05-29T03:00:00+00:00"),
        ("pick:1:post:x:off", "on", "off"),
    ],
)
def test_a_value_is_kept_clean(field: str, value: str, kept: str) -> None:
    assert draft.clean(field, value) == kept


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("title", "x" * 301, "may have 300"),
        ("order", "1 2 2", "stands in an issue once"),
        ("order", "1 -2", "ids of items"),
        ("pick:1:picture", "javascript:alert(1)", "no address of a picture"),
        ("pick:1:picture", "file:///etc/passwd", "no address of a picture"),
        ("pick:1:post:x:at", "tomorrow", "is no time"),
        ("pick:1:post:x:at", "2026-05-29T12:00", "has no zone"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(field: str, value: str, says: str) -> None:
    with pytest.raises(WrongUse, match=says):
        draft.clean(field, value)


def test_an_order_that_names_an_item_from_nowhere_is_refused() -> None:
    with pytest.raises(WrongUse, match="item 7 is not in No"):
        draft.with_fields(an_issue_of(1), {"order": "1 7"})


def test_a_mark_differs_with_the_words() -> None:
    assert draft.mark("") == ""
    assert draft.mark("one") != draft.mark("one ")
