"""What is remembered of each source between two looks at it, and how often it has something."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import case, or_, select
from sqlmodel import Session, col, func

from publisher.domain.health import MEASURED_GAPS, WEEKS, Health, a_week, rhythm
from publisher.errors import Fault
from publisher.fetch import Cursor
from publisher.store.bulk import chunks, put
from publisher.store.tables import ColumnRow, ItemRow, SourceRow

# A date that is further ahead is of something announced, or a mistake: nothing has come then.
AHEAD_AT_MOST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What to ask a source's server "anything new?" with, and how it fared. `asked_as` is a digest of its settings."""

    cursor: Cursor | None = None
    health: Health = field(default_factory=Health)
    asked_as: str = ""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many items a source has given, and how many a week of late."""

    all: int
    a_week: float


def source_row(session: Session, source: str) -> SourceRow | None:
    """What is remembered of a source; None when it was never read."""
    return session.get(SourceRow, source)


def remembered(session: Session, sources: Collection[str]) -> dict[str, Remembered]:
    """What is remembered of these sources; of one that was never looked at, nothing."""
    found = {name: Remembered() for name in sources}
    for row in _rows(session, sources):
        cursor = Cursor(row.etag, row.last_modified, row.digest)
        found[row.name] = Remembered(None if cursor == Cursor() else cursor, health_of(row), row.asked_as)
    return found


def remember(
    session: Session,
    source: str,
    health: Health,
    now: datetime,
    *,
    cursor: Cursor | None = None,
    asked_as: str | None = None,
    has_items: bool = True,
) -> None:
    """Keep what a look at a source has shown.

    Without a cursor or `asked_as` those before stay. A look whose items were not stored is not a first reading.
    """
    given = cursor or Cursor()
    values: dict[str, Any] = {
        "name": source,
        "first_read_at": now if health.last_success_at == now and has_items else None,
        "last_read_at": now,
        "last_error": health.reason,
        "fault": health.fault.value if health.fault else "",
        "rhythm_days": health.rhythm / timedelta(days=1) if health.rhythm else None,
        "asked_as": asked_as or "",
        **{name: getattr(given, name) for name in _OF_CURSOR},
        **{name: getattr(health, name) for name in _ALIKE},
    }
    kept = [*(_OF_CURSOR if cursor is None else ()), *(["asked_as"] if asked_as is None else [])]
    put(session, SourceRow, values, keeps=["first_read_at", *kept])


def health_of(row: SourceRow) -> Health:
    return Health(
        fault=Fault(row.fault) if row.fault else None,
        reason=row.last_error,
        rhythm=timedelta(days=row.rhythm_days) if row.rhythm_days else None,
        **{name: getattr(row, name) for name in _ALIKE},
    )


def beat(session: Session, source: str, now: datetime) -> tuple[datetime | None, timedelta | None]:
    """When did the newest item of a source come, and how far apart are the days on which something comes?"""
    came_at = _came_at()
    day = func.date(came_at)
    days = (
        select(day, func.max(came_at))
        .select_from(ItemRow)
        .outerjoin(SourceRow, col(SourceRow.name) == col(ItemRow.source))
        .outerjoin(ColumnRow, col(ColumnRow.id) == col(ItemRow.column_id))
        .where(col(ItemRow.source) == source, came_at <= now + AHEAD_AT_MOST)
        .group_by(day)
        .order_by(day.desc())
        .limit(MEASURED_GAPS + 1)
    )
    found = list(session.connection().execute(days))
    if not found:
        return None, None
    return found[0][1], rhythm(date.fromisoformat(str(row[0])) for row in found)


def weekly(session: Session, now: datetime) -> dict[str, Counted]:
    """How much does each source give?"""
    came_at = _came_at()
    is_recent = came_at.between(now - timedelta(weeks=WEEKS), now + AHEAD_AT_MOST)
    query = (
        select(col(ItemRow.source), func.count(), func.sum(case((is_recent, 1), else_=0)), func.min(came_at))
        .select_from(ItemRow)
        .outerjoin(SourceRow, col(SourceRow.name) == col(ItemRow.source))
        .outerjoin(ColumnRow, col(ColumnRow.id) == col(ItemRow.column_id))
        .group_by(col(ItemRow.source))
    )
    rows = session.connection().execute(query)
    return {source: Counted(count, a_week(recent, oldest, now)) for source, count, recent, oldest in rows}


def _came_at() -> Any:
    """When an item came: its date, its column's, or else when it was seen, unless it was there from the beginning."""
    first_read_at = col(SourceRow.first_read_at)
    is_back_catalogue = or_(first_read_at.is_(None), col(ItemRow.first_seen_at) <= first_read_at)
    seen = case((is_back_catalogue, None), else_=col(ItemRow.first_seen_at))
    return func.coalesce(col(ItemRow.published_at), col(ColumnRow.published_at), seen)


_OF_CURSOR = ("etag", "last_modified", "digest")
_ALIKE = (
    *("last_success_at", "failures", "failing_since", "due_at", "newest_at", "silent_since"),
    *("moved_to", "recovered_at", "recovered_from"),
)


def _rows(session: Session, sources: Collection[str]) -> Iterator[SourceRow]:
    for some in chunks(list(sources)):
        yield from session.scalars(select(SourceRow).where(col(SourceRow.name).in_(some)))
