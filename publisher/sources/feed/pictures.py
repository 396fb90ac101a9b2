"""The picture of an entry: what the feed gives with it, else the first real one in its text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from publisher.domain.message import Picture
from publisher.editorial.addresses import web_address
from publisher.editorial.illustration import first_picture
from publisher.sources.feed.entry import Text, headline_of

_PICTURE_NAME = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:$|\?)", re.IGNORECASE)
_PORTRAIT = re.compile(r"//(?:[\w-]+\.)?gravatar\.com/", re.IGNORECASE)  # of the writer, which WordPress puts first
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
    return next(filter(None, (first_picture(text.html, text.base) for text in texts)), None)


def _words(text: str) -> str:
    return headline_of(text[:_LONGEST_WORDS], is_plain=False)
