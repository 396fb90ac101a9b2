"""One item of a column: what stands between its sub-heading and the next."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from publisher.domain.message import Picture
from publisher.editorial.columns import lines
from publisher.editorial.columns.parts import Link, Part, body_of, writer


@dataclass(frozen=True, slots=True)
class Entry:
    """`byline` and `address` where the item is signed; `is_picture_last` when its picture is below its paragraphs."""

    headline: str
    body: str
    url: str = ""
    picture: Picture | None = None
    is_picture_last: bool = False
    byline: str = ""
    address: str = ""


def entry_of(headline: str, parts: Sequence[Part], *, is_last: bool, host: str, links: Sequence[Link] = ()) -> Entry:
    """The item. Below the last one the writer's line ends the column. `host` is the column's own.

    `links` are those of the sub-heading, whose one link to elsewhere is where the item is from, if no other says so.
    """
    reader = _Reader(host, links)
    for part, following in zip(parts, [*parts[1:], Part()], strict=False):
        if is_last and (reader.is_signed_below or not part.is_inside):
            reader.sign(part)
        else:
            reader.read(part, is_above_picture=following.picture is not None)
    return reader.entry(headline)


class _Reader:
    def __init__(self, host: str, links: Sequence[Link]) -> None:
        self._host = host
        self._heads = [link.url for link in links if self._is_elsewhere(link.url)]
        self._own: list[Part] = []
        self._byline = ""
        self._address = ""
        self._sources: list[str] = []
        self._picture: Picture | None = None
        self._is_picture_last = False
        self._captioned: Picture | None = None  # the picture right above, perhaps another than the first
        self._waiting = ("", "")  # a caption and credit right above a picture to come

    @property
    def is_signed_below(self) -> bool:
        return bool(self._own and self._byline)

    def sign(self, part: Part) -> bool:
        """Take the writer's name and address from the line, if it is that."""
        name, address = writer(part) or ("", lines.address(part.text))
        self._byline = self._byline or name
        self._address = self._address or address
        return bool(name or address)

    def read(self, part: Part, *, is_above_picture: bool) -> None:
        if part.picture:
            self._show(part.picture)
        elif self._is_caption(part, is_above_picture):
            self._caption(*(lines.caption(part.text, is_known=True) or (part.text, "")))
        elif not self.sign(part) and (own := self._without_source(part)):
            self._own.append(own)
            self._captioned, self._waiting, self._is_picture_last = None, ("", ""), False

    def entry(self, headline: str) -> Entry:
        sources = list(dict.fromkeys(self._sources or self._heads))
        return Entry(
            headline=headline,
            body=body_of(self._own),
            url=sources[0] if len(sources) == 1 else "",
            picture=self._picture,
            is_picture_last=self._is_picture_last,
            byline=self._byline,
            address=self._address,
        )

    def _show(self, picture: Picture) -> None:
        caption, credit = self._waiting
        self._waiting = ("", "")
        self._captioned = replace(picture, caption=caption, credit=credit)
        if self._picture is None:
            self._picture = self._captioned
            self._is_picture_last = bool(self._own)

    def _is_caption(self, part: Part, is_above_picture: bool) -> bool:
        found = lines.caption(part.text) if not lines.source_line(part.text) else None
        is_beside = self._captioned is not None or is_above_picture
        return part.hint == "caption" or part.text[0] in "▲△" or bool(found and (is_beside or not found[0]))

    def _caption(self, words: str, credit: str) -> None:
        above = self._captioned
        if above is None:
            self._waiting = (self._waiting[0] or words, self._waiting[1] or credit)
            return
        self._captioned = replace(above, caption=above.caption or words, credit=above.credit or credit)
        if self._picture is above:
            self._picture = self._captioned

    def _without_source(self, part: Part) -> Part | None:
        """The part without the link to where the item is from, which is noted; None if that is all it says."""
        bare = re.fullmatch(r"https?://\S+", part.text)
        written = part.text if bare and self._is_elsewhere(part.text) else lines.source_line(part.text)
        named = [link for link in part.links if lines.is_source_link(link.words) and self._is_elsewhere(link.url)]
        self._sources += [written] if written else [link.url for link in named]
        if written or (len(named) == 1 and lines.is_source_link(part.text)):
            return None
        match = re.search(r"\s*[(\[]?\[([^\[\]]*)\]\(\S*\)[)\]]?$", part.body)
        if named and match and lines.is_source_link(match[1]):
            return replace(part, body=part.body[: match.start()])
        return part

    def _is_elsewhere(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.hostname != self._host
