"""Kind "index": a page that lists articles and has no feed. Its new links become items.

It promises that an article that is known is not asked for again, that one look asks for at most `pages` of them, and
that what the page lists when it is first read is back catalogue. It asks for no page that robots.txt excludes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from publisher.config.settings import SourceOptions
from publisher.config.values import Line
from publisher.domain.item import ItemFound
from publisher.editorial.pages import as_html, read_page
from publisher.editorial.pages.listing import Listed, listed
from publisher.errors import FetchError, NotAsked, SourceError
from publisher.fetch import Cursor, Fetcher, Page, shown
from publisher.sources import Known, Reading, nothing_known


class Options(SourceOptions):
    """`[[source]]` with kind = "index". `url` is http(s), or `file:` relative to the folder of config.toml."""

    kind: Literal["index"]
    url: str = Field(pattern=r"^(?i:https?://[^\s/]|file:.)")
    """The page that lists the articles: http(s), or `file:PATH`."""
    select: Line = ""
    """A CSS selector of the links, like `"main h2 a"`; where it is empty they are found by what repeats on the page."""
    follow: bool = True
    """Whether each new article is read from its own page; without it an item is a headline with its link."""
    pages: int = Field(default=10, ge=1, le=100)
    """How many articles are read from their own pages in one look; more wait for the next."""


class Index:
    """One page of links. A date that names no zone is on the clock of `zone`."""

    def __init__(self, options: Options, *, zone: ZoneInfo) -> None:
        self._options = options
        self._zone = zone

    @property
    def name(self) -> str:
        return self._options.name

    @property
    def is_remote(self) -> bool:
        return not self._options.url.lower().startswith("file:")

    def read(self, fetcher: Fetcher, cursor: Cursor | None, now: datetime, known: Known = nothing_known) -> Reading:
        """The articles that are listed; with `follow` only those that are new.

        While some of them wait, or could not be had, there is no cursor, so that the next look sees the page again.
        """
        page = fetcher.get(self._options.url, cursor=cursor, may_read_files=True, respects_robots=True)
        if page.is_unchanged:
            return Reading(cursor=page.cursor, is_unchanged=True)
        links = self._links(page)
        if not self._options.follow:
            return Reading(items=tuple(map(self._as_it_is_listed, links)), cursor=page.cursor)
        old = set(known([link.identity for link in links]))
        new = [link for link in links if link.identity not in old]
        items, problems, has_all = self._followed(new[: self._options.pages], fetcher)
        rest = new[self._options.pages :]
        if not old:  # the back catalogue is known by its headlines, or the next look would take it for news
            items += map(self._as_it_is_listed, rest)
            rest = []
        return Reading(
            items=tuple(items), cursor=page.cursor if has_all and not rest else None, problems=tuple(problems)
        )

    def _links(self, page: Page) -> Sequence[Listed]:
        try:
            html = as_html(page.content, page.content_type)
            return listed(html, page.url, self._zone, select=self._options.select)
        except SourceError as error:
            raise SourceError(f"{shown(self._options.url)}: {error.message}") from error

    def _followed(self, links: Sequence[Listed], fetcher: Fetcher) -> tuple[list[ItemFound], list[str], bool]:
        """The items, what went wrong, and whether every link became one.

        A page that cannot be had now is asked for the next time; one that is no article stays what the list says of it.
        """
        items: list[ItemFound] = []
        problems: list[str] = []
        for link in links:
            try:
                page = fetcher.get(link.url, respects_robots=True)
            except NotAsked:  # there is no time left for this look; the others wait too
                break
            except FetchError as failure:
                problems.append(failure.message)
                continue
            try:
                items.append(self._as_it_reads(link, page))
            except SourceError as error:
                problems.append(f"{shown(link.url)}: {error.message}; only its headline was taken")
                items.append(self._as_it_is_listed(link))
        return items, problems, len(items) == len(links)

    def _as_it_reads(self, link: Listed, page: Page) -> ItemFound:
        """The article's own page, and of the list what the page does not say."""
        item = read_page(
            page.content, page.url, self._zone, content_type=page.content_type, language=self._options.language
        )
        return replace(
            item,
            identity=link.identity,
            published_at=item.published_at or link.published_at,
            picture=item.picture or link.picture,
        )

    def _as_it_is_listed(self, link: Listed) -> ItemFound:
        return ItemFound(
            identity=link.identity,
            headline=link.headline,
            url=link.url,
            published_at=link.published_at,
            picture=link.picture,
            language=self._options.language,
        )
