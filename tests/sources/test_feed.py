"""Feeds as they should be: every format, every field."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from publisher.config.settings import Fetching
from publisher.domain.item import Enclosure, ItemFound
from publisher.domain.message import Picture
from publisher.fetch import Fetcher
from publisher.sources import Reading
from publisher.sources.feed import Feed, Options
from tests.served import serving

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 5, 25, tzinfo=UTC)
SITE = "https://paper.example/"

Read = Callable[..., Reading]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads a document as a feed that lies in a file."""

    def read(document: str | bytes, **options: Any) -> Reading:
        (tmp_path / "feed.xml").write_bytes(document.encode() if isinstance(document, str) else document)
        feed = Feed(Options(name="paper", kind="feed", url="file:feed.xml", **options), zone=SEOUL)
        return feed.read(Fetcher(Fetching(), tmp_path), None, NOW)

    return read


def rss(*items: str, channel: str = "", version: str = "2.0") -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="{version}" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
     xmlns:media="http://search.yahoo.com/mrss/" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"
     xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">
<channel><title>The Paper</title><link>{SITE}</link><description>All of it</description>{channel}
{"".join(f"<item>{item}</item>" for item in items)}</channel></rss>"""


def atom(*entries: str, attributes: str = "") -> str:
    return f"""<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><title>The Paper</title><id>urn:paper</id>
<link href="{SITE}"/><updated>2026-05-20T00:00:00Z</updated>
{"".join(f"<entry>{entry}</entry>" for entry in entries)}</feed>"""


def only(reading: Reading) -> ItemFound:
    assert reading.problems == ()
    (item,) = reading.items
    return item


@pytest.mark.parametrize("version", ["0.91", "0.92", "2.0", "2.1", ""])
def test_rss_of_every_age_is_read(read: Read, version: str) -> None:
    item = only(
        read(
            rss(
                "<title>다리가 열렸다</title><link>https://paper.example/bridge?id=7</link>"
                "<description>The bridge is &lt;b&gt;open&lt;/b&gt;.</description>",
                channel="<language>ko-KR</language>",
                version=version,
            )
        )
    )
    assert item == ItemFound(
        identity="https://paper.example/bridge?id=7",
        headline="다리가 열렸다",
        url="https://paper.example/bridge?id=7",
        body="The bridge is **open**.",
        language="ko",
    )


@pytest.mark.parametrize("namespace", ["http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/"])
def test_rdf_is_read(read: Read, namespace: str) -> None:
    item = only(
        read(f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="{namespace}"
  xmlns:dc="http://purl.org/dc/elements/1.1/">
  <channel rdf:about="{SITE}"><title>The Paper</title><link>{SITE}</link></channel>
  <item rdf:about="{SITE}1"><title>One</title><link>{SITE}1</link>
  <dc:date>2026-05-20</dc:date><dc:creator>Kim</dc:creator></item>
</rdf:RDF>""")
    )
    assert (item.identity, item.headline, item.url, item.byline) == (f"{SITE}1", "One", f"{SITE}1", "Kim")
    assert item.published_at == datetime(2026, 5, 19, 15, tzinfo=UTC)


def test_atom_is_read(read: Read) -> None:
    item = only(
        read(
            atom(
                """<id>tag:paper.example,2026:1</id><title type="html">A &amp;amp; B</title>
<link rel="self" href="https://paper.example/1.atom"/><link rel="alternate" href="/1"/>
<published>2026-05-20T06:00:00+09:00</published><updated>2026-05-21T06:00:00+09:00</updated>
<author><name>Lee Ha</name><email>lee@paper.example</email></author><author><name>Park</name></author>
<summary>Short.</summary>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Long <em>text</em>,
<a href="more">more</a>.</p></div></content>""",
                attributes='xml:base="https://paper.example/deep/" xml:lang="en-GB"',
            )
        )
    )
    assert item == ItemFound(
        identity="tag:paper.example,2026:1",
        headline="A & B",
        url="https://paper.example/1",
        body="Long *text*, [more](https://paper.example/deep/more).",
        published_at=datetime(2026, 5, 19, 21, tzinfo=UTC),
        language="en",
        byline="Lee Ha, Park",
        dek="Short.",
    )


@pytest.mark.parametrize("version", ["1", "1.1"])
def test_json_feed_is_read(read: Read, version: str) -> None:
    item = {
        "id": 7,
        "url": "/1",
        "title": "Tom & <b>Jerry</b> &amp; 1 < 2",
        "content_html": "<p>Long</p>",
        "summary": "Short",
        "image": "/i",
        "date_published": "2026-05-20T06:00:00+09:00",
        "language": "ko",
    }
    item |= {"authors": [{"name": "Lee"}, {"name": "Park"}]} if version == "1.1" else {"author": {"name": "Lee, Park"}}
    feed = {"version": f"https://jsonfeed.org/version/{version}", "title": "T", "home_page_url": SITE, "items": [item]}
    assert only(read(json.dumps(feed))) == ItemFound(
        identity="7",
        headline="Tom & Jerry &amp; 1 < 2",
        url="https://paper.example/1",
        body="Long",
        published_at=datetime(2026, 5, 19, 21, tzinfo=UTC),
        language="ko",
        byline="Lee, Park",
        picture=Picture("https://paper.example/i"),
        dek="Short",
    )


def test_a_json_item_without_a_title_is_headed_by_its_first_words(read: Read) -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [{"id": "1", "content_text": "A <b>short</b> note.\n\nWith " + "more " * 99}],
    }
    item = only(read(json.dumps(feed)))
    assert item.headline == "A <b>short</b> note." and item.body.startswith("A ") and item.url is None


def test_a_feed_without_entries_is_a_quiet_week(read: Read) -> None:
    for document in (rss(), atom(), "<rss version='2.0'/>", '{"version":"https://jsonfeed.org/version/1","items":[]}'):
        assert read(document) == Reading(cursor=read(document).cursor) and read(document).cursor is not None


# Identity


@pytest.mark.parametrize(
    ("item", "identity"),
    [
        ("<title>T</title><link>https://paper.example/1</link><guid>abc</guid>", "abc"),
        ("<title>T</title><link>https://paper.example/1</link><guid isPermaLink='false'>/a b</guid>", "/a b"),
        ("<title>T</title><link>https://paper.example/1</link><guid> </guid>", "https://paper.example/1"),
        ("<title>T</title><link>/1</link>", "https://paper.example/1"),
    ],
)
def test_an_entry_is_its_id_else_its_link(read: Read, item: str, identity: str) -> None:
    assert only(read(rss(item))).identity == identity


def test_an_entry_without_id_and_link_is_its_headline_and_date(read: Read) -> None:
    one = "<title>Weather</title><pubDate>2026-05-20</pubDate>"
    first, second = read(rss(one, one.replace("20<", "21<"))).items
    assert first.identity != second.identity
    assert only(read(rss(one + "<description>edited</description>"))).identity == first.identity


def test_an_edit_or_a_moved_feed_keeps_the_identity(read: Read) -> None:
    entry = "<guid>n1</guid><title>Old</title><pubDate>Mon, 18 May 2026 00:00:00 GMT</pubDate>"
    edited = "<guid>n1</guid><title>New</title><pubDate>Tue, 19 May 2026 00:00:00 GMT</pubDate><link>/x</link>"
    assert only(read(rss(entry))).identity == only(read(rss(edited))).identity == "n1"
    moved = rss(entry).replace(SITE, "https://elsewhere.example/")
    assert only(read(moved)).identity == "n1"


def test_an_id_survives_a_day_on_which_the_feed_is_broken(read: Read) -> None:
    item = "<guid>https://paper.example/?a=1&amp;b=2</guid><title>T</title>"
    whole, broken = read(rss(item)), read(rss(item, "<title>R & D</title><guid>2</guid>"))
    assert whole.items[0].identity == broken.items[0].identity == "https://paper.example/?a=1&b=2"
    assert broken.items[1].headline == "R & D"


def test_an_id_or_a_page_that_several_entries_have_is_no_identity(read: Read) -> None:
    link = "<link>https://example.org/changes</link>"
    entries = [f"<guid>1</guid>{link}<title>{title}</title>" for title in ("A", "B", "C")]
    reading = read(rss(*entries))
    assert [item.headline for item in reading.items] == ["A", "B", "C"]
    assert len({item.identity for item in reading.items}) == 3


def test_of_entries_with_one_identity_the_first_counts_and_the_rest_are_told(read: Read) -> None:
    reading = read(
        rss("<guid>1</guid><title>A</title>", "<guid>1</guid><title>A</title>", "<guid>2</guid><title>C</title>")
    )
    assert [item.headline for item in reading.items] == ["A", "C"]
    assert reading.problems == ("1 repeat the identity of an entry before them and were passed over",)


def test_an_endless_id_is_kept_short(read: Read) -> None:
    assert len(only(read(rss(f"<guid>{'x' * 9000}</guid><title>T</title>"))).identity) < 100


# Headline, body, byline


@pytest.mark.parametrize(
    ("title", "headline"),
    [
        ("A &amp;amp; B &amp;lt; C", "A & B < C"),
        ("<![CDATA[A &amp; <i>B</i>]]>", "A & B"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Hello &lt;img src=x onerror=alert(1)&gt;there", "Hello there"),
        ("Vec&lt;String&gt; in a nutshell", "Vec<String> in a nutshell"),
        ("  a\n\t b\u200b\u202e ", "a b"),
        ("\u1112\u1161\u11ab\u110b\u1175\u11b8", "한입"),
        ("{{first_name}} \ue000name\ue002x\ue001", "{{first_name}} namex"),
    ],
)
def test_a_headline_is_one_line_of_text(read: Read, title: str, headline: str) -> None:
    item = only(read(rss(f"<title>{title}</title><guid>1</guid>")))
    assert item.headline.replace("\u200b", "") == headline


def test_the_whole_text_is_preferred_to_the_summary(read: Read) -> None:
    whole = "<content:encoded><![CDATA[<p>Whole.</p>]]></content:encoded>"
    for item in (f"<description>Part</description>{whole}", f"{whole}<description>Part</description>"):
        assert only(read(rss(f"<title>T</title>{item}"))).body == "Whole."
    empty = "<content:encoded><![CDATA[<p> </p><script>x</script>]]></content:encoded><description>Part</description>"
    assert only(read(rss(f"<title>T</title>{empty}"))).body == "Part"


@pytest.mark.parametrize("first", [True, False])
def test_the_text_with_more_to_say_counts_wherever_the_feed_has_it(read: Read, first: bool) -> None:
    whole = "A whole story that goes on and on, with everything in it that happened on the bridge that day."
    description, content = f"<description>{whole}</description>", "<content:encoded>A whole story…</content:encoded>"
    item = only(read(rss(f"<title>T</title>{description + content if first else content + description}")))
    assert (item.body, item.dek) == (whole, "")


@pytest.mark.parametrize(
    ("summary", "dek"),
    [
        ("What the bridge will cost.", "What the bridge will cost."),
        ("&lt;p&gt;What it &lt;b&gt;costs&lt;/b&gt;.&lt;/p&gt;", "What it costs."),
        ("The bridge is open…", ""),
        ("The bridge is open [&amp;hellip;]", ""),
        ("&lt;p&gt;The bridge […]&lt;/p&gt;&lt;p&gt;The post A appeared first on &lt;a&gt;B&lt;/a&gt;.&lt;/p&gt;", ""),
        ("Read more", ""),
        ("word " * 120, ""),
        ("", ""),
    ],
)
def test_a_summary_that_is_more_than_the_beginning_is_the_standfirst(read: Read, summary: str, dek: str) -> None:
    whole = f"<p>The bridge is open since Monday.</p>{'<p>It was built for 40 years, and took the river.</p>' * 20}"
    content = f"<content:encoded><![CDATA[{whole}]]></content:encoded>"
    item = only(read(rss(f"<title>T</title><description>{summary}</description>{content}")))
    assert item.dek == dek and item.body.startswith("The bridge is open since Monday.")


def test_what_comes_with_an_entry_is_kept_but_for_its_pictures(read: Read) -> None:
    item = only(
        read(
            rss(
                "<title>T</title><enclosure url='/a.mp3' type='audio/mpeg' length='1234'/>"
                "<enclosure url='/a.mp3' type='audio/mpeg' length='1234'/><enclosure url='/p.jpg' type='image/jpeg'/>"
                "<enclosure url='/b.PDF' type='Application/PDF' length='0'/><enclosure url='javascript:x' type='a/b'/>"
                "<media:content url='/v.mp4' type='video/mp4' fileSize='99'/>"
            )
        )
    )
    assert item.enclosures == (
        Enclosure(f"{SITE}a.mp3", "audio/mpeg", 1234),
        Enclosure(f"{SITE}b.PDF", "application/pdf"),
        Enclosure(f"{SITE}v.mp4", "video/mp4", 99),
    )
    assert item.picture == Picture(f"{SITE}p.jpg")
    entry = "<id>1</id><title>T</title><link rel='enclosure' href='/a.ogg' length='-1'/>"
    assert only(read(atom(entry))).enclosures == (Enclosure(f"{SITE}a.ogg"),)
    attached = [{"url": "/a.m4a", "mime_type": "audio/x-m4a", "size_in_bytes": 89970236}, {"url": 1}, "x"]
    attached.append({"url": "/p.png", "mime_type": "image/png"})
    feed = {"version": "https://jsonfeed.org/version/1.1", "home_page_url": SITE}
    item = only(read(json.dumps(feed | {"items": [{"id": "1", "title": "T", "attachments": attached}]})))
    assert item.enclosures == (Enclosure(f"{SITE}a.m4a", "audio/x-m4a", 89970236),)
    assert item.picture == Picture(f"{SITE}p.png")


def test_the_address_that_an_entry_calls_its_own_is_kept(read: Read) -> None:
    links = "<id>1</id><title>T</title><link href='https://copy.example/1'/><link rel='canonical' href='{}'/>"
    assert only(read(atom(links.format("/own/1")))).canonical == f"{SITE}own/1"
    assert only(read(atom(links.format("javascript:x")))).canonical is None
    counted = "<link>https://counter.example/1</link><feedburner:origLink>https://paper.example/1</feedburner:origLink>"
    assert only(read(rss(f"<title>T</title>{counted}"))).canonical == f"{SITE}1"


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("2026년 5월 20일 오전 6시", datetime(2026, 5, 19, 21, tzinfo=UTC)),
        ("26.05.20 06:00", datetime(2026, 5, 19, 21, tzinfo=UTC)),
        ("수, 20 5월 2026 06:00:00 +0900", datetime(2026, 5, 19, 21, tzinfo=UTC)),
        ("3시간 전", datetime(2026, 5, 24, 15, tzinfo=UTC)),
        ("20.05.26 06:00", datetime(2020, 5, 25, 21, tzinfo=UTC)),
    ],
)
def test_a_korean_feed_has_its_dates_read_as_they_are_written(read: Read, date: str, moment: datetime) -> None:
    item = f"<title>T</title><pubDate>{date}</pubDate>"
    assert only(read(rss(item, channel="<language>ko</language>"))).published_at == moment
    assert only(read(rss(item), language="ko")).published_at == moment


def test_an_entry_known_by_its_headline_stays_the_same_while_its_date_counts_on(read: Read) -> None:
    early, late = (only(read(rss(f"<title>T</title><pubDate>{n}시간 전</pubDate>"))) for n in (3, 5))
    assert early.identity == late.identity


def test_plain_text_keeps_its_signs(read: Read) -> None:
    body = only(read(atom('<id>1</id><title>T</title><content type="text">1 &lt; 2\n\n&lt;b&gt; *x*</content>'))).body
    assert "1" in body and "<p>" not in body and "\n\n" in body and "\\*x\\*" in body


def test_a_mail_address_is_no_byline(read: Read) -> None:
    def byline(item: str) -> str:
        return only(read(rss(f"<title>T</title>{item}"))).byline

    assert byline("<author>kim@paper.example (Kim Bada)</author>") == "Kim Bada"
    assert byline("<author>kim@paper.example</author>") == ""
    assert byline("<dc:creator><![CDATA[김바다 기자]]></dc:creator>") == "김바다 기자"
    assert byline("<dc:creator>Kim</dc:creator><dc:creator>Lee</dc:creator><author>Kim</author>") == "Kim, Lee"


def test_the_settings_language_comes_before_the_feeds(read: Read) -> None:
    document = rss("<title>T</title>", channel="<language>en-us</language>")
    assert only(read(document)).language == "en"
    assert only(read(document, language="ko")).language == "ko"


# Links and pictures


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://paper.example/a?b=1&amp;c=2#d", "https://paper.example/a?b=1&c=2#d"),
        (" /a b ", "https://paper.example/a%20b"),
        ("//other.example/x", "https://other.example/x"),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("https://paper.example@evil.example/", None),
        ("http://[::1", None),
        ("https://paper.example:0/", None),
        ("", None),
        ("https://paper.example/" + "a" * 3000, None),
    ],
)
def test_links_are_whole_web_addresses_or_none(read: Read, link: str, url: str | None) -> None:
    assert only(read(rss(f"<title>T</title><guid isPermaLink='false'>1</guid><link>{link}</link>"))).url == url


def test_a_number_as_id_is_not_taken_for_a_link(read: Read) -> None:
    assert only(read(rss("<title>T</title><guid>1234</guid>"))).url is None
    assert only(read(rss(f"<title>T</title><guid>{SITE}p</guid>"))).url == f"{SITE}p"


def test_the_original_link_is_preferred_to_a_counting_one(read: Read) -> None:
    counted = "<link>https://counter.example/1</link><feedburner:origLink>https://paper.example/1</feedburner:origLink>"
    assert only(read(rss(f"<title>T</title>{counted}"))).url == "https://paper.example/1"


@pytest.mark.parametrize(
    ("item", "picture"),
    [
        (
            "<media:content url='/a.jpg' medium='image'><media:title>Alt</media:title><media:description>Words"
            "</media:description><media:credit>Kim</media:credit></media:content>",
            Picture(f"{SITE}a.jpg", "Alt", "Words", "Kim"),
        ),
        ("<media:group><media:content url='/a.jpg' type='image/jpeg'/></media:group>", Picture(f"{SITE}a.jpg")),
        ("<media:content url='/v.mp4' type='video/mp4'/><media:thumbnail url='/t'/>", Picture(f"{SITE}t")),
        ("<media:content url='/plain.webp'/>", Picture(f"{SITE}plain.webp")),
        (
            "<media:group><media:content url='/s.jpg' type='image/jpeg' width='300'/>"
            "<media:content url='/l.jpg' type='image/jpeg' width='1200'/></media:group>",
            Picture(f"{SITE}l.jpg"),
        ),
        (
            "<media:content url='/a.jpg' medium='image' isDefault='true'/><media:content url='/b.jpg' medium='image'/>",
            Picture(f"{SITE}a.jpg"),
        ),
        (
            "<media:content url='https://2.gravatar.com/avatar/1?s=96' medium='image'><media:title>kim</media:title>"
            "</media:content><media:content url='/real.jpg' medium='image'/>",
            Picture(f"{SITE}real.jpg"),
        ),
        ("<itunes:image href='/cover.jpg'/>", Picture(f"{SITE}cover.jpg")),
        ("<enclosure url='/e.png' type='image/png' length='1'/>", Picture(f"{SITE}e.png")),
        ("<enclosure url='/e.mp3' type='audio/mpeg' length='1'/>", None),
        ("<enclosure url='/e.svg' type='image/svg+xml' length='1'/>", None),
        ("<media:content url='javascript:x' medium='image'/><media:thumbnail url='/t'/>", Picture(f"{SITE}t")),
        (
            "<description><![CDATA[<img src='/p.gif' width=1 height=1><img class='wp-smiley' src='/s.png'>"
            "<figure><a href='/'><img data-src='/real.jpg' src='data:image/gif;base64,R0' alt='A &amp; B' title='t'>"
            "</a>"
            "<figcaption>Under <i>it</i></figcaption></figure>]]></description>",
            Picture(f"{SITE}real.jpg", "A & B", "Under it"),
        ),
        ("<description><![CDATA[<IMG SRC='/x' title='Told' onerror='alert(1)'>]]></description>",
         Picture(f"{SITE}x", "", "Told")),
        ("<description><![CDATA[<img srcset='/2x.jpg 2x, /1x.jpg'>]]></description>", Picture(f"{SITE}2x.jpg")),
        ("<description><![CDATA[<img src='javascript:alert(1)'><img>]]></description>", None),
    ],
)  # fmt: skip
def test_a_picture_comes_from_the_feed_else_from_the_text(read: Read, item: str, picture: Picture | None) -> None:
    assert only(read(rss(f"<title>T</title><guid>1</guid>{item}"))).picture == picture


def test_a_caption_is_not_taken_for_the_text(read: Read) -> None:
    media = "<media:content url='/a.jpg' medium='image'><media:description>Caption</media:description></media:content>"
    for item in (f"<description>Story</description>{media}", f"{media}<description>Story</description>"):
        found = only(read(rss(f"<title>T</title>{item}")))
        assert found.body == "Story" and found.picture and found.picture.caption == "Caption"


def test_a_video_channels_words_are_its_text(read: Read) -> None:
    group = """<media:group><media:title>Clip</media:title><media:thumbnail url="https://i.example/1.jpg"/>
<media:description>What is seen.</media:description></media:group>"""
    item = only(
        read(atom(f"<id>1</id><title>Clip</title>{group}", attributes='xmlns:media="http://search.yahoo.com/mrss/"'))
    )
    assert item.body == "What is seen." and item.picture == Picture("https://i.example/1.jpg", "Clip")


# Over HTTP


def test_a_feed_on_the_web_is_asked_whether_it_has_changed(tmp_path: Path) -> None:
    with serving() as served:
        url = served.give("/feed", rss("<title>T</title><link>/1</link>").encode(), ETag='"v1"')
        fetcher = Fetcher(Fetching(private_addresses=True, spacing=timedelta(0)), tmp_path)
        feed = Feed(Options(name="paper", kind="feed", url=url), zone=SEOUL)
        first = feed.read(fetcher, None, NOW)
        served.give("/feed", status=304)
        second = feed.read(fetcher, first.cursor, NOW)
    assert len(first.items) == 1 and not first.is_unchanged
    assert second.is_unchanged and second.items == () and second.cursor == first.cursor


def test_links_without_a_feed_link_are_relative_to_where_the_feed_was_in_the_end(tmp_path: Path) -> None:
    with serving() as served:
        served.give(
            "/deep/feed", b"<rss version='2.0'><channel><item><title>T</title><link>1</link></item></channel></rss>"
        )
        url = served.give("/feed", status=301, Location="/deep/feed")
        fetcher = Fetcher(Fetching(private_addresses=True, spacing=timedelta(0)), tmp_path)
        item = only(Feed(Options(name="paper", kind="feed", url=url), zone=SEOUL).read(fetcher, None, NOW))
        assert item.url == served.url("/deep/1")


def test_the_servers_charset_is_heard(tmp_path: Path) -> None:
    with serving() as served:
        document = "<rss version='2.0'><channel><item><title>日本</title></item></channel></rss>".encode("cp932")
        url = served.give("/feed", document, Content_Type="text/xml; charset=Shift_JIS")
        fetcher = Fetcher(Fetching(private_addresses=True, spacing=timedelta(0)), tmp_path)
        assert (
            only(Feed(Options(name="p", kind="feed", url=url), zone=SEOUL).read(fetcher, None, NOW)).headline == "日本"
        )
