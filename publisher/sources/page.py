"""Kind "page": single pages of the web, each an item, whatever built them.

It promises that a page keeps its identity through every edit, and that what is no article is an error that says what
it is. It never fetches anything but the pages that are named, and none that their host's robots.txt excludes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints, model_validator

from publisher.config.settings import SourceOptions
from publisher.domain.item import ItemFound
from publisher.editorial.pages import read_page
from publisher.errors import PublisherError, SourceError
from publisher.fetch import Cursor, Fetcher, shown
from publisher.sources import Known, Reading, nothing_known

Address = Annotated[str, StringConstraints(pattern=r"^(?i:https?://[^\s/]|file:.)")]


class Options(SourceOptions):
    """`[[source]]` with kind = "page": one `url` or several `urls`; `file:` is relative to config.toml's folder."""

    kind: Literal["page"]
    url: str = Field(default="", pattern=r"^(?i:https?://[^\s/]|file:.)|^$")
    """Where the page is: http(s), or `file:PATH`."""
    urls: tuple[Address, ...] = Field(default=(), max_length=100)
    """Where several pages are; instead of `url`."""

    @model_validator(mode="after")
    def _names_pages(self) -> Self:
        if bool(self.url) == bool(self.urls):
            raise ValueError('name one page with url = "…", or several with urls = ["…", "…"]')
        return self


class Pages:
    """One or several pages. A date that names no zone is on the clock of `zone`."""

    def __init__(self, options: Options, *, zone: ZoneInfo) -> None:
        self._options = options
        self._urls = options.urls or (options.url,)
        self._zone = zone

    @property
    def name(self) -> str:
        return self._options.name

    @property
    def is_remote(self) -> bool:
        return not all(url.lower().startswith("file:") for url in self._urls)

    def read(self, fetcher: Fetcher, cursor: Cursor | None, now: datetime, known: Known = nothing_known) -> Reading:
        """Each page as it is now, also one that is known, for it may have been edited.

        Of several pages, one that fails is a problem and costs only itself; when all of them fail, that is the error.
        """
        if len(self._urls) == 1:
            return self._read_one(self._urls[0], fetcher, cursor)
        items: list[ItemFound] = []
        failures: list[PublisherError] = []
        for url in self._urls:
            try:
                items += self._read_one(url, fetcher, None).items
            except PublisherError as failure:
                failures.append(failure)
        if not items:
            raise failures[0]
        return Reading(items=tuple(items), problems=tuple(failure.message for failure in failures))

    def _read_one(self, url: str, fetcher: Fetcher, cursor: Cursor | None) -> Reading:
        page = fetcher.get(url, cursor=cursor, may_read_files=True, respects_robots=True)
        if page.is_unchanged:
            return Reading(cursor=page.cursor, is_unchanged=True)
        try:
            item = read_page(
                page.content, page.url, self._zone, content_type=page.content_type, language=self._options.language
            )
        except SourceError as error:
            raise SourceError(f"{shown(url)}: {error.message}") from error
        return Reading(items=(item,), cursor=page.cursor)
