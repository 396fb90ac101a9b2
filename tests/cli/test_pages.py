"""Pages of the web, as an editor meets them: found, added by their address, and collected from."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import THURSDAY, publisher
from tests.newsroom import Newsroom
from tests.served import Served, serving
from tests.sources.pages.cases import SAMPLES

LISTS = SAMPLES.parent / "lists"
FETCH = "[fetch]\nprivate_addresses = true\nspacing = 0\nretries = 0\n"
FEED = (
    "<rss version='2.0'><channel><title>P</title><item><guid>1</guid><title>A river bus</title>"
    "<pubDate>Wed, 20 May 2026 06:00:00 +0900</pubDate></item></channel></rss>"
)


@pytest.fixture(scope="module")
def site() -> Iterator[Served]:
    """A blog whose page names a feed that works, one that is gone, and a list without a feed with its articles."""
    with serving() as served:
        html = (SAMPLES / "blog_en.html").read_text(encoding="utf-8")
        html = html.replace("https://bench.example/feed/", "/notes.rss").replace("https://bench.example/", "/")
        served.give("/blog", html.encode(), Content_Type="text/html")
        served.give("/notes.rss", FEED.encode(), Content_Type="application/rss+xml")
        served.give("/stories", (LISTS / "cards_en.html").read_bytes(), Content_Type="text/html")
        for name in ("a-buoy-that-listens", "counting-eels", "salt-and-steel", "the-quiet-pump"):
            page = (SAMPLES / "plain_en.html").read_text(encoding="utf-8").replace("Minutes of the walking club", name)
            served.give(f"/stories/{name}", page.encode(), Content_Type="text/html")
        served.give("/empty", b"<title>Nothing</title><p>Nothing is here.</p>", Content_Type="text/html")
        served.give("/news", (SAMPLES / "news_ko.html").read_bytes(), Content_Type="text/html")
        yield served


@pytest.fixture(scope="module")
def root(site: Served, tmp_path_factory: pytest.TempPathFactory) -> Path:
    sources = (
        f'[[source]]\nname = "stories"\nkind = "index"\nurl = "{site.url("/stories")}"\n'
        f'[[source]]\nname = "bus"\nkind = "page"\nurls = ["{site.url("/news")}", "{site.url("/none")}"]\n'
    )
    newsroom = Newsroom.open(tmp_path_factory.mktemp("pages"), "sqlite:///var/publisher.db", more=FETCH + sources)
    newsroom.database.close()
    return newsroom.root


def test_the_feed_of_a_page_is_printed_as_a_source_to_paste(root: Path, site: Served) -> None:
    said = publisher(root, "sources", "find", site.url("/blog"))
    assert said.status == 0
    table, _, block = said.out.partition("For config.toml:")
    assert f"{site.url('/notes.rss')}" in table and "2026-05-19" in table and "answered 404" in table
    [source] = tomllib.loads(block)["source"]
    assert (source["kind"], source["url"]) == ("feed", site.url("/notes.rss"))
    assert (source["name"], source["title"]) == ("127-0-0", "Notes from a Bench » Feed")


def test_the_feed_itself_is_recognised(root: Path, site: Served) -> None:
    said = publisher(root, "sources", "find", site.url("/notes.rss"), "--json")
    [feed] = json.loads(said.out)["feeds"]
    assert (feed["url"], feed["items"], feed["error"]) == (site.url("/notes.rss"), 1, "")


def test_a_page_without_a_feed_is_offered_as_an_index(root: Path, site: Served) -> None:
    found = json.loads(publisher(root, "sources", "find", site.url("/stories"), "--json").out)
    assert found["feeds"][0]["error"] and found["articles"][0]["headline"] == "A buoy that listens"
    assert tomllib.loads(found["block"])["source"][0] == {
        "name": "127-0-0", "kind": "index", "url": site.url("/stories"),
    }  # fmt: skip


def test_a_page_with_neither_says_what_to_do(root: Path, site: Served) -> None:
    said = publisher(root, "sources", "find", site.url("/empty"))
    assert said.status == 1 and "no feed was found, and no articles" in said.complaint


def test_a_page_that_is_added_shows_what_was_found_on_it(root: Path, site: Served) -> None:
    said = publisher(root, "items", "add", site.url("/news"), "--now", THURSDAY)
    assert said.status == 0
    for part in (
        "한빛항, 야간 하역에 무인 크레인 여섯 대 투입",
        "서다온",
        "Wed 2026-05-20 06:30 KST",
        "crane_860.jpg",
        "ko",
    ):
        assert part in said.out
    assert "too old to be chosen by itself" in said.out  # eight days, and an issue looks back on seven
    again = json.loads(publisher(root, "items", "add", site.url("/news"), "--now", THURSDAY, "--json").out)
    assert (
        said.out.startswith(f"item {again['id']}: ")
        and again["picture"]["credit"] == "한빛항만공사"
        and again["body"].startswith("[한빛=한빛일보]")
    )


def test_a_page_that_is_no_article_is_not_added(root: Path, site: Served) -> None:
    said = publisher(root, "items", "add", site.url("/stories"))
    assert said.status == 1 and "is a list of articles" in said.complaint


def test_new_articles_of_a_list_are_collected_and_none_is_asked_for_twice(root: Path, site: Served) -> None:
    first = json.loads(publisher(root, "collect", "--now", THURSDAY, "--json").out)
    told = {one["source"]: (one["new"], one["problems"]) for one in first}
    assert told["stories"] == (4, []) and told["bus"][0] == 1 and "answered 404" in told["bus"][1][0]
    site.asked.clear()
    publisher(root, "collect", "--now", "2026-05-28T21:00+09:00")
    assert [asked.path for asked in site.asked if asked.path.startswith("/stories/")] == []
    rows = json.loads(publisher(root, "items", "list", "--json").out)
    assert sum(row["source"] == "stories" for row in rows) == 4
