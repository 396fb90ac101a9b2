"""Tiny pages with an article on them."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

from publisher.domain.item import ItemFound
from publisher.editorial.pages import read_page

SEOUL = ZoneInfo("Asia/Seoul")
URL = "https://paper.example/news/otter"
HEADLINE = "An otter came back to the river"
FIRST = "On Monday morning an otter was seen below the old weir, for the first time in thirty-one years."
TEXT = (
    f"<p>{FIRST}</p>"
    "<p>The city had cleaned the river for two decades, at a cost that nobody has added up. Now it has a guest.</p>"
    "<p>Whether it will stay depends on the fish, and the fish depend on the rain. It has not rained since April.</p>"
)


def page(head: str = "", *, title: str | None = None, before: str = f"<h1>{HEADLINE}</h1>", text: str = TEXT) -> str:
    """A page with `head`, and `before` above the `text` of its article."""
    title = HEADLINE if title is None else title
    return (
        f"<!doctype html><html><head><meta charset='utf-8'><title>{title}</title>{head}</head><body>"
        f"<nav><a href='/'>Home</a><a href='/news'>News</a></nav><article>{before}{text}</article>"
        "<footer>All rights reserved</footer></body></html>"
    )


def meta(**values: str) -> str:
    """Meta tags; `__` in a name stands for a colon."""
    return "".join(f'<meta property="{name.replace("__", ":")}" content="{value}">' for name, value in values.items())


def ld(*things: dict[str, Any], raw: str | None = None) -> str:
    """JSON-LD; `raw` is written as it is."""
    text = raw if raw is not None else json.dumps(things[0] if len(things) == 1 else list(things))
    return f'<script type="application/ld+json">{text}</script>'


def article(**fields: Any) -> dict[str, Any]:
    return {"@context": "https://schema.org", "@type": "NewsArticle", **fields}


def read(html: str | bytes, url: str = URL, **options: str) -> ItemFound:
    return read_page(html, url, SEOUL, **options)
