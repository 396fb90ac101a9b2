"""Where the feeds of a page are: what the page says in its head, what it links to, and the usual places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from publisher.editorial.hostile import web_link
from publisher.editorial.markup import clean
from publisher.editorial.pages.tree import PageTree, read_tree, words_of

_TYPE = re.compile(r"application/(rss|atom|rdf|feed|json)(?:\+(?:xml|json))?(?:\s*;.*)?", re.IGNORECASE)
_COMMENTS = re.compile(r"comments?\b|댓글|의견", re.IGNORECASE)
_LOOKS_LIKE = re.compile(
    r"(?:^|/)(?:feed|rss|atom|index\.(?:xml|rdf|rss)|feed\.(?:xml|json)|(?:rss|atom)\.xml|[\w-]+\.rss)/?$",
    re.IGNORECASE,
)
_CALLED = re.compile(
    r"(?:rss|atom)(?:\s?2\.0)?|(?:rss|atom|web|news)?\s?feed|rss\s?(?:구독|피드|주소)|피드(?:\s?구독)?", re.IGNORECASE
)
_MANY = 20


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed that a page names. `title` may be empty; `has_comments` where it has the comments and not the articles."""

    url: str
    title: str = ""
    has_comments: bool = False


def feeds_of(html: str, url: str) -> tuple[FeedLink, ...]:
    """The feeds that the page at `url` names, the best first: those in its head, then linked ones; comments last."""
    page = read_tree(html, url)
    found: dict[str, FeedLink] = {}
    for link in (*_in_head(page), *_in_text(page)):
        found.setdefault(link.url, link)
    return tuple(sorted(found.values(), key=lambda link: link.has_comments)[:_MANY])


def usual_places(url: str) -> tuple[str, ...]:
    """Where the feed of a page that names none often is, the likeliest first; only those on its host, or its builder's.

    Sources: the help pages of each builder.
    """
    parts = urlsplit(url)
    host, path = (parts.hostname or "").lower(), parts.path.strip("/")
    first, _, rest = path.partition("/")
    root = f"{parts.scheme}://{parts.netloc}/"
    match host.removeprefix("www."):
        case "blog.naver.com" | "m.blog.naver.com" if first:
            return (f"https://rss.blog.naver.com/{first}.xml",)
        case "velog.io" if first.startswith("@"):
            return (f"https://v2.velog.io/rss/{first}",)
        case "medium.com" if first:
            return (f"https://medium.com/feed/{first}",)
        case "github.com" if first and rest:
            return (f"https://github.com/{first}/{rest.partition('/')[0]}/releases.atom",)
    places = [
        urljoin(root, name) for name in ("feed", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml", "feed.json")
    ]
    if path:  # a section may have its own
        places = [urljoin(root, f"{path}/{name}") for name in ("feed", "rss", "index.xml")] + places
    return tuple(places)


def _in_head(page: PageTree) -> Iterator[FeedLink]:
    for rel, attributes in page.links:
        kind = _TYPE.fullmatch(attributes.get("type", "").strip())
        if kind and {"alternate", "feed"} & set(rel.split()) and "stylesheet" not in rel:
            address = web_link(attributes.get("href", ""), page.base)
            title = clean(attributes.get("title", ""))[:200]
            is_api = kind[1].lower() == "json" and "feed" not in address.lower()  # WordPress names its API so
            if address and not is_api:
                yield FeedLink(address, title, _is_of_comments(title, address))


def _in_text(page: PageTree) -> Iterator[FeedLink]:
    for anchor in page.body.iter("a"):
        href = anchor.get("href", "")
        if not href or href.startswith("#"):
            continue
        words = words_of(anchor) or clean(anchor.get("title", ""))
        address = web_link(href, page.base)
        if address and (_CALLED.fullmatch(words) or _LOOKS_LIKE.search(urlsplit(address).path)):
            yield FeedLink(address, "", _is_of_comments(words, address))


def _is_of_comments(title: str, address: str) -> bool:
    return bool(_COMMENTS.search(title) or re.search(r"/comments?(?:/|$)", urlsplit(address).path))
