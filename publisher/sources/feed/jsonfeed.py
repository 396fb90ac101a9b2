"""JSON Feed 1.0 and 1.1 (jsonfeed.org), which feedparser does not read."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import Any

from publisher.editorial.addresses import web_address
from publisher.errors import SourceError
from publisher.sources.feed.entry import (
    MAX_ENTRIES,
    Document,
    Entry,
    Text,
    as_html,
    enclosures_of,
    language_of,
)
from publisher.sources.feed.pictures import Media, find_picture

_ITEMS = re.compile(r'"items"\s*:\s*\[')
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def read_json(text: str, url: str, where: str) -> Document:
    """Raises SourceError where it is no JSON Feed. Of one that is cut off, every whole item is read."""
    try:
        feed, is_cut = json.loads(text), False
    except (ValueError, RecursionError):
        feed, is_cut = _salvaged(text), True
    if not isinstance(feed, dict) or "jsonfeed.org/version/" not in _text(feed, "version"):
        raise SourceError(f"{where}: is JSON, but no JSON Feed that can be read; check the address")
    found = feed.get("items")
    if not isinstance(found, list):
        raise SourceError(f"{where}: is a JSON Feed without its items; check the address")
    problems = []
    if is_cut:
        if not found:
            raise SourceError(f"{where}: is broken or cut off before its first item; it is read again next time")
        problems.append(f"the feed is broken or cut off after item {len(found)}; the rest is read next time")
    if len(found) > MAX_ENTRIES:
        problems.append(f"the feed has {len(found):,} items; the first {MAX_ENTRIES:,} were read")
    broken = sum(1 for item in found[:MAX_ENTRIES] if not isinstance(item, dict))
    if broken:
        problems.append(f"{broken} items are not objects and were passed over")
    base = web_address(_text(feed, "home_page_url"), url) or web_address(url, None)
    entries = tuple(_entry(item, base) for item in found[:MAX_ENTRIES] if isinstance(item, dict))
    return Document(entries, language_of(_text(feed, "language")), is_cut, tuple(problems))


def _salvaged(text: str) -> dict[str, Any]:
    """What stands before the items, and each item up to the first that cannot be read."""
    match = _ITEMS.search(text)
    if not match:
        return {}
    try:
        feed = json.loads(text[: match.end()] + "]}")
    except (ValueError, RecursionError):
        return {}
    decoder, position, items = json.JSONDecoder(), match.end(), list[Any]()
    while len(items) <= MAX_ENTRIES:
        start = re.compile(r"[\s,]*").match(text, position)
        try:
            item, position = decoder.raw_decode(text, start.end() if start else position)
        except (ValueError, RecursionError):
            break
        items.append(item)
    return {**feed, "items": items} if isinstance(feed, dict) else {}


def _entry(item: dict[str, Any], base: str | None) -> Entry:
    texts = (
        Text(_text(item, "content_html"), base),
        Text(as_html(_text(item, "content_text")), base),
        Text(as_html(_text(item, "summary")), base, is_summary=True),
    )
    people = item.get("authors") if isinstance(item.get("authors"), list) else [item.get("author")]
    return Entry(
        guid=_id(item.get("id")),
        link=_text(item, "url") or _text(item, "external_url"),
        title=_text(item, "title"),
        is_plain=True,
        texts=texts,
        dates=(_text(item, "date_published"), _text(item, "date_modified")),
        language=language_of(_text(item, "language")),
        names=tuple(_text(person, "name") for person in people or () if isinstance(person, dict)),
        base=base,
        picture=partial(find_picture, _media(item), texts, base),
        enclosures=enclosures_of(
            (
                (_text(part, "url"), _text(part, "mime_type"), _id(part.get("size_in_bytes")))
                for part in _attached(item)
            ),
            base,
        ),
    )


def _media(item: dict[str, Any]) -> Media:
    pictures = [(_text(item, key), "image/", "") for key in ("image", "banner_image")]
    pictures += [(_text(part, "url"), _text(part, "mime_type") or "unknown", "") for part in _attached(item)]
    return Media(tuple(pictures))


def _attached(item: dict[str, Any]) -> list[dict[str, Any]]:
    attachments = item.get("attachments")
    return [part for part in attachments if isinstance(part, dict)] if isinstance(attachments, list) else []


def _id(value: object) -> str:
    """An id is a string; numbers are to be read as if they were (1.1, "Items")."""
    if isinstance(value, str):
        return _NOT_TEXT.sub("", value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _text(place: dict[str, Any], key: str) -> str:
    value = place.get(key)
    return _NOT_TEXT.sub("", value) if isinstance(value, str) else ""
