"""What every kind of source promises, whatever it reads. A new kind needs a maker in `makers.py`."""

from __future__ import annotations

import json
import time
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.domain.item import ItemFound, fingerprint
from publisher.editorial.hostile import UNUSABLE
from publisher.errors import FetchError, SourceError
from publisher.fetch import Cursor
from publisher.sources import Reading
from publisher.wiring import SOURCE_KINDS
from tests.served import serving
from tests.sources.conformance.makers import MAKERS, SEOUL, Site

NOW = datetime(2026, 5, 25, tzinfo=UTC)
READING = [kind for kind, maker in MAKERS.items() if maker.place]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serving() as served:
        yield Site(tmp_path, served)


def look(site: Site, kind: str, *, edited: bool = False, cursor: Cursor | None = None) -> Reading:
    options = MAKERS[kind].write(site, edited)
    return site.source(kind, options).read(site.fetcher(), cursor, NOW)


def items(reading: Reading) -> list[ItemFound]:
    return [*reading.items, *(item for column in reading.columns for item in column.items)]


def texts(reading: Reading) -> list[str]:
    found = [
        text for each in items(reading) for text in (each.identity, each.headline, each.body, each.byline, each.dek)
    ]
    found += [text for column in reading.columns for text in (column.title, column.note, column.byline, *column.deks)]
    return [*found, *reading.problems]


def test_every_kind_is_held_to_this() -> None:
    assert set(MAKERS) == set(SOURCE_KINDS), "a kind of source without a maker in makers.py, or the other way round"


@pytest.mark.parametrize("kind", MAKERS)
def test_a_source_has_its_name_and_says_whether_it_waits_for_a_server(site: Site, kind: str) -> None:
    source = site.source(kind, MAKERS[kind].write(site, False))
    assert source.name == "sample" and source.is_remote == (kind == "index")


@pytest.mark.parametrize("kind", READING)
def test_two_items_come_out_whole_in_one_spelling_and_one_time_zone(site: Site, kind: str) -> None:
    reading = look(site, kind)
    found = items(reading)
    assert len(found) == 2 and reading.problems == ()
    for item in found:
        assert item.identity and len(item.identity) <= 500 and item.headline and len(item.body) > 40
        assert item.published_at and item.published_at.tzinfo is UTC
        assert item.published_at.astimezone(SEOUL).date().isoformat() == "2026-05-20"
        assert item.url is None or item.url.startswith(("https://", "http://", "file://"))
    for text in texts(reading):
        assert unicodedata.is_normalized("NFC", text) and not UNUSABLE.search(text)
    assert {item.headline[:2] for item in found} == {"통역", "로봇"} and "가온렌즈" in found[0].body


@pytest.mark.parametrize("kind", MAKERS)
def test_two_looks_give_the_same(site: Site, kind: str) -> None:
    first, second = look(site, kind), look(site, kind)
    assert items(first) == items(second)
    assert len({item.identity for item in items(first)}) == len(items(first))


@pytest.mark.parametrize("kind", MAKERS)
def test_nothing_is_new_when_nothing_is(site: Site, kind: str) -> None:
    options = MAKERS[kind].write(site, False)
    source, fetcher = site.source(kind, options), site.fetcher()
    first = source.read(fetcher, None, NOW)
    again = source.read(fetcher, first.cursor, NOW)
    assert again.is_unchanged or items(again) == items(first)
    if again.is_unchanged:
        assert items(again) == [] and again.problems == ()


@pytest.mark.parametrize("kind", READING)
def test_an_edit_changes_the_item_and_not_its_identity(site: Site, kind: str) -> None:
    first = look(site, kind)
    second = look(site, kind, edited=True, cursor=first.cursor if kind != "index" else None)
    assert [item.identity for item in items(first)] == [item.identity for item in items(second)]
    changed = zip(items(first), items(second), strict=True)
    assert any(fingerprint(one) != fingerprint(other) for one, other in changed)


NESTED = b"<div>" * 5_000 + "깊다".encode() + b"</div>" * 5_000
LAUGHS = (
    b'<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><rss><channel><item><title>&b;</title>'
)
BROKEN = {
    "empty": b"",
    "blank": b"\xef\xbb\xbf \n\r\n\t",
    "zeros": b"\0" * 5_000,
    "noise": bytes(range(256)) * 40,
    "words": "그냥 한 줄".encode("cp949"),
    "error page": b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>502</h1>nginx",
    "json": b'{"error": {"code": 500}}',
    "broken json": b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "ti',
    "broken xml": b"<?xml version='1.0'?><rss version='2.0'><channel><item><title>Half of a",
    "broken front matter": b"---\ntitle: a: b: c\n---\n",
    "open front matter": b"+++\ntitle = 'x'\n",
    "opml": b"<opml version='2.0'><body/></opml>",
    "entities": LAUGHS,
    "nested": b"<html><body><h1>T</h1>" + NESTED,
    "brackets": b"[" * 5_000,
    "picture": b"\x89PNG\r\n\x1a\n" + b"\0" * 500,
    "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "gzip": b"\x1f\x8b\x08\0\0\0\0\0" + b"\xff" * 300,
}


@pytest.mark.parametrize("kind", READING)
@pytest.mark.parametrize("content", BROKEN)
def test_whatever_lies_there_is_read_or_refused_in_one_line_that_names_the_place(
    site: Site, kind: str, content: str
) -> None:
    maker = MAKERS[kind]
    options = maker.write(site, False)
    maker.put(site, BROKEN[content])
    started = time.monotonic()
    try:
        reading = site.source(kind, options).read(site.fetcher(), None, NOW)
    except (SourceError, FetchError) as error:
        assert error.message.startswith(maker.place) and "\n" not in error.message
        assert len(error.message) < 600 and error.message.isprintable(), error.message
    else:
        for text in texts(reading):
            assert unicodedata.is_normalized("NFC", text) and not UNUSABLE.search(text)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("kind", READING)
@pytest.mark.parametrize("content", ["empty", "zeros", "error page", "json", "picture"])
def test_what_is_nothing_of_its_kind_is_an_error_and_no_empty_week(site: Site, kind: str, content: str) -> None:
    maker = MAKERS[kind]
    options = maker.write(site, False)
    maker.put(site, BROKEN[content])
    with pytest.raises((SourceError, FetchError)):
        site.source(kind, options).read(site.fetcher(), None, NOW)


@pytest.mark.parametrize("kind", READING)
def test_what_is_not_there_is_named(site: Site, kind: str) -> None:
    maker = MAKERS[kind]
    options = maker.write(site, False)
    site.served.answers.clear()
    for path in sorted(site.root.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    with pytest.raises((SourceError, FetchError)) as error:
        site.source(kind, options).read(site.fetcher(), None, NOW)
    assert error.value.message.startswith(maker.place) and "\n" not in error.value.message


@pytest.mark.parametrize("kind", READING)
def test_no_file_is_read_but_what_the_settings_name(site: Site, kind: str) -> None:
    canary = site.root / "canary"
    canary.write_text("CANARY and more words, so that it would be taken for a text.", encoding="utf-8")
    maker = MAKERS[kind]
    options = maker.write(site, False)
    uri = canary.as_uri()
    item = f"<item><title>A &x;</title><link>{uri}</link></item>"
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [{"id": uri, "url": uri, "title": "T", "image": uri}],
    }
    words = f"<p>Words, which are enough. They are.</p><img src='{uri}'><a href='{uri}'>One of the articles</a>"
    for content in (
        str(canary),
        uri,
        f"<!DOCTYPE rss [<!ENTITY x SYSTEM '{uri}'>]><rss version='2.0'><channel>{item}</channel></rss>",
        f"<html><head><link rel='canonical' href='{uri}'></head><body><article><h1>Title of it</h1><h2>Part</h2>"
        + words,
        f"---\ntitle: T\nimage: {uri}\npermalink: {uri}\n---\n![x]({uri}) {{% include {canary} %}}",
        json.dumps(feed),
    ):
        maker.put(site, content.encode())
        try:
            reading = site.source(kind, options).read(site.fetcher(), None, NOW)
        except (SourceError, FetchError):
            continue
        assert "CANARY" not in repr(reading)
        assert not any(item.picture and item.picture.url.startswith("file:") for item in items(reading))


@pytest.mark.parametrize("kind", READING)
@pytest.mark.parametrize(
    "piece",
    ["<item><title>x</title><guid>{}</guid></item>", "<h2>제목 {}</h2><p>온전한 문장이 있는 단락이다.</p>",
     "<p>① {} 하나다.</p>", "<a href='/news/{}'>기사 제목이 여기에 있다</a>", "- **{}**: word\n"],
    ids=range(5),
)  # fmt: skip
def test_a_source_without_end_ends_in_time(site: Site, kind: str, piece: str) -> None:
    maker = MAKERS[kind]
    options = maker.write(site, False)
    if kind == "index":
        options["follow"] = False
    head = "<rss version='2.0'><channel>" if piece.startswith("<item") else "<html><body><main><h1>제목이다</h1>"
    maker.put(site, (head + "".join(piece.format(n) for n in range(2_000))).encode())
    started = time.monotonic()
    try:
        reading = site.source(kind, options).read(site.fetcher(), None, NOW)
    except (SourceError, FetchError):
        pass
    else:
        assert len(items(reading)) <= 5_000 and len(reading.problems) <= 101
    assert time.monotonic() - started < 20
