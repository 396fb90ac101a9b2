"""Proofs, kept for ever, and the approvals that seal them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col, insert, select, update

from publisher.domain.approval import Approval
from publisher.domain.proof import Proof, Surface
from publisher.errors import DatabaseError
from publisher.store.bulk import table_of
from publisher.store.tables import ApprovalRow, EditorRow, IssueRow, ProofRow, SurfaceRow


def save(
    session: Session, issue_id: int, proof: Proof, audience_count: int, now: datetime, *, is_passing: bool = False
) -> ProofRow:
    """Keep a rendering of the issue as its newest; the row there is already when nothing has changed.

    One that `is_passing` is of words that are being typed: it gives way to the next, unless somebody approved it.
    """
    digest = proof.digest
    before = newest_row(session, issue_id)
    if before is not None and before.digest == digest:
        before.is_passing = before.is_passing and is_passing
        session.add(before)
        return before
    if before is not None and before.is_passing and not _was_approved(session, before):
        session.connection().execute(delete(table_of(SurfaceRow)).where(table_of(SurfaceRow).c.proof_id == before.id))
        session.delete(before)
        session.flush()
    row = ProofRow(
        issue_id=issue_id, digest=digest, rendered_at=now, audience_count=audience_count, is_passing=is_passing
    )
    session.add(row)
    session.flush()
    session.connection().execute(
        insert(table_of(SurfaceRow)),
        [
            {
                "proof_id": row.id,
                "name": surface.name,
                "digest": surface.digest,
                "content": surface.content.encode(),
            }
            for surface in proof.surfaces
        ],
    )
    return row


def newest(session: Session, issue_id: int) -> tuple[ProofRow, Proof] | None:
    """The proof that stands for the issue now. Raises DatabaseError when its bytes are not those that were stored."""
    row = newest_row(session, issue_id)
    return (row, _proof(session, row)) if row else None


def newest_row(session: Session, issue_id: int) -> ProofRow | None:
    """What there is to know of the newest proof without its surfaces."""
    return session.exec(
        select(ProofRow).where(ProofRow.issue_id == issue_id).order_by(col(ProofRow.id).desc()).limit(1)
    ).first()


def sealed(session: Session, issue: IssueRow) -> Proof:
    """What goes out of a released issue: the proof that was sealed. Raises DatabaseError when its bytes changed."""
    assert issue.id is not None
    found = with_digest(session, issue.id, issue.sealed_digest)
    if found is None:
        raise DatabaseError(f"the sealed proof of No. {issue.number} is not there; restore a backup")
    return found[1]


def with_digest(session: Session, issue_id: int, digest: str) -> tuple[ProofRow, Proof] | None:
    """The newest proof of the issue with that root digest. Raises DatabaseError as `newest` does."""
    row = session.exec(
        select(ProofRow)
        .where(ProofRow.issue_id == issue_id, ProofRow.digest == digest)
        .order_by(col(ProofRow.id).desc())
        .limit(1)
    ).first()
    return (row, _proof(session, row)) if row else None


def approvals(session: Session, issue_id: int) -> list[Approval]:
    """Who approved which proof of the issue, the earliest first, withdrawn ones included."""
    rows = session.exec(
        select(EditorRow.email, ApprovalRow)
        .join(ApprovalRow, col(ApprovalRow.editor_id) == col(EditorRow.id))
        .where(ApprovalRow.issue_id == issue_id)
        .order_by(col(ApprovalRow.approved_at), col(ApprovalRow.id))
    )
    return [Approval(email, row.digest, row.approved_at, row.withdrawn_at) for email, row in rows]


def approve(
    session: Session, issue_id: int, editor_id: int, digest: str, audience_count: int, now: datetime
) -> ApprovalRow:
    """An editor seals the proof with that digest, and the audience as it was counted then."""
    row = ApprovalRow(
        issue_id=issue_id, editor_id=editor_id, digest=digest, audience_count=audience_count, approved_at=now
    )
    session.add(row)
    session.flush()
    return row


def audience_sealed(session: Session, issue_id: int, digest: str) -> int:
    """How many subscribers did the latest approval of that proof see? 0 where none stands."""
    count = session.exec(
        select(ApprovalRow.audience_count)
        .where(
            ApprovalRow.issue_id == issue_id,
            ApprovalRow.digest == digest,
            col(ApprovalRow.withdrawn_at).is_(None),
        )
        .order_by(col(ApprovalRow.approved_at).desc(), col(ApprovalRow.id).desc())
        .limit(1)
    ).first()
    return count or 0


def withdraw(session: Session, issue_id: int, by: str, now: datetime) -> int:
    """Take back every approval of the issue that stands; how many did."""
    session.flush()
    withdrawn = session.exec(
        update(ApprovalRow)
        .where(col(ApprovalRow.issue_id) == issue_id, col(ApprovalRow.withdrawn_at).is_(None))
        .values(withdrawn_at=now, withdrawn_by=by)
    )
    return withdrawn.rowcount


def _was_approved(session: Session, row: ProofRow) -> bool:
    query = select(ApprovalRow.id).where(ApprovalRow.issue_id == row.issue_id, ApprovalRow.digest == row.digest)
    return session.exec(query.limit(1)).first() is not None


def _proof(session: Session, row: ProofRow) -> Proof:
    surfaces = session.exec(select(SurfaceRow).where(SurfaceRow.proof_id == row.id).order_by(col(SurfaceRow.name)))
    proof = Proof(tuple(Surface(surface.name, surface.content.decode()) for surface in surfaces))
    if proof.digest != row.digest:
        raise DatabaseError(f"proof {row.digest[:12]} was changed in the database; it is not what was stored")
    return proof
