"""Many jobs side by side, a bounded number at once, and of those for one host only as many as it bears.

A worker takes the job whose host may be asked soonest, so nobody waits for the pace of one host while another could be
asked.
"""

from __future__ import annotations

import queue
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Result = TypeVar("Result")

_LOOKS_UP = 0.2  # seconds after which a worker that cannot hand over its result looks whether anybody still wants it


@dataclass(frozen=True, slots=True)
class Job(Generic[Result]):
    """`run` must not raise. `host` is the one it asks, empty where it asks none."""

    name: str
    host: str
    run: Callable[[], Result]


class Turns(Generic[Result]):
    """Works off `jobs` in `at_once` threads, which begin at once; of those for one host at most `a_host` at a time.

    `free_in` says how many seconds a host must wait.
    """

    def __init__(
        self, jobs: Sequence[Job[Result]], free_in: Callable[[str], float], at_once: int, a_host: int = 1
    ) -> None:
        self._waiting: dict[str, deque[Job[Result]]] = {}
        for job in jobs:
            self._waiting.setdefault(job.host, deque()).append(job)
        self._free_in = free_in
        self._a_host = a_host
        self._busy: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._is_over = False
        self._count = len(jobs)
        # Bounded, so that what was read does not pile up before it is stored.
        self._done: queue.Queue[tuple[str, Result]] = queue.Queue(maxsize=at_once)
        for number in range(min(at_once, len(jobs))):
            threading.Thread(target=self._work, name=f"turn-{number}", daemon=True).start()

    def results(self) -> Iterator[tuple[str, Result]]:
        """The name and the result of every job, in the order in which they end."""
        for _ in range(self._count):
            yield self._done.get()

    def end(self) -> None:
        """No job is begun any more, and what is under way is wanted by nobody."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def _work(self) -> None:
        while job := self._take():
            result = job.run()
            with self._changed:
                self._busy[job.host] -= 1
                self._changed.notify_all()
            while not self._is_over:
                try:
                    self._done.put((job.name, result), timeout=_LOOKS_UP)
                    break
                except queue.Full:
                    continue

    def _take(self) -> Job[Result] | None:
        """The next job whose host is free, waited for; None when there is none any more."""
        with self._changed:
            while self._waiting and not self._is_over:
                soonest: float | None = None
                for host in self._waiting:
                    if host and self._busy[host] >= self._a_host:
                        continue
                    wait = self._free_in(host)
                    if wait <= 0:
                        return self._taken(host)
                    soonest = wait if soonest is None else min(soonest, wait)
                self._changed.wait(soonest)  # or until a host is not busy any more
        return None

    def _taken(self, host: str) -> Job[Result]:
        jobs = self._waiting[host]
        job = jobs.popleft()
        if not jobs:
            del self._waiting[host]
        self._busy[host] += 1
        return job
