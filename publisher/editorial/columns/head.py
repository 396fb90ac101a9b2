"""What a page says of itself in its head, for machines: schema.org, Open Graph, meta."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from publisher.editorial.columns.parts import Head
from publisher.editorial.dates import parse_date
from publisher.editorial.hostile import web_link
from publisher.editorial.markup import clean


@dataclass(slots=True)
class Said:
    """As it was found: meta by its names in small letters, the texts of ld+json."""

    meta: dict[str, str] = field(default_factory=dict)
    canonical: str = ""
    title: str = ""
    json: list[str] = field(default_factory=list)


def read_head(said: Said, url: str | None, zone: ZoneInfo) -> Head:
    """What the page says of itself; `url` is where it was found, which its canonical link overrides."""
    meta, article = said.meta, _article(said.json)
    dates = (meta.get("article:published_time"), article.get("datePublished"), meta.get("datepublished"))
    site = meta.get("og:site_name") or _name(article.get("publisher"))
    title = meta.get("og:title") or clean(str(article.get("headline") or "")) or clean(said.title)
    moments = (parse_date(str(date), zone) for date in dates if date)
    return Head(
        url=next(
            filter(None, (web_link(place, url) for place in (said.canonical, meta.get("og:url", "")) if place)),
            url or "",
        ),
        title=_without_site(title, site),
        site=site,
        author=_author(article.get("author")) or meta.get("author", ""),
        published_at=next(filter(None, moments), None),
    )


def _article(texts: list[str]) -> dict[str, Any]:
    """What schema.org data says of the page's article."""
    for text in texts:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            continue
        things = found if isinstance(found, list) else found.get("@graph", [found]) if isinstance(found, dict) else []
        for thing in things if isinstance(things, list) else []:
            if isinstance(thing, dict) and re.search("Article|BlogPosting", str(thing.get("@type", ""))[:200]):
                return thing
    return {}


def _name(thing: object) -> str:
    return clean(str(thing.get("name") or "")) if isinstance(thing, dict) else ""


def _author(thing: object) -> str:
    """The one writer that schema.org names; where there are several, the page itself names them in its own way."""
    if isinstance(thing, list):
        return _author(thing[0]) if len(thing) == 1 else ""
    return clean(thing)[:60] if isinstance(thing, str) else _name(thing)[:60]


def _without_site(title: str, site: str) -> str:
    """The title without the name of the site, which pages put behind it."""
    parts = re.split(r"(\s+[|│–—-]\s+|\s+::?\s+)", title)
    while len(parts) > 2 and (
        parts[-1] == site or "|" in parts[-2] or "│" in parts[-2] or (not site and len(parts[-1]) < 15)
    ):
        parts = parts[:-2]
    return "".join(parts).strip()
