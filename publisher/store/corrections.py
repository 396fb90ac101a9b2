"""What was corrected on the pages of issues that have gone out. What was sealed, mailed and posted is not touched."""

from __future__ import annotations

from sqlmodel import Session, col, select

from publisher.domain.correction import Correction
from publisher.store.tables import CorrectionRow


def add(session: Session, issue_id: int, editor_id: int, correction: Correction, page: str) -> CorrectionRow:
    """One more correction of the issue; `page` is the whole page from then on."""
    row = CorrectionRow(
        issue_id=issue_id,
        editor_id=editor_id,
        corrected_at=correction.at,
        explanation=correction.explanation,
        words=dict(correction.words),
        page=page.encode(),
    )
    session.add(row)
    session.flush()
    return row


def of_issue(session: Session, issue_id: int) -> list[Correction]:
    """Every correction of the issue, the oldest first."""
    query = (
        select(CorrectionRow.corrected_at, CorrectionRow.explanation, CorrectionRow.words)
        .where(CorrectionRow.issue_id == issue_id)
        .order_by(col(CorrectionRow.id))
    )
    return [Correction(at, explanation, dict(words)) for at, explanation, words in session.exec(query)]
