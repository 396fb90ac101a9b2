"""What the store keeps of pictures, and for how long: as long as an issue shows them, and a month besides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.domain.issue import Pick
from publisher.domain.message import Picture
from publisher.domain.picture import NARROW, StoredPicture
from publisher.fetch.pictures import prepare
from publisher.store import issues, pictures
from publisher.store.db import Database
from tests.makers import NOW, an_issue
from tests.newsroom import FOLDER, THURSDAY, Newsroom
from tests.pictures import makers

LATER = NOW + timedelta(days=31)
SHOWN, UNUSED = "https://example.org/shown.jpg", "https://example.org/unused.jpg"

Keep = Callable[[str, bytes], StoredPicture]


@pytest.fixture
def keep(database: Database) -> Keep:
    def keep(url: str, content: bytes) -> StoredPicture:
        with database.write() as session:
            return pictures.put(session, url, content, NOW)

    return keep


def shows(database: Database, *urls: str) -> None:
    """An issue with a pick for each of these pictures."""
    from publisher.domain.item import ItemFound, Rights
    from publisher.store import items

    found = [ItemFound(identity=url, headline=url, url=url) for url in urls]
    with database.write() as session:
        items.save_items(session, "desk", Rights.OWN, found, NOW)
        ids = [items.id_of(session, "desk", url) for url in urls]
        row = issues.create(session, an_issue(), composed_at=NOW)
        assert row.id is not None
        picks = [
            Pick(position, id_, url, "", "", "", picture=Picture(url))
            for position, (id_, url) in enumerate(zip(ids, urls, strict=True), start=1)
        ]
        issues.put_picks(session, row.id, picks)


def forgotten(database: Database) -> int:
    with database.write() as session:
        return pictures.forget_unused(session, LATER - timedelta(days=30))


def stored(database: Database) -> dict[str, StoredPicture]:
    with database.read() as session:
        return pictures.stored(session, [SHOWN, UNUSED])


def bytes_of(database: Database, facts: StoredPicture) -> bytes | None:
    with database.read() as session:
        row = pictures.by_digest(session, facts.digest)
        return row.content if row else None


def test_a_picture_is_found_again_in_both_sizes(database: Database, keep: Keep) -> None:
    facts = keep(SHOWN, makers.photograph(2_400, 1_000))
    assert stored(database) == {SHOWN: facts}
    assert facts.small is not None
    assert (facts.width, facts.small.width, facts.small.height) == (1_200, NARROW, 250)
    for one in (facts, facts.small):
        content = bytes_of(database, one)
        assert content is not None
        assert makers.opened(content).size == (one.width, one.height)


def test_one_that_is_kept_twice_is_kept_once(database: Database, keep: Keep) -> None:
    content = makers.photograph(2_400, 1_000)
    assert keep(SHOWN, content) == keep(UNUSED, content)
    assert stored(database)[SHOWN] == stored(database)[UNUSED]


def test_one_from_before_there_were_two_sizes_is_found_as_it_is(database: Database) -> None:
    prepared = prepare(makers.photograph(2_400, 1_000))
    alone = replace(prepared, facts=replace(prepared.facts, small=None), small=None)
    with database.write() as session:
        pictures.keep(session, SHOWN, alone, NOW)
    assert stored(database) == {SHOWN: alone.facts}


def test_what_no_issue_shows_is_forgotten_after_a_month_and_nothing_else_is(database: Database, keep: Keep) -> None:
    unused = keep(UNUSED, makers.photograph(1_300, 1_000))
    shown = keep(SHOWN, makers.photograph(2_400, 1_000))
    shows(database, SHOWN)
    with database.write() as session:
        assert pictures.forget_unused(session, NOW - timedelta(seconds=1)) == 0
    assert forgotten(database) == 2  # in both sizes
    assert stored(database) == {SHOWN: shown}
    assert unused.small is not None
    assert [bytes_of(database, one) for one in (unused, unused.small)] == [None, None]
    assert shown.small is not None
    assert bytes_of(database, shown) is not None
    assert bytes_of(database, shown.small) is not None
    assert forgotten(database) == 0


def test_one_that_two_places_have_stays_as_long_as_an_issue_shows_one_of_them(database: Database, keep: Keep) -> None:
    content = makers.photograph(2_400, 1_000)
    keep(UNUSED, content)
    shown = keep(SHOWN, content)
    shows(database, SHOWN)
    assert forgotten(database) == 0
    assert stored(database) == {SHOWN: shown}


def test_one_that_is_another_ones_small_size_stays_with_it(database: Database, keep: Keep) -> None:
    large = keep(SHOWN, makers.photograph(2_400, 1_000))
    assert large.small is not None
    small = bytes_of(database, large.small)
    assert small is not None
    with database.write() as session:
        prepared = prepare(small)
        pictures.keep(session, UNUSED, replace(prepared, facts=large.small, content=small), NOW)
    shows(database, SHOWN)
    assert forgotten(database) == 0
    assert bytes_of(database, large.small) == small


def test_a_failure_is_forgotten_like_a_picture(database: Database) -> None:
    with database.write() as session:
        for url in (SHOWN, UNUSED):
            pictures.note_failure(session, url, "answered 404", NOW)
    shows(database, SHOWN)
    forgotten(database)
    with database.read() as session:
        assert list(pictures.failures(session, [SHOWN, UNUSED])) == [SHOWN]


def test_to_compose_forgets_what_no_issue_shows(tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path / "room", "sqlite:///var/publisher.db", FOLDER)
    with room.database.write() as session:
        pictures.put(session, UNUSED, makers.photograph(), THURSDAY - timedelta(days=31))
        pictures.put(session, SHOWN, makers.photograph(64, 64), THURSDAY - timedelta(days=29))
    room.writes("One headline", "Another headline", "A third headline")
    room.composes()
    assert list(stored(room.database)) == [SHOWN]
    room.database.close()
