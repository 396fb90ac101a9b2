"""A page as a tree that is safe to walk: bounded in depth, elements and text, without what nobody sees.

libxml2 sends the tags as a stream, so nesting costs nothing; what is too deep loses its tag and keeps its words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urljoin

from lxml import etree
from lxml import html as lxml_html
from lxml.html import HtmlElement

from publisher.editorial.hostile import UNUSABLE, feed_html, is_hidden
from publisher.editorial.markup import clean

MAX_PAGE = 10_000_000  # characters that are read
MAX_ELEMENTS = 12_000  # that are kept; a long news page has some three thousand
MAX_TEXT = 400_000  # characters that are kept
MAX_DEPTH = 80

_UNSEEN = re.compile(
    r"applet|audio|canvas|datalist|embed|frameset|iframe|input|math|object|progress|script|select|style|svg|template"
    r"|textarea|video"
)
_NEVER_HIDDEN = frozenset(("html", "body", "main", "article"))  # sites show these by a script
_INLINE = re.compile(
    r"a|abbr|acronym|b|bdi|bdo|big|cite|code|data|del|dfn|em|font|i|ins|kbd|label|mark|q|rb|rp|rt|ruby|s|samp|small|span"
    r"|strike|strong|sub|sup|time|tt|u|var|wbr"
)
_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_KEPT_ATTRIBUTES = re.compile(
    r"alt|class|content|data-[\w-]{1,40}|datetime|height|href|id|itemprop|itemtype|lang|name|property|"
    r"pubdate|rel|role|src|srcset|start|title|type|width"
)
_MAX_ATTRIBUTE = 4_000
_MAX_METAS = 500
_NEXT = "\x00"  # between two texts of JSON; no text that libxml2 sends has it

_maker = lxml_html.HTMLParser()


@dataclass(slots=True)
class PageTree:
    """`body` and, from the head, what is said to machines. `base` is what links are relative to.

    `metas` by name in small letters, each with its values in order; `links` are (rel, attributes).
    """

    url: str
    body: HtmlElement
    base: str = ""
    title: str = ""
    language: str = ""
    metas: dict[str, list[str]] = field(default_factory=dict)
    links: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    json: list[str] = field(default_factory=list)
    scripts: int = 0
    asks_password: bool = False

    def meta(self, *names: str) -> str:
        """The first value of the first of these names that says something."""
        return next((value for name in names for value in self.metas.get(name, ()) if value), "")


def read_tree(html: str, url: str) -> PageTree:
    """The page at `url`. Never fails; the elements and words beyond the bounds are left out."""
    builder = _Builder(url)
    with suppress(_Enough):
        feed_html(html[:MAX_PAGE], builder)
    builder.close()
    page = builder.page
    page.title = clean(page.title)
    page.base = page.base or url
    return page


def words_of(element: HtmlElement) -> str:
    """All its words on one clean line; elements that are no part of a line are apart."""
    pieces: list[str] = []
    for event, part in etree.iterwalk(element, events=("start", "end")):
        pieces.append("" if _INLINE.fullmatch(part.tag) else " ")
        pieces.append((part.text if event == "start" else part.tail if part is not element else "") or "")
    return clean("".join(pieces))


def names_of(element: HtmlElement) -> set[str]:
    """The words of its class and id, in small letters, and each name as a whole: `ArticleBody` → article, body, …"""
    found: set[str] = set()
    for name in f"{element.get('class', '')} {element.get('id', '')}"[:500].split():
        whole = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).replace("_", "-").lower()
        found |= {whole, *whole.split("-")}
    return found


def around(element: HtmlElement) -> Iterator[HtmlElement]:
    """The element and those that it is in, innermost first."""
    yield element
    yield from element.iterancestors()


def _usable(text: str) -> str:
    """Without what no tree can hold; form feeds and the like are spaces."""
    return UNUSABLE.sub("", re.sub("[\x0b\x0c\x1c-\x1f]", " ", text))


class _Enough(Exception):
    """As much as is read has been read."""


class _Builder:
    def __init__(self, url: str) -> None:
        body = _maker.makeelement("body")
        self.page = PageTree(url, body)
        self._open: list[HtmlElement | None] = []  # None where a tag has no element of its own
        self._at = [body]
        self._last: list[HtmlElement | None] = [None]  # the last child of each; lxml counts to find out if there is one
        self._skipping = 0
        self._in_title = 0
        self._in_noscript = 0
        self._elements = 0
        self._words: list[str] = []
        self._title: list[str] = []
        self._json: list[str] = []
        self._sizes: Counter[int] = Counter()
        self._metas = 0
        self._is_json = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self._skipping:
            self._skipping += 1
            return
        self._note(tag, attributes)
        hides = is_hidden(attributes) and tag not in _NEVER_HIDDEN
        if _UNSEEN.fullmatch(tag) or (hides and tag != "img"):
            self._skipping = 1
            self._is_json = tag == "script" and "ld+json" in attributes.get("type", "").lower()
            if self._is_json:
                self._json.append(_NEXT)
            return
        self._in_noscript += tag == "noscript"
        self._in_title += tag == "title"
        is_seen = not self._in_noscript or tag == "img"  # where a lazy picture is told to those without scripts
        if tag in ("html", "head", "body", "title", "meta", "link", "base", "noscript") or not is_seen:
            self._open.append(None)
            return
        self._add(tag, attributes)

    def end(self, tag: str) -> None:
        if self._skipping:
            self._skipping -= 1
            self._is_json = False
            return
        self._in_noscript -= tag == "noscript"
        self._in_title -= tag == "title"
        if self._open and self._open.pop() is not None:
            self._put()
            self._at.pop()
            self._last.pop()

    def data(self, text: str) -> None:
        if self._is_json:
            self._keep(self._json, text)
        elif self._skipping or self._in_noscript:
            return
        elif self._in_title:
            self._keep(self._title, text)
        elif not self._keep(self._words, text):
            raise _Enough

    def close(self) -> None:
        self._put()
        self.page.title = "".join(self._title)
        self.page.json = "".join(self._json).split(_NEXT)[1:]

    def _keep(self, pieces: list[str], text: str) -> bool:
        """Text comes in pieces as small as one character; a text that grew by each would cost the square of it."""
        left = MAX_TEXT - self._sizes[id(pieces)]
        self._sizes[id(pieces)] += len(text)
        pieces.append(text[: max(0, left)])
        return left >= len(text)

    def _put(self) -> None:
        """The words since the last element go where they belong."""
        text, self._words[:] = _usable("".join(self._words)), []
        if not text:
            return
        parent, last = self._at[-1], self._last[-1]
        if last is not None:
            last.tail = (last.tail or "") + text
        else:
            parent.text = (parent.text or "") + text

    def _add(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise _Enough
        if len(self._at) > MAX_DEPTH:
            self._open.append(None)
            return
        self._put()
        kept = {
            name: _usable(value[:_MAX_ATTRIBUTE])
            for name, value in attributes.items()
            if _KEPT_ATTRIBUTES.fullmatch(name)
        }
        element = _maker.makeelement(tag if _NAME.fullmatch(tag) else "span", kept)
        self._at[-1].append(element)
        self._at.append(element)
        self._last[-1:] = [element, None]
        self._open.append(element)

    def _note(self, tag: str, attributes: Mapping[str, str]) -> None:
        page = self.page
        match tag:
            case "html":
                page.language = attributes.get("lang", "") or attributes.get("xml:lang", "")
            case "meta" if self._metas < _MAX_METAS:
                self._metas += 1
                name = attributes.get("property") or attributes.get("name") or attributes.get("itemprop") or ""
                content = clean(attributes.get("content", "")[:_MAX_ATTRIBUTE])
                page.metas.setdefault(name.strip().lower()[:100], []).append(content)
            case "link" if len(page.links) < _MAX_METAS:
                page.links.append((attributes.get("rel", "").lower(), dict(attributes)))
            case "base" if not page.base and attributes.get("href"):
                with suppress(ValueError):
                    page.base = urljoin(page.url, attributes["href"].strip())
            case "script":
                page.scripts += 1
            case "input" if attributes.get("type", "").lower() == "password":
                page.asks_password = True
