"""The clock of a publication: wakes every few seconds, looks at the wall clock, and does what is due.

What runs is decided from the database, so it makes no difference how often or how late we wake: a machine that slept, a
clock that was set, a process that was killed. Three works run side by side: the planned stages, which may wait for slow
sources, what leaves, and the news for editors. What goes wrong in one stops none of the others, and is tried again.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from publisher.domain.approval import spoken
from publisher.domain.notice import Needed
from publisher.domain.run import behind_by
from publisher.errors import Busy, DatabaseError, PublisherError
from publisher.scheduler.deliver import Delivering
from publisher.scheduler.news import Telling
from publisher.scheduler.planned import Planned
from publisher.scheduler.waker import Waker
from publisher.store import runs

if TYPE_CHECKING:
    from publisher.delivery.engine import Clock
    from publisher.store.hold import Hold
    from publisher.wiring import Publication

TICK = timedelta(seconds=5)
SLOWEST = timedelta(minutes=1)
FAILED_BEFORE_TOLD = 2
NO_DATABASE = "the database does not answer; the log says why"

log = logging.getLogger(__name__)


def to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class ClockWrong(PublisherError):
    pass


@dataclass
class _Work:
    """One of the works. `failures` counts those in a row, the first was at `since`; before `until` it is left alone.

    `why` is for the log, `trouble` for everybody: it names no place.
    """

    name: str
    turn: Callable[[], object]
    failures: int = 0
    why: str = ""
    trouble: str = ""
    since: datetime | None = None
    until: float = 0.0


class Scheduler:
    """`told` gets a line whenever something happened, and never otherwise.

    `held` is the right to be the one process that does this; when another has taken it, nothing is done any more and
    `on_lost` is called once.
    """

    def __init__(
        self,
        publication: Publication,
        clock: Clock,
        *,
        tick: timedelta = TICK,
        told: Callable[[str], None] = to_stderr,
        held: Hold | None = None,
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        self._publication, self._clock, self._tick = publication, clock, tick
        self._told, self._held, self._on_lost = told, held, on_lost
        self._stopping = threading.Event()
        self._planned = Planned(publication, clock, self._tell, self._stopping.is_set)
        self._delivering = Delivering(publication, clock, self._tell, self._stopping.is_set)
        self._telling = Telling(publication)
        self._works = (
            _Work("stages", self._planned.turn),
            _Work("sending", self._delivering.turn),
            _Work("news", lambda: self._telling.turn(clock.now())),
        )
        self._waker: Waker | None = None
        self._busy = 0
        self._changed = threading.Condition()
        self._latest: datetime | None = None
        self._is_latest_known = False

    def start(self) -> None:
        """Begin to wake; returns at once. Raises DatabaseError where there is no database to work with."""
        # Made before there are threads that would make them twice.
        for made in ("database", "worker", "rule", "renderer", "notice_writer"):
            getattr(self._publication, made)
        self._waker = Waker([self._waking(work) for work in self._works], self._tick)
        self._waker.start()

    def stop(self, within: timedelta) -> bool:
        """Begin nothing more, and give back what is held; whether all had ended within that time."""
        self._stopping.set()
        if self._waker:
            self._waker.stop()
        end = time.monotonic() + within.total_seconds()
        with self._changed:
            if not self._changed.wait_for(lambda: self._busy == 0, within.total_seconds()):
                return False
        try:
            return self._delivering.wait(timedelta(seconds=max(0.0, end - time.monotonic())))
        except PublisherError as error:  # the next start settles what could not be written
            self._tell(error.message)
            return True

    def troubles(self) -> list[str]:
        """What keeps the clock from doing its work, each in a sentence; empty when nothing does."""
        return list(dict.fromkeys(work.trouble for work in self._works if work.trouble))

    def _waking(self, work: _Work) -> Callable[[], None]:
        return lambda: self._wake(work)

    def _wake(self, work: _Work) -> None:
        if time.monotonic() < work.until:
            return
        with self._counted():
            if self._stopping.is_set():  # looked at when we are counted, so that `stop` waits for whoever goes on here
                return
            try:
                self._make_sure()
                work.turn()
            except Busy as error:
                self._lost(work, error)
            except DatabaseError as error:
                self._failed(work, error.message, trouble=NO_DATABASE)
            except ClockWrong as error:
                self._failed(work, error.message, trouble=error.message)
            except PublisherError as error:
                self._failed(work, error.message)
            except Exception as error:  # the outermost loop: told, with its trace in the log, and tried again
                log.exception("%s failed", work.name)
                self._failed(work, f"failed unexpectedly ({type(error).__name__}); the log has the details")
            else:
                self._went_well(work)

    def _make_sure(self) -> None:
        """That we are still the one that runs, and that the clock can be believed."""
        if self._held and self._held.keep():
            self._planned.forget()
            self._is_latest_known = False
        if not self._is_latest_known:
            with self._publication.database.read() as session:
                self._latest = runs.latest_start(session)
            self._is_latest_known = True
        latest = max((moment for moment in (self._latest, self._planned.begun_at) if moment), default=None)
        behind = behind_by(self._clock.now(), latest)
        if behind and latest:
            raise ClockWrong(
                f"the clock is {spoken(behind)} behind the last run, which began at {self._planned.local(latest)}; "
                "set the clock, or if it is right now, start with --trust-clock"
            )

    # --- what went wrong

    def _failed(self, work: _Work, why: str, *, trouble: str = "") -> None:
        work.failures += 1
        work.since = work.since or self._clock.now()
        wait = min(self._tick * 2 ** min(work.failures - 1, 10), SLOWEST)
        work.until = time.monotonic() + (wait - self._tick).total_seconds()
        if all(why != other.why for other in self._works):
            self._tell(why if trouble else f"{work.name}: {why}")
        work.why, work.trouble = why, trouble or f"{work.name}: {why}"
        if not trouble and work.failures >= FAILED_BEFORE_TOLD:
            self._telling.add(Needed(work.name, why, work.since))

    def _went_well(self, work: _Work) -> None:
        if not work.failures:
            return
        is_everybodys = work.trouble != f"{work.name}: {work.why}"
        work.failures, work.why, work.trouble, work.since = 0, "", "", None
        if not is_everybodys:
            self._tell(f"{work.name}: goes on")
        elif not self.troubles():
            self._tell("goes on")

    def _lost(self, work: _Work, error: Busy) -> None:
        """Another process has taken over: this one must not do anything any more."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        work.trouble = error.message
        self._tell(error.message)
        self._on_lost()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._changed:
            self._busy += 1
        try:
            yield
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify_all()

    def _tell(self, line: str) -> None:
        self._told(f"{self._planned.local(self._clock.now())}  {line}")
