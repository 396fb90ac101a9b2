"""HTML from outside, read as a stream of tags into blocks of Markdown.

No tree is built, so nesting costs nothing: libxml2's tree parser gives up at depth 256 and loses the rest of the page,
its stream goes on.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Protocol, cast
from urllib.parse import urljoin, urlsplit

from lxml import etree

from publisher.editorial.blocks import Block, Box, quotation
from publisher.editorial.words import CODE, EM, STRONG, Run, fenced, markdown_line

MAX_TAGS = 20_000  # after these only words are read; a long article has some hundred
MAX_BOXES = 8  # lists and quotations inside each other; deeper ones lose their marks, not their words

# What neither a reader nor XML can use: C0 and C1 controls, soft hyphens and other invisible breaks, bidi embeddings
# and overrides, the private use areas (slot marks are in one), lone surrogates and noncharacters.
UNUSABLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069"
    "\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff\U000f0000-\U0010ffff]"
)


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


DROPPED = _names(
    "applet audio button canvas datalist dialog embed figcaption frameset head iframe input math noembed noframes "
    "noscript object progress script select style svg template textarea title video"
)
_BLOCKS = _names(
    "address article aside blockquote body caption center dd details div dl dt fieldset figure footer form h1 h2 h3 h4 "
    "h5 h6 header hgroup hr html legend li main menu nav ol p pre section summary table tbody tfoot thead tr ul"
)
_INVISIBLE = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_HEADINGS = _names("h1 h2 h3 h4 h5 h6")
_MARKS = {"strong": STRONG, "b": STRONG, "em": EM, "i": EM, "code": CODE, "kbd": CODE, "samp": CODE, "tt": CODE}


def read_html(html: str, base_url: str | None) -> list[Block]:
    """The blocks of `html`, each line of them Markdown."""
    reader = HtmlReader(base_url)
    feed_html(html, reader)
    return reader.finished


class TagReader(Protocol):
    """What `feed_html` calls: a parser target as lxml has them."""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None: ...
    def end(self, tag: str) -> None: ...
    def data(self, text: str) -> None: ...
    def close(self) -> None: ...


def feed_html(html: str, reader: TagReader) -> None:
    """Send the tags and texts of `html` to `reader`; every start has its end, names are in small letters."""
    source = html.replace("\x00", "").encode("utf-8", "ignore")
    if source.strip():
        # The stubs ask for bytes and comments too, which lxml never sends to such a target.
        target = cast("etree.ParserTarget", reader)
        etree.fromstring(source, etree.HTMLParser(encoding="utf-8", target=target, huge_tree=True))


def is_hidden(attributes: Mapping[str, str]) -> bool:
    return "hidden" in attributes or ("style" in attributes and bool(_INVISIBLE.search(attributes["style"])))


def web_link(href: str, base_url: str | None) -> str:
    """`href` as an absolute http(s) URL, or "" where it is none."""
    try:
        joined = urljoin(base_url or "", re.sub(r"[\t\r\n]", "", UNUSABLE.sub("", href)).strip())
        parts = urlsplit(joined)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return ""
    return joined if is_web else ""


@dataclass(slots=True)
class _List:
    list_id: int
    number: int | None  # of the next item; None in a list without numbers


@dataclass(frozen=True, slots=True)
class _Place:
    """What the tags around the reading position make of words there."""

    path: tuple[Box, ...] = ()
    mark: str = ""
    href: str = ""
    is_code: bool = False
    list_: _List | None = None


class HtmlReader:
    """Tags and texts in, blocks of Markdown out (`finished`)."""

    dropped = DROPPED

    def __init__(self, base_url: str | None) -> None:
        self.finished: list[Block] = []
        self._base_url = base_url
        self._place = _Place()
        self._outer: list[_Place] = []
        self._dropping = 0  # how deep inside something dropped
        self._tags_left = MAX_TAGS
        self._beyond = 0  # how deep in tags beyond the last one that is looked at
        self._runs: list[Run | None] = []  # None is a line break
        self._list_ids = count()

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._tags_left -= 1
        if self._tags_left < 0:
            self._beyond += 1
            return
        if self._dropping or tag in self.dropped or is_hidden(attributes):
            self._dropping += 1
            return
        if tag in _BLOCKS:
            self._flush()
        self._outer.append(self._place)
        self._place = self._inside(tag, attributes)
        if tag == "br":
            self._runs.append(None)
        elif tag in ("td", "th"):
            self._runs.append(Run(" "))

    def end(self, tag: str) -> None:
        if self._beyond:
            self._beyond -= 1
            return
        if self._dropping:
            self._dropping -= 1
            return
        if tag in _BLOCKS:
            self._flush()
        self._place = self._outer.pop()

    def data(self, text: str) -> None:
        if not self._dropping:
            self._runs.append(Run(UNUSABLE.sub("", text), self._place.mark, self._place.href))

    def close(self) -> None:
        self._flush()

    @property
    def path(self) -> tuple[Box, ...]:
        return self._place.path

    def paragraph(self, lines: list[list[Run]]) -> None:
        """Called with the lines of each paragraph that has words."""
        texts = [line for line in map(markdown_line, lines) if line]
        if texts:
            self.finished.append(Block(self.path, "\\\n".join(texts)))

    def code(self, code: str) -> None:
        """Called with each piece of code that has words."""
        self.finished.append(Block(self.path, fenced(code)))

    def _inside(self, tag: str, attributes: Mapping[str, str]) -> _Place:
        place = self._place
        if tag == "a":
            href = attributes.get("href", "")
            return replace(place, href=web_link(href, self._base_url) if href.strip() else "")
        if tag == "pre":
            return replace(place, is_code=True)
        if tag in _HEADINGS or tag in _MARKS:
            return replace(place, mark=_heavier(place.mark, _MARKS.get(tag, STRONG)))
        if tag in ("ul", "menu"):
            return replace(place, list_=_List(next(self._list_ids), None))
        if tag == "ol":
            start = attributes.get("start", "")
            return replace(
                place, list_=_List(next(self._list_ids), int(start) if re.fullmatch("[0-9]{1,6}", start) else 1)
            )
        if tag in ("li", "blockquote") and len(place.path) < MAX_BOXES:
            return replace(place, path=(*place.path, quotation() if tag == "blockquote" else self._item()))
        return place

    def _item(self) -> Box:
        items = self._place.list_
        if items is None:
            return Box("- ", list_id=-1)
        if items.number is None:
            return Box("- ", items.list_id)
        items.number += 1
        return Box(f"{items.number - 1}. ", items.list_id)

    def _flush(self) -> None:
        if not self._runs:
            return
        runs, self._runs = self._runs, []
        if self._place.is_code:
            code = _code_lines("".join("\n" if run is None else run.text for run in runs))
            if code.strip():
                self.code(code)
            return
        for paragraph in _paragraphs(runs):
            self.paragraph(paragraph)


def _heavier(one: str, other: str) -> str:
    """Marks do not add up: code wins over bold, bold over italics."""
    return max(one, other, key=("", EM, STRONG, CODE).index)


def _paragraphs(runs: Iterable[Run | None]) -> list[list[list[Run]]]:
    """Paragraphs of lines of runs: one break ends a line, two or more end a paragraph."""
    paragraphs: list[list[list[Run]]] = [[[]]]
    for run in runs:
        line = paragraphs[-1][-1]
        if run is not None:
            line.append(run)
        elif any(part.text.strip() for part in line):
            paragraphs[-1].append([])
        elif len(paragraphs[-1]) > 1:
            paragraphs.append([[]])
    return paragraphs


def _code_lines(code: str) -> str:
    lines = [line.rstrip() for line in re.split(r"\r\n|[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", code)]
    return unicodedata.normalize("NFC", "\n".join(lines).replace("\x1f", "").strip("\n"))
