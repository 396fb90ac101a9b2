"""Kind "feed": RSS 0.9 to 2.0, RDF, Atom and JSON Feed, as they come.

It promises that an entry keeps its identity through every edit, that a broken entry costs only itself, and that what is
no feed is an error and never an empty week. It never fetches anything but the feed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from publisher.config.settings import SourceOptions
from publisher.domain.identity import shared_marks
from publisher.domain.item import ItemFound
from publisher.editorial.charset import decode
from publisher.errors import SourceError
from publisher.fetch import Cursor, Fetcher, Page, shown
from publisher.sources import Known, Reading, nothing_known

if TYPE_CHECKING:
    from publisher.sources.feed.entry import Document

_MOST_PROBLEMS = 20
_FEEDS = ("rss", "feed", "rdf", "channel")
_ROOT = re.compile(r"<(?:!doctype\s+)?(?:[\w.-]+:)?(html|rss|feed|rdf)\b", re.IGNORECASE)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_HEAD = 200_000  # characters, in which a page names its feeds


class Options(SourceOptions):
    """`[[source]]` with kind = "feed". `url` is http(s) or `file:`, relative to the folder of config.toml."""

    kind: Literal["feed"]
    url: str = Field(pattern=r"^(?i:https?://[^\s/]|file:.)")
    """Where it is: http(s), or `file:PATH`."""


class Feed:
    """One feed. A date that names no zone is on the clock of `zone`."""

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
        """Every entry of the feed, in its order. Of entries with the same identity the first one counts.

        After a document that was cut off there is no cursor, so that the next look asks for all of it again.
        """
        page = fetcher.get(self._options.url, cursor=cursor, may_read_files=True)
        if page.is_unchanged:
            return Reading(cursor=page.cursor, is_unchanged=True)
        document = _document(page, shown(self._options.url))
        items, problems = self._items(document, now)
        return Reading(
            items=items,
            cursor=None if document.is_cut else page.cursor,
            problems=_at_most(_MOST_PROBLEMS, [*document.problems, *problems]),
        )

    def _items(self, document: Document, now: datetime) -> tuple[tuple[ItemFound, ...], list[str]]:
        from publisher.sources.feed.entry import item_of, label, marks_of

        items: dict[str, ItemFound] = {}
        problems: list[str] = []
        repeated = 0
        shared = shared_marks(marks_of(entry) for entry in document.entries)
        language = self._options.language or document.language
        for position, entry in enumerate(document.entries, 1):
            try:
                item, remarks = item_of(entry, self._zone, now=now, language=language, shared=shared)
            except Exception as error:  # whatever a hostile entry breaks, the others do not pay for it
                problems.append(f"{label(position, entry)} cannot be read ({type(error).__name__}) and was passed over")
                continue
            problems += [f"{label(position, entry)} {remark}" for remark in remarks]
            if item is None:
                continue
            repeated += item.identity in items
            items.setdefault(item.identity, replace(item, language=self._options.language or item.language))
        if repeated:
            problems.append(f"{repeated} repeat the identity of an entry before them and were passed over")
        return tuple(items.values()), problems


def _at_most(count: int, problems: list[str]) -> tuple[str, ...]:
    if len(problems) <= count:
        return tuple(problems)
    return (*problems[:count], f"and {len(problems) - count:,} more like these")


def _document(page: Page, where: str) -> Document:
    """What the page says, whichever format it is in. Raises SourceError, naming `where`, if it is no feed."""
    text = _NOT_XML.sub("", decode(page.content, page.content_type)).lstrip("\ufeff \t\r\n")
    if not text:
        raise SourceError(f"{where}: is empty, not a feed; check the address")
    if text[0] in "{[":
        from publisher.sources.feed.jsonfeed import read_json

        return read_json(text, page.url, where)
    text, root = _from_root(text)
    if root == "html":
        raise SourceError(f"{where}: is an HTML page, not a feed; {_advice(text, page.url)}")
    if root not in _FEEDS:
        what = f"XML of another kind (<{root[:40]}>)" if root else "text of another kind"
        raise SourceError(f"{where}: is {what}, not a feed; check the address")
    from publisher.sources.feed.syndication import read_xml

    return read_xml(text, page.url, where)


def _from_root(text: str) -> tuple[str, str]:
    """The text without what stands before it by mistake, and the local name of its first element, in lower case."""
    root = _first_element(text)
    if root not in (*_FEEDS, "html"):
        match = _ROOT.search(text, 0, 10_000)  # warnings of a server are often printed before the document
        if match:
            return text[match.start() :], match[1].lower()
    return text, root


def _first_element(text: str) -> str:
    position = 0
    while (position := text.find("<", position)) >= 0:
        if text.startswith("<!--", position):
            end, length = text.find("-->", position), 3
        elif text.startswith("<?", position):
            end, length = text.find("?>", position), 2
        elif text.startswith("<!", position):
            if text[position : position + 15].lower().startswith("<!doctype html"):
                return "html"
            inner = text.find("[", position, text.find(">", position) + 1)
            end, length = (text.find(">", position), 1) if inner < 0 else (text.find("]>", position), 2)
        else:
            match = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)").match(text, position)
            return match[1].lower() if match else ""
        if end < 0:
            return ""
        position = end + length
    return ""


def _advice(html: str, url: str) -> str:
    """The feed that the page itself names, if it does."""
    from publisher.editorial.pages.feeds import feeds_of

    named = feeds_of(html[:_HEAD], url)
    return f"the feed it names is {shown(named[0].url)}" if named else "give the address of the feed itself"
