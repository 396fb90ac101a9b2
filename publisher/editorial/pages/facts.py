"""Who wrote it, when, in which language, under which address: each from where a page says it best."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from lxml.html import HtmlElement

from publisher.domain.urls import canonical_url
from publisher.editorial.dates import parse_date
from publisher.editorial.hostile import web_link
from publisher.editorial.pages.clutter import is_apart
from publisher.editorial.pages.edges import date_on, name_in, writer_on
from publisher.editorial.pages.headline import is_same_line
from publisher.editorial.pages.said import Said
from publisher.editorial.pages.tree import PageTree, names_of, words_of

_BYLINE = re.compile(
    r"by-?lines?|by-?line-?\w+|authors?|author-?name|reporters?|journalists?|writers?|post-?author|contributors?"
)
_LATER = re.compile(r"updated?|modified|mod-?date|edited|last-?mod\w*|수정")
_DEK = re.compile(
    r"deks?|deck|sub-?titles?|sub-?tit|stand-?first|sub-?head(?:line)?s?|article-?(?:summary|lead|dek)|summary|lede"
)
_IN_PATH = re.compile(r"/(20\d\d|19\d\d)[/-]?(\d{1,2}|[a-z]{3,9})[/-]?(\d{1,2})(?=[/_.-]|$)", re.IGNORECASE)
_ENGLISH = frozenset(("the", "and", "of", "to", "in", "a", "is", "that", "for", "it", "was", "on", "with", "we"))
_MANY = 30
_LONGEST_DEK = 400


def byline(
    said: Said, page: PageTree, near: Sequence[HtmlElement], inside: frozenset[HtmlElement], zone: ZoneInfo
) -> str:
    """The writers' names: as machines are told, unless that is the site; else as the page shows them; else "".

    `near` are the leaves around the beginning and the end of the text.
    """
    told = [name for name in said.names if not any(is_same_line(name, site) for site in said.sites)]
    told = [re.sub(r"^(?:by|글)\s+", "", name, flags=re.IGNORECASE) for name in told]
    told = [name for name in told if "@" not in name and not re.match(r"https?:", name)]
    if told:
        return ", ".join(dict.fromkeys(told))[:200]
    for element in page.body.iter("a", "address", "span", "div", "p", "td", "li", "em", "strong", "b"):
        if not _is_byline(element) or is_apart(element, inside) or len(words := words_of(element)) > 150:
            continue
        if name := name_in(words, zone):
            return name
    return next(filter(None, (writer_on(words_of(leaf), zone) for leaf in near)), "")


def published(said: Said, page: PageTree, near: Sequence[HtmlElement], zone: ZoneInfo) -> datetime | None:
    """When it was published, never when it was changed. Without a zone of its own on the clock of `zone`."""
    for text in said.dates:
        if moment := parse_date(text, zone):
            return moment
    marked = [element for element in page.body.iter() if element.get("itemprop") == "datePublished"]
    times = [element for leaf in near for outer in (leaf, *leaf.iterancestors()) for element in outer.iter("time")][
        :_MANY
    ]
    for element in (*marked, *times):
        if _LATER.search(" ".join((*names_of(element), element.get("itemprop", "")))):
            continue
        for text in (element.get("datetime", ""), element.get("content", ""), words_of(element)):
            if moment := parse_date(text, zone) or date_on(text, zone):
                return moment
    for leaf in near:
        if moment := date_on(words_of(leaf), zone):
            return moment
    return _in_address(page.url, zone)


def language(said: Said, body: str) -> str:
    """Two letters, or "" where nothing tells. What the text is written in is believed before a template's attribute."""
    hangul = sum("가" <= char <= "힣" for char in body[:5_000])
    letters = sum(char.isalpha() for char in body[:5_000])
    if letters > 40 and hangul * 3 > letters:
        return "ko"
    match = re.match(r"\s*([A-Za-z]{2,3})(?![A-Za-z])", said.language)
    told = match[1].lower() if match else ""
    if told and not (told == "ko" and letters > 40 and not hangul):
        return told
    words = re.findall(r"[a-z]+", body[:5_000].lower())
    return "en" if len(words) > 20 and sum(word in _ENGLISH for word in words) * 8 > len(words) else ""


def canonical(said: Said, page: PageTree) -> str | None:
    """The address that the page calls its own; None where it names none, or the site's front page for all of them."""
    for address in said.addresses:
        url = web_link(address, page.base)
        if url and canonical_url(url) and (urlsplit(url).path.strip("/") or not urlsplit(page.url).path.strip("/")):
            return url
    return None


def dek(said: Said, page: PageTree, headline: str, body: str, near: Sequence[HtmlElement]) -> str:
    """The standfirst: as the page shows it, else its description, where that is no piece cut out of the text."""
    for leaf in near:
        words = words_of(leaf)
        names = names_of(leaf) | (names_of(leaf.getparent()) if leaf.getparent() is not None else set())
        if any(map(_DEK.fullmatch, names)) and len(words) <= _LONGEST_DEK and not is_same_line(words, headline):
            return words
    told = said.dek or page.meta("og:description", "description", "twitter:description")
    is_cut = bool(re.search(r"(?:…|\.\.\.|\[…\])$", told)) or _plain(told)[:40] in _plain(body)
    return "" if is_cut or is_same_line(told, headline) or len(told) > _LONGEST_DEK else told


def _is_byline(element: HtmlElement) -> bool:
    return (
        element.get("rel") == "author"
        or element.get("itemprop") == "author"
        or any(map(_BYLINE.fullmatch, names_of(element)))
    )


def _in_address(url: str, zone: ZoneInfo) -> datetime | None:
    """The day in a path such as /2026/05/20/ or /20260520_1182."""
    match = _IN_PATH.search(urlsplit(url).path)
    if not match:
        return None
    year, month, day = match.groups()
    return parse_date(f"{day} {month} {year}" if month.isalpha() else f"{year}-{month:0>2}-{day:0>2}", zone)


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", unquote(text)).casefold()
