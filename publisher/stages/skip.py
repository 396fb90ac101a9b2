"""Leave out a planned issue on purpose, or take that back. What is composed for it already is cancelled."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from publisher.config.cron import next_time, times_between
from publisher.domain.audit import Action
from publisher.domain.issue import IssueState
from publisher.errors import WrongUse
from publisher.store import audit, issues, proofs, skips
from publisher.store.db import Database

BEFORE_RELEASE = (IssueState.DRAFT, IssueState.HELD, IssueState.APPROVED)
_MARK = "skipped: "


@dataclass(frozen=True, slots=True)
class Skipping:
    """The planned sends of that day, and the numbers of the issues that were cancelled, or are open again."""

    times: tuple[datetime, ...]
    numbers: tuple[int, ...] = ()


def run(
    database: Database,
    day: date,
    *,
    line: str,
    zone: ZoneInfo,
    now: datetime,
    reason: str = "",
    tells_readers: bool = False,
    by: str = "",
) -> Skipping:
    """Skip every issue that is planned for that day on the publication's clock. Raises WrongUse."""
    times = _planned(day, line, zone, now)
    cancelled = []
    with database.write() as session:
        for send_at in times:
            issue = issues.by_send_at(session, send_at)
            was_state, was_reason = "", ""
            if issue and issue.state in BEFORE_RELEASE:
                assert issue.id is not None
                was_state, was_reason = issue.state, issue.state_reason
                proofs.withdraw(session, issue.id, by or "skipped", now)
                issue.leaves_at = None
                issues.set_state(session, issue, IssueState.CANCELLED, f"{_MARK}{reason or skips.ON_PURPOSE}", now=now)
                cancelled.append(issue.number)
            elif issue and issue.state != IssueState.CANCELLED:
                raise WrongUse(f"No. {issue.number} is {issue.state} and can no longer be skipped")
            skips.put(
                session,
                send_at,
                reason=reason or skips.ON_PURPOSE,
                tells_readers=tells_readers,
                skipped_by=by,
                now=now,
                was_state=was_state,
                was_reason=was_reason,
            )
            told = f"{send_at.astimezone(zone).date()}: {reason or skips.ON_PURPOSE}"
            audit.note(session, by, Action.SKIPPED, issue.number if issue else None, told, now=now)
    return Skipping(times, tuple(cancelled))


def undo(
    database: Database,
    day: date,
    *,
    line: str,
    zone: ZoneInfo,
    now: datetime,
    holidays: Collection[date],
    by: str = "",
) -> Skipping:
    """Take a skip back; what it cancelled is held again or a draft again, without its approvals. Raises WrongUse."""
    times = _planned(day, line, zone, now)
    again = []
    with database.write() as session:
        # Looked up by the day: the line may name another time of it by now.
        rows = skips.of_day(session, day, zone)
        if not rows:
            holiday = "; it is a holiday in config.toml: take it out of schedule.holidays" if day in holidays else ""
            raise WrongUse(f"nothing was skipped on {day}{holiday}")
        for row in rows:
            issue = issues.by_send_at(session, row.send_at)
            is_cancelled = issue and issue.state == IssueState.CANCELLED and issue.state_reason.startswith(_MARK)
            if issue and is_cancelled and row.send_at > now:
                is_held = row.was_state == IssueState.HELD
                state, reason = (IssueState.HELD, row.was_reason) if is_held else (IssueState.DRAFT, skips.TAKEN_BACK)
                issues.set_state(session, issue, state, reason, now=now)
                again.append(issue.number)
            skips.take_back(session, row.send_at)
            audit.note(session, by, Action.SKIPPED, issue.number if issue else None, f"{day}: taken back", now=now)
    return Skipping(times, tuple(again))


def _planned(day: date, line: str, zone: ZoneInfo, now: datetime) -> tuple[datetime, ...]:
    """The planned sends of a day that are still to come."""
    midnight = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    times = tuple(times_between(line, zone, midnight - timedelta(microseconds=1), end))
    if not times:
        near = next_time(line, zone, max(midnight, now)).astimezone(zone).date()
        raise WrongUse(f"no issue is planned for {day}; the next after that is planned for {near}")
    to_come = tuple(send_at for send_at in times if send_at > now)
    if not to_come:
        raise WrongUse(f"{day} is over; only an issue that is still to come can be skipped")
    return to_come
