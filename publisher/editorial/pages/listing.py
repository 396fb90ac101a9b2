"""The articles that a page lists, where it has no feed: by a selector, or by what repeats on it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cssselect import SelectorError
from lxml import html as lxml_html
from lxml.cssselect import CSSSelector
from lxml.etree import XPathError
from lxml.html import HtmlElement

from publisher.domain.message import Picture
from publisher.domain.urls import canonical_url
from publisher.editorial.dates import parse_date
from publisher.editorial.hostile import web_link
from publisher.editorial.markup import clean
from publisher.editorial.pages.clutter import is_menu
from publisher.editorial.pages.edges import date_on
from publisher.editorial.pages.picture import picture_of
from publisher.editorial.pages.tree import PageTree, around, names_of, read_tree, words_of
from publisher.errors import SourceError

MOST = 200
_FEWEST = 3
_MOST_LINKS = 2_000  # that are looked at
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_SHORTEST = 8  # characters of a headline
_LONGEST = 300
_NOT_ONE = re.compile(
    r"/(?:tags?|tagged|categor(?:y|ies)|topics?|authors?|users?|profile|login|signin|signup|join|register|search|about|contact"
    r"|privacy|terms|policy|subscribe|newsletter|rss|feed|archives?|page|help|faq|advert\w*)(?:/[^/]*)?/?$"
    r"|/page/\d+|\.(?:xml|rss|json|zip|jpe?g|png|gif|hwp|xlsx?)$",
    re.IGNORECASE,
)
_PAGE_NUMBER = re.compile(r"(?:page|paged|page_?no|page_?index|page_?num|cpage)=\d*", re.IGNORECASE)
_DATED = re.compile(
    r"\b20\d\d\s?[-./년]\s?\d|\b(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)[a-z]*\.? \d", re.IGNORECASE
)
_MORE = re.compile(
    r"(?:read|see|learn|find out|show|view|continue)\b.{0,30}|more|더 ?보기|자세히(?: ?보기)?|전체 ?보기|바로 ?가기"
    r"|계속 ?읽기|댓글.{0,10}|\d+ comments?|comments?|next|prev(?:ious)?|older.*|newer.*|이전.*|다음.*|목록",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Listed:
    """One article that the page lists, with what stands beside its link. `identity` stays when the list moves on."""

    identity: str
    url: str
    headline: str
    published_at: datetime | None = None
    picture: Picture | None = None


@dataclass(slots=True)
class _Entry:
    """All links to one address. `title` is the one whose words are the headline; `rank` is how good that one is."""

    identity: str
    url: str
    anchors: list[HtmlElement]
    title: HtmlElement
    headline: str
    rank: tuple[bool, bool, int]


def listed(html: str, url: str, zone: ZoneInfo, *, select: str = "") -> tuple[Listed, ...]:
    """The articles that the page at `url` lists, in its order, at most MOST.

    `select` is a CSS selector of their links, or of elements that each hold one. Without it they are found: links to
    the same host whose places on the page are alike, with a headline each; menus, tags and the pages of the list are
    left out. Raises SourceError where there are none, and for a selector that is none.
    """
    page = read_tree(html, url)
    anchors = _selected(page, select) if select else _eligible(page)
    entries = _entries(page, anchors, is_chosen=bool(select))
    if not select:
        entries = _alike(entries, url)
    if not entries:
        raise SourceError(_none_found(page, select))
    cards = _cards(entries)
    return tuple(_listed(entry, card, page, zone) for entry, card in zip(entries[:MOST], cards, strict=False))


# --- which links


def _selected(page: PageTree, select: str) -> list[HtmlElement]:
    root = lxml_html.HTMLParser().makeelement("html")
    root.append(page.body)
    try:
        found = cast(list[HtmlElement], CSSSelector(select, translator="html")(root))
    except (SelectorError, XPathError) as error:
        raise SourceError(f"select = {select[:80]!r} is not a CSS selector ({error}); correct it") from error
    anchors: list[HtmlElement] = []
    for element in found:
        inside = element if element.tag == "a" else next(element.iter("a"), None)
        if inside is None:
            inside = next((outer for outer in element.iterancestors() if outer.tag == "a"), None)
        anchors += [inside] if inside is not None else []
    return anchors


def _eligible(page: PageTree) -> list[HtmlElement]:
    """The links that are in no menu."""
    apart: set[HtmlElement] = set()
    for element in page.body.iter():
        if element.getparent() in apart or is_menu(element):
            apart.add(element)
    return [anchor for anchor in page.body.iter("a") if anchor.get("href") and anchor not in apart]


def _entries(page: PageTree, anchors: Sequence[HtmlElement], *, is_chosen: bool) -> list[_Entry]:
    """One for each address, in the order of the page; without a selector only for what may be an article."""
    host, own = urlsplit(page.url).hostname or "", _identity(page.url)
    titled = [(anchor, _title_of(anchor)) for anchor in anchors[:_MOST_LINKS]]
    if any(words for _, words in titled):  # the picture of a card often leads there by an address of its own
        titled = [(anchor, words) for anchor, words in titled if words]
    entries: dict[str, _Entry] = {}
    for anchor, words in titled:
        url = web_link(anchor.get("href", ""), page.base)
        key = _identity(url)
        if not key or key == own or (not is_chosen and not _may_be_one(url, host)):
            continue
        rank = _rank(anchor, words)
        entry = entries.setdefault(key, _Entry(key, url, [], anchor, words, rank))
        entry.anchors.append(anchor)
        if rank > entry.rank:
            entry.title, entry.headline, entry.rank = anchor, words, rank
    return list(entries.values())


def _may_be_one(url: str, host: str) -> bool:
    parts = urlsplit(url)
    return (
        _site(parts.hostname or "") == _site(host)
        and bool(parts.path.strip("/") or parts.query)
        and not _NOT_ONE.search(parts.path)
    )


def _identity(url: str) -> str:
    """The canonical URL without the number of the page of the list that it was seen on, unless that is all there is."""
    parts = urlsplit(url)
    kept = [pair for pair in parts.query.split("&") if not _PAGE_NUMBER.fullmatch(pair)]
    return canonical_url(parts._replace(query="&".join(kept)).geturl())


def _site(host: str) -> str:
    return re.sub(r"^(?:www|m|mobile|amp|news)\.", "", host.lower())


def _title_of(anchor: HtmlElement) -> str:
    """The heading in a link, else its words, else its title."""
    heading = next(anchor.iter(*_HEADINGS), None)
    named = (
        heading
        if heading is not None
        else next(
            (
                part
                for part in anchor.iter()
                if part is not anchor and {"title", "headline", "subject", "tit"} & names_of(part)
            ),
            anchor,
        )
    )
    words = words_of(named)
    return words[: _LONGEST * 2] if words else clean(anchor.get("title", ""))[:_LONGEST]


def _rank(anchor: HtmlElement, words: str) -> tuple[bool, bool, int]:
    is_heading = (
        any(outer.tag in _HEADINGS for outer in around(anchor)) or next(anchor.iter(*_HEADINGS), None) is not None
    )
    return not _MORE.fullmatch(words) and _SHORTEST <= len(words) <= _LONGEST, is_heading, min(len(words), _LONGEST)


# --- what repeats


def _alike(entries: Sequence[_Entry], url: str) -> list[_Entry]:
    """Those of the group that most looks like a list of articles, and singles whose address is made like theirs."""
    good = [entry for entry in entries if entry.rank[0]]
    groups: dict[tuple[str, ...], list[_Entry]] = {}
    for entry in good:
        groups.setdefault(_place(entry.title), []).append(entry)
    dated = {
        entry.identity
        for entry, card in zip(good, _cards(good), strict=True)
        if card is not entry.title and _DATED.search(words_of(card)[: _LONGEST * 2])
    }
    scored = [(_worth(group, url, dated), group) for group in groups.values() if len(group) >= _FEWEST]
    scored = [(worth, group) for worth, group in scored if worth > 0]
    if not scored:
        return []
    _, best = max(scored, key=lambda pair: pair[0])
    chosen = {id(entry) for entry in best}
    shapes = Counter(_address_shape(entry.url) for entry in best)
    shape, count = shapes.most_common(1)[0]
    if count * 3 >= len(best) * 2 and shape != _address_shape(url):
        chosen |= {id(entry) for entry in good if _address_shape(entry.url) == shape}
    return [entry for entry in good if id(entry) in chosen]


def _place(anchor: HtmlElement) -> tuple[str, ...]:
    """Where on the page a link is: the elements that it is in, with the names that they have on every card alike."""
    found = []
    for outer in list(around(anchor))[:6]:
        names = sorted(name for name in (outer.get("class") or "").split() if not re.search(r"\d", name))
        found.append(f"{outer.tag}.{'.'.join(names[:1])}")
    return tuple(found)


def _worth(group: Sequence[_Entry], url: str, dated: Collection[str]) -> float:
    """How much a group looks like articles: how many, how long their headlines, which addresses and dates they have."""
    own = urlsplit(url).path.rstrip("/")
    count = len(group)
    lengths = [len(entry.headline) for entry in group]
    headings = sum(entry.rank[1] for entry in group) / count
    addressed = sum(entry.identity in dated or _is_like_an_article(entry.url, own) for entry in group) / count
    is_long = sum(length >= 18 for length in lengths) / count
    if addressed < 0.5 or (headings < 0.5 and is_long < 0.5):
        return 0.0
    return min(count, 40) * (0.5 + headings + addressed + is_long)


def _is_like_an_article(url: str, own: str) -> bool:
    """A number, a date or several words in the last part of its path or query, or a place under the list itself."""
    parts = urlsplit(url)
    last = parts.path.rstrip("/").rpartition("/")[2]
    return (
        bool(
            re.search(r"\d{2,}", last)
            or re.search(r"=[\w-]*\d", parts.query)
            or len(re.findall(r"[-_]|%20", last)) >= 2
        )
        or bool(re.search(r"/20\d\d/", parts.path))
        or bool(own and parts.path.startswith(own + "/"))
        or not last.isascii()
        or last.count("%") >= 3
    )


def _address_shape(url: str) -> tuple[str, ...]:
    """How an address is made: its folders, with what differs between articles left out."""
    parts = urlsplit(url)
    folders = [re.sub(r"\d+", "0", part) for part in parts.path.strip("/").split("/")]
    last = re.sub(r"[^\W\d_]+", "a", folders[-1])
    return (
        *folders[:-1],
        re.sub(r"(?:a[-_%])+a?|a", "a", last)[:3],
        *(pair.partition("=")[0] for pair in parts.query.split("&")),
    )


# --- what stands beside them


def _cards(entries: Sequence[_Entry]) -> list[HtmlElement]:
    """For each article the largest element that is about it alone."""
    counts = Counter(
        outer for entry in entries for outer in {outer for anchor in entry.anchors for outer in around(anchor)}
    )
    cards = []
    for entry in entries:
        card = entry.title
        for outer in entry.title.iterancestors():
            if counts[outer] != 1:
                break
            card = outer
        cards.append(card)
    return cards


def _listed(entry: _Entry, card: HtmlElement, page: PageTree, zone: ZoneInfo) -> Listed:
    headline = entry.headline
    if not entry.rank[0]:  # the link says "read more": the headline is beside it
        headings = [words_of(heading) for heading in card.iter(*_HEADINGS)]
        headline = next((words for words in headings if len(words) >= _SHORTEST), headline)
    return Listed(entry.identity, entry.url, headline[:_LONGEST], _date_in(card, zone), _picture_in(card, page))


def _date_in(card: HtmlElement, zone: ZoneInfo) -> datetime | None:
    for time in card.iter("time"):
        if moment := parse_date(time.get("datetime", ""), zone) or date_on(words_of(time), zone):
            return moment
    for text in _lines_in(card):
        if len(text) <= 60 and re.search(r"\d", text) and (moment := date_on(text, zone)):
            return moment
    return None


def _lines_in(card: HtmlElement) -> Iterator[str]:
    for element in card.iter():
        if element.tag not in ("a", *_HEADINGS) and (element.text or "").strip():
            yield clean(str(element.text))
        if element is not card and (element.tail or "").strip():
            yield clean(str(element.tail))


def _picture_in(card: HtmlElement, page: PageTree) -> Picture | None:
    return next(filter(None, (picture_of(image, page.base) for image in card.iter("img"))), None)


def _none_found(page: PageTree, select: str) -> str:
    if select:
        return f"no link is selected by select = {select[:80]!r}; look at the page's HTML, and correct it"
    if page.scripts and not words_of(page.body):
        return "is filled by a script in the browser, so no articles can be seen in it"
    return 'lists no articles that can be told from its other links; name them with select = "…", a CSS selector'
