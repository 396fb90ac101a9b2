"""A planned run of a stage: whether it is due, when it is tried again, and whether the clock can be believed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class RunState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    PASSED = "passed"


AGAIN_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
# An hour is what a wrong zone or a hand that sets the clock moves it by; nothing happens twice for that.
BEHIND_AT_MOST = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows of a run. Before `due_at` it is not tried again."""

    state: RunState
    attempts: int
    due_at: datetime | None = None


def is_due(known: Known | None, occurrence: datetime, since: datetime, now: datetime) -> bool:
    """Whether a stage must run now for `occurrence`, its latest planned time that is not after `now`.

    Nothing is due that was planned before `since`, when the clock was first started or met this cron line. Only one
    process runs stages, one after the other: a run that is `running` when this is asked was left by one that is gone.
    """
    if occurrence < since:
        return False
    if known is None:
        return True
    match known.state:
        case RunState.DONE | RunState.PASSED:
            return False
        case RunState.RUNNING | RunState.FAILED:
            # A clock that was set back must not make the wait longer than any wait is.
            return known.due_at is None or not now < known.due_at <= now + AGAIN_AFTER[-1]


def again_after(attempts: int) -> timedelta:
    """How long what has failed that many times is left alone."""
    return AGAIN_AFTER[min(max(attempts, 1), len(AGAIN_AFTER)) - 1]


def left_until(attempts: int, now: datetime) -> datetime:
    """When a run may be begun again whose process ended in the middle: at once, but not again and again."""
    return now if attempts <= 1 else now + again_after(attempts - 1)


def behind_by(now: datetime, latest: datetime | None) -> timedelta | None:
    """How far the clock is behind the latest run in the database, where that is too far to be believed."""
    if latest is None or latest - now <= BEHIND_AT_MOST:
        return None
    return latest - now
