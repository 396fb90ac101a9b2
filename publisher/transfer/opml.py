"""Lists of feeds in OPML, as feed readers give and take them: opml.org/spec2.opml.

What comes in becomes `[[source]]` blocks for config.toml; folders are flattened. Entities, files and schemes other than
http(s) are refused: an address that names a file of this machine may only be written by hand.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from lxml import etree

from publisher.domain.urls import canonical_url
from publisher.editorial.addresses import web_address
from publisher.editorial.charset import decode
from publisher.editorial.markup import clean
from publisher.errors import TransferError
from publisher.fetch.target import shown

MAX_BYTES = 10_000_000
_MOST_OUTLINES = 50_000
_MOST_FEEDS = 5_000
_LONGEST_TITLE = 200
_LONGEST_NAME = 40
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\w{1,8});)")
_LANGUAGES = ("ko", "en")


@dataclass(frozen=True, slots=True)
class ListedFeed:
    """One feed of a list. `name` is its own among the sources; `language` is "" where it is neither ko nor en."""

    title: str
    url: str
    language: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Outline:
    """An entry of the list, its attributes by their names in small letters."""

    attributes: Mapping[str, str]
    is_folder: bool


@dataclass(frozen=True, slots=True)
class FeedList:
    """The feeds of a list, each once, and what was passed over, each a readable line."""

    feeds: tuple[ListedFeed, ...]
    problems: tuple[str, ...]


def read_opml(content: bytes) -> FeedList:
    """Raises TransferError where it is no list of feeds, or has none."""
    root = _root(content)
    feeds: dict[str, ListedFeed] = {}
    problems: list[str] = []
    for count, outline in enumerate(_outlines(root)):
        if count >= _MOST_OUTLINES or len(feeds) >= _MOST_FEEDS:
            problems.append(f"the list is longer than {_MOST_FEEDS:,} feeds; the rest was passed over")
            break
        try:
            feed = _feed(outline)
        except ValueError as error:
            problems.append(str(error))
            continue
        if feed and _key(feed.url) in feeds:
            problems.append(f"{shown(feed.url)} is in the list twice; the first one counts")
        elif feed:
            feeds[_key(feed.url)] = feed
    if not feeds:
        reason = f"; {problems[0]}" if problems else ""
        raise TransferError(f"there is no feed in this list (no outline with an xmlUrl){reason}")
    return FeedList(tuple(feeds.values()), tuple(problems))


def new_feeds(
    feeds: Iterable[ListedFeed], names: Collection[str], urls: Iterable[str]
) -> tuple[list[ListedFeed], list[ListedFeed]]:
    """Those that are not at one of `urls`, each with a name beside `names`; and those that are."""
    known = {_key(url) for url in urls}
    taken = set(names)
    new, old = [], []
    for feed in feeds:
        if _key(feed.url) in known:
            old.append(feed)
            continue
        named = replace(feed, name=_name(feed, taken))
        taken.add(named.name)
        new.append(named)
    return new, old


def blocks(feeds: Iterable[ListedFeed]) -> str:
    """The feeds as they stand in config.toml."""
    return "\n".join(_block(feed) for feed in feeds)


def write_opml(feeds: Iterable[ListedFeed], *, title: str, now: datetime) -> bytes:
    """OPML 2.0 in UTF-8. No user's name or password is in it."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = title
    etree.SubElement(head, "dateCreated").text = format_datetime(now, usegmt=True)
    body = etree.SubElement(root, "body")
    for feed in feeds:
        known = {"text": feed.title, "title": feed.title, "type": "rss", "xmlUrl": without_user(feed.url)}
        etree.SubElement(body, "outline", known | ({"language": feed.language} if feed.language else {}))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def without_user(url: str) -> str:
    """The address without a name and password in it."""
    return re.sub(r"^(https?://)[^/?#]*@", r"\1", url, flags=re.IGNORECASE)


def _root(content: bytes) -> Any:
    if len(content) > MAX_BYTES:
        raise TransferError(f"the list is larger than {MAX_BYTES:,} bytes")
    text = _NOT_XML.sub("", decode(content)).strip()
    if not text:
        raise TransferError("the list is empty")
    text = re.sub(r"^<\?xml[^>]*\?>", "", text)
    try:
        root = _parsed(text)
    except DefusedXmlException as error:
        raise TransferError("the list defines entities, which no list of feeds needs; it was not read") from error
    except (ParseError, RecursionError, ValueError) as error:
        at = getattr(error, "position", None)
        where = f"line {at[0]}, column {at[1] + 1}: " if at else ""
        raise TransferError(f"{where}this is not well-formed XML; export the list again") from error
    if _local(root.tag) != "opml":
        raise TransferError(f"this is no OPML (its root is <{_local(root.tag)[:40]}>); export the feeds as OPML")
    return root


def _parsed(text: str) -> Any:
    """Lists that were written by hand have bare ampersands in their addresses."""
    try:
        return fromstring(text, forbid_dtd=False)
    except ParseError:
        mended = _BARE_AMPERSAND.sub("&amp;", text)
        if mended == text:
            raise
        return fromstring(mended, forbid_dtd=False)


def _outlines(root: Any) -> Iterator[_Outline]:
    for element in root.iter():
        if isinstance(element.tag, str) and _local(element.tag) == "outline":
            yield _Outline({_local(name): str(value) for name, value in element.attrib.items()}, len(element) > 0)


def _feed(outline: _Outline) -> ListedFeed | None:
    """The feed that the outline is; None for a folder. Raises ValueError, saying what is wrong with it."""
    said = outline.attributes
    link = said.get("xmlurl", "") or (said.get("url", "") if said.get("type", "").lower() in ("rss", "atom") else "")
    text, title = clean(said.get("text", "")), clean(said.get("title", ""))
    title = title if title and (not text or text.startswith("http")) else text
    if not link.strip():
        if outline.is_folder or not (title or said.get("htmlurl")):
            return None
        raise ValueError(f"“{title[:60] or shown(said['htmlurl'])}” has no xmlUrl, so its feed is not known")
    url = _web(re.sub(r"^feed:(?://)?(?=https?://)|^feed:(?=//)", "", link.strip(), flags=re.IGNORECASE))
    if url is None:
        raise ValueError(f"“{title[:60]}” is at {shown(link)[:80]}, which is no http(s) address")
    language = said.get("language", "")[:2].lower()
    return ListedFeed(title[:_LONGEST_TITLE], url, language if language in _LANGUAGES else "")


def _web(address: str) -> str | None:
    """An http(s) address, which here may have a name and password in it, for it is the operator's own."""
    url = web_address(without_user(address), None)
    user = re.match(r"https?:(//[^/?#]*@)", address, re.IGNORECASE)
    return url.replace("//", user[1], 1) if url and user else url


def _key(url: str) -> str:
    return canonical_url(without_user(url)) or url


def _name(feed: ListedFeed, taken: Collection[str]) -> str:
    """A name that nobody has: of the title where it has Latin letters, else of the host."""
    host = re.sub(r"^(?:www|feeds?|rss|blog)\.", "", urlsplit(feed.url).hostname or "")
    name = _slug(feed.title) if len(_slug(feed.title)) > 2 else _slug(host)
    name = name or "feed"
    for count in range(2, len(taken) + 3):
        if name not in taken:
            break
        base = re.sub(r"-\d+$", "", name) if count > 2 else name
        name = f"{base[: _LONGEST_NAME - 5]}-{count}"
    return name


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST_NAME].rstrip("-")


def _block(feed: ListedFeed) -> str:
    pairs = {"name": feed.name, "kind": "feed", "url": feed.url, "title": feed.title, "language": feed.language}
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in pairs.items() if value]
    return "\n".join(["[[source]]", *lines, ""])


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].lower()
