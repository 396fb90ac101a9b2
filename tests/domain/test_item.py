"""When an item was edited."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from publisher.domain.item import Enclosure, ItemFound, fingerprint
from publisher.domain.message import Picture

ITEM = ItemFound(
    identity="a-1",
    headline="A robot learns to fold",
    url="https://example.org/a",
    body="It folds shirts.",
    published_at=datetime(2026, 5, 20, 9, tzinfo=UTC),
    language="en",
    byline="Kim Example",
    picture=Picture("https://example.org/a.png", "A robot", "It folds", "Kim Example"),
)


@pytest.mark.parametrize(
    "edit",
    [
        {"identity": "a-2"},
        {"headline": "A robot learns to iron"},
        {"url": None},
        {"body": ""},
        {"published_at": None},
        {"published_at": datetime(2026, 5, 20, 10, tzinfo=UTC)},
        {"language": "ko"},
        {"byline": ""},
        {"picture": None},
        {"picture": Picture("https://example.org/b.png", "A robot", "It folds", "Kim Example")},
        {"picture": Picture("https://example.org/a.png", "", "It folds", "Kim Example")},
        {"picture": Picture("https://example.org/a.png", "A robot", "", "Kim Example")},
        {"picture": Picture("https://example.org/a.png", "A robot", "It folds", "")},
        {"dek": "It took four years"},
        {"canonical": "https://example.org/robots/a"},
        {"enclosures": (Enclosure("https://example.org/a.mp3", "audio/mpeg", 12),)},
    ],
)
def test_an_edit_of_anything_changes_the_fingerprint(edit: dict[str, Any]) -> None:
    assert fingerprint(replace(ITEM, **edit)) != fingerprint(ITEM)


def test_every_field_is_in_the_fingerprint() -> None:
    assert set(ItemFound.__slots__) == {
        "identity", "headline", "url", "body", "published_at", "language", "byline", "picture",
        "dek", "canonical", "enclosures",
    }  # fmt: skip


def test_an_item_without_the_newer_fields_keeps_the_fingerprint_that_is_stored() -> None:
    assert fingerprint(ITEM) == "768feb7693142cd97a416d2f17a97af13c62ca04b68603f6f45533399a43c110"


def test_the_same_moment_in_another_zone_is_no_edit() -> None:
    in_seoul = datetime(2026, 5, 20, 18, tzinfo=timezone(timedelta(hours=9)))
    assert fingerprint(replace(ITEM, published_at=in_seoul)) == fingerprint(ITEM)


def test_words_that_move_from_one_field_to_the_next_are_an_edit() -> None:
    one = ItemFound(identity="a", headline="bc")
    other = ItemFound(identity="ab", headline="c")
    assert fingerprint(one) != fingerprint(other)
