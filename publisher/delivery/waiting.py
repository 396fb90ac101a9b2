"""Claimed letters that wait for their turn; where there is a pace, nobody waits for another domain's."""

from __future__ import annotations

import math
from collections import deque

from publisher.domain.pace import Spacer, domain_of
from publisher.store.hot import Due


class Waiting:
    """In the order in which they were claimed, but for those whose domain may not have its next letter yet."""

    def __init__(self, spacer: Spacer | None = None) -> None:
        self._spacer = spacer
        self._first: deque[Due] = deque()
        self._kept_back: dict[str, deque[Due]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, due: Due) -> None:
        self._first.append(due)
        self._count += 1

    def next(self, now: float) -> Due | None:
        """The next letter that may leave, which then counts as left; None while there is none."""
        spacer = self._spacer
        if spacer is None:
            self._count -= bool(self._first)
            return self._first.popleft() if self._first else None
        for domain, kept in self._kept_back.items():
            if spacer.take(domain, now) == 0:
                return self._taken(domain, kept)
        while self._first:
            due = self._first.popleft()
            domain = domain_of(due.email)
            if domain not in self._kept_back and spacer.take(domain, now) == 0:
                self._count -= 1
                return due
            self._kept_back.setdefault(domain, deque()).append(due)
        return None

    def next_at(self) -> float:
        """When `next` is worth asking again, once it gave nothing; never where nothing is kept back."""
        if self._spacer is None:
            return math.inf
        return min((self._spacer.next_at(domain) for domain in self._kept_back), default=math.inf)

    def clear(self) -> list[Due]:
        """All of them; none is left."""
        left = [*self._first, *(due for kept in self._kept_back.values() for due in kept)]
        self._first.clear()
        self._kept_back.clear()
        self._count = 0
        return left

    def _taken(self, domain: str, kept: deque[Due]) -> Due:
        due = kept.popleft()
        if not kept:
            del self._kept_back[domain]
        self._count -= 1
        return due
