"""What stands above an issue in each of its modes: its words, where it is, and who else has it open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from publisher.domain import draft
from publisher.domain.approval import covering
from publisher.domain.issue import Issue
from publisher.store import issues, presence, proofs
from publisher.store.tables import EditorRow, IssueRow, ProofRow, RevisionRow

# A page that is open says so every fifteen seconds; one that was closed is not told of for longer than this.
STAYS = timedelta(seconds=40)


@dataclass(frozen=True, slots=True)
class Above:
    """`fields` has every field of the issue that says something; `others` who else has it open, and at which place.

    `digest` is that of the newest proof, empty where there is none; `approved_by` who approved exactly that one.
    `written_by` made the newest revision, empty where there is none.
    """

    issue: IssueRow
    fact: Issue
    fields: Mapping[str, str]
    digest: str
    approved_by: tuple[str, ...]
    others: tuple[tuple[EditorRow, str], ...]
    written_by: str


def head(session: Session, number: int, editor_id: int | None, now: datetime) -> Above:
    """Raises NotFound."""
    row = issues.by_number(session, number)
    assert row.id is not None  # it was read from the database
    fact = issues.to_fact(session, row)
    query = select(ProofRow.digest).where(ProofRow.issue_id == row.id).order_by(col(ProofRow.id).desc())
    digest = session.exec(query.limit(1)).first() or ""
    wrote = select(RevisionRow.by).where(RevisionRow.issue_id == row.id).order_by(col(RevisionRow.number).desc())
    standing = covering(proofs.approvals(session, row.id), digest)
    return Above(
        issue=row,
        fact=fact,
        fields=draft.fields(fact),
        digest=digest,
        approved_by=tuple(approval.editor for approval in standing),
        others=tuple(presence.others(session, row.id, editor_id, now - STAYS)),
        written_by=session.exec(wrote.limit(1)).first() or "",
    )
