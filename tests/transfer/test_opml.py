"""Lists of feeds: as many readers write them, and as none should."""

from __future__ import annotations

import time
import tomllib
from datetime import UTC, datetime

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import TransferError
from publisher.transfer.opml import FeedList, ListedFeed, blocks, new_feeds, read_opml, write_opml

NOW = datetime(2026, 5, 25, tzinfo=UTC)


def opml(*outlines: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> bytes:
    return f'{head}<opml version="2.0"><head/><body>{"".join(outlines)}</body></opml>'.encode()


def read(*outlines: str) -> FeedList:
    return read_opml(opml(*outlines))


ONE = '<outline type="rss" text="One" xmlUrl="https://one.example/feed"/>'


def test_folders_are_flattened_however_deep() -> None:
    found = read(
        f'<outline text="AI"><outline title="한국"><outline text="둘" xmlUrl="https://two.example/"/></outline>{ONE}</outline>',
        "<outline text='x'>" * 500 + ONE.replace("one", "deep") + "</outline>" * 500,
    )
    assert [(feed.title, feed.url) for feed in found.feeds] == [
        ("둘", "https://two.example/"),
        ("One", "https://one.example/feed"),
        ("One", "https://deep.example/feed"),
    ]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("attributes", "feed"),
    [
        ('text="A" title="B" xmlUrl="https://a.example/"', ListedFeed("A", "https://a.example/")),
        ('title="B" xmlUrl="https://a.example/"', ListedFeed("B", "https://a.example/")),
        ('text="https://a.example/" title="B" xmlUrl="https://a.example/"', ListedFeed("B", "https://a.example/")),
        (
            'text=" A &amp;amp; \n B\u200b " XMLURL=" https://a.example/ "',
            ListedFeed("A &amp; B", "https://a.example/"),
        ),
        ('text="A" type="atom" url="https://a.example/"', ListedFeed("A", "https://a.example/")),
        ('text="A" xmlUrl="feed:https://a.example/"', ListedFeed("A", "https://a.example/")),
        ('text="A" xmlUrl="feed://a.example/"', ListedFeed("A", "https://a.example/")),
        ('text="R & D" xmlUrl="https://a.example/?a=1&b"', ListedFeed("R & D", "https://a.example/?a=1&b")),
        ('text="A" xmlUrl="//a.example/"', ListedFeed("A", "https://a.example/")),
        ('text="A" xmlUrl="https://me:pw@a.example/"', ListedFeed("A", "https://me:pw@a.example/")),
        ('text="A" language="ko-KR" xmlUrl="https://a.example/"', ListedFeed("A", "https://a.example/", "ko")),
        ('text="A" language="fr" xmlUrl="https://a.example/"', ListedFeed("A", "https://a.example/")),
        ('xmlUrl="https://a.example/"', ListedFeed("", "https://a.example/")),
    ],
)
def test_readers_write_a_feed_in_many_ways(attributes: str, feed: ListedFeed) -> None:
    assert read(f"<outline {attributes}/>").feeds == (feed,)


@pytest.mark.parametrize(
    ("outline", "problem"),
    [
        ('<outline text="A" htmlUrl="https://a.example/"/>', "“A” has no xmlUrl, so its feed is not known"),
        ('<outline text="A" type="link" url="https://a.example/"/>', "“A” has no xmlUrl, so its feed is not known"),
        ('<outline text="A" xmlUrl="file:///etc"/>', "“A” is at file:///etc, which is no http(s) address"),
        ('<outline text="A" xmlUrl="javascript:x"/>', "“A” is at javascript:x, which is no http(s) address"),
        ('<outline text="A" xmlUrl="feed.xml"/>', "“A” is at feed.xml, which is no http(s) address"),
        ('<outline text="B" xmlUrl="http://www.one.example/feed?utm_source=x"/>',
         "http://www.one.example/feed?utm_source=x is in the list twice; the first one counts"),
    ],
)  # fmt: skip
def test_what_is_no_feed_is_told_and_costs_the_others_nothing(outline: str, problem: str) -> None:
    found = read(ONE, outline)
    assert [feed.title for feed in found.feeds] == ["One"] and found.problems == (problem,)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the list is empty"),
        (b"<rss version='2.0'/>", "this is no OPML (its root is <rss>)"),
        (b"<!DOCTYPE html><html></html>", "this is no OPML (its root is <html>)"),
        (b"<opml><body><outline", "line 1, column 13: this is not well-formed XML"),
        (b"not xml", "line 1, column 1: this is not well-formed XML"),
        (opml(), "there is no feed in this list"),
        (opml('<outline text="Folder"><outline text="A"/></outline>'), "there is no feed in this list"),
        (b" " * 10_000_001, "the list is larger than 10,000,000 bytes"),
        (
            opml(ONE, head='<!DOCTYPE opml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'),
            "the list defines entities",
        ),
        (
            opml('<outline text="&x;"/>', head='<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
            "the list defines entities",
        ),
    ],
)
def test_what_is_no_list_of_feeds_is_one_readable_error(content: bytes, reason: str) -> None:
    with pytest.raises(TransferError) as error:
        read_opml(content)
    assert error.value.message.startswith(reason) and "\n" not in error.value.message


def test_entities_are_not_expanded() -> None:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = opml('<outline text="&l9;"/>', head=f'<!DOCTYPE opml [<!ENTITY l0 "ha">{entities}]>')
    started = time.monotonic()
    with pytest.raises(TransferError, match="defines entities"):
        read_opml(bomb)
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp949"])
def test_lists_in_old_charsets_are_read(encoding: str) -> None:
    declared = '<?xml version="1.0" encoding="EUC-KR"?>' if encoding == "cp949" else ""
    text = opml('<outline text="똠방각하" xmlUrl="https://a.example/"/>', head=declared).decode()
    assert read_opml(text.encode(encoding)).feeds[0].title == "똠방각하"


def test_a_list_of_a_hundred_thousand_is_cut() -> None:
    outlines = "".join(f'<outline text="{n}" xmlUrl="https://a.example/{n}"/>' for n in range(20_000))
    started = time.monotonic()
    found = read(outlines)
    assert len(found.feeds) == 5_000 and found.problems == (
        "the list is longer than 5,000 feeds; the rest was passed over",
    )
    new, _ = new_feeds(found.feeds, [], [])
    assert len({feed.name for feed in new}) == 5_000
    assert time.monotonic() - started < 10


# Into config.toml


def test_every_feed_gets_a_name_of_its_own() -> None:
    feeds = [
        ListedFeed("The Café, Weekly!", "https://a.example/"),
        ListedFeed("The Cafe Weekly", "https://b.example/"),
        ListedFeed("긱뉴스", "https://news.hada.example/rss"),
        ListedFeed("", "https://feeds.paper.example/x"),
        ListedFeed("한입 AI", "https://한입.example/"),
        ListedFeed("x" * 90, "https://c.example/"),
        ListedFeed("x" * 90, "https://d.example/"),
    ]
    new, old = new_feeds(feeds, ["paper-example"], [])
    assert [feed.name for feed in new] == [
        "the-cafe-weekly",
        "the-cafe-weekly-2",
        "news-hada-example",
        "paper-example-2",
        "example",
        "x" * 40,
        f"{'x' * 35}-2",
    ]
    assert old == []


def test_feeds_that_are_there_already_are_left_out() -> None:
    feeds = [ListedFeed("A", "https://a.example/feed/"), ListedFeed("B", "https://b.example/")]
    new, old = new_feeds(feeds, [], ["http://www.a.example/feed", "file:feed.xml", ""])
    assert [feed.title for feed in new] == ["B"] and [feed.title for feed in old] == ["A"]


@given(st.text(max_size=60).filter(lambda text: text.isprintable()))
def test_whatever_a_title_holds_the_block_is_toml(title: str) -> None:
    document = write_opml([ListedFeed(title, "https://a.example/?a=1&b=2")], title=title, now=NOW)
    (new,), _ = new_feeds(read_opml(document).feeds, [], [])
    (block,) = tomllib.loads(blocks([new]))["source"]
    assert block["url"] == "https://a.example/?a=1&b=2" and block.get("title", "") == new.title


# Out


def test_what_goes_out_is_what_readers_take() -> None:
    feeds = [
        ListedFeed('한입 <뉴스> & "인용"', "https://a.example/?a=1&b=2", "ko"),
        ListedFeed("B", "https://me:pw@b.example/"),
    ]
    document = write_opml(feeds, title="한입 뉴스", now=NOW)
    root = fromstring(document)
    assert document.startswith(b"<?xml version='1.0' encoding='UTF-8'?>") and b"pw" not in document
    assert root.tag == "opml" and root.get("version") == "2.0"
    assert root.findtext("head/title") == "한입 뉴스"
    assert root.findtext("head/dateCreated") == "Mon, 25 May 2026 00:00:00 GMT"
    first, second = root.findall("body/outline")
    assert first.attrib == {
        "text": '한입 <뉴스> & "인용"',
        "title": '한입 <뉴스> & "인용"',
        "type": "rss",
        "xmlUrl": "https://a.example/?a=1&b=2",
        "language": "ko",
    }
    assert second.get("xmlUrl") == "https://b.example/"
    assert [feed.title for feed in read_opml(document).feeds] == [feed.title for feed in feeds]
