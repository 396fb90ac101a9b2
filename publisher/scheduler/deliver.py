"""What leaves: releases, letters, posts and notices, whenever a cheap look says that something is due.

An idle look reads a few rows and writes none. A channel that stopped is tried again later and later, the others go on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from publisher.domain.approval import spoken
from publisher.domain.notice import LATE_FROM
from publisher.domain.run import again_after
from publisher.errors import Busy
from publisher.scheduler.sending import releasing, sending
from publisher.stages import notify, send
from publisher.store import outgoing

if TYPE_CHECKING:
    from publisher.delivery.engine import Clock, Tally
    from publisher.stages.release import Released
    from publisher.wiring import Publication

LOOK_EVERY = timedelta(minutes=5).total_seconds()
COUNTED = ("accepted", "refused", "deferred", "unknown", "dropped")


@dataclass
class _Rest:
    """A channel that stopped, for how many tries in a row, why, and until when (monotonic) it is left alone."""

    tries: int
    why: str
    until: float


@dataclass
class Delivering:
    """The outgoing half of one publication. `turn` does what is due now."""

    publication: Publication
    clock: Clock
    told: Callable[[str], None]
    is_stopping: Callable[[], bool]
    _rests: dict[str, _Rest] = field(default_factory=dict)
    _looked_at: float = float("-inf")
    _notices_down: str = ""

    def turn(self) -> None:
        """Release, send, and mail notices. Where another process sends just now, it is left to that one."""
        database, now = self.publication.database, self.clock.now()
        resting, looks = self._resting(), time.monotonic() - self._looked_at >= LOOK_EVERY
        with database.read() as session:
            is_due = outgoing.is_anything_due(
                session,
                now,
                grace=self.publication.settings.schedule.grace,
                spacings=self._spacings,
                resting=resting,
                looks_for_lost=looks,
            )
            is_notice_due = notify.is_due(session, now)
        if not is_due and not is_notice_due:
            return
        try:
            with send.alone(database):
                if is_notice_due:
                    self._mail_notices()
                if is_due:
                    self._send(resting)
        except Busy:
            return

    def _send(self, resting: frozenset[str]) -> None:
        for released in releasing(self.publication, self.clock.now()):
            self._tell_released(released)
        if self.is_stopping():
            return
        self._looked_at = time.monotonic()
        given = sending(self.publication, self.clock, is_stopping=self.is_stopping, resting=resting)
        downs: dict[str, str] = {}
        for sent in send.run(given):
            self._tell_tally(f"No. {sent.number}, {sent.what} on {sent.channel}", sent.tally)
            downs[sent.channel] = downs.get(sent.channel) or sent.tally.down
        for channel, down in downs.items():
            self._settle_rest(channel, down)

    def _mail_notices(self) -> None:
        tally = notify.send(
            self.publication.database,
            self.publication.notice_channel(),
            self.publication.identity(),
            worker=self.publication.worker,
            clock=self.clock,
            is_stopping=self.is_stopping,
        )
        self._tell_tally("notices", tally)
        if tally.down and tally.down != self._notices_down:
            self.told(f"notices wait: {tally.down}")
        self._notices_down = tally.down

    @property
    def _spacings(self) -> dict[str, timedelta]:
        return self.publication.spacings()

    # --- channels that stopped

    def _resting(self) -> frozenset[str]:
        now = time.monotonic()
        return frozenset(channel for channel, rest in self._rests.items() if rest.until > now)

    def _settle_rest(self, channel: str, down: str) -> None:
        before = self._rests.pop(channel, None)
        if not down:
            if before:
                self.told(f"channel {channel} works again")
            return
        tries = before.tries + 1 if before else 1
        wait = again_after(tries)
        self._rests[channel] = _Rest(tries, down, time.monotonic() + wait.total_seconds())
        if before is None or before.why != down:
            self.told(f"channel {channel} stopped: {down}; tried again in {spoken(wait)}")

    # --- what happened, in a line

    def _tell_released(self, released: Released) -> None:
        if released.hold_reason:
            self.told(f"No. {released.number} is held: {released.hold_reason}")
            return
        late = f", late by {spoken(released.late_by)}" if released.late_by >= LATE_FROM else ""
        self.told(f"No. {released.number} leaves: released to {released.audience}{late}")

    def _tell_tally(self, what: str, tally: Tally) -> None:
        counts = {name: getattr(tally, name) for name in COUNTED}
        if told := ", ".join(f"{count} {name}" for name, count in counts.items() if count):
            self.told(f"{what}: {told}")
