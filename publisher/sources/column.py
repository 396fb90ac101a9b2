"""Kind "column": an issue that somebody has already written, as a web page, as pasted text or as Markdown.

It promises every item its own paragraphs and nothing of what a news site puts around them. It never fetches anything
but the page, and never guesses: a page that is no column is an error that says what was found.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from publisher.config.settings import SourceOptions
from publisher.domain.item import ColumnFound
from publisher.editorial.charset import decode
from publisher.editorial.columns import from_html_page, from_markdown, from_text
from publisher.errors import SourceError
from publisher.fetch import Cursor, Fetcher, Page, shown
from publisher.sources import Known, Reading, nothing_known

_MARKUP = re.compile(r"<(?:!doctype\s+html|html|head|body|article|section|main|div|p|h[1-6]|br|meta)\b", re.IGNORECASE)
_TITLE, _HEADING = re.compile(r"\s*# +\S"), re.compile(r"^## +\S", re.MULTILINE)


def pasted(text: str, zone: ZoneInfo, *, language: str = "") -> ColumnFound:
    """The column in what somebody pasted: HTML, Markdown with a `# title`, or the text of a page.

    Raises SourceError that says what was found instead.
    """
    if _MARKUP.search(text[:20_000]):
        return from_html_page(text, zone, language=language)
    if _TITLE.match(text) and _HEADING.search(text):
        return from_markdown(text, zone, language=language)
    return from_text(text, zone, language=language)


class Options(SourceOptions):
    """`[[source]]` with kind = "column". `url` is http(s), or `file:` relative to the folder of config.toml.

    A file that ends in .md is Markdown; one with HTML in it is a page; any other is pasted text.
    """

    kind: Literal["column"]
    url: str = Field(pattern=r"^(?i:https?://[^\s/]|file:.)")
    """Where it is: http(s), or `file:PATH`."""


class Column:
    """One column. A date that names no zone is on the clock of `zone`."""

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
        """The column at the address. What it has no date for is dated when it is first seen, by the store."""
        page = fetcher.get(self._options.url, cursor=cursor, may_read_files=True)
        if page.is_unchanged:
            return Reading(cursor=page.cursor, is_unchanged=True)
        try:
            column = self._column(page)
        except SourceError as error:
            raise SourceError(f"{shown(self._options.url)}: {error.message}") from error
        return Reading(columns=(column,), cursor=page.cursor)

    def _column(self, page: Page) -> ColumnFound:
        text = decode(page.content, page.content_type)
        language = self._options.language
        is_file = self._options.url.lower().startswith("file:")
        if is_file and re.search(r"\.(?:md|markdown)$", self._options.url, re.IGNORECASE):
            return from_markdown(text, self._zone, language=language)
        if "html" in page.content_type.lower() or _MARKUP.search(text[:20_000]):
            return from_html_page(text, self._zone, url=None if is_file else page.url, language=language)
        return from_text(text, self._zone, language=language)
