"""Seal a proof, take a seal back, hold an issue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.domain.approval import covering, leaves_at, skipped, too_late
from publisher.domain.audience import AudienceRule
from publisher.domain.issue import IssueState
from publisher.errors import ApprovalError
from publisher.mail.message import Reader
from publisher.mail.writer import Identity, LetterWriter
from publisher.store import editors, issues, pictures, proofs, skips, subscribers
from publisher.store.db import Database, Session
from publisher.store.tables import IssueRow

BEFORE_RELEASE = (IssueState.DRAFT, IssueState.HELD, IssueState.APPROVED)


@dataclass(frozen=True, slots=True)
class Sealed:
    """What an approval did. `leaves_at` is set when no further approval is needed."""

    number: int
    digest: str
    given: int
    needed: int
    audience: int
    leaves_at: datetime | None


def run(
    database: Database,
    number: int,
    *,
    by: str,
    approvals: int,
    cooling_off: timedelta,
    identity: Identity,
    grace: timedelta,
    now: datetime,
    digest: str = "",
    despite_hold: bool = False,
) -> Sealed:
    """Approve the newest proof as the editor `by`. Raises ApprovalError, NotFound or RenderError.

    An issue that is held, or a draft whose planned time is over by more than the grace, needs `despite_hold`.
    With `digest` it approves only if that is still the newest proof: what was looked at, and nothing else.
    """
    with database.write() as session:
        issue = issues.by_number(session, number)
        editor = editors.by_email(session, by)
        _must_be_open(issue, "approved")
        reason = _held_for(session, issue, grace, now)
        if reason is not None and not despite_hold:
            raise ApprovalError(
                f"No. {number} is held: {reason}. Mend that, or approve it all the same with --despite-hold"
            )
        assert issue.id is not None and editor.id is not None
        newest = proofs.newest(session, issue.id)
        if newest is None:
            raise ApprovalError(f"No. {number} has no proof yet; run `publisher issues preview {number} --out DIR`")
        row, proof = newest
        if digest and not row.digest.startswith(digest):
            raise ApprovalError(
                f"No. {number} has changed since you looked: its proof is {row.digest[:12]} now, not {digest[:12]}"
            )
        if not issues.picks(session, issue.id):
            raise ApprovalError(f"No. {number} is empty; an empty issue cannot be approved")
        # A letter that cannot be written must be known now, not when it is every reader's turn.
        enclosed = pictures.carried(session, proof["html"])
        LetterWriter(proof, number, identity, now, pictures=enclosed).letter(0, Reader(0, "reader@example.org"))
        given = covering(proofs.approvals(session, issue.id), row.digest)
        is_again = any(approval.editor == editor.email for approval in given)
        if is_again and (issue.state == IssueState.APPROVED or len(given) < approvals):
            raise ApprovalError(f"{editor.email} has approved this proof of No. {number} already")
        audience = subscribers.audience_count(session, AudienceRule.from_text(proof["audience"]))
        proofs.approve(session, issue.id, editor.id, row.digest, audience, now)
        count = len(given) + (not is_again)
        if count >= approvals:
            issue.leaves_at = leaves_at(issue.send_at, now, cooling_off)
            issues.set_state(session, issue, IssueState.APPROVED, now=now)
            skips.take_back(session, issue.send_at)  # whoever lets it go all the same wants it
        return Sealed(number, row.digest, count, approvals, audience, issue.leaves_at)


def pull_back(database: Database, number: int, *, by: str, now: datetime) -> None:
    """Take an approved issue back to draft before it leaves. Raises ApprovalError when it is too late."""
    with database.write() as session:
        issue = issues.by_number(session, number)
        if issue.state != IssueState.APPROVED:
            raise ApprovalError(f"No. {number} is {issue.state}, not approved; there is nothing to pull back")
        assert issue.id is not None
        proofs.withdraw(session, issue.id, by, now)
        issue.leaves_at = None
        issues.set_state(session, issue, IssueState.DRAFT, f"pulled back by {by}" if by else "pulled back", now=now)


def hold(database: Database, number: int, *, reason: str, now: datetime) -> None:
    """Hold an issue that has not been released; its approvals are withdrawn."""
    with database.write() as session:
        issue = issues.by_number(session, number)
        _must_be_open(issue, "held")
        assert issue.id is not None
        proofs.withdraw(session, issue.id, "held", now)
        issue.leaves_at = None
        issues.set_state(session, issue, IssueState.HELD, reason, now=now)


def _held_for(session: Session, issue: IssueRow, grace: timedelta, now: datetime) -> str | None:
    """Why it is held, or would be if anything had looked at it since its time; None where it may be approved."""
    if issue.state == IssueState.HELD:
        return issue.state_reason
    if issue.state == IssueState.DRAFT and (row := skips.exactly(session, issue.send_at)):
        return skipped(row.reason)
    return (too_late(now - issue.send_at, grace) or None) if issue.state == IssueState.DRAFT else None


def _must_be_open(issue: IssueRow, verb: str) -> None:
    if issue.state not in BEFORE_RELEASE:
        raise ApprovalError(f"No. {issue.number} is {issue.state} and can no longer be {verb}")
