"""Questions of one kind that come at the same time, answered with one look into the database.

Mail scanners follow the links of a whole list within minutes. One look for each of them would keep a core busy with
asking; so those that come while one look is under way wait, and are answered together by the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Together(Generic[K, V]):
    """`look` is given the keys that were asked for, in a thread of its own, and gives what it found of them."""

    def __init__(self, look: Callable[[Collection[K]], Mapping[K, V]]) -> None:
        self._look = look
        self._waiting: dict[K, asyncio.Future[V | None]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def ask(self, key: K) -> V | None:
        """What there is for `key` now, or None. Raises what `look` raises."""
        answer = self._waiting.get(key)
        if answer is None:
            answer = self._waiting[key] = asyncio.get_running_loop().create_future()
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_for_all())
        return await asyncio.shield(answer)  # a reader who goes away takes nothing from the others

    async def _look_for_all(self) -> None:
        while self._waiting:
            waiting, self._waiting = self._waiting, {}
            try:
                found = await run_in_threadpool(self._look, waiting.keys())
            except Exception as error:  # whatever it is, it is told to everybody who waits
                for answer in waiting.values():
                    answer.set_exception(error)
                    answer.exception()  # it is told, also if nobody waits any more
            else:
                for key, answer in waiting.items():
                    answer.set_result(found.get(key))
