"""The picture of a text: the first real one in its HTML."""

from __future__ import annotations

import re
from typing import Any

import lxml.html

from publisher.domain.message import Picture
from publisher.editorial.addresses import web_address
from publisher.editorial.markup import clean

_SOURCES = ("src", "data-src", "data-original", "data-lazy-src")
_SEARCHED = 200_000
_LONGEST_WORDS = 1_000


def first_picture(html: str, base: str | None) -> Picture | None:
    """With the words that stand beside it. What only counts readers, and smileys, are passed over."""
    html = html[:_SEARCHED]
    if "<img" not in html.lower():
        return None
    parser = lxml.html.HTMLParser(encoding="utf-8")
    try:
        tree = lxml.html.document_fromstring(f"<div>{html}</div>".encode("utf-8", "ignore"), parser=parser)
    except (lxml.etree.LxmlError, ValueError):
        return None
    for image in tree.iter("img"):
        url = _source(image, base)
        if url:
            caption = str(image.xpath("string(ancestor::figure[1]//figcaption)")) or image.get("title", "")
            return Picture(url, _words(image.get("alt", "")), _words(caption))
    return None


def _source(image: Any, base: str | None) -> str | None:
    """Where the picture is, unless it only counts readers or is a smiley. Lazy pages keep the true place elsewhere."""
    if any(re.fullmatch(r"\s*[01](?:px)?\s*", image.get(side, "")) for side in ("width", "height")):
        return None
    if {"emoji", "wp-smiley"} & set(image.get("class", "").split()):
        return None
    places = [image.get(name, "") for name in _SOURCES] + [image.get("srcset", "").partition(",")[0].partition(" ")[0]]
    addresses = (web_address(place, base) for place in places if not place.lower().startswith("data:"))
    return next(filter(None, addresses), None)


def _words(text: str) -> str:
    return clean(text[:_LONGEST_WORDS])
