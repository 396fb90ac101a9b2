"""The trail: who did what to which issue, kept for ever."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, func, select

from publisher.domain.audit import Action
from publisher.store.tables import AuditRow


def note(
    session: Session, by: str, action: Action, number: int | None = None, detail: str = "", *, now: datetime
) -> None:
    """`by`, an editor's address or nothing for the program, did that; in the transaction that does it."""
    session.add(AuditRow(at=now, by=by, action=action.value, issue_number=number, detail=detail))


def count(session: Session, by: str, action: Action, since: datetime) -> int:
    """How often did they do that since then?"""
    query = select(func.count()).where(AuditRow.by == by, AuditRow.action == action.value, col(AuditRow.at) > since)
    return session.exec(query).one()
