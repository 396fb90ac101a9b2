"""What took long to count is kept for a while, for all who look at the same database."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlmodel import Session

from publisher.store.db import IS_WRITE

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[Value]):
    value: Value
    mark: Hashable
    until: float


class Lasting(Generic[Value]):
    """Counts of one kind. Each holds `times` as long as it took, at most `longest` seconds, where it is `worth` it.

    A database takes its own with it. Who writes counts for themselves.
    """

    def __init__(self, times: float, longest: float, worth: Callable[[Value], bool]) -> None:
        self._times, self._longest, self._worth = times, longest, worth
        self._kept: WeakKeyDictionary[Engine, dict[Hashable, _Kept[Value]]] = WeakKeyDictionary()

    def get(self, session: Session, key: Hashable, mark: Hashable, count: Callable[[], Value]) -> Value:
        """What was counted under `key`, if `mark` is still the same; else what `count` gives."""
        if session.info.get(IS_WRITE):
            return count()
        kept = self._kept.setdefault(session.get_bind().engine, {})
        found, began = kept.get(key), time.monotonic()
        if found and found.mark == mark and began < found.until:
            return found.value
        value = count()
        ended = time.monotonic()
        if self._worth(value):
            kept[key] = _Kept(value, mark, ended + min(self._longest, self._times * (ended - began)))
        return value
