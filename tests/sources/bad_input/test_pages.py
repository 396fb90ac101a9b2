"""One real `publisher collect` over pages and lists that are all broken, each in its way, beside two that are well."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from publisher.store.tables import ItemRow
from tests.served import Served
from tests.sources.bad_input.pages import hostile_pages
from tests.sources.bad_input.room import Collected, Room, table, wrongs


@dataclass(frozen=True)
class Seen:
    """What there was after the command."""

    room: Room
    servers: list[Served]
    collected: Collected
    stored: dict[str, list[ItemRow]]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    with hostile_pages() as (servers, cases):
        room = Room.open(tmp_path_factory.mktemp("pages"), cases)
        with closing(room.newsroom.database):
            collected = room.collects()
            stored = room.stored()
            print(table(cases, collected, stored))
            yield Seen(room, servers, collected, stored)


def test_every_page_is_read_or_says_in_one_line_what_is_wrong_and_where(seen: Seen) -> None:
    assert wrongs(seen.room.cases, seen.collected, seen.stored) == []


def test_those_that_are_well_pay_nothing_for_the_others(seen: Seen) -> None:
    assert seen.collected.status == 0
    assert [row.headline for row in seen.stored["page-well"]] == ["A page that is well"]
    assert [row.headline for row in seen.stored["list-well"]] == [f"Article {n} about ships" for n in range(3)]


@pytest.mark.trial
def test_it_takes_neither_much_time_nor_much_memory(seen: Seen) -> None:
    """Measured: 8 s and 215 MB."""
    assert seen.collected.seconds < 60  # a busy machine; each byte in ten seconds would take an hour
    assert seen.collected.peak < 300


def test_no_script_of_a_page_is_stored(seen: Seen) -> None:
    [page], [titled] = seen.stored["page-script"], seen.stored["page-script-title"]
    assert not re.search(r"(?i)<|javascript:|onerror|alert", f"{page.headline}\n{page.body}\n{page.url}")
    # Words that look like a tag are words: whoever shows them escapes them, as every headline.
    assert titled.headline == "<img src=x onerror=alert(4)> in a title"
    urls = [row.url for rows in seen.stored.values() for row in rows]
    assert all(re.match(r"https?://", url) for url in urls)


def test_no_page_is_asked_for_that_its_host_wants_left_alone(seen: Seen) -> None:
    asked = {
        case.url: {one.path for server in seen.servers for one in server.asked if str(server.port) in case.url}
        for case in seen.room.cases
        if case.name.startswith("robots-")
    }
    for case in seen.room.cases:
        if case.name.startswith("robots-"):
            assert ("/page" in asked[case.url]) == bool(case.items), case.name
