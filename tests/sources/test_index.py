"""The source of kind "index": a page of links in, its new articles out, each asked for once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from publisher.config.settings import Fetching
from publisher.errors import SourceError
from publisher.fetch import Fetcher
from publisher.sources import Known, Reading
from publisher.sources.index import Index, Options
from tests.editorial.pages.makers import FIRST, SEOUL, TEXT, page
from tests.served import Served, serving

NOW = datetime(2026, 5, 25, tzinfo=UTC)


class Site:
    """A page that lists `count` articles, the newest first, and the articles."""

    def __init__(self, served: Served, count: int) -> None:
        self.served = served
        self.known: set[str] = set()
        self.publish(*range(1, count + 1))

    def publish(self, *numbers: int) -> None:
        rows = "".join(
            f"<article><h2><a href='/news/{n}'>{self.headline(n)}</a></h2>"
            f"<time datetime='2026-05-{n:02}'></time></article>"
            for n in sorted(numbers, reverse=True)
        )
        self.served.give("/news", f"<title>News</title><main>{rows}</main>".encode(), Content_Type="text/html")
        for n in numbers:
            html = page(title=self.headline(n), before=f"<h1>{self.headline(n)}</h1>", text=TEXT)
            self.served.give(f"/news/{n}", html.encode(), Content_Type="text/html")

    @staticmethod
    def headline(number: int) -> str:
        return f"Otters of the river, part {number}"

    @property
    def articles_asked(self) -> list[str]:
        return [asked.path for asked in self.served.asked if asked.path.startswith("/news/")]

    def look(self, **options: Any) -> Reading:
        """One look, after which what was found is known, as `publisher collect` does it."""
        settings = {"name": "news", "kind": "index", "url": self.served.url("/news")}
        self.served.asked.clear()
        reading = index(**settings | options).read(fetcher(), None, NOW, self._known())
        self.known |= {item.identity for item in reading.items}
        return reading

    def _known(self) -> Known:
        def known(identities: Collection[str]) -> Collection[str]:
            return self.known & set(identities)

        return known


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as found:
        yield found


def fetcher(root: Path = Path()) -> Fetcher:
    return Fetcher(Fetching.model_validate({"private_addresses": True, "spacing": 0, "retries": 0}), root)


def index(**options: Any) -> Index:
    return Index(Options.model_validate(options), zone=SEOUL)


def test_each_new_article_is_read_from_its_own_page_once(served: Served) -> None:
    site = Site(served, 4)
    first = site.look()
    assert [item.headline for item in first.items] == [site.headline(n) for n in (4, 3, 2, 1)]
    assert FIRST in first.items[0].body and first.items[0].url == served.url("/news/4")
    assert str(first.items[0].published_at) == "2026-05-03 15:00:00+00:00"  # the page does not say, the list does
    assert site.look().items == () and site.articles_asked == []
    site.publish(1, 2, 3, 4, 5)
    assert [item.headline for item in site.look().items] == [site.headline(5)]
    assert site.articles_asked == ["/news/5"]


def test_the_back_catalogue_is_known_by_its_headlines(served: Served) -> None:
    site = Site(served, 9)
    first = site.look(pages=3)
    assert len(first.items) == 9 and len(site.articles_asked) == 3
    assert [bool(item.body) for item in first.items] == [True] * 3 + [False] * 6
    assert site.look(pages=3).items == ()


def test_more_news_than_one_look_reads_waits_for_the_next(served: Served) -> None:
    site = Site(served, 3)
    site.look()
    site.publish(*range(1, 9))
    second = site.look(pages=2)
    assert [item.headline for item in second.items] == [site.headline(8), site.headline(7)]
    assert second.cursor is None  # a server that says "nothing new" would hide the others
    assert [item.headline for item in site.look(pages=9).items] == [site.headline(n) for n in (6, 5, 4)]


def test_without_following_an_item_is_a_headline_with_its_link(served: Served) -> None:
    site = Site(served, 3)
    reading = site.look(follow=False)
    assert [(item.headline, item.body) for item in reading.items] == [(site.headline(n), "") for n in (3, 2, 1)]
    assert site.articles_asked == []


def test_an_article_that_cannot_be_had_is_asked_for_again(served: Served) -> None:
    site = Site(served, 4)
    served.give("/news/2", status=503)
    reading = site.look()
    assert len(reading.items) == 3 and reading.cursor is None
    assert reading.problems and "answered 503" in reading.problems[0]
    site.publish(1, 2, 3, 4)
    assert [item.headline for item in site.look().items] == [site.headline(2)]


def test_a_link_to_what_is_no_article_stays_a_headline(served: Served) -> None:
    site = Site(served, 4)
    served.give("/news/2", b"%PDF-1.7", Content_Type="application/pdf")
    reading = site.look()
    assert len(reading.items) == 4 and [item.body for item in reading.items if item.url == served.url("/news/2")] == [
        ""
    ]
    [problem] = reading.problems
    assert problem.endswith(
        "is a PDF, not a page; write the item by hand with its address; only its headline was taken"
    )
    assert site.look().items == ()


def test_articles_that_robots_may_not_read_are_not_asked_for(served: Served) -> None:
    site = Site(served, 4)
    served.give("/robots.txt", b"User-agent: *\nDisallow: /news/3\n", Content_Type="text/plain")
    reading = site.look()
    assert "/news/3" not in site.articles_asked and len(reading.items) == 3
    assert any("robots.txt" in problem for problem in reading.problems)


def test_a_page_without_articles_is_an_error_that_says_what_to_do(served: Served) -> None:
    url = served.give("/news", b"<title>News</title><p>Nothing yet.</p>", Content_Type="text/html")
    with pytest.raises(SourceError, match=r"127\.0\.0\.1.*lists no articles.*select"):
        index(name="news", kind="index", url=url).read(fetcher(), None, NOW)


def test_a_list_in_a_file_is_read() -> None:
    root = Path(__file__).parent / "pages" / "lists"
    source = index(name="news", kind="index", url="file:cards_en.html", select="h2 a", follow=False)
    assert not source.is_remote
    with pytest.raises(SourceError, match="no link is selected"):  # nobody knows where its links lead
        source.read(fetcher(root), None, NOW)
