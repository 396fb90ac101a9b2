"""What is remembered of a source between two looks at it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from publisher.domain.health import Health
from publisher.domain.item import ItemFound, Rights
from publisher.errors import Fault
from publisher.fetch import Cursor
from publisher.store import items, sources
from publisher.store.db import Database
from publisher.store.sources import Remembered
from tests.makers import NOW

DAY = timedelta(days=1)
HEALTH = Health(
    last_success_at=NOW - 9 * DAY,
    failures=3,
    failing_since=NOW - 2 * DAY,
    fault=Fault.LOCKED,
    reason="answered 401",
    due_at=NOW + DAY,
    newest_at=NOW - 20 * DAY,
    rhythm=timedelta(days=3.5),
    silent_since=NOW - 20 * DAY,
    moved_to="https://example.org/new",
    recovered_at=NOW - 30 * DAY,
    recovered_from=NOW - 31 * DAY,
)


def test_all_of_a_sources_health_is_kept(database: Database) -> None:
    with database.write() as session:
        assert sources.remembered(session, ["news"]) == {"news": Remembered()}
        sources.remember(session, "news", HEALTH, NOW, cursor=Cursor("etag", "date", "digest"), asked_as="as")
    with database.read() as session:
        kept = sources.remembered(session, ["news", "other"])
    assert kept == {"news": Remembered(Cursor("etag", "date", "digest"), HEALTH, "as"), "other": Remembered()}


def test_a_cursor_is_kept_until_another_is_given(database: Database) -> None:
    for cursor in (Cursor("etag"), None):
        with database.write() as session:
            sources.remember(session, "news", HEALTH, NOW, cursor=cursor)
    with database.read() as session:
        assert sources.remembered(session, ["news"])["news"].cursor == Cursor("etag")


def test_a_look_that_stored_no_items_is_not_the_first_reading(database: Database) -> None:
    with database.write() as session:
        sources.remember(session, "news", HEALTH, NOW)
        sources.remember(session, "news", Health(last_success_at=NOW), NOW, has_items=False)
        row = sources.source_row(session, "news")
        assert row and row.first_read_at is None
        sources.remember(session, "news", Health(last_success_at=NOW + DAY), NOW + DAY)
        sources.remember(session, "news", Health(last_success_at=NOW + 2 * DAY), NOW + 2 * DAY)
        session.refresh(row)
        assert row.first_read_at == NOW + DAY


def test_the_beat_of_a_source_is_in_the_dates_of_its_items(database: Database) -> None:
    assert beat(database, []) == (None, None)
    assert beat(database, [0, 7, 7, 7]) == (NOW, None)
    assert beat(database, [14, 21, 28, 35, 36]) == (NOW, timedelta(days=7))


def test_what_is_announced_has_not_come_yet(database: Database) -> None:
    assert beat(database, [-30, 2]) == (NOW - 2 * DAY, None)


def test_what_has_no_date_came_when_it_was_seen_but_not_at_the_first_reading(database: Database) -> None:
    save(database, [item("a", None), item("b", None)], NOW - 5 * DAY)
    with database.write() as session:
        sources.remember(session, "news", Health(last_success_at=NOW - 5 * DAY), NOW - 5 * DAY)
        assert sources.beat(session, "news", NOW) == (None, None)
    save(database, [item("c", None)], NOW - 2 * DAY)
    with database.read() as session:
        assert sources.beat(session, "news", NOW)[0] == NOW - 2 * DAY


def item(identity: str, published_at: datetime | None) -> ItemFound:
    return replace(ItemFound(identity, "Rain", None, "It rained."), published_at=published_at)


def save(database: Database, found: list[ItemFound], now: datetime) -> None:
    with database.write() as session:
        items.save_items(session, "news", Rights.OWN, found, now)


def beat(database: Database, days_ago: list[int]) -> tuple[datetime | None, timedelta | None]:
    save(database, [item(f"{days} {place}", NOW - days * DAY) for place, days in enumerate(days_ago)], NOW)
    with database.read() as session:
        return sources.beat(session, "news", NOW)
