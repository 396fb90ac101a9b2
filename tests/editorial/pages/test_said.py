"""What a page says to machines is heard in every shape that it comes in, and when it is broken."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.editorial.pages.makers import HEADLINE, article, ld, meta, page, read

DATED = {"headline": HEADLINE, "datePublished": "2026-05-20T06:00:00+09:00"}


@pytest.mark.parametrize(
    "things",
    [
        [article(**DATED, author={"@type": "Person", "name": "Mira Sol"})],
        [{"@type": "BreadcrumbList"}, article(**DATED, author=[{"name": "Mira Sol"}])],
        [{"@context": "x", "@graph": [{"@type": "WebSite", "name": "P"}, article(**DATED, author="Mira Sol")]}],
        [{"@graph": [article(**DATED, author={"@id": "#m"}), {"@type": "Person", "@id": "#m", "name": "Mira Sol"}]}],
        [{"@type": "WebPage", "mainEntity": article(**DATED, author=[{"name": "Mira Sol"}])}],
        [article(**DATED | {"@type": ["Thing", "BlogPosting"]}, author={"name": ["Mira Sol"]})],
        [{"@type": "http://schema.org/TechArticle", **DATED, "author": {"name": {"@value": "Mira Sol"}}}],
    ],
)
def test_an_article_is_found_in_every_shape(things: list[dict[str, Any]]) -> None:
    item = read(page(ld(*things)))
    assert (item.headline, item.byline) == (HEADLINE, "Mira Sol")
    assert str(item.published_at) == "2026-05-19 21:00:00+00:00"


@pytest.mark.parametrize(
    "raw",
    [
        '{"@type":"Article","headline":"H","author":{"name":"Mira Sol"},"datePublished":"2026-05-20T06:00+09:00",}',
        '<!-- {"@type":"Article","author":{"name":"Mira Sol"},"datePublished":"2026-05-20T06:00+09:00"} -->',
        '//<![CDATA[\n{"@type":"Article","author":{"name":"Mira Sol"},"datePublished":"2026-05-20T06:00+09:00"}\n//]]>',
        '{"@type":"Article","description":"two\nlines\tand a tab","author":{"name":"Mira Sol"},'
        '"datePublished":"2026-05-20T06:00+09:00"};',
        '{"@type":"Article","description":"a "bare" quote","author":{"@type":"Person","name":"Mira Sol"},'
        '"datePublished":"2026-05-20T06:00+09:00"}',
        '{"@type":"Article","author":{"@type":"Person","name":"Mira Sol"},"datePublished":"2026-05-20T06:00+09:00","im',
    ],
)
def test_json_that_is_broken_is_read_as_far_as_it_can_be(raw: str) -> None:
    item = read(page(ld(raw=raw)))
    assert item.byline == "Mira Sol" and str(item.published_at) == "2026-05-19 21:00:00+00:00"


@pytest.mark.parametrize(
    "raw",
    [
        "null", "3", "[[[]]]", '{"@type":3,"headline":[]}', "{", "", '{"@type":"Article","author":[1,null,{"name":5}]}',
        '{"@type":"Article","headline":{"a":1},"image":{"url":7},"datePublished":[],"publisher":[{}]}',
        "[" * 3_000, '{"a":' * 3_000, ";" * 200_000, ", " * 100_000, '{"@type":"Article","x":"' + "\\" * 100_000,
    ],
)  # fmt: skip
def test_json_that_makes_no_sense_costs_nothing(raw: str) -> None:
    started = time.process_time()
    assert read(page(ld(raw=raw))).headline == HEADLINE
    assert time.process_time() - started < 5


def test_meta_tags_say_what_there_is_no_json_for() -> None:
    head = meta(article__published_time="2026-05-20T06:00:00+09:00", og__description="A guest, after thirty-one years")
    item = read(page(head + '<meta name="author" content="Mira Sol">'))
    assert item.byline == "Mira Sol" and item.dek == "A guest, after thirty-one years"
    assert str(item.published_at) == "2026-05-19 21:00:00+00:00"


def test_the_writer_is_never_the_site_nor_an_address() -> None:
    site = meta(og__site_name="The Paper")
    assert read(page(site + ld(article(author={"name": "The Paper"})))).byline == ""
    assert read(page(site + '<meta name="author" content="https://paper.example/mira">')).byline == ""
    shown = f"<h1>{HEADLINE}</h1><p class='byline'>By Mira Sol (mira@paper.example)</p>"
    assert read(page(site + ld(article(author={"name": "The Paper"})), before=shown)).byline == "Mira Sol"
