"""Items as sources give them, and what makes two of them the same."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from publisher.domain.message import Picture


class Rights(StrEnum):
    """What of a source's text and pictures may be used."""

    OWN = "own"
    LICENSED = "licensed"
    EXCERPT = "excerpt"
    LINK_ONLY = "link-only"


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that comes with an item, as its source describes it: a recording, a document. `length` is in bytes."""

    url: str
    media_type: str = ""
    length: int | None = None


@dataclass(frozen=True, slots=True)
class ItemFound:
    """One item as a source gives it, before the store knows whether it is new.

    `identity` is stable within the source through every edit of the item. `body` is Markdown without raw HTML
    (`editorial/markup.py`), NFC, possibly empty. `published_at` is aware UTC, or None where the source has no date.
    `dek` is the standfirst, one plain line. `canonical` is the address that the page itself calls its own
    (rel=canonical), where that is known.
    """

    identity: str
    headline: str
    url: str | None = None
    body: str = ""
    published_at: datetime | None = None
    language: str = ""
    byline: str = ""
    picture: Picture | None = None
    dek: str = ""
    canonical: str | None = None
    enclosures: tuple[Enclosure, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnFound:
    """A finished column: an issue that somebody has already written, with its items in order."""

    identity: str
    series: str
    title: str
    deks: tuple[str, ...]
    note: str
    byline: str
    byline_address: str
    items: tuple[ItemFound, ...]
    url: str | None = None
    published_at: datetime | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stored item as composing looks at it.

    `dated_at` is `published_at`, or where the source gives no date the time it was first seen; None for an undated item
    of a source's first reading, which is back catalogue. `used_in` is the number of the issue that has it already.
    `source_order` is the position of its source in config.toml. What is written by hand is meant for the issue, so no
    limit on one source applies to it.
    """

    item_id: int
    source: str
    source_order: int
    attribution: str
    rights: Rights
    headline: str
    body: str
    url: str
    canonical_url: str
    dated_at: datetime | None
    language: str = ""
    byline: str = ""
    picture: Picture | None = None
    used_in: int | None = None
    is_by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """What composing decided about one candidate. `position` from 1 when it was chosen, else None.

    `rank` is the place of a story's lead among all that were fit to be chosen, from 1; 0 for all others.
    """

    item_id: int
    story_item_id: int
    position: int | None
    reason: str
    rank: int = 0


def fingerprint(item: ItemFound) -> str:
    """SHA-256, in hex, over all that the source gave: when it differs, the item was edited."""
    picture = item.picture
    given: list[object] = [
        item.identity,
        item.headline,
        item.url,
        item.body,
        item.published_at.astimezone(UTC).isoformat() if item.published_at else None,
        item.language,
        item.byline,
        [picture.url, picture.alt, picture.caption, picture.credit] if picture else None,
    ]
    # Only where there are any: what was stored before these fields were known is not edited by that.
    if item.dek or item.canonical or item.enclosures:
        given.append([item.dek, item.canonical, [[one.url, one.media_type, one.length] for one in item.enclosures]])
    return hashlib.sha256(json.dumps(given).encode("ascii")).hexdigest()
