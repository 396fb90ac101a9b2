"""Items that changed their ids, and what items said before they were edited."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlmodel import func, select

from publisher.config.settings import SourceOptions
from publisher.domain.issue import Pick
from publisher.domain.item import ColumnFound, Enclosure, ItemFound, Rights
from publisher.domain.message import Picture
from publisher.store import issues, items, versions
from publisher.store.db import Database
from publisher.store.items import Saved
from publisher.store.pages import item as pages
from publisher.store.tables import ItemRow, VersionRow
from tests.makers import NOW, an_issue

DAY = timedelta(days=1)


def entry(at: int, identity: str = "", **known: object) -> ItemFound:
    known = {"published_at": NOW - at * DAY, "body": "It rained.", "url": f"https://example.org/{at}"} | known
    return ItemFound(identity or f"id-{at}", f"Story number {at} about rain in Paju", **known)  # type: ignore[arg-type]


def save(database: Database, *found: ItemFound, day: int = 0, source: str = "news") -> Saved:
    with database.write() as session:
        return items.save_items(session, source, Rights.EXCERPT, found, NOW + day * DAY)


def count(database: Database) -> int:
    with database.read() as session:
        return session.exec(select(func.count()).select_from(ItemRow)).one()


def history(database: Database, identity: str) -> list[VersionRow]:
    with database.read() as session:
        return versions.of_item(session, items.id_of(session, "news", identity))


def test_a_feed_that_changes_its_ids_with_every_fetch_makes_no_new_items(database: Database) -> None:
    save(database, *(entry(at, f"{at}?visit=0") for at in range(30)))
    for day in range(1, 4):
        reading = [entry(at, f"{at}?visit={day}") for at in range(30)]
        assert save(database, *reading, day=day) == Saved(unchanged=30)
    assert count(database) == 30


def test_of_such_a_feed_an_edit_is_an_edit_and_a_new_entry_is_new(database: Database) -> None:
    save(database, *(entry(at, f"a{at}") for at in range(3)))
    reading = [entry(0, "b0", body="It poured."), entry(1, "b1"), entry(2, "b2"), entry(3, "b3")]
    assert save(database, *reading, day=1) == Saved(new=1, edited=1, unchanged=2)
    assert save(database, *reading, day=2) == Saved(unchanged=4)
    assert [row.body for row in history(database, "a0")] == ["It rained."]


def test_a_used_item_that_comes_again_with_a_new_id_and_a_new_date_is_still_used(database: Database) -> None:
    save(database, entry(1))
    with database.write() as session:
        row = issues.create(session, an_issue(7), composed_at=NOW)
        assert row.id is not None
        item_id = items.id_of(session, "news", "id-1")
        issues.put_picks(session, row.id, [Pick(1, item_id, "h", "b", "s", "r")])
    assert save(database, entry(1, "new", published_at=NOW + 6 * DAY), day=7) == Saved(edited=1)
    news = SourceOptions(name="news", kind="feed")
    with database.read() as session:
        found = items.candidates(session, (news,), NOW, NOW + 7 * DAY)
    assert [(one.item_id, one.used_in) for one in found] == [(item_id, 7)]


def test_an_item_without_an_id_stays_itself_when_its_address_is_folded_as_its_identity(database: Database) -> None:
    save(database, entry(1, "http://www.example.org/1?utm_source=feed", url="http://www.example.org/1?utm_source=feed"))
    again = entry(1, "https://example.org/1", url="http://www.example.org/1?utm_source=feed")
    assert save(database, again, day=1) == Saved(unchanged=1)


def test_an_entry_of_another_source_is_not_recognised(database: Database) -> None:
    save(database, entry(1))
    assert save(database, entry(1, "other"), source="blog") == Saved(new=1)
    with database.read() as session:
        assert items.id_of(session, "blog", "other") != items.id_of(session, "news", "id-1")


def test_an_item_of_a_column_keeps_its_place_when_its_headline_is_corrected(database: Database) -> None:
    def column(*found: ItemFound) -> ColumnFound:
        return ColumnFound("week-22", "Bites", "In one bite", (), "", "", "", found, published_at=NOW)

    first = [entry(at, f"a{at}") for at in range(3)]
    again = [replace(first[0], identity="b0", headline="Story number 0 about rain in Paju!"), *first[1:]]
    with database.write() as session:
        items.save_column(session, "news", Rights.OWN, column(*first), NOW)
    with database.write() as session:
        assert items.save_column(session, "news", Rights.OWN, column(*again), NOW) == Saved(edited=1, unchanged=2)
        places = {row.identity: row.column_position for row in items.list_items(session)}
    assert places == {"a0": 1, "a1": 2, "a2": 3}


def test_what_an_item_said_before_is_kept_with_the_moment_it_was_replaced(database: Database) -> None:
    picture = Picture("https://example.org/p.jpg", "alt", "caption", "credit")
    sound = Enclosure("https://example.org/a.mp3", "audio/mpeg", 7)
    first = entry(
        1, picture=picture, enclosures=(sound,), dek="비 온다", canonical="https://example.org/one", byline="Kim"
    )
    save(database, first)
    save(database, entry(1, body="It poured."), day=1)
    save(database, entry(1, body="It poured."), day=2)
    save(database, entry(1, body="It poured.", published_at=None), day=3)
    one, two = history(database, "id-1")
    assert (one.headline, one.body, one.dek, one.byline, one.url) == (
        first.headline,
        "It rained.",
        "비 온다",
        "Kim",
        first.url,
    )
    assert (one.canonical, one.published_at, one.replaced_at) == ("https://example.org/one", NOW - DAY, NOW + DAY)
    assert (one.picture_url, one.picture_alt, one.picture_caption, one.picture_credit) == (
        picture.url, picture.alt, picture.caption, picture.credit,
    )  # fmt: skip
    assert one.enclosures == [{"url": sound.url, "media_type": sound.media_type, "length": 7}]
    assert (two.body, two.published_at, two.replaced_at) == ("It poured.", NOW - DAY, NOW + 3 * DAY)


def test_of_an_item_that_changes_with_every_look_the_first_version_and_the_newest_are_kept(database: Database) -> None:
    save(database, entry(1, body="text 0"), entry(2))
    for day in range(1, 31):
        save(database, entry(1, body=f"text {day}"), entry(2), day=day)
    kept = [row.body for row in history(database, "id-1")]
    assert kept == ["text 0", *(f"text {day}" for day in range(30 - versions.KEPT + 1, 30))]


def test_the_history_of_an_item_says_what_each_edit_changed(database: Database) -> None:
    save(database, entry(1))
    save(database, entry(1, body="It poured."), day=1)
    save(database, entry(1, body="It poured.", dek="In Paju", published_at=None), day=2)
    with database.read() as session:
        one, two = pages.history(session, items.id_of(session, "news", "id-1"))
    assert (one["replaced_at"], one["body"], one["changed"]) == (NOW + DAY, "It rained.", {"body": "It poured."})
    assert two["changed"] == {"dek": "In Paju", "published_at": None}
    assert two["published_at"] == NOW - DAY


def test_an_item_that_its_source_does_not_have_any_more_stays(database: Database) -> None:
    save(database, entry(1), entry(2))
    assert save(database, entry(2), day=1) == Saved(unchanged=1)
    assert count(database) == 2


def test_what_only_this_program_reads_differently_is_no_edit(database: Database) -> None:
    save(database, entry(1))
    with database.write() as session:
        row = items.get_item(session, items.id_of(session, "news", "id-1"))
        row.canonical_url = "https://www.example.org/1"
        session.add(row)
    assert save(database, entry(1)) == Saved(unchanged=1)
    with database.read() as session:
        row = items.get_item(session, items.id_of(session, "news", "id-1"))
    assert row.canonical_url == "https://example.org/1"
    assert history(database, "id-1") == []
