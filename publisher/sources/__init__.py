"""Where items come from, one file a kind.

A source reads and gives back what it found; it never sees the database, and one that fails raises SourceError or
FetchError, which never touches another source. Beside its class a kind's file has its options (`Options`, a frozen
pydantic model with the keys of `[[source]]`), which `wiring` hands to the settings loader.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from publisher.domain.item import ColumnFound, ItemFound
from publisher.fetch import Cursor, Fetcher

Known = Callable[[Collection[str]], Collection[str]]
"""Which of these identities of the source are items already. It looks into the store, so ask it once for all."""


def nothing_known(identities: Collection[str]) -> Collection[str]:
    """The answer for a source that was never read."""
    return ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What one look at a source gave. `is_unchanged` when the server said that nothing is new.

    `problems` are entries that had to be passed over, each a readable line.
    """

    items: tuple[ItemFound, ...] = ()
    columns: tuple[ColumnFound, ...] = ()
    cursor: Cursor | None = None
    is_unchanged: bool = False
    problems: tuple[str, ...] = ()


class Source(Protocol):
    """One configured source."""

    @property
    def name(self) -> str: ...

    @property
    def is_remote(self) -> bool:
        """Whether reading it waits for a server."""
        ...

    def read(self, fetcher: Fetcher, cursor: Cursor | None, now: datetime, known: Known = nothing_known) -> Reading:
        """Everything the source has now. Raises FetchError or SourceError; `now` is aware UTC.

        A source that asks for each of its items by itself leaves out those that `known` names.
        """
        ...
