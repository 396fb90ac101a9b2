"""Which addresses are the same page, and when an item was edited."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from time import process_time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from publisher.domain.item import Enclosure, ItemFound, canonical_url, fingerprint
from publisher.domain.message import Picture

PLAIN = "https://example.org/news/robots"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/news/robots",
        "HTTPS://Example.ORG/news/robots",
        "https://www.example.org/news/robots/",
        "https://m.example.org/news/robots",
        "https://example.org:443/news/robots",
        "http://example.org:80/news/robots",
        "https://me:secret@example.org/news/robots",
        "https://example.org./news/robots",
        "https://example.org/news/robots#comments",
        "https://example.org/news/robots/index.html",
        "https://example.org/news/robots/amp/",
        "https://amp.example.org/news/robots?amp=1",
        "https://example.org/news/./old/../robots",
        "https://example.org/news/%72obots",
        "https://example.org/news/robots?utm_source=letter&utm_medium=mail",
        "https://example.org/news/robots?fbclid=1&gclid=2&mc_cid=3&mc_eid=4&igshid=5&ref_src=6",
        "  https://example.org/news/robots?  ",
    ],
)
def test_spellings_of_one_page_are_one_address(url: str) -> None:
    assert canonical_url(url) == PLAIN


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://news.example.org/topic?id=29681", "https://news.example.org/topic?id=29711"),
        ("https://example.org/?p=1", "https://example.org/?p=2"),
        ("https://example.org/a", "https://example.org/A"),
        ("https://example.org/a", "https://blog.example.org/a"),
        ("https://example.org:8000/a", "https://example.org/a"),
        ("https://example.org/a%2Fb", "https://example.org/a/b"),
        ("https://example.org/?q=a%26b", "https://example.org/?q=a&b"),
        ("https://amp.dev/a", "https://dev/a"),
        ("https://example.org/watch?si=1", "https://example.org/watch?si=2"),
        ("https://example.org/blog?ref=first", "https://example.org/blog?ref=second"),
    ],
)
def test_what_chooses_the_page_is_kept(one: str, other: str) -> None:
    assert canonical_url(one) != canonical_url(other)


def test_the_order_of_parameters_makes_no_difference() -> None:
    assert canonical_url("https://example.org/s?b=2&a=1&utm_id=9") == canonical_url("https://example.org/s?a=1&b=2")
    assert canonical_url("https://example.org/s?f&e&d&c&b&a") == "https://example.org/s?a&b&c&d&e&f"
    assert canonical_url("https://example.org/s?q=a+b&e=") == canonical_url("https://example.org/s?e&q=a%20b")


def test_a_share_parameter_of_a_video_site_is_dropped_there_only() -> None:
    assert canonical_url("https://www.youtube.com/watch?v=abc&si=xyz") == "https://youtube.com/watch?v=abc"


def test_korean_addresses_are_one_however_they_are_written() -> None:
    composed = canonical_url("https://한국.example.org/기사/첫눈?검색=눈")
    assert composed == canonical_url("https://한국.example.org/기사/첫눈?검색=눈")
    assert composed == canonical_url(
        "https://xn--3e0b707e.example.org/%EA%B8%B0%EC%82%AC/%ec%b2%ab%eb%88%88?%EA%B2%80%EC%83%89=%EB%88%88"
    )
    assert composed.isascii()


def test_accents_are_one_however_they_are_put_together() -> None:
    composed = canonical_url("https://example.org/caf\u00e9")
    assert (
        composed == canonical_url("https://example.org/cafe%CC%81") == canonical_url("https://example.org/cafe\u0301")
    )


def test_escapes_of_an_older_encoding_stay_as_they_are() -> None:
    assert canonical_url("https://example.org/%b0%a1") == "https://example.org/%B0%A1"


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "no address",
        "mailto:a@example.org",
        "javascript:alert(1)",
        "ftp://example.org/",
        "//example.org/a",
        "http://",
        "http://[",
        "http://[::1",
        "https://example.org:port/",
        "https://example.org:99999/",
        "https://exa mple.org/",
        "https://" + "가" * 70 + ".org/",
        "https://" + "a." * 500 + "org/",
        "http://..",
        "http://\udcff/",
    ],
)
def test_what_is_no_web_address_gives_nothing(garbage: str) -> None:
    assert canonical_url(garbage) == ""


def test_a_very_long_address_takes_no_noticeable_time() -> None:
    began = process_time()
    for middle in ("/amp", "%41", "%", "&a=1", "../", "/index.html", "/"):
        assert canonical_url("https://example.org/" + middle * (7_900 // len(middle)))
        assert canonical_url("https://example.org/" + middle * 1_000_000) == ""
    assert process_time() - began < 5


_PIECES = ["a", "B", "/", "//", ".", "..", "amp", "index.html", "?", "&", "=", "%", "%2F", "%2e", "%cc%81", "\u0301"]
_PIECES += ["가", "utm_x", "+", "#", ":", "@", "www.", "m.", "example.org", "%EA%B0%80", "%b0", ";", "[", "]", "\ud800"]


@given(st.text() | st.lists(st.sampled_from(_PIECES)).map("".join))
@example("example.org/%0A\u0300")
@example("example.org/%0A%CC%80")
def test_a_canonical_address_is_its_own_canonical_form(rest: str) -> None:
    for url in (rest, f"http://example.org/{rest}", f"https://{rest}"):
        once = canonical_url(url)
        assert once.isascii()
        assert canonical_url(once) == once


ITEM = ItemFound(
    identity="a-1",
    headline="A robot learns to fold",
    url="https://example.org/a",
    body="It folds shirts.",
    published_at=datetime(2026, 5, 20, 9, tzinfo=UTC),
    language="en",
    byline="Kim Example",
    picture=Picture("https://example.org/a.png", "A robot", "It folds", "Kim Example"),
)


@pytest.mark.parametrize(
    "edit",
    [
        {"identity": "a-2"},
        {"headline": "A robot learns to iron"},
        {"url": None},
        {"body": ""},
        {"published_at": None},
        {"published_at": datetime(2026, 5, 20, 10, tzinfo=UTC)},
        {"language": "ko"},
        {"byline": ""},
        {"picture": None},
        {"picture": Picture("https://example.org/b.png", "A robot", "It folds", "Kim Example")},
        {"picture": Picture("https://example.org/a.png", "", "It folds", "Kim Example")},
        {"picture": Picture("https://example.org/a.png", "A robot", "", "Kim Example")},
        {"picture": Picture("https://example.org/a.png", "A robot", "It folds", "")},
        {"dek": "It took four years"},
        {"canonical": "https://example.org/robots/a"},
        {"enclosures": (Enclosure("https://example.org/a.mp3", "audio/mpeg", 12),)},
    ],
)
def test_an_edit_of_anything_changes_the_fingerprint(edit: dict[str, Any]) -> None:
    assert fingerprint(replace(ITEM, **edit)) != fingerprint(ITEM)


def test_every_field_is_in_the_fingerprint() -> None:
    assert set(ItemFound.__slots__) == {
        "identity", "headline", "url", "body", "published_at", "language", "byline", "picture",
        "dek", "canonical", "enclosures",
    }  # fmt: skip


def test_an_item_without_the_newer_fields_keeps_the_fingerprint_that_is_stored() -> None:
    assert fingerprint(ITEM) == "768feb7693142cd97a416d2f17a97af13c62ca04b68603f6f45533399a43c110"


def test_the_same_moment_in_another_zone_is_no_edit() -> None:
    in_seoul = datetime(2026, 5, 20, 18, tzinfo=timezone(timedelta(hours=9)))
    assert fingerprint(replace(ITEM, published_at=in_seoul)) == fingerprint(ITEM)


def test_words_that_move_from_one_field_to_the_next_are_an_edit() -> None:
    one = ItemFound(identity="a", headline="bc")
    other = ItemFound(identity="ab", headline="c")
    assert fingerprint(one) != fingerprint(other)
