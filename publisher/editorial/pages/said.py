"""What a page says of its article to machines: schema.org JSON-LD, and the meta tags where there is none.

JSON-LD comes as one thing, a list or a @graph, with names where objects belong and references by @id; some of it is
broken. Whatever is found is text from outside: every value is cleaned, every size bounded. Sources: schema.org/Article,
ogp.me, developers.google.com/search/docs/appearance/structured-data/article.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from publisher.editorial.markup import clean
from publisher.editorial.pages.tree import PageTree

_ARTICLE = re.compile(r"(?:\w*Article|\w*BlogPosting|\w*NewsArticle|Report|DiscussionForumPosting)")
_LISTING = re.compile(r"CollectionPage|ItemList|SearchResultsPage|ProfilePage|Blog|WebSite")
_MAX_THINGS = 300
_MAX_NESTING = 12
_LONGEST = 1_000
_MANY = 20

Thing = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SaidPicture:
    """A picture as the page names it to machines. `url` is as written."""

    url: str
    alt: str = ""
    caption: str = ""
    credit: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """Every field may be empty. `dates` are as written, in the order of preference; `names` are the writers.

    `sites` are the names that belong to the site and not to the article. `types` are those of all things on the page.
    """

    headline: str = ""
    dek: str = ""
    names: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    pictures: tuple[SaidPicture, ...] = ()
    language: str = ""
    addresses: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    types: frozenset[str] = frozenset()
    is_article: bool = False

    @property
    def is_listing(self) -> bool:
        return not self.is_article and any(_LISTING.fullmatch(kind) for kind in self.types)


def read_said(page: PageTree) -> Said:
    """What the page's JSON-LD says, completed by its meta tags. Pure; never fails."""
    things = list(_things(page.json))
    known = {str(thing["@id"]): thing for thing in things if "@id" in thing and len(thing) > 1}
    article: Thing = next((thing for thing in things if _is_article(thing)), {})
    publisher = _seen(article.get("publisher"), known)
    sites = [page.meta("og:site_name"), page.meta("application-name"), _name(publisher)]
    sites += [_text(thing.get("name")) for thing in things if {"WebSite", "NewsMediaOrganization"} & _types(thing)]
    return Said(
        headline=_text(article.get("headline")) or _text(article.get("name")),
        dek=_text(article.get("alternativeHeadline")) or _text(article.get("description")),
        names=_names(article, known) or _meta_names(page),
        dates=_dates(article, page),
        pictures=(*_pictures(article, known), *_meta_pictures(page)),
        language=_text(article.get("inLanguage")) or page.language or page.meta("og:locale", "content-language"),
        addresses=_addresses(article, page),
        sites=tuple(dict.fromkeys(filter(None, sites))),
        types=frozenset().union(*map(_types, things)),
        is_article=bool(article) or page.meta("og:type").lower() in ("article", "news", "blog"),
    )


# --- JSON-LD


def _things(texts: list[str]) -> Iterator[Thing]:
    """Every object with a type, outer ones first, wherever it is nested."""
    pending: list[tuple[Any, int]] = [(_parsed(text), 0) for text in texts[:_MANY]]
    count = 0
    while pending and count < _MAX_THINGS:
        found, depth = pending.pop(0)
        if isinstance(found, dict):
            if "@type" in found or "@id" in found:
                count += 1
                yield found
            inner = [part for part in found.values() if isinstance(part, dict | list)]
        elif isinstance(found, list):
            inner = found[:_MAX_THINGS]
        else:
            continue
        if depth < _MAX_NESTING:
            pending += [(part, depth + 1) for part in inner]


def _parsed(text: str) -> Any:
    """The JSON in a script, or what can be had of one that is broken."""
    text = text.strip()
    text = re.sub(r"^(?:<!--|/[/*]|<!\[CDATA\[|\*/|\s)+", "", text[:200]) + text[200:]
    text = text[:-50] + re.sub(r"(?:\]\]>|-->|//|/\*|\*/|;|\s)+$", "", text[-50:])
    for attempt in (text, _mended(text)):
        try:
            return json.loads(attempt, strict=False)  # real line breaks in its strings are common
        except (ValueError, RecursionError):
            continue
    return _salvaged(text)


def _mended(text: str) -> str:
    """Without the commas that JSON does not have before a closing bracket."""
    return re.sub(r",(?=\s{0,100}[}\]])", "", text)


_FIELD = re.compile(
    r'"(@type|headline|description|datePublished|inLanguage|url)"\s{0,10}:\s{0,10}"((?:[^"\\]|\\.){1,2000})"'
)
_AUTHOR = re.compile(r'"author"[^"]{0,20}(?:"@type"[^"]{1,10}"\w{1,30}"[^"]{1,10})?"name"\s*:\s*"([^"\\]{1,200})"')


def _salvaged(text: str) -> Thing:
    """The first value of each field of an article in JSON that cannot be read: a bracket is lost, a quote bare."""
    text = text[:100_000]
    start = re.search(r'"@type"\s{0,10}:\s{0,10}\[?\s{0,10}"(?:\w{0,20}Article|BlogPosting)"', text)
    if not start:
        return {}
    thing: Thing = {}
    for match in _FIELD.finditer(text, start.start()):
        try:
            thing.setdefault(match[1], json.loads(f'"{match[2]}"', strict=False))
        except ValueError:
            continue
    author = _AUTHOR.search(text)
    return thing | ({"author": {"name": author[1]}} if author else {})


def _types(thing: Thing) -> set[str]:
    kinds = thing.get("@type")
    found = kinds if isinstance(kinds, list) else [kinds]
    return {re.sub(r"^.*[/#:]", "", kind[:100]) for kind in found[:_MANY] if isinstance(kind, str)}


def _is_article(thing: Thing) -> bool:
    return any(_ARTICLE.fullmatch(kind) for kind in _types(thing))


def _text(value: Any) -> str:
    """A text, the first of a list, or the @value of one with a language."""
    if isinstance(value, list):
        return next(filter(None, map(_text, value[:_MANY])), "")
    if isinstance(value, dict):
        value = value.get("@value") or value.get("name")
    return _plain(value) if isinstance(value, str) else ""


def _plain(text: str) -> str:
    """One line; markup and entities are not meant in these fields, and stand there all the same."""
    text = text[: _LONGEST * 4]
    if "<" in text or "&" in text:
        import html

        text = re.sub(r"</?[a-zA-Z][^<>]{0,200}>", "", html.unescape(text))
    return clean(text)[:_LONGEST]


def _seen(value: Any, known: dict[str, Thing]) -> Any:
    """The thing that a bare reference names."""
    if isinstance(value, list):
        return [_seen(part, known) for part in value[:_MANY]]
    if isinstance(value, dict) and isinstance(value.get("@id"), str) and not _name(value):
        return known.get(value["@id"], value)
    return value


def _name(value: Any) -> str:
    if isinstance(value, list):
        return next(filter(None, map(_name, value[:_MANY])), "")
    if isinstance(value, str):
        return "" if re.match(r"https?:", value) else _plain(value)
    return _text(value.get("name")) if isinstance(value, dict) else ""


def _names(article: Thing, known: dict[str, Thing]) -> tuple[str, ...]:
    authors = _seen(article.get("author") or article.get("creator"), known)
    found = authors if isinstance(authors, list) else [authors]
    return tuple(filter(None, map(_name, found)))


def _pictures(article: Thing, known: dict[str, Thing]) -> Iterator[SaidPicture]:
    images = _seen(article.get("image") or article.get("thumbnailUrl"), known)
    for image in images if isinstance(images, list) else [images]:
        if isinstance(image, str):
            yield SaidPicture(image[:_LONGEST])
        elif isinstance(image, dict):
            url = image.get("contentUrl") or image.get("url") or ""
            url = url[0] if isinstance(url, list) and url else url
            credit = (
                _text(image.get("creditText")) or _name(image.get("creator")) or _name(image.get("copyrightHolder"))
            )
            if isinstance(url, str) and url:
                yield SaidPicture(url[:_LONGEST], caption=_text(image.get("caption")), credit=credit)


# --- meta tags

_DATES = (
    "article:published_time", "og:article:published_time", "datepublished", "article:published", "parsely-pub-date",
    "sailthru.date", "pubdate", "publishdate", "publish-date", "publish_date", "publication_date", "date.available",
    "dc.date.issued", "dcterms.created", "dc.date.created", "dcterms.date", "dc.date", "citation_publication_date",
    "cxenseparse:recs:publishtime", "date",
)  # fmt: skip
_WRITERS = ("author", "article:author", "parsely-author", "byl", "dc.creator", "dcterms.creator", "sailthru.author",
            "dable:author", "twitter:creator:name")  # fmt: skip


def _dates(article: Thing, page: PageTree) -> tuple[str, ...]:
    found = [
        _text(article.get("datePublished")),
        *(page.meta(name) for name in _DATES),
        _text(article.get("dateCreated")),
    ]
    return tuple(filter(None, found))


def _meta_names(page: PageTree) -> tuple[str, ...]:
    for name in _WRITERS:
        found = [value for value in page.metas.get(name, ()) if value and not re.match(r"https?:|@|/", value)]
        if found:
            return tuple(found[:_MANY])
    return ()


def _meta_pictures(page: PageTree) -> Iterator[SaidPicture]:
    url = page.meta("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")
    if url:
        yield SaidPicture(url[:_LONGEST], alt=page.meta("og:image:alt", "twitter:image:alt"))


def _addresses(article: Thing, page: PageTree) -> tuple[str, ...]:
    """What the page calls its own address, the surest first, as written."""
    links = [attributes.get("href", "") for rel, attributes in page.links if "canonical" in rel.split()]
    main = article.get("mainEntityOfPage")
    main = main.get("@id") or main.get("url") if isinstance(main, dict) else main
    found = (*links[:1], page.meta("og:url"), article.get("url"), main)
    return tuple(address[: _LONGEST * 2] for address in found if isinstance(address, str) and address)
