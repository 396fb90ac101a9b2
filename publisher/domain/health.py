"""How a source fares: what to make of a look at it, when to look again, and which trouble is worth telling.

A source that fails is asked again later and later, and never later than a day; only one that says it is gone for good
is left alone. One that answers, but has had nothing new for much longer than is its way, has gone silent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median

from publisher.errors import Fault

AGAIN_AFTER = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 120, 240, 480, 720, 1440))
LONGEST = AGAIN_AFTER[-1]
# One that fails for a night is no news.
TOLD_FROM = 3
TOLD_AFTER = timedelta(days=1)
# A rhythm is the median gap between the days on which something came: several items on one day are one beat.
ENOUGH_GAPS, MEASURED_GAPS = 5, 20
SILENT_AFTER = 4  # gaps: a weekly column that leaves out three weeks is on holiday
LEAST_SILENCE = timedelta(days=10)  # the longest run of public holidays with the weekends around it
WEEKS = 8


class Standing(StrEnum):
    """How a source fares, in a word."""

    NEW = "new"
    WELL = "well"
    SILENT = "silent"
    MOVED = "moved"
    FAILING = "failing"
    BROKEN = "broken"
    LOCKED = "locked"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Health:
    """What is remembered of the looks at one source.

    `fault` and `reason` are of the last look, when that failed. `newest_at` is when its newest item came, `rhythm` its
    usual gap. `recovered_from` is when the trouble had begun that was over at `recovered_at`.
    """

    last_success_at: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    fault: Fault | None = None
    reason: str = ""
    due_at: datetime | None = None
    newest_at: datetime | None = None
    rhythm: timedelta | None = None
    silent_since: datetime | None = None
    moved_to: str = ""
    recovered_at: datetime | None = None
    recovered_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class WasRead:
    """It could be read. `moved_to` is where it says that it lives now, where it says so."""

    newest_at: datetime | None = None
    rhythm: timedelta | None = None
    moved_to: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """It could not be read. `retry_after` is in seconds, when the server said so."""

    reason: str
    fault: Fault
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Outage:
    """No source could be reached at all: that says nothing about this one."""

    reason: str


Look = WasRead | Failed | Outage


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that the editors should know of a source, since `since`."""

    standing: Standing
    since: datetime


def after(health: Health, look: Look, now: datetime, jitter: float) -> Health:
    """What is known after a look. `jitter` is 0 … 1 and makes the next wait up to a quarter shorter."""
    match look:
        case WasRead():
            return _read(health, look, now)
        case Outage(reason):
            since = health.failing_since or now
            return replace(health, failing_since=since, fault=health.fault or Fault.UNREACHED, reason=reason)
        case Failed():
            # Whoever looks before the time, to see whether it is mended, does not make the waits longer.
            is_early = health.due_at is not None and now < health.due_at
            failures = health.failures if is_early else health.failures + 1
            due_at = now + backoff(failures, look.retry_after, jitter)
            if is_early and health.due_at is not None and look.retry_after is None:
                due_at = min(due_at, health.due_at)
            return replace(
                health,
                failures=failures,
                failing_since=health.failing_since or now,
                fault=look.fault,
                reason=look.reason,
                due_at=None if look.fault == Fault.GONE else due_at,
            )


def backoff(failures: int, retry_after: float | None, jitter: float) -> timedelta:
    """How long to wait after that many failures: our own step, or what the server asked for, but never over a day."""
    step = AGAIN_AFTER[min(max(failures, 1), len(AGAIN_AFTER)) - 1] * (1 - jitter / 4)
    asked = timedelta(seconds=min(max(retry_after or 0.0, 0.0), LONGEST.total_seconds()))
    return max(step, asked)


def is_due(health: Health, now: datetime) -> bool:
    """Whether to ask it now. A clock that was set back does not make the wait longer than any wait is."""
    if health.fault == Fault.GONE:
        return False
    return health.due_at is None or not now < health.due_at <= now + LONGEST


def renewed(health: Health) -> Health:
    """Its settings were changed: what was learnt of the old ones decides no more when it is asked."""
    fault = Fault.LASTING if health.fault == Fault.GONE else health.fault
    return replace(health, failures=0, fault=fault, due_at=None, moved_to="")


def rhythm(days: Iterable[date]) -> timedelta | None:
    """The median gap between the days on which something came; None before there are enough of them."""
    ordered = sorted(set(days))[-MEASURED_GAPS - 1 :]
    gaps = [(later - earlier).days for earlier, later in pairwise(ordered)]
    return timedelta(days=median(gaps)) if len(gaps) >= ENOUGH_GAPS else None


def silent_since(newest_at: datetime | None, usual: timedelta | None, now: datetime) -> datetime | None:
    """When the last item came, if that is much longer ago than is its way."""
    if newest_at is None or usual is None or now - newest_at <= max(LEAST_SILENCE, SILENT_AFTER * usual):
        return None
    return newest_at


def a_week(count: int, oldest: datetime | None, now: datetime) -> float:
    """Items a week, from how many came within the last WEEKS weeks, and the oldest item that there is."""
    if oldest is None:
        return 0.0
    weeks = max(now - oldest, timedelta(0)) // timedelta(weeks=1) + 1  # the one that has begun as well
    return round(count / min(weeks, WEEKS), 1)


def standing(health: Health) -> Standing:
    match health.fault:
        case Fault.GONE:
            return Standing.GONE
        case Fault.LOCKED:
            return Standing.LOCKED
        case Fault.LASTING:
            return Standing.BROKEN
        case Fault.UNREACHED | Fault.PASSING:
            return Standing.FAILING
        case None if health.last_success_at is None:
            return Standing.NEW
        case None if health.moved_to:
            return Standing.MOVED
        case None:
            return Standing.SILENT if health.silent_since else Standing.WELL


def troubles(health: Health, now: datetime) -> list[Trouble]:
    """What the editors should know now, each for as long as it lasts. The first failures are no news."""
    found = []
    if health.failing_since:
        lasts = health.failures >= TOLD_FROM and now - health.failing_since >= TOLD_AFTER
        if lasts or health.fault == Fault.GONE:
            found.append(Trouble(standing(health), health.failing_since))
    elif health.silent_since:
        found.append(Trouble(Standing.SILENT, health.silent_since))
    if health.moved_to and health.last_success_at:
        found.append(Trouble(Standing.MOVED, health.last_success_at))
    return found


def wrong(health: Health) -> str:
    """What is wrong and what to do, in a line; empty where nothing is."""
    if health.fault is not None:
        return health.reason
    said = []
    if health.moved_to:
        said.append(f"it has moved for good to {health.moved_to}; write that address into config.toml")
    if health.silent_since and health.rhythm:
        said.append(
            f"nothing new since {health.silent_since:%Y-%m-%d}, and it usually has something every "
            f"{spoken_days(health.rhythm)}; look whether it goes on elsewhere"
        )
    return "; ".join(said)


def spoken_days(span: timedelta) -> str:
    days = max(1, round(span / timedelta(days=1)))
    return "day" if days == 1 else f"{days} days"


def _read(health: Health, look: WasRead, now: datetime) -> Health:
    silent = silent_since(look.newest_at, look.rhythm, now)
    began = health.failing_since or (health.silent_since if silent is None else None)
    return Health(
        last_success_at=now,
        newest_at=look.newest_at,
        rhythm=look.rhythm,
        silent_since=silent,
        moved_to=look.moved_to,
        recovered_at=now if began else health.recovered_at,
        recovered_from=began or health.recovered_from,
    )
