"""From an item to its pick: as much of its words and pictures as its rights allow."""

from __future__ import annotations

from dataclasses import replace

from publisher.domain.issue import Pick
from publisher.domain.item import Candidate, Rights
from publisher.domain.message import Picture
from publisher.editorial.excerpts import excerpt, prose
from publisher.editorial.rank import blurb


def pick_from(item: Candidate, position: int, reason: str, *, is_whole: bool = False) -> Pick:
    """The pick that an editor starts from. `is_whole`: a column's own paragraphs stay as they are, unattributed."""
    return Pick(
        position=position,
        item_id=item.item_id,
        headline=item.headline,
        body=item.body.strip() if is_whole else excerpt(item.body, item.rights, item.headline),
        blurb=blurb(item.headline, prose(item.body), rights=item.rights),
        reason=reason,
        url=item.url or None,
        attribution="" if is_whole else item.attribution,
        picture=_picture(item),
    )


def _picture(item: Candidate) -> Picture | None:
    """The picture where it may be shown. A licence asks that somebody is named: where nobody is, that is the source."""
    if item.picture is None or item.rights not in (Rights.OWN, Rights.LICENSED):
        return None
    if item.rights == Rights.LICENSED and not item.picture.credit.strip():
        return replace(item.picture, credit=item.attribution)
    return item.picture
