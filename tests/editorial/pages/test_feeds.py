"""The feeds of a page: those it names, in the order in which somebody wants them."""

from __future__ import annotations

import pytest

from publisher.editorial.pages.feeds import FeedLink, feeds_of, usual_places
from tests.sources.pages.cases import SAMPLES

URL = "https://paper.example/news/otter"


def link(href: str, kind: str = "rss+xml", title: str = "", rel: str = "alternate") -> str:
    return f"<link rel='{rel}' type='application/{kind}' title='{title}' href='{href}'>"


@pytest.mark.parametrize("kind", ["rss+xml", "atom+xml", "feed+json", "RSS+XML; charset=utf-8", "rdf+xml"])
def test_a_feed_of_every_format_is_found(kind: str) -> None:
    assert feeds_of(link("/feed", kind, "The Paper"), URL) == (FeedLink("https://paper.example/feed", "The Paper"),)


def test_addresses_are_taken_from_where_the_page_says_that_it_lies() -> None:
    assert feeds_of(link("../rss.xml"), URL)[0].url == "https://paper.example/rss.xml"
    assert feeds_of("<base href='https://b.example/x/'>" + link("rss.xml"), URL)[0].url == "https://b.example/x/rss.xml"
    assert feeds_of(link("//f.example/rss"), URL)[0].url == "https://f.example/rss"


def test_the_feed_of_the_comments_comes_last() -> None:
    html = (SAMPLES / "blog_en.html").read_text(encoding="utf-8")
    found = feeds_of(html, "https://bench.example/2026/05/repairing-a-kettle/")
    assert [one.has_comments for one in found] == [False, True, True]
    assert found[0] == FeedLink("https://bench.example/feed/", "Notes from a Bench » Feed")


@pytest.mark.parametrize(
    "html",
    [
        link("https://x.example/wp-json/wp/v2/posts/1", "json"),
        link("/style.css", "rss+xml", rel="stylesheet alternate"),
        link("javascript:alert(1)"),
        link("file:///etc/passwd"),
        link("https://["),
        link(""),
        "<link rel=alternate hreflang=en href=/en>",
        "<!-- " + link("/feed") + " -->",
        "<a href='/press'>Press</a>",
    ],
)
def test_what_is_no_feed_is_not_found(html: str) -> None:
    assert [one for one in feeds_of(html, URL) if one.url != URL] == []


def test_a_feed_that_is_only_linked_to_is_found_after_those_in_the_head() -> None:
    html = link("/feed") + "<a href='/rss/news.xml'>RSS 구독</a><a href='/atom.xml'>here</a><a href='/feed'>RSS</a>"
    assert [one.url.rpartition("/")[2] for one in feeds_of(html, URL)] == ["feed", "news.xml", "atom.xml"]


@pytest.mark.parametrize(
    ("url", "first"),
    [
        ("https://blog.naver.com/slowriver/223", "https://rss.blog.naver.com/slowriver.xml"),
        ("https://velog.io/@river/otter", "https://v2.velog.io/rss/@river"),
        ("https://medium.com/@river/otter-1", "https://medium.com/feed/@river"),
        ("https://github.com/river/otter/blob/main/x", "https://github.com/river/otter/releases.atom"),
        ("https://river.tistory.com/", "https://river.tistory.com/feed"),
        ("https://paper.example/news", "https://paper.example/news/feed"),
    ],
)
def test_a_page_that_names_none_is_looked_for_where_its_builder_puts_it(url: str, first: str) -> None:
    assert usual_places(url)[0] == first
    assert len(usual_places(url)) <= 10
