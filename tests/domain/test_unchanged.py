"""How much of what went out the draft had said."""

from __future__ import annotations

import pytest

from publisher.domain.unchanged import share, swapped

DRAFT = {"title": "Rain", "order": "1 2", "pick:1:body": "a" * 40, "pick:2:body": "b" * 56}


@pytest.mark.parametrize(
    ("edited", "expected"),
    [
        ({}, 1.0),
        ({"pick:1:body": "c" * 40}, 0.6),
        ({"title": ""}, 1.0),
        ({"order": "2 1"}, 1.0),
        ({"order": "2"}, 1.0),  # what is gone did not go out
        ({"order": "1 3", "pick:3:body": "d" * 56}, 0.44),
        ({"pick:1:post:x:at": "2026-05-29T08:00+09:00", "pick:1:section": "World"}, 1.0),  # nobody reads that
    ],
)
def test_only_what_stands_word_for_word_counts(edited: dict[str, str], expected: float) -> None:
    assert share(DRAFT, DRAFT | edited) == pytest.approx(expected)


def test_an_issue_without_a_word_is_as_it_was() -> None:
    assert share({}, {}) == 1.0


def test_an_item_that_the_draft_had_not_was_swapped_in() -> None:
    assert swapped(DRAFT, DRAFT | {"order": "3 1"}) == 1
    assert swapped(DRAFT, DRAFT | {"order": "2 1"}) == 0
