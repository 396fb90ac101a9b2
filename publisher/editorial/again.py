"""Which entries with an identity that nobody knows are items that we have already.

Some feeds give their entries new ids: with every fetch (a session in the id), or once, when the site moves to another
system. A false "again" hides a new entry, a false "new" shows an old one twice; `domain/identity.py` says what an
identity is.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from publisher.domain.identity import address_of
from publisher.domain.item import ItemFound, fingerprint
from publisher.editorial.similar import Headline, alike, headline_of

LOOKED_AT = 12  # the newest items on one page that an entry is compared with: what keeps a page of all news linear


@dataclass(frozen=True, slots=True)
class Stored:
    """An item of the same source as it is stored; `address` is its canonical URL, or empty."""

    identity: str
    headline: str
    address: str
    published_at: datetime | None


def recognised(reading: Mapping[str, ItemFound], unknown: Collection[str], stored: Iterable[Stored]) -> dict[str, str]:
    """For every unknown entry of a reading that is an item already, the identity of that item.

    `reading` is by identity. An entry is an item that the reading does not have under its own identity when

    - it has the same canonical URL and the same headline, or one alike (`similar.py`), and where the headline is an
      everyday one ("Weekly update") the same date; whatever else of it changed is an edit;
    - or the same telling headline and the same date, to the second, while one of the two has no page, or their pages
      differ in the query only: so an unknown parameter that changes with every fetch makes no new items.

    It is an item that the reading has as well when nothing in the two differs: the feed says it twice. Takes time
    linear in the entries.
    """
    found: dict[str, str] = {}
    taken = {identity for identity in reading if identity not in unknown}
    items = _Shelf(stored)
    twice: dict[tuple[str, str, datetime | None], ItemFound] = {}
    for item in (reading[identity] for identity in reading):
        mark = (address_of(item), item.headline, item.published_at)
        first = twice.setdefault(mark, item)
        if item.identity not in unknown:
            continue
        if first is not item and fingerprint(replace(item, identity=first.identity)) == fingerprint(first):
            found[item.identity] = found.get(first.identity, first.identity)
        elif again := items.find(mark[0], item, taken):
            found[item.identity] = again
            taken.add(again)
    return found


class _Shelf:
    """The stored items, by where an entry would be looked for."""

    def __init__(self, stored: Iterable[Stored]) -> None:
        self._headlines: dict[str, Headline] = {}
        self._on_page: dict[str, deque[Stored]] = defaultdict(lambda: deque(maxlen=LOOKED_AT))
        self._exactly: dict[tuple[str, str], deque[Stored]] = defaultdict(lambda: deque(maxlen=LOOKED_AT))
        self._at: dict[tuple[str, datetime], deque[Stored]] = defaultdict(lambda: deque(maxlen=LOOKED_AT))
        for one in stored:
            self._headlines[one.identity] = headline = headline_of(one.headline)
            if one.address:
                self._on_page[one.address].append(one)
                self._exactly[one.address, headline.squeezed].append(one)
            if one.published_at:
                self._at[headline.squeezed, one.published_at].append(one)

    def find(self, address: str, item: ItemFound, taken: Collection[str]) -> str | None:
        """The identity of the item that this entry is, of those that are not taken."""
        if not self._headlines:
            return None
        headline = headline_of(item.headline)
        near = [*self._exactly.get((address, headline.squeezed), ()), *self._on_page.get(address, ())]
        if one := self._first(near, headline, item, taken):
            return one
        if not headline.is_specific or item.published_at is None:
            return None
        same = self._at.get((headline.squeezed, item.published_at), ())
        return next(
            (one.identity for one in same if one.identity not in taken and _is_near(one.address, address)), None
        )

    def _first(self, near: Sequence[Stored], headline: Headline, item: ItemFound, taken: Collection[str]) -> str | None:
        for one in near:
            before = self._headlines[one.identity]
            is_telling = headline.is_specific and before.is_specific
            if one.identity in taken or not (is_telling or one.published_at == item.published_at):
                continue
            if one.headline == item.headline or before.squeezed == headline.squeezed or alike(before, headline):
                return one.identity
        return None


def _is_near(one: str, other: str) -> bool:
    return not one or not other or one.partition("?")[0] == other.partition("?")[0]
