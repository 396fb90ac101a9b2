"""The trail as it is read: the newest first, a page at a time, of one issue or one person where that is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlmodel import Session, col, select

from publisher.store.tables import AuditRow

HEADS = ("id", "at", "by", "action", "issue", "detail")
AT_ONCE = 2_000


def page(session: Session, *, issue: int | None, by: str | None, before: int | None, limit: int) -> dict[str, Any]:
    """`acts` up to `limit`, older than the act `before`; `next` is what to ask for older ones by, None at the end."""
    rows = list(session.exec(_asked(issue, by, before).limit(limit + 1)))
    shown = rows[:limit]
    return {
        "acts": [
            {"at": row.at, "by": row.by, "action": row.action, "issue": row.issue_number, "detail": row.detail}
            for row in shown
        ],
        "next": shown[-1].id if len(rows) > limit else None,
    }


def people(session: Session) -> list[str]:
    """Whoever ever did something, by their address then; the program itself is left out."""
    found: list[str] = []
    last = ""
    # One step through the index for each, and not one row for each act.
    while by := session.exec(
        select(AuditRow.by).where(col(AuditRow.by) > last).order_by(col(AuditRow.by)).limit(1)
    ).first():
        found.append(by)
        last = by
    return found


def rows(session: Session, *, issue: int | None, by: str | None) -> Iterator[tuple[object, ...]]:
    """Every act, for a table with HEADS, the newest first."""
    before: int | None = None
    while True:
        found = list(session.exec(_asked(issue, by, before).limit(AT_ONCE)))
        for row in found:
            yield row.id, row.at.isoformat(), row.by, row.action, row.issue_number or "", row.detail
        if len(found) < AT_ONCE:
            return
        before = found[-1].id
        session.expunge_all()


def _asked(issue: int | None, by: str | None, before: int | None) -> Any:
    query: Any = select(AuditRow).order_by(col(AuditRow.id).desc())
    if issue is not None:
        query = query.where(AuditRow.issue_number == issue)
    if by is not None:
        query = query.where(AuditRow.by == by)
    if before is not None:
        query = query.where(col(AuditRow.id) < before)
    return query
