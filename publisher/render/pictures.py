"""An item's picture as templates see it, and where letter and page find it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from publisher.domain.message import Picture
from publisher.domain.picture import StoredPicture
from publisher.editorial import markup
from publisher.render.links import Links, web_address

# What is kept of pictures, by their address; None for one that stays where it is.
Kept = Mapping[str, StoredPicture | None]
# Given the addresses of an issue's pictures and the time: those that can be had, and those that stay where they are.
# `gallery.py` has two of these.
Obtain = Callable[[Collection[str], datetime], Kept]


@dataclass(frozen=True, slots=True)
class PictureView:
    """One picture in templates. `width` and `height` are its own pixels; 0 where it stays elsewhere, unseen.

    `small_url` is the same one at 600 pixels, or `url` where there is no smaller one. `srcset` offers both to whoever
    knows the reader's screen; it is empty where there is only one.
    """

    url: str
    alt: str = ""
    caption: str = ""
    credit: str = ""
    width: int = 0
    height: int = 0
    small_url: str = ""
    small_name: str = ""
    srcset: str = ""

    def fitted(self, widest: int) -> tuple[int, int]:
        """Width and height at which it fits a column of `widest` pixels; a smaller one keeps its size."""
        if not self.width:
            return widest, 0
        width = min(self.width, widest)
        return width, max(1, round(self.height * width / self.width))

    def carried(self, domain: str) -> PictureView:
        """The same picture, the smaller one, found in the letter itself (RFC 2392)."""
        url = f"cid:{self.small_name}@{domain}"
        return replace(self, url=url, small_url=url, srcset="")


def picture_view(picture: Picture | None, links: Links, stored: Kept | None) -> PictureView | None:
    """The picture where the publication keeps it; None where it could not be had.

    Where `stored` is None, or has None for it, it stays at its own address.
    """
    if picture is None:
        return None
    alt, caption, credit = map(markup.clean, (picture.alt, picture.caption, picture.credit))
    if stored is None or (picture.url in stored and stored[picture.url] is None):
        url = web_address(picture.url)
        return PictureView(url, alt, caption, credit, small_url=url) if url else None
    facts = stored.get(picture.url)
    if facts is None:
        return None
    small = facts.small or facts
    url, small_url = links.picture(facts.file_name), links.picture(small.file_name)
    srcset = f"{small_url} {small.width}w, {url} {facts.width}w" if facts.small else ""
    return PictureView(url, alt, caption, credit, facts.width, facts.height, small_url, small.file_name, srcset)
