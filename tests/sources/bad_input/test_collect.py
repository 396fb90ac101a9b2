"""One real `publisher collect` over sources that are all broken, each in its way, beside two that are well."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.stages import collect
from publisher.store.pages import source as pages
from publisher.store.tables import ItemRow
from tests.newsroom import THURSDAY
from tests.served import Served
from tests.sources.bad_input.hostile import Case, hostile
from tests.sources.bad_input.room import Collected, Room, table, wrongs

CANARY = "words-that-nobody-may-see"


@dataclass(frozen=True)
class Seen:
    """What there was after the command."""

    room: Room
    served: Served
    collected: Collected
    stored: dict[str, list[ItemRow]]

    def case(self, name: str) -> Case:
        return next(case for case in self.room.cases if case.name == name)

    def texts(self, name: str) -> list[str]:
        return [f"{row.headline}\n{row.body}\n{row.url}" for row in self.stored[name]]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    folder = tmp_path_factory.mktemp("bad-input")
    canary = folder / "canary.txt"
    canary.write_text(CANARY)
    awkward = Path(__file__).resolve().parents[4] / "shared" / "data" / "feeds-awkward"
    with hostile(canary, awkward if awkward.is_dir() else None) as (served, cases):
        served.give("/canary", CANARY.encode())
        room = Room.open(folder, cases)
        with closing(room.newsroom.database):
            collected = room.collects()
            stored = room.stored()
            print(table(cases, collected, stored))
            yield Seen(room, served, collected, stored)


def test_every_source_is_read_or_says_in_one_line_what_is_wrong_and_where(seen: Seen) -> None:
    assert wrongs(seen.room.cases, seen.collected, seen.stored) == []


def test_the_sources_that_are_well_pay_nothing_for_the_others(seen: Seen) -> None:
    assert seen.collected.status == 0
    for name in ("well-first", "well-last"):
        assert [row.headline for row in seen.stored[name]] == ["Headline 1", "Headline 2"]
        assert seen.collected.reports[name]["new"] == 2


def test_each_error_is_a_line_for_the_operator_too_and_is_remembered(seen: Seen) -> None:
    said = seen.collected.complaints
    with seen.room.newsroom.database.read() as session:
        rows = pages.sources(session, seen.room.newsroom.publication.settings.sources, THURSDAY)
    remembered = {row["name"]: row for row in rows}
    for case in seen.room.cases:
        error = seen.collected.reports[case.name]["error"]
        assert said.count(f"publisher: source {case.name}: {error}\n") == bool(case.error)
        assert remembered[case.name]["last_error"] == error
        assert remembered[case.name]["items"] == case.items


def test_it_takes_neither_much_time_nor_much_memory(seen: Seen) -> None:
    """Measured: 8 s and 155 MB, most of it for the feed of 200,000 entries."""
    assert seen.collected.seconds < 60  # a busy machine; each byte in ten seconds would take an hour
    assert seen.collected.peak < 300


def test_no_file_and_no_server_is_asked_by_way_of_an_entity(seen: Seen) -> None:
    assert "/canary" not in [asked.path for asked in seen.served.asked]
    for path in (seen.room.newsroom.root / "var").glob("publisher.db*"):
        assert CANARY.encode() not in path.read_bytes()
    for name in ("entity-of-a-file", "entity-of-a-server", "entity-of-parameters"):
        [text] = seen.texts(name)
        assert re.search(r"Before (&x;)? ?after", text)


def test_a_billion_laughs_stay_one_word(seen: Seen) -> None:
    [text] = seen.texts("billion-laughs")
    assert "lollol" not in text
    assert len(text) < 200


def test_no_script_is_stored(seen: Seen) -> None:
    texts = seen.texts("scripts")
    assert [text.split("\n")[0] for text in texts] == ["Title", "A bold word", "Third"]
    for text in texts:
        assert not re.search(r"(?i)<|javascript:|onerror|onclick|onload|alert", text)


def test_no_front_matter_runs_anything(seen: Seen) -> None:
    assert not list(seen.room.newsroom.root.rglob("ran"))
    assert "A post that is well" in [row.headline for row in seen.stored["posts"]]


def test_words_are_those_that_were_meant_whatever_bytes_they_came_in(seen: Seen) -> None:
    [decomposed], [korean] = seen.stored["decomposed-hangul"], seen.stored["cp949-called-euc-kr"]
    assert (decomposed.headline, decomposed.body) == ("한글 제목이 풀려 있다", "한글 제목이 풀려 있다")
    assert korean.headline == "똠방각하가 왔다"


def test_the_awkward_feeds_say_the_same_over_http(seen: Seen, shared: Path) -> None:
    assert (shared / "data" / "feeds-awkward").is_dir()
    names = [case.name for case in seen.room.cases if case.name.startswith("awkward-") and case.items == 3]
    assert len(names) == 11
    headlines = {tuple(row.headline.removeprefix("똠방각하 펲시 ") for row in seen.stored[name]) for name in names}
    assert len(headlines) == 1


def test_a_feed_that_gives_new_ids_each_time_makes_no_new_items(seen: Seen) -> None:
    publication = seen.room.newsroom.publication
    sources = [pair for pair in publication.sources() if pair[0].name in ("new-ids-each-time", "well-first")]
    for hours in (1, 2):
        now = THURSDAY + timedelta(hours=hours)
        reports = collect.run(publication.database, sources, publication.fetcher, now=now)
        assert [(report.new, report.edited, report.error) for report in reports] == [(0, 0, "")] * 2
    asked = [asked.path for asked in seen.served.asked if asked.path == "/ids"]
    assert len(asked) == 3
    assert len(seen.room.stored()["new-ids-each-time"]) == 3
