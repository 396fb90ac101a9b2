"""What leaves: releases, letters, posts and notices, whenever a cheap look says that something is due.

An idle look reads a few rows and writes none. Each channel is worked off on its own thread, and so are the notices: one
that is slow or hangs keeps nobody waiting, it is left alone until it has ended. A channel that stopped is tried again
later and later.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from publisher.domain.approval import spoken
from publisher.domain.notice import LATE_FROM
from publisher.domain.run import again_after
from publisher.errors import Busy
from publisher.scheduler.sending import releasing, sending
from publisher.stages import notify, pause, send
from publisher.store import outgoing

if TYPE_CHECKING:
    from publisher.delivery.engine import Clock, Tally
    from publisher.stages.release import Released
    from publisher.stages.send import Sent
    from publisher.wiring import Publication

LOOK_EVERY = timedelta(minutes=5).total_seconds()
# A channel that stops again within this time after it worked has not been mended.
SAME_TROUBLE = timedelta(hours=1)
COUNTED = ("accepted", "refused", "deferred", "unknown", "dropped")


@dataclass
class _Rest:
    """A channel that stopped, for how many tries in a row, why, and until when (monotonic) it is left alone.

    Since when there is trouble, and when it stopped last: one that stops again soon after it worked is in the same one.
    """

    tries: int
    why: str
    until: float
    since: datetime
    stopped_at: datetime


@dataclass
class Delivering:
    """The outgoing half of one publication. `turn` begins what is due now, and never waits for what it began."""

    publication: Publication
    clock: Clock
    told: Callable[[str], None]
    is_stopping: Callable[[], bool]
    _rests: dict[str, _Rest] = field(default_factory=dict)
    _looked_at: float = float("-inf")
    _notices_down: str = ""
    _works: dict[str, Future[list[Sent]]] = field(default_factory=dict)
    _notices: Future[Tally] | None = None
    _alone: ExitStack | None = None
    _pool: ThreadPoolExecutor | None = None

    def turn(self) -> None:
        """Settle what has ended; release, and begin what is due, unless another process sends."""
        self._collect()
        database, now = self.publication.database, self.clock.now()
        resting, busy = self._resting(), frozenset(self._works)
        with database.read() as session:
            is_due = outgoing.is_anything_due(
                session,
                now,
                grace=self.publication.settings.schedule.grace,
                spacings=self.publication.spacings(),
                resting=resting,
                busy=busy,
                looks_for_lost=time.monotonic() - self._looked_at >= LOOK_EVERY,
            )
            is_notice_due = self._notices is None and notify.is_due(session, now)
        if not (is_due or is_notice_due) or self.is_stopping() or not self._is_alone():
            return
        try:
            if is_notice_due:
                self._notices = self._threads().submit(self._mail_notices)
            if is_due:
                self._send(resting, busy)
        finally:
            self._let_go()

    def wait(self, within: timedelta | None = None) -> bool:
        """Until all that was begun has ended and is settled; whether that was within the time."""
        under_way: list[Future[Any]] = [*self._works.values(), *([self._notices] if self._notices else [])]
        left = wait(under_way, within.total_seconds() if within is not None else None).not_done
        self._collect()
        if self._pool and not left:
            self._pool.shutdown(wait=False)
            self._pool = None
        return not left

    def _send(self, resting: frozenset[str], busy: frozenset[str]) -> None:
        database, now = self.publication.database, self.clock.now()
        for released in releasing(self.publication, now):
            self._tell_released(released)
        for number, reason in pause.stale(database, grace=self.publication.settings.schedule.grace, now=now, busy=busy):
            self.told(f"No. {number} is paused: {reason}")
        self._looked_at = time.monotonic()
        send.finish(database, now)
        given = sending(self.publication, self.clock, is_stopping=self.is_stopping, resting=resting)
        for work in send.begin(given, busy):
            self._works[work.channel] = self._threads().submit(work.run)

    def _mail_notices(self) -> Tally:
        return notify.send(
            self.publication.database,
            self.publication.notice_channel(),
            self.publication.identity(),
            worker=self.publication.worker,
            clock=self.clock,
            is_stopping=self.is_stopping,
        )

    # --- what was begun

    def _collect(self) -> None:
        """What came of the works that have ended."""
        ended = [channel for channel, work in self._works.items() if work.done()]
        try:
            if self._notices and self._notices.done():
                mailed, self._notices = self._notices, None
                self._tell_notices(mailed.result())
            for channel in ended:
                self._settle(channel, self._works.pop(channel).result())
            if ended:
                send.finish(self.publication.database, self.clock.now())
        finally:
            self._let_go()

    def _is_alone(self) -> bool:
        """Whether only this process sends, from now until nothing that it began is under way any more."""
        if self._alone is None:
            alone = ExitStack()
            try:
                alone.enter_context(send.alone(self.publication.database))
            except Busy:
                return False
            self._alone = alone
        return True

    def _let_go(self) -> None:
        if self._alone and not self._works and not self._notices:
            alone, self._alone = self._alone, None
            alone.close()

    def _threads(self) -> ThreadPoolExecutor:
        if self._pool is None:
            # Enough that nobody waits: each channel, the notices, and channels that are gone from config.toml.
            self._pool = ThreadPoolExecutor(len(self.publication.settings.channels) + 2, thread_name_prefix="channel")
        return self._pool

    # --- channels that stopped

    def _resting(self) -> frozenset[str]:
        now = time.monotonic()
        return frozenset(channel for channel, rest in self._rests.items() if rest.until > now)

    def _settle(self, channel: str, done: list[Sent]) -> None:
        for sent in done:
            self._tell_tally(f"No. {sent.number}, {sent.what} on {sent.channel}", sent.tally)
        before, now = self._rests.get(channel), self.clock.now()
        since = before.since if before and now - before.stopped_at <= SAME_TROUBLE else now
        down = send.note(self.publication.database, channel, done, now, since=since)
        if not down:
            if before and before.tries and any(sent.tally.answered for sent in done):
                self.told(f"channel {channel} works again")
                before.tries, before.why, before.until = 0, "", 0.0
            return
        tries = before.tries + 1 if before else 1
        rest = again_after(tries)
        self._rests[channel] = _Rest(tries, down, time.monotonic() + rest.total_seconds(), since, now)
        if before is None or before.why != down:
            self.told(f"channel {channel} stopped: {down}; tried again in {spoken(rest)}")

    # --- what happened, in a line

    def _tell_released(self, released: Released) -> None:
        if released.hold_reason:
            self.told(f"No. {released.number} is held: {released.hold_reason}")
            return
        late = f", late by {spoken(released.late_by)}" if released.late_by >= LATE_FROM else ""
        self.told(f"No. {released.number} leaves: released to {released.audience}{late}")

    def _tell_notices(self, tally: Tally) -> None:
        self._tell_tally("notices", tally)
        if tally.down and tally.down != self._notices_down:
            self.told(f"notices wait: {tally.down}")
        self._notices_down = tally.down

    def _tell_tally(self, what: str, tally: Tally) -> None:
        counts = {name: getattr(tally, name) for name in COUNTED}
        if told := ", ".join(f"{count} {name}" for name, count in counts.items() if count):
            self.told(f"{what}: {told}")
