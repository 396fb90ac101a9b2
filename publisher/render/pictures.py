"""An item's picture as templates see it, and where letter and page find it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from publisher.domain.message import Picture
from publisher.domain.picture import StoredPicture
from publisher.editorial import markup
from publisher.render.links import Links, web_address

# Given the addresses of an issue's pictures and the time: those that can be had. `gallery.py` is one.
Obtain = Callable[[Collection[str], datetime], Mapping[str, StoredPicture]]


@dataclass(frozen=True, slots=True)
class PictureView:
    """One picture in templates. `width` and `height` are its own pixels; 0 where it stays elsewhere, unseen."""

    url: str
    alt: str = ""
    caption: str = ""
    credit: str = ""
    width: int = 0
    height: int = 0
    file_name: str = ""

    def fitted(self, widest: int) -> tuple[int, int]:
        """Width and height at which it fits a column of `widest` pixels; a smaller one keeps its size."""
        if not self.width:
            return widest, 0
        width = min(self.width, widest)
        return width, max(1, round(self.height * width / self.width))

    def carried(self, domain: str) -> PictureView:
        """The same picture, found in the letter itself (RFC 2392)."""
        return replace(self, url=f"cid:{self.file_name}@{domain}")


def picture_view(
    picture: Picture | None, links: Links, stored: Mapping[str, StoredPicture] | None
) -> PictureView | None:
    """The picture where the publication keeps it; None where it could not be had.

    Where `stored` is None pictures are not kept: it stays at its own address.
    """
    if picture is None:
        return None
    alt, caption, credit = map(markup.clean, (picture.alt, picture.caption, picture.credit))
    if stored is None:
        url = web_address(picture.url)
        return PictureView(url, alt, caption, credit) if url else None
    facts = stored.get(picture.url)
    if facts is None:
        return None
    place = links.picture(facts.file_name)
    return PictureView(place, alt, caption, credit, facts.width, facts.height, facts.file_name)
