"""Which entries with an unknown identity are items that are there already."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import process_time

import pytest

from publisher.domain.identity import address_of
from publisher.domain.item import ItemFound
from publisher.editorial.again import Stored, recognised

NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)
ROBOT = ItemFound("old", "Lantern Labs builds a robot for tea", "https://example.org/robot", "It pours.", NOON)


def stored(item: ItemFound) -> Stored:
    return Stored(item.identity, item.headline, address_of(item), item.published_at)


def again(*reading: ItemFound, known: tuple[ItemFound, ...] = (ROBOT,)) -> dict[str, str]:
    by_identity = {item.identity: item for item in reading}
    unknown = by_identity.keys() - {item.identity for item in known}
    return recognised(by_identity, unknown, [stored(item) for item in known])


@pytest.mark.parametrize(
    "edit",
    [
        {},
        {"url": "http://m.example.org/robot/?utm_source=feed#top"},
        {"published_at": NOON + timedelta(days=3)},
        {"published_at": None},
        {"body": "It pours, and stirs."},
        {"headline": "Lantern Labs builds a robot for tea now"},
        {"url": "https://example.org/robot?visit=8271"},
        {"url": None},
    ],
)
def test_an_entry_with_a_new_id_is_the_item_with_its_page_or_its_headline_and_date(edit: dict[str, object]) -> None:
    assert again(replace(ROBOT, identity="new", **edit)) == {"new": "old"}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "edit",
    [
        {"headline": "Kettles whistle again in spring"},
        {"headline": "Lantern Labs builds 2 robots for tea"},
        {"url": "https://example.org/other"},
        {"url": "https://example.org/robot?visit=1", "published_at": NOON + timedelta(seconds=1)},
    ],
)
def test_an_entry_of_another_page_or_headline_is_new(edit: dict[str, object]) -> None:
    assert again(replace(ROBOT, identity="new", **edit)) == {}  # type: ignore[arg-type]


def test_an_everyday_headline_on_one_page_is_new_with_every_date() -> None:
    weekly = replace(ROBOT, headline="Weekly update")
    assert again(replace(weekly, identity="new"), known=(weekly,)) == {"new": "old"}
    later = replace(weekly, identity="new", published_at=NOON + timedelta(days=7))
    assert again(later, known=(weekly,)) == {}


def test_an_item_that_the_feed_has_under_its_own_id_is_no_other_entry() -> None:
    assert again(ROBOT, replace(ROBOT, identity="new", body="Another text.")) == {}


def test_an_entry_that_the_feed_says_twice_is_one() -> None:
    assert again(ROBOT, replace(ROBOT, identity="new")) == {"new": "old"}
    twice = [replace(ROBOT, identity=name) for name in ("a", "b", "c")]
    assert again(*twice) == {"a": "old", "b": "old", "c": "old"}
    assert again(*twice, known=()) == {"b": "a", "c": "a"}


def test_two_entries_are_never_the_same_item() -> None:
    one = replace(ROBOT, identity="a", body="One.")
    other = replace(ROBOT, identity="b", body="Other.")
    assert again(one, other) == {"a": "old"}


def test_a_page_of_ten_thousand_entries_takes_no_quadratic_time() -> None:
    page = [replace(ROBOT, identity=f"{at}", headline=f"Robot {at} builds tea for Lantern") for at in range(10_000)]
    renamed = [replace(item, identity=f"new {item.identity}") for item in page]
    began = process_time()
    assert len(again(*renamed, known=tuple(page))) == 10_000
    assert process_time() - began < 8
