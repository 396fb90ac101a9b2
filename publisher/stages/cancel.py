"""Cancel an issue. What has left has left; what has not never leaves.

An issue that is going out is cancelled at once, also while another process sends it: that one looks at the issue's
state, gives back what it holds, and settles what is on the wire.
"""

from __future__ import annotations

from datetime import datetime

from publisher.domain.audit import Action
from publisher.domain.issue import IssueState
from publisher.errors import WrongUse
from publisher.store import audit, issues, outgoing, proofs
from publisher.store.db import Database

BEFORE_RELEASE = (IssueState.DRAFT, IssueState.HELD, IssueState.APPROVED)
ON_THE_WAY = (IssueState.SENDING, IssueState.PAUSED)


def run(database: Database, number: int, *, now: datetime, reason: str = "", by: str = "") -> int:
    """Cancel an issue; returns how many letters and posts are dropped by it. Raises NotFound, WrongUse."""
    with database.write() as session:
        issue = issues.by_number(session, number)
        if issue.state not in (*BEFORE_RELEASE, *ON_THE_WAY):
            raise WrongUse(f"No. {number} is {issue.state} and can no longer be cancelled")
        if issue.state in BEFORE_RELEASE:
            assert issue.id is not None
            proofs.withdraw(session, issue.id, by or "cancelled", now)
            issue.leaves_at = None
        issues.set_state(session, issue, IssueState.CANCELLED, _reason(" ".join(reason.split()), by), now=now)
        audit.note(session, by, Action.CANCELLED, number, " ".join(reason.split()), now=now)
    # Who sends meanwhile knows it from here on; dropping the rows of a large list takes some seconds.
    with database.write() as session:
        return outgoing.drop_cancelled(session, now)


def _reason(told: str, by: str) -> str:
    if told and by:
        return f"cancelled: {told} (by {by})"
    if by:
        return f"cancelled: by {by}"
    return f"cancelled: {told}" if told else "cancelled: by an editor"
