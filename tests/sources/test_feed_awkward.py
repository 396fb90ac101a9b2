"""Feeds as they should not be: real ones that went wrong, and hostile ones of our own."""

from __future__ import annotations

import json
import time
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from publisher.config.settings import Fetching
from publisher.editorial import markup
from publisher.errors import FetchError, PublisherError, SourceError
from publisher.fetch import Fetcher
from publisher.sources import Reading
from publisher.sources.feed import Feed, Options
from tests.served import serving

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 5, 25, tzinfo=UTC)
HEAD = "<rss version='2.0'><channel><title>P</title><link>https://paper.example/</link>"
TAIL = "</channel></rss>"
GOOD = "<item><title>Good</title><guid>good</guid></item>"
JSON_HEAD = '{"version":"https://jsonfeed.org/version/1.1","items":['

Read = Callable[..., Reading]


def look(path: Path) -> Reading:
    feed = Feed(Options(name="paper", kind="feed", url=f"file:{path.name}"), zone=SEOUL)
    return feed.read(Fetcher(Fetching(), path.parent), None, NOW)


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(document: str | bytes) -> Reading:
        path = tmp_path / "feed.xml"
        path.write_bytes(document.encode() if isinstance(document, str) else document)
        return look(path)

    return read


# The real ones

WHOLE = [
    "noir.feed.json",
    "noir_cp949_declared_euc-kr.xml",
    "noir_cp949_declared_ks_c_5601-1987.xml",
    "noir_cp949_declared_utf-8.xml",
    "noir_korean_dates.xml",
    "noir_leading_blank_lines.xml",
    "noir_nfd_titles.xml",
    "noir_raw_ampersand_and_ctrl.xml",
    "noir_utf16le_bom.xml",
    "noir_utf8_bom.xml",
    "noir_utf8_declared_euc-kr.xml",
]


@pytest.fixture(scope="session")
def awkward(shared: Path) -> Path:
    return shared / "data" / "feeds-awkward"


@pytest.mark.parametrize("name", WHOLE)
def test_every_variant_of_one_feed_gives_the_same_items(awkward: Path, shared: Path, name: str) -> None:
    original = look(shared / "data" / "week-2026-W21" / "feeds" / "ko_owasp-noir.rss.xml")
    reading = look(awkward / name)
    assert reading.problems == () and len(reading.items) == len(original.items) == 3
    for item, expected in zip(reading.items, original.items, strict=True):
        headline = item.headline.removeprefix("똠방각하 펲시 ")  # made to need CP949
        assert (item.identity, headline, item.url) == (expected.identity, expected.headline, expected.url)
        assert item.language == "ko" and unicodedata.is_normalized("NFC", item.headline + item.body)
        assert "\ufffd" not in item.headline + item.body and len(item.body) > 100


def test_every_awkward_file_is_looked_at(awkward: Path) -> None:
    others = {"empty.xml", "noir_html_error_page.xml", "noir_truncated.xml"}
    assert {path.name for path in awkward.iterdir()} == others | set(WHOLE)


def test_korean_dates_are_read_on_the_clock_of_seoul(awkward: Path) -> None:
    reading = look(awkward / "noir_korean_dates.xml")
    assert {item.published_at for item in reading.items} == {datetime(2026, 5, 19, 21, tzinfo=UTC)}


def test_of_a_truncated_feed_what_is_there_is_used(awkward: Path) -> None:
    reading = look(awkward / "noir_truncated.xml")
    whole = look(awkward / "noir_utf8_bom.xml")
    assert [item.identity for item in reading.items] == [whole.items[0].identity]
    assert reading.problems == ("the feed is cut off after entry 1; the rest is read next time",)
    assert reading.cursor is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("empty.xml", "file:empty.xml: is empty, not a feed"),
        ("noir_html_error_page.xml", "file:noir_html_error_page.xml: is an HTML page, not a feed"),
    ],
)
def test_what_is_no_feed_is_an_error_and_no_empty_week(awkward: Path, name: str, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        look(awkward / name)


def test_the_real_week_is_read_whole(shared: Path) -> None:
    folder = shared / "data" / "week-2026-W21" / "feeds"
    readings = {path.name: look(path) for path in sorted(folder.glob("*.xml"))}
    assert len(readings) == 20
    assert {name: reading.problems for name, reading in readings.items() if reading.problems} == {}
    items = [item for reading in readings.values() for item in reading.items]
    assert len(items) == 1120
    assert sum(item.published_at is None for item in items) == 2  # dates in the year 1
    assert all(item.headline and item.url and item.identity for item in items)
    geeknews = readings["ko_geeknews_2026-W21.atom.xml"].items
    assert len(geeknews) == len({item.url for item in geeknews}) == 44  # which only their queries tell apart
    days = [
        (moment.weekday(), moment.astimezone(SEOUL).weekday()) for item in geeknews if (moment := item.published_at)
    ]
    assert days.count((6, 0)) == 6  # on Sunday in UTC, on Monday in Seoul
    assert all(item.picture for item in readings["olshansk_google_ai.xml"].items)


# No feed at all


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \n\0", "is empty"),
        ("<!DOCTYPE html><p>Hello", "is an HTML page"),
        ("<?xml version='1.0'?><!-- x --><html xmlns='http://www.w3.org/1999/xhtml'/>", "is an HTML page"),
        ("Warning: on line 3 <!doctype HTML>", "is an HTML page"),
        ("<opml version='2.0'><body/></opml>", "is XML of another kind .<opml>."),
        ("<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'/>", "is XML of another kind .<urlset>."),
        ("/etc/passwd", "is text of another kind"),
        ("just words", "is text of another kind"),
        ("{}", "is JSON, but no JSON Feed"),
        ('{"error": "gone"}', "is JSON, but no JSON Feed"),
        ("[1, 2]", "is JSON, but no JSON Feed"),
        ("{not json", "is JSON, but no JSON Feed"),
        ('{"version": "https://jsonfeed.org/version/1"}', "without its items"),
        ('{"version": "https://jsonfeed.org/version/1", "items": {"a": 1}}', "without its items"),
        ('{"version": 1, "items": []}', "is JSON, but no JSON Feed"),
        (HEAD, "cut off before its first entry"),
        (HEAD + "<item><title>Half", "cut off before its first entry"),
        (JSON_HEAD + '{"id": "1", "tit', "cut off before its first item"),
        (b"\x89PNG\r\n\x1a\n\0\0", "is text of another kind"),
        ("<!-- never closed", "is text of another kind"),
        ("<" * 5000, "is text of another kind"),
    ],
)
def test_a_document_with_no_feed_in_it_is_an_error(read: Read, document: str | bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=f"^file:feed.xml: .*{reason}"):
        read(document)


def test_an_html_page_that_names_its_feed_is_told_apart_with_advice(tmp_path: Path) -> None:
    with serving() as served:
        page = b'<!doctype html><link rel="alternate" type="application/rss+xml" title="News" href="/news.xml">'
        feed = Feed(Options(name="paper", kind="feed", url=served.give("/", page)), zone=SEOUL)
        fetcher = Fetcher(Fetching(private_addresses=True, spacing=timedelta(0)), tmp_path)
        with pytest.raises(
            SourceError, match=f"is an HTML page, not a feed; the feed it names is {served.url('/news.xml')}"
        ):
            feed.read(fetcher, None, NOW)
        missing = Feed(Options(name="paper", kind="feed", url=served.url("/gone.xml")), zone=SEOUL)
        with pytest.raises(FetchError, match="answered 404"):
            missing.read(fetcher, None, NOW)


def test_a_directory_and_an_absent_file_are_named(tmp_path: Path) -> None:
    (tmp_path / "feeds").mkdir()
    with pytest.raises(FetchError, match="file:feeds: is a directory"):
        look(tmp_path / "feeds")
    with pytest.raises(FetchError, match="file:none: there is no such file"):
        look(tmp_path / "none")


@pytest.mark.parametrize("url", ["ftp://x/y", "feed.xml", "", "file:", "https://", "javascript:x", "http:///x"])
def test_only_web_and_file_addresses_can_be_configured(url: str) -> None:
    with pytest.raises(ValidationError):
        Options(name="paper", kind="feed", url=url)


def test_the_content_of_a_feed_is_never_taken_for_a_path(read: Read, tmp_path: Path) -> None:
    canary = tmp_path / "canary.xml"
    canary.write_text(HEAD + GOOD + TAIL)
    with pytest.raises(SourceError):
        read(str(canary))
    with pytest.raises(SourceError):
        read(f"file:{canary}")


# Broken in part


def test_one_broken_entry_costs_only_itself(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    convert = markup.from_html

    def failing(html: str, base_url: str | None = None) -> str:
        if "boom" in html:
            raise ZeroDivisionError
        return convert(html, base_url)

    monkeypatch.setattr(markup, "from_html", failing)
    reading = read(HEAD + "<item><title>Bad</title><description>boom</description></item>" + GOOD + TAIL)
    assert [item.headline for item in reading.items] == ["Good"]
    assert reading.problems == ('entry 1 ("Bad") cannot be read (ZeroDivisionError) and was passed over',)


def test_an_entry_with_nothing_in_it_is_told(read: Read) -> None:
    reading = read(HEAD + "<item><guid>1</guid></item>" + GOOD + TAIL)
    assert [item.headline for item in reading.items] == ["Good"]
    assert reading.problems == ("entry 1 has neither a headline nor a text and was passed over",)


def test_a_date_that_is_not_understood_is_told_and_the_item_undated(read: Read) -> None:
    reading = read(HEAD + "<item><title>T</title><pubDate>05/06/2026</pubDate></item>" + TAIL)
    assert reading.items[0].published_at is None
    assert reading.problems == ('entry 1 ("T") has a date that is not understood ("05/06/2026")',)
    placeholder = read(HEAD + "<item><title>T</title><pubDate>Mon, 01 Jan 0001 00:00:00 +0000</pubDate></item>" + TAIL)
    assert placeholder.items[0].published_at is None and placeholder.problems == ()


def test_json_items_of_wrong_types_cost_only_themselves(read: Read) -> None:
    items: list[Any] = [
        1, None, "x", [],
        {"id": {"a": 1}, "title": ["x"], "content_html": 5, "authors": "x", "attachments": 3, "tags": 1},
        {"id": True, "title": "Kept", "authors": [1, {"name": 2}], "attachments": [1, {"url": 3}], "image": {}},
        {"id": "\ud800", "title": "Half \ud83d"},
        {"id": "ok", "title": "Good", "date_published": 20260520, "language": None},
    ]  # fmt: skip
    reading = read(json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items, "language": 3}))
    assert [item.headline for item in reading.items] == ["Kept", "Half", "Good"]
    assert reading.problems == (
        "4 items are not objects and were passed over",
        "entry 1 has neither a headline nor a text and was passed over",
    )


def test_of_a_cut_json_feed_every_whole_item_is_read(read: Read) -> None:
    reading = read(JSON_HEAD + '{"id":"1","title":"One"}, {"id":"2","title":"Two"},{"id":"3","ti')
    assert [item.headline for item in reading.items] == ["One", "Two"]
    assert reading.problems and reading.cursor is None


@pytest.mark.parametrize("id_first", [True, False])
def test_the_last_entry_of_a_cut_feed_is_used_only_where_it_is_certain_which_it_is(read: Read, id_first: bool) -> None:
    last = "<item><guid>2</guid><title>Last</title>" if id_first else "<item><title>Last</title><link>/2</link>"
    reading = read(HEAD + GOOD + last + "<description>and th")
    assert [item.identity for item in reading.items] == (["good", "2"] if id_first else ["good"])


def test_a_server_warning_before_the_feed_is_overlooked(read: Read) -> None:
    reading = read("<br />\n<b>Warning</b>: x in <b>y.php</b><br />\n<?xml version='1.0'?>" + HEAD + GOOD + TAIL)
    assert [item.headline for item in reading.items] == ["Good"]


@pytest.mark.parametrize(
    "reference", ["&#0;", "&#11;", "&#xD800;", "&#99999999;", "&#xFFFFFFFFFF;", "&nbsp;", "&nosuch;", "\x0b"]
)
def test_impossible_characters_cost_nothing(read: Read, reference: str) -> None:
    reading = read(HEAD + f"<item><title>A{reference}B</title><guid>1</guid></item>" + GOOD + TAIL)
    assert [item.identity for item in reading.items] == ["1", "good"]
    assert reading.items[0].headline[0] == "A" and reading.items[0].headline[-1] == "B"


# Hostile


@pytest.mark.parametrize(
    "payload",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<svg onload=alert(1)></svg>",
        "<iframe src='https://evil.example'></iframe>",
        "<style>@import 'https://evil.example'</style>",
        "<form action='https://evil.example'><input></form>",
    ],
)
def test_no_script_of_a_feed_comes_through(read: Read, payload: str) -> None:
    fields = f"<title><![CDATA[{payload}Word]]></title><link><![CDATA[{payload}]]></link><guid>1</guid>"
    body = f"<description><![CDATA[<p>{payload}Word</p>]]></description><author><![CDATA[{payload}Word]]></author>"
    item = read(HEAD + f"<item>{fields}{body}</item>" + TAIL).items[0]
    for text in (item.headline, item.body, item.url or "", item.byline):
        for bad in ("<script", "onerror", "javascript:", "onload", "<iframe", "<style", "@import", "<form", "<img"):
            assert bad not in text
    assert "Word" in item.headline and "Word" in item.body


def test_entities_are_not_expanded_without_end(read: Read) -> None:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    document = (
        f'<!DOCTYPE rss [<!ENTITY l0 "ha">{entities}]>{HEAD}<item><title>T&l9;</title><guid>1</guid></item>{TAIL}'
    )
    started = time.monotonic()
    assert len(read(document).items[0].headline) < 600
    assert time.monotonic() - started < 2


def test_an_entity_reads_no_file(read: Read, tmp_path: Path) -> None:
    (tmp_path / "canary").write_text("CANARY")
    document = (
        f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{tmp_path}/canary">]>{HEAD}<item><title>T &x;</title></item>{TAIL}'
    )
    assert "CANARY" not in repr(read(document))


def test_no_more_than_five_thousand_entries_are_read(read: Read) -> None:
    for document in (
        HEAD + "".join(f"<item><title>{n}</title><guid>{n}</guid></item>" for n in range(5_003)) + TAIL,
        JSON_HEAD + ",".join(f'{{"id":"{n}","title":"{n}"}}' for n in range(5_003)) + "]}",
    ):
        reading = read(document)
        assert len(reading.items) == 5_000 and reading.items[-1].identity == "4999"
        assert len(reading.problems) == 1 and "first 5,000 were read" in reading.problems[0]


def test_an_endless_text_is_cut(read: Read) -> None:
    reading = read(HEAD + f"<item><title>T</title><description>{'word ' * 300_000}</description></item>" + TAIL)
    assert 900_000 < len(reading.items[0].body) <= 1_000_000
    assert reading.problems == ('entry 1 ("T") has a text of 1,499,999 characters, of which 1,000,000 were read',)


def test_problems_do_not_flood(read: Read) -> None:
    reading = read(HEAD + "<item><guid/></item>" * 100 + TAIL)
    assert len(reading.problems) == 21 and reading.problems[-1] == "and 80 more like these"


@pytest.mark.parametrize(
    "document",
    [
        HEAD + "<item><title>T</title><author>" + "a." * 50_000 + "</author></item>" + TAIL,
        HEAD + "<item><title>T</title><dc:creator><![CDATA[" + "a." * 50_000 + "]]></dc:creator></item>" + TAIL,
        HEAD + "<![CDATA[" * 20_000 + TAIL,
        HEAD + "<media:description" * 20_000,
        "<" + "a:" * 100_000,
        "<" + "rss" + "x" * 100_000,
        HEAD + "<item" * 30_000,
        HEAD + "<link>" * 250_000,
        JSON_HEAD + "[" * 100_000,
        JSON_HEAD + '{"id":' + "1" * 100_000 + "}]}",
        "<!doctype html>" + "<link " * 30_000,
        "<!DOCTYPE x [" + "<!ENTITY " * 20_000,
    ],
    ids=range(12),
)
def test_nothing_takes_time_that_grows_with_the_square(read: Read, document: str) -> None:
    started = time.monotonic()
    with suppress(SourceError):
        read(document)
    assert time.monotonic() - started < 10


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_however_a_feed_is_damaged_it_is_read_or_refused(read: Read, data: st.DataObject) -> None:
    whole = data.draw(
        st.sampled_from(
            [
                HEAD
                + "<item><title>한입 &amp; 뉴스</title><description><![CDATA[<p>본문</p>]]></description></item>"
                + GOOD
                + TAIL,
                '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><title type="xhtml"><div>a</div></title>'
                '<link href="/x"/><content type="text">x</content></entry></feed>',
                JSON_HEAD + '{"id":"1","title":"한입","content_html":"<p>x</p>"},{"id":"2","title":"b"}]}',
            ]
        )
    ).encode(data.draw(st.sampled_from(["utf-8", "cp949", "utf-16"])))
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 20)))
    damaged = (
        whole[:start] + data.draw(st.one_of(st.binary(max_size=20), st.just(b"<"), st.just(b"<item>"))) + whole[end:]
    )
    try:
        reading = read(damaged)
    except PublisherError as error:
        assert error.message.startswith("file:feed.xml: ")
    else:
        for item in reading.items:
            assert item.headline and item.identity and item.headline == unicodedata.normalize("NFC", item.headline)
            item.headline.encode() + item.body.encode() + item.identity.encode()
