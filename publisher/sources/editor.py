"""Items that an editor writes or adds by their address; there is nothing to poll."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Literal

from lxml import html

from publisher.config.settings import SourceOptions
from publisher.domain.item import ItemFound, Rights
from publisher.domain.message import Picture
from publisher.domain.urls import canonical_url
from publisher.editorial.markup import clean, clean_block
from publisher.errors import SourceError
from publisher.fetch import Cursor, Fetcher, Page
from publisher.sources import Known, Reading, nothing_known


class Options(SourceOptions):
    """`kind = "editor"`: what is written here is the publication's own, unless `rights` says otherwise."""

    kind: Literal["editor"]
    rights: Rights = Rights.OWN
    """As above; what editors write is the publication's own."""


class Editor:
    """A source that only grows when somebody writes."""

    def __init__(self, options: Options) -> None:
        self.name = options.name
        self.is_remote = False

    def read(self, fetcher: Fetcher, cursor: Cursor | None, now: datetime, known: Known = nothing_known) -> Reading:
        """Nothing: the items are in the store already."""
        return Reading(is_unchanged=True)


def written(
    *, headline: str, body: str, url: str | None, byline: str, language: str, picture: Picture | None, now: datetime
) -> ItemFound:
    """An item in an editor's own words. Writing the same headline and address again edits the item."""
    headline = clean(headline)
    if not headline:
        raise SourceError("an item needs a headline; give one with --headline")
    key = canonical_url(url) if url else headline.casefold()
    return ItemFound(
        identity=hashlib.sha256(key.encode()).hexdigest()[:32],
        headline=headline,
        url=url,
        body=clean_block(body),
        published_at=now,
        language=language,
        byline=clean(byline),
        picture=picture,
    )


def from_page(page: Page, *, now: datetime) -> ItemFound:
    """An item from the page at its address: its own headline, summary and picture as its Open Graph names them.

    Raises SourceError where the page has no headline. Source: ogp.me.
    """
    if not page.content.strip():
        raise SourceError(f"{page.url}: the page is empty")
    document = html.document_fromstring(page.content, parser=html.HTMLParser(encoding=_charset(page)))
    headline = _meta(document, "og:title") or clean(document.findtext(".//h1") or document.findtext(".//title") or "")
    if not headline:
        raise SourceError(f"{page.url}: the page has no headline; write the item by hand with `publisher items write`")
    address = _meta(document, "og:image")
    picture = Picture(address, alt=_meta(document, "og:image:alt")) if address.startswith("http") else None
    return written(
        headline=headline,
        body=_meta(document, "og:description") or _meta(document, "description"),
        url=page.url,
        byline=_meta(document, "author"),
        language=clean(document.get("lang") or "")[:2],
        picture=picture,
        now=now,
    )


def _meta(document: html.HtmlElement, name: str) -> str:
    for element in document.iter("meta"):
        if name in (element.get("property"), element.get("name")) and element.get("content"):
            return clean(str(element.get("content")))
    return ""


def _charset(page: Page) -> str | None:
    """What the server declares; None lets the page's own declaration decide."""
    _, found, charset = page.content_type.partition("charset=")
    return charset.strip("\"' ;") or None if found else None
