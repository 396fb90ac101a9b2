"""The picture of an entry: what the feed gives with it, else the first real one in its text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import lxml.html

from publisher.domain.message import Picture
from publisher.editorial import markup
from publisher.sources.feed.entry import Text, headline_of, web_address

_PICTURE_NAME = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:$|\?)", re.IGNORECASE)
_PORTRAIT = re.compile(r"//(?:[\w-]+\.)?gravatar\.com/", re.IGNORECASE)  # of the writer, which WordPress puts first
_SOURCES = ("src", "data-src", "data-original", "data-lazy-src")
_SEARCHED = 200_000
_LONGEST_WORDS = 1_000


@dataclass(frozen=True, slots=True)
class Media:
    """What a feed gives beside the text: (url, type, medium) in the order of preference, and words about the first."""

    pictures: tuple[tuple[str, str, str], ...] = ()
    alt: str = ""
    caption: str = ""
    credit: str = ""


def find_picture(media: Media, texts: Iterable[Text], base: str | None) -> Picture | None:
    for link, kind, medium in media.pictures:
        is_picture = kind.startswith("image/") or medium == "image" or (not kind and _PICTURE_NAME.search(link))
        is_picture = is_picture and not (kind.startswith("image/svg") or _PORTRAIT.search(link))
        url = web_address(link, base) if is_picture else None
        if url:
            return Picture(url, _words(media.alt), _words(media.caption), _words(media.credit))
    return next(filter(None, map(_in_text, texts)), None)


def _in_text(text: Text) -> Picture | None:
    html = text.html[:_SEARCHED]
    if "<img" not in html.lower():
        return None
    parser = lxml.html.HTMLParser(encoding="utf-8")
    try:
        tree = lxml.html.document_fromstring(f"<div>{html}</div>".encode(), parser=parser)
    except (lxml.etree.LxmlError, ValueError):
        return None
    for image in tree.iter("img"):
        url = _source(image, text.base)
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
    return headline_of(markup.clean(text[:_LONGEST_WORDS]), is_plain=False)
