"""Wakes works every few seconds, on APScheduler, whatever happens to the wall clock.

APScheduler goes by the wall clock. Set back by an hour, it would sleep for an hour; set forward by a year, an interval
would be counted up second by second. So a tick is due a tick after it was last looked at, and never further ahead.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

_log = logging.getLogger(__name__)
_log.setLevel(logging.CRITICAL + 1)  # that a work is still at it when it is woken again is no news


class Waker:
    """Calls each of `works` every `tick`, side by side, each only when its last call has ended."""

    def __init__(self, works: Sequence[Callable[[], None]], tick: timedelta) -> None:
        self._scheduler = _Scheduler(
            tick,
            timezone=UTC,
            logger=_log,
            executors={"default": ThreadPoolExecutor(len(works))},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        for work in works:
            self._scheduler.add_job(work, _Tick(tick))

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        """No work is called any more; one that is under way goes on."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)


class _Tick(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    def __init__(self, tick: timedelta) -> None:
        self._tick = tick

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        return now if previous is None else now + self._tick


class _Scheduler(BackgroundScheduler):  # type: ignore[misc]
    def __init__(self, tick: timedelta, **options: Any) -> None:
        self._tick = tick
        super().__init__(**options)

    def _process_jobs(self) -> float:
        now = datetime.now(UTC)
        for job in self.get_jobs():
            if job.next_run_time > now + self._tick:
                job.modify(next_run_time=now)
        super()._process_jobs()
        return self._tick.total_seconds()
