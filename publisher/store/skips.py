"""Planned sends that are left out on purpose: by an editor, or because config.toml calls the day a holiday."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from publisher.store.tables import SkipRow

HOLIDAY = "a holiday"
ON_PURPOSE = "skipped on purpose"  # the reason of an editor who gave none
# Who reads the page on the day itself still wants to know why there is no letter.
TOLD_FOR = timedelta(days=1)


def put(
    session: Session, send_at: datetime, *, reason: str, tells_readers: bool, skipped_by: str, now: datetime
) -> None:
    """The issue planned for that time is skipped; said again, the later words count."""
    row = SkipRow(send_at=send_at, reason=reason, tells_readers=tells_readers)
    row.skipped_by, row.skipped_at = skipped_by, now
    session.merge(row)


def take_back(session: Session, send_at: datetime) -> bool:
    """It is not skipped any more; whether it was."""
    row = session.get(SkipRow, send_at)
    if row:
        session.delete(row)
    return row is not None


def why(session: Session, send_at: datetime, zone: ZoneInfo, holidays: Collection[date]) -> str:
    """Why is the issue planned for that time skipped? Empty where it is not."""
    row = session.get(SkipRow, send_at)
    if row:
        return row.reason
    return HOLIDAY if send_at.astimezone(zone).date() in holidays else ""


def told(skip: SkipRow) -> str:
    """Why, in an editor's own words for readers; empty where none were given."""
    return "" if skip.reason == ON_PURPOSE else skip.reason


def announced(session: Session, now: datetime) -> list[SkipRow]:
    """What readers are told of: skips that are to come, and those of the last day, the earliest first."""
    query = select(SkipRow).where(col(SkipRow.tells_readers).is_(True), col(SkipRow.send_at) > now - TOLD_FOR)
    return list(session.exec(query.order_by(col(SkipRow.send_at))))
