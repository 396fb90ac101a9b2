"""The one lifecycle of deliveries and posts.

    queued ──claim──▶ claimed ──mark──▶ sending ──answer──▶ accepted | refused | unknown
       ▲  ╲              │                 │
       │   ╲─drop─▶ dropped ◀─drop──┘      │
       ╰──── lease ended ┴── deferred, ────╯
                             or it was about us

`queued` with a later `due_at` is what a deferral leaves. A row is marked `sending`, durably, before its first byte
leaves; so when a lease ends a `claimed` row was certainly not on the wire and is queued again, and a `sending` row may
have been and becomes `unknown`. Unknown is only left by evidence or by an editor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from publisher.domain.message import Accepted, Deferred, Refused, SendResult, Unknown


class State(StrEnum):
    QUEUED = "queued"
    CLAIMED = "claimed"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    DROPPED = "dropped"


SETTLED = frozenset({State.ACCEPTED, State.REFUSED, State.UNKNOWN, State.DROPPED})

RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60))
EXPIRES_AFTER = timedelta(hours=24)
FIRST_ANSWERS, REFUSED_PERCENT = 1_000, 5


@dataclass(frozen=True, slots=True)
class Progress:
    """Where one delivery or post stands. `attempts` counts tries that reached the wire.

    The 24 hours of a deferral begin at `first_deferred_at`, not with a wait that was ours.
    """

    state: State
    due_at: datetime
    attempts: int = 0
    first_deferred_at: datetime | None = None
    lease_until: datetime | None = None
    reason: str = ""
    receipt: str = ""
    url: str = ""
    accepted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A worker takes the row until `until`."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Marked:
    """The next thing that happens to this row is its first byte on the wire."""


@dataclass(frozen=True, slots=True)
class LeaseEnded:
    """The worker that held the row is gone."""


@dataclass(frozen=True, slots=True)
class Returned:
    """The channel cannot work, or the worker stops: the row certainly did not leave, and it is not its own fault."""

    reason: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """It must not be sent any more: left, suppressed, cancelled."""

    reason: str


@dataclass(frozen=True, slots=True)
class SendAgain:
    """An editor, or evidence that nothing arrived, takes an unknown back into the queue."""

    reason: str


Happening = Claimed | Marked | LeaseEnded | Returned | Dropped | SendAgain | SendResult


class Impossible(ValueError):
    """This cannot happen to a row in this state: the caller is wrong, and nothing may be changed."""


def settle(
    progress: Progress, happening: Happening, now: datetime, jitter: Callable[[], float] = lambda: 0.5
) -> Progress:
    """Where a row stands after `happening`; raises Impossible where the diagram has no such arrow.

    `jitter` gives a number from 0 to 1; a retry waits 0.8 to 1.2 times its step of RETRY_AFTER.
    """
    match progress.state, happening:
        case State.QUEUED, Claimed(until):
            return replace(progress, state=State.CLAIMED, lease_until=until)
        case State.CLAIMED, Marked():
            return replace(progress, state=State.SENDING, attempts=progress.attempts + 1)
        case State.CLAIMED, LeaseEnded():
            return _queued(progress, now, progress.reason)
        case State.CLAIMED, Returned(reason):
            return _queued(progress, now, reason)
        case State.QUEUED | State.CLAIMED, Dropped(reason):
            return replace(progress, state=State.DROPPED, reason=reason, lease_until=None)
        case State.SENDING, Returned(reason):
            # It goes behind the others: should it be what brings the channel down, it must not do so for ever.
            back = replace(progress, attempts=progress.attempts - 1)
            return _queued(back, now + RETRY_AFTER[0], reason)
        case State.SENDING, LeaseEnded():
            return _ended(progress, State.UNKNOWN, "the sender stopped before the answer came")
        case ((State.SENDING | State.UNKNOWN), Accepted(receipt, url)):
            done = _ended(progress, State.ACCEPTED, "")
            return replace(done, receipt=receipt, url=url, accepted_at=now)
        case State.SENDING, Refused(reason):
            return _ended(progress, State.REFUSED, reason)
        case State.SENDING, Unknown(reason):
            return _ended(progress, State.UNKNOWN, reason)
        case State.SENDING, Deferred() as deferred:
            return _deferred(progress, deferred, now, jitter)
        case State.UNKNOWN, SendAgain(reason):
            return _queued(progress, now, reason)
        case state, _:
            raise Impossible(f"{type(happening).__name__} cannot happen to what is {state}")


def backoff(attempts: int, retry_after: float | None, jitter: float) -> timedelta:
    """How long to wait after that many attempts: the later of our own step and what the other side asked for."""
    step = RETRY_AFTER[min(max(attempts, 1), len(RETRY_AFTER)) - 1] * (0.8 + 0.4 * jitter)
    asked = timedelta(seconds=min(retry_after or 0.0, EXPIRES_AFTER.total_seconds()))
    return max(step, asked)


def too_many_refused(refused_before: int, answered: int, refused: int) -> str:
    """Why an editor must look before more leaves, or nothing: over 5 % of the first 1,000 were refused.

    It asks once: `refused_before` were refused when this run began.
    """
    limit = FIRST_ANSWERS * REFUSED_PERCENT // 100
    if answered > FIRST_ANSWERS or not refused_before < limit <= refused:
        return ""
    return f"{refused} of the first {answered} letters were refused; look at the list, then resume or cancel"


def _queued(progress: Progress, due_at: datetime, reason: str) -> Progress:
    return replace(progress, state=State.QUEUED, due_at=due_at, lease_until=None, reason=reason)


def _ended(progress: Progress, state: State, reason: str) -> Progress:
    return replace(progress, state=state, reason=reason, lease_until=None)


def _deferred(progress: Progress, deferred: Deferred, now: datetime, jitter: Callable[[], float]) -> Progress:
    due_at = now + backoff(progress.attempts, deferred.retry_after, jitter())
    first = progress.first_deferred_at or now
    if due_at - first > EXPIRES_AFTER:
        return _ended(progress, State.DROPPED, f"expired: still deferred after 24 h ({deferred.reason})")
    return _queued(replace(progress, first_deferred_at=first), due_at, deferred.reason)
