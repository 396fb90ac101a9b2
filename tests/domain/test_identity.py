"""What makes an entry the same entry tomorrow."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.identity import Marks, address_of, identity_of, shared_marks
from publisher.domain.item import ItemFound

ENTRY = Marks("tag:example.org,2026:1", "https://example.org/a", "A robot folds", "20 May 2026")


@pytest.mark.parametrize("edit", [{"url": "https://example.org/b"}, {"headline": "It irons"}, {"date": "21 May 2026"}])
def test_an_entry_with_an_id_stays_itself_through_every_edit(edit: dict[str, str]) -> None:
    assert identity_of(replace(ENTRY, **edit)) == identity_of(ENTRY) == ENTRY.guid


def test_an_id_is_taken_as_it_is() -> None:
    assert identity_of(Marks("HTTP://Example.org/?p=1&amp;utm_x=2 ")) == "HTTP://Example.org/?p=1&utm_x=2"


def test_an_entry_without_an_id_is_its_page() -> None:
    entry = replace(ENTRY, guid="")
    moved = replace(entry, url="http://www.example.org/a/?utm_source=feed#more", headline="It irons", date="")
    assert identity_of(moved) == identity_of(entry) == "https://example.org/a"


def test_an_entry_without_a_page_is_its_headline_and_date() -> None:
    entry = Marks(headline="A robot folds", date="20 May 2026")
    assert identity_of(entry) == identity_of(replace(entry)) != ""
    assert identity_of(entry) != identity_of(replace(entry, headline="It irons"))
    assert identity_of(entry) != identity_of(replace(entry, date="21 May 2026"))


def test_an_id_of_several_entries_is_no_id() -> None:
    other = replace(ENTRY, url="https://example.org/b", headline="Another")
    shared = shared_marks([ENTRY, other])
    assert [identity_of(one, shared) for one in (ENTRY, other)] == ["https://example.org/a", "https://example.org/b"]


def test_an_entry_that_is_repeated_keeps_its_id() -> None:
    assert shared_marks([ENTRY, ENTRY, replace(ENTRY, url="http://www.example.org/a?utm_source=x")]) == frozenset()


def test_a_page_of_several_entries_makes_none_of_them() -> None:
    one = Marks("", "https://example.org/changes#1", "Kettles whistle", "")
    other = Marks("", "https://example.org/changes#2", "Cups are blue", "")
    shared = shared_marks([one, other])
    assert identity_of(one, shared) != identity_of(other, shared)


def test_a_very_long_id_is_kept_short_and_apart() -> None:
    one, other = (identity_of(Marks("x" * 100_000 + end)) for end in "ab")
    assert one != other
    assert len(one) < 100


_TEXT = st.text(max_size=8)


@given(st.lists(st.builds(Marks, _TEXT, _TEXT | st.just("https://example.org/a"), _TEXT, _TEXT), max_size=6))
def test_entries_that_differ_in_headline_and_date_are_told_apart(feed: list[Marks]) -> None:
    shared = shared_marks(feed)
    for one in feed:
        for other in feed:
            if identity_of(one, shared) == identity_of(other, shared):
                assert one.headline == other.headline


def test_the_page_is_what_it_calls_itself_but_not_the_front_page_of_its_site() -> None:
    item = ItemFound("1", "A", url="https://example.org/a?print=1")
    assert address_of(replace(item, canonical="https://example.org/a")) == "https://example.org/a"
    assert address_of(replace(item, canonical="https://example.org/")) == "https://example.org/a?print=1"
    assert address_of(replace(item, canonical="javascript:x")) == "https://example.org/a?print=1"
