"""Items that an editor writes or adds by their address; there is nothing to poll."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from publisher.config.settings import SourceOptions
from publisher.domain.item import ItemFound, Rights
from publisher.domain.message import Picture
from publisher.domain.urls import canonical_url
from publisher.editorial.markup import clean, clean_block
from publisher.errors import SourceError
from publisher.fetch import Cursor, Fetcher, Page, shown
from publisher.sources import Known, Reading, nothing_known


class Options(SourceOptions):
    """`kind = "editor"`: what is written here is the publication's own, unless `rights` says otherwise."""

    kind: Literal["editor"]
    rights: Rights = Rights.OWN
    """As above; what editors write is the publication's own. A page added on the desk has those chosen there."""


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
    return ItemFound(
        identity=_identity(canonical_url(url) if url else headline.casefold()),
        headline=headline,
        url=url,
        body=clean_block(body),
        published_at=now,
        language=language,
        byline=clean(byline),
        picture=picture,
    )


def from_page(page: Page, zone: ZoneInfo, *, language: str, now: datetime) -> ItemFound:
    """The item on the page at its address (`editorial/pages`), dated `now` where the page names no date.

    Writing or adding the same address again edits the item. Raises SourceError that says what is there instead.
    """
    try:
        from publisher.editorial.pages import read_page  # only who adds an address needs it, and it is slow to import

        item = read_page(page.content, page.url, zone, content_type=page.content_type, language=language)
    except SourceError as error:
        raise SourceError(f"{shown(page.url)}: {error.message}") from error
    return replace(item, identity=_identity(canonical_url(page.url)), published_at=item.published_at or now)


def _identity(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]
