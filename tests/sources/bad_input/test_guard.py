"""A publication that may ask public addresses only, and sources that are all ways of spelling this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing

import pytest

from publisher.wiring import Publication, load_settings
from tests.newsroom import THURSDAY, Newsroom
from tests.pictures import makers
from tests.served import Served, serving
from tests.sources.bad_input.hostile import Case, item, rss
from tests.sources.bad_input.room import Collected, Room, table
from tests.test_fetch_guard import LOOPBACK

REFUSED = "which is not a public address|has no such host|has no address"
KINDS = ("feed", "column", "page", "index")


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as served:
        yield served


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, served: Served) -> Iterator[Room]:
    folder = tmp_path_factory.mktemp("guard")
    served.give("/feed", rss(item(1)))
    served.give("/picture.jpg", makers.photograph())
    cases = [
        Case(f"{kind}-{number}", served.url("/feed", host), error=REFUSED, kind=kind)
        for kind in KINDS
        for number, host in enumerate(LOOPBACK)
    ]
    links = [
        f"<h2><a href='{served.url('/feed', host)}'>Article {n} about ships</a></h2>" for n, host in enumerate(LOOPBACK)
    ]
    listed = Case("list", "file:list.html", items=0, kind="index", more='\nselect = "a"\npages = 100')
    pictures = [
        item(
            number, f"Story {number}", f"&lt;img src='{served.url('/picture.jpg', host)}' width='600' height='400'&gt;"
        )
        for number, host in enumerate(LOOPBACK)
    ]
    well = Case("well", "file:well.xml", items=len(LOOPBACK))
    room = Room.open(folder, [*cases, listed, well], private=False)
    (room.newsroom.root / "list.html").write_text(f"<!DOCTYPE html><title>List</title>{''.join(links)}")
    (room.newsroom.root / "well.xml").write_bytes(rss(*pictures))
    with closing(room.newsroom.database):
        yield room


@pytest.fixture(scope="module")
def collected(room: Room) -> Collected:
    collected = room.collects()
    print(table(room.cases, collected, room.stored()))
    return collected


def test_no_spelling_of_this_machine_is_asked_by_way_of_a_source(
    room: Room, collected: Collected, served: Served
) -> None:
    assert served.asked == []
    for case in room.cases:
        report = collected.reports[case.name]
        refused = [words for words in REFUSED.split("|") if words in report["error"]]
        assert bool(refused) == bool(case.error), (case, report)
        assert len(room.stored()[case.name]) == case.items
    # Two spellings of one address are one link.
    refused_links = [problem for problem in collected.reports["list"]["problems"] if re.search(REFUSED, problem)]
    assert len(refused_links) == len(collected.reports["list"]["problems"]) >= 13
    assert "set private_addresses = true under [fetch]" in collected.reports["feed-0"]["error"]


def test_no_picture_is_fetched_from_this_machine_for_an_issue_that_shows_it(
    room: Room, collected: Collected, served: Served
) -> None:
    assert collected.reports["well"]["new"] == len(LOOPBACK)
    config = room.newsroom.root / "config.toml"
    config.write_text(config.read_text().replace("per_source = 6", "per_source = 50\nitems = 50"))
    newsroom = Newsroom(Publication(load_settings(config)))
    newsroom.composes()
    picks = newsroom.issue()["picks"]
    assert len([pick for pick in picks if pick["picture"]]) == len(LOOPBACK)
    for pick in picks:
        assert any(words in pick["picture_problem"] for words in REFUSED.split("|")), pick
    assert "<img" not in newsroom.looks(now=THURSDAY).proof["html"]
    newsroom.database.close()
    assert served.asked == []
