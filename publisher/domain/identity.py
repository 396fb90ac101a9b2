"""What makes an entry of a source the same entry tomorrow."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from publisher.domain.item import ItemFound
from publisher.domain.urls import canonical_url

_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Marks:
    """What an entry can be known by, as its source says it; `url` is absolute, `date` as it is written."""

    guid: str = ""
    url: str = ""
    headline: str = ""
    date: str = ""


def identity_of(marks: Marks, shared: frozenset[str] = frozenset()) -> str:
    """The identity of an entry within its source: the first of these that it has, and that no other entry has too.

    1. Its own id, as it is. It is never resolved or cleaned, for it must not change when the feed moves to another
       address; only `&amp;` is undone, which a reader of broken XML leaves, and a feed may be broken on one day only.
    2. Its canonical URL: without an id the page is what stays the same, and a new tracking parameter, `https` or a
       moved comment mark does not make it another page.
    3. Its headline with its date as written: all that is left of an entry without a page. A correction of either makes
       it another entry, so this comes last.

    `shared` are the ids and addresses that stand for several entries of the feed (`shared_marks`): they are none. What
    an unknown identity may still be, an item that changed its id, is decided against the store (`editorial/again.py`).
    """
    guid = _id(marks.guid)
    known = guid if guid not in shared else ""
    if not known and marks.url:
        url = canonical_url(marks.url)
        known = url if url not in shared else ""
    if not known:
        return "sha256:" + hashlib.sha256(f"{marks.headline}\n{marks.date}".encode()).hexdigest()
    if len(known) > _LONGEST:
        return "sha256:" + hashlib.sha256(known.encode()).hexdigest()
    return known


def shared_marks(feed: Iterable[Marks]) -> frozenset[str]:
    """The ids and canonical URLs of a feed that stand for several different entries.

    An entry that a feed repeats, with the same page and the same headline, is one entry.
    """
    first: dict[str, Marks] = {}
    shared = set()
    for marks in feed:
        guid, url = _id(marks.guid), canonical_url(marks.url)
        if guid and _differ(first.setdefault(guid, marks), marks):
            shared.add(guid)
        if url and url != guid and first.setdefault(url, marks).headline != marks.headline:
            shared.add(url)
    return frozenset(shared)


def address_of(item: ItemFound) -> str:
    """The canonical URL of an item's page: of what the page calls its own address, where that is an address of a page.

    A site that names its front page in every page says nothing of them.
    """
    own, said = canonical_url(item.url or ""), canonical_url(item.canonical or "")
    return said if said and (not said.endswith("/") or own.endswith("/")) else own


def _id(guid: str) -> str:
    return unicodedata.normalize("NFC", " ".join(guid.replace("&amp;", "&").split()))


def _differ(one: Marks, other: Marks) -> bool:
    return one.headline != other.headline or canonical_url(one.url) != canonical_url(other.url)
