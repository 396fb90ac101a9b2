"""The revisions of an issue: who wrote what when, and what it said then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from publisher.domain import draft
from publisher.store import issues, revisions
from publisher.store.tables import RevisionRow

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision without its words. `by` is empty for what composing made."""

    number: int
    by: str
    made_at: datetime
    fields: tuple[str, ...]


def listed(session: Session, number: int) -> list[Revision]:
    """The newest revisions of an issue, the newest first. Raises NotFound."""
    row = issues.by_number(session, number)
    query = (
        select(RevisionRow.number, RevisionRow.by, RevisionRow.made_at, RevisionRow.fields)
        .where(RevisionRow.issue_id == row.id)
        .order_by(col(RevisionRow.number).desc())
        .limit(SHOWN)
    )
    return [Revision(found, by, at, tuple(fields)) for found, by, at, fields in session.exec(query)]


def said(session: Session, number: int, revision: int | None) -> Mapping[str, str]:
    """What the issue said in that revision, by field; None for what it says now. Raises NotFound."""
    row = issues.by_number(session, number)
    if revision is None:
        return draft.fields(issues.to_fact(session, row))
    return revisions.one(session, row, revision).words
