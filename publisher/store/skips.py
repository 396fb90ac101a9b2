"""Planned sends that are left out on purpose: by an editor, or because config.toml calls the day a holiday."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from publisher.domain.issue import IssueState
from publisher.store.tables import IssueRow, SkipRow

HOLIDAY = "a holiday"
ON_PURPOSE = "skipped on purpose"  # the reason of an editor who gave none
TAKEN_BACK = "it was skipped, and that was taken back"  # what an issue is again a draft for
# Who reads the page on the day itself still wants to know why there is no letter.
TOLD_FOR = timedelta(days=1)


def put(
    session: Session,
    send_at: datetime,
    *,
    reason: str,
    tells_readers: bool,
    skipped_by: str,
    now: datetime,
    was_state: str = "",
    was_reason: str = "",
) -> None:
    """The issue planned for that time is skipped; said again, the later words count.

    `was_state` is that of the issue which this cancelled; said again, the first one counts.
    """
    before = session.get(SkipRow, send_at)
    row = SkipRow(send_at=send_at, reason=reason, tells_readers=tells_readers)
    row.skipped_by, row.skipped_at, row.was_state, row.was_reason = skipped_by, now, was_state, was_reason
    if before and not was_state:
        row.was_state, row.was_reason = before.was_state, before.was_reason
    if before and before.reason == reason:
        row.skipped_at = before.skipped_at  # nothing that anybody must be told again
    session.merge(row)


def take_back(session: Session, send_at: datetime) -> bool:
    """It is not skipped any more; whether it was."""
    row = exactly(session, send_at)
    if row:
        session.delete(row)
    return row is not None


def exactly(session: Session, send_at: datetime) -> SkipRow | None:
    """The skip that was said for exactly that time."""
    return session.get(SkipRow, send_at, populate_existing=True)


def of_day(session: Session, day: date, zone: ZoneInfo) -> list[SkipRow]:
    """The skips of a day on the publication's clock, whatever time was planned when they were said."""
    begin, end = (datetime.combine(day + timedelta(days=days), time(), zone) for days in (0, 1))
    query = select(SkipRow).where(col(SkipRow.send_at) >= begin, col(SkipRow.send_at) < end)
    return list(session.exec(query.order_by(col(SkipRow.send_at))))


def of(session: Session, send_at: datetime, zone: ZoneInfo) -> SkipRow | None:
    """The skip that holds for that time: the one of exactly then, or of its day unless there is an issue."""
    if row := exactly(session, send_at):
        return row
    rows = of_day(session, send_at.astimezone(zone).date(), zone)
    return rows[-1] if rows and not _is_open(session, send_at) else None


def why(session: Session, send_at: datetime, zone: ZoneInfo, holidays: Collection[date]) -> str:
    """Why is the issue planned for that time skipped? Empty where it is not.

    A day that was made a holiday after its issue was composed cancels nothing: the issue that is there counts.
    """
    if row := of(session, send_at, zone):
        return row.reason
    is_holiday = send_at.astimezone(zone).date() in holidays
    return HOLIDAY if is_holiday and not _is_open(session, send_at) else ""


def _is_open(session: Session, send_at: datetime) -> bool:
    """Whether there is an issue for that time, and it was not cancelled."""
    query = select(IssueRow.id).where(IssueRow.send_at == send_at, IssueRow.state != IssueState.CANCELLED.value)
    return session.exec(query).first() is not None


def told(skip: SkipRow) -> str:
    """Why, in an editor's own words for readers; empty where none were given."""
    return "" if skip.reason == ON_PURPOSE else skip.reason


def announced(session: Session, now: datetime) -> list[SkipRow]:
    """What readers are told of: skips that are to come, and those of the last day, the earliest first."""
    query = select(SkipRow).where(col(SkipRow.tells_readers).is_(True), col(SkipRow.send_at) > now - TOLD_FOR)
    return list(session.exec(query.order_by(col(SkipRow.send_at))))
