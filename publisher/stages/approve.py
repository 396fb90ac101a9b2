"""Seal a proof, take a seal back, hold an issue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.domain.approval import (
    covering,
    lacking,
    leaves_at,
    link_is_used,
    planned,
    skipped,
    too_late,
    too_long,
)
from publisher.domain.audience import AudienceRule
from publisher.domain.audit import Action
from publisher.domain.issue import IssueState
from publisher.domain.proof import Proof
from publisher.domain.rights import Right, may, needed
from publisher.errors import ApprovalError
from publisher.mail.identity import ApprovalLink, approval_link
from publisher.mail.message import Reader
from publisher.mail.writer import Identity, LetterWriter
from publisher.preflight.finding import Finding, blocking, unseen
from publisher.store import audit, editors, issues, pictures, proofs, revisions, skips, subscribers
from publisher.store.db import Database, Session
from publisher.store.tables import EditorRow, IssueRow, ProofRow

BEFORE_RELEASE = (IssueState.DRAFT, IssueState.HELD, IssueState.APPROVED)
LINK_IS_OVER = (
    "this link approves nothing any more: it was used, its week is over, or the issue has changed since it was made"
)


@dataclass(frozen=True, slots=True)
class Sealed:
    """What an approval did. `leaves_at` is set when no further approval is needed; else `lacks` says what is."""

    number: int
    digest: str
    given: int
    needed: int
    audience: int
    leaves_at: datetime | None
    lacks: str = ""


@dataclass(frozen=True, slots=True)
class Invited:
    """What a link from a notice is good for: that editor's approval of that proof of that issue."""

    number: int
    editor: EditorRow
    digest: str


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
    findings: Sequence[Finding] = (),
    seen: str | None = None,
    link: str = "",
) -> Sealed:
    """Approve the newest proof as the editor `by`. Raises ApprovalError, NotFound or RenderError.

    An issue that is held, or a draft whose planned time is over by more than the grace, needs `despite_hold`.
    With `digest` it approves only if that is still the newest proof: what was looked at, and nothing else. `findings`
    are what the checks say of that proof: one that blocks stops it, and so does a warning that is not in the mark
    `seen` of what the editor had before them; None where that was shown some other way. `link` is the token of the
    notice's link that was followed, if one was: it must be good still.
    """
    with database.write() as session:
        issue = issues.by_number(session, number)
        editor = editors.by_email(session, by)
        if link and _invited(session, identity, link, now) is None:
            raise ApprovalError(LINK_IS_OVER)
        row, proof = _approvable(session, issue, editor, grace, now, digest, despite_hold=despite_hold)
        _must_be_fit(session, issue, proof, identity, now)
        _must_be_checked(number, findings, seen)
        assert issue.id is not None and editor.id is not None
        given = covering(proofs.approvals(session, issue.id), row.digest)
        approvers, writers = {one.editor for one in given}, revisions.writers(session, issue.id)
        is_again = editor.email in approvers
        if is_again and (issue.state == IssueState.APPROVED or lacking(approvers, approvals, writers)):
            raise ApprovalError(f"{editor.email} has approved this proof of No. {number} already")
        audience = subscribers.audience_count(session, AudienceRule.from_text(proof["audience"]))
        proofs.approve(session, issue.id, editor.id, row.digest, audience, now)
        audit.note(session, editor.email, Action.APPROVED, number, f"proof {row.digest[:12]}", now=now)
        approvers |= {editor.email}
        lacks = lacking(approvers, approvals, writers)
        if not lacks:
            issue.leaves_at = leaves_at(planned(issue.send_at, issue.moved_to), now, cooling_off)
            issues.set_state(session, issue, IssueState.APPROVED, now=now)
            skips.take_back(session, issue.send_at)  # whoever lets it go all the same wants it
        return Sealed(number, row.digest, len(approvers), approvals, audience, issue.leaves_at, lacks)


def invited(database: Database, identity: Identity, token: str, *, now: datetime) -> Invited | None:
    """Whom a link from a notice lets approve, and what; None for one that is not good, or not any more."""
    with database.read() as session:
        return _invited(session, identity, token, now)


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
        audit.note(session, by, Action.PULLED_BACK, number, now=now)


def hold(database: Database, number: int, *, reason: str, now: datetime, by: str = "") -> None:
    """Hold an issue that has not been released; its approvals are withdrawn."""
    with database.write() as session:
        issue = issues.by_number(session, number)
        _must_be_open(issue, "held")
        assert issue.id is not None
        proofs.withdraw(session, issue.id, by or "held", now)
        issue.leaves_at = None
        issues.set_state(session, issue, IssueState.HELD, reason, now=now)
        audit.note(session, by, Action.HELD, number, reason, now=now)


def _approvable(
    session: Session,
    issue: IssueRow,
    editor: EditorRow,
    grace: timedelta,
    now: datetime,
    digest: str,
    *,
    despite_hold: bool,
) -> tuple[ProofRow, Proof]:
    """The proof that this editor may approve now."""
    number = issue.number
    _must_be_open(issue, "approved")
    if not may(editor.role, Right.APPROVE):
        role = needed(Right.APPROVE).value
        raise ApprovalError(f"{editor.email} is {editor.role}; approving takes the role {role} or one above it")
    reason = _held_for(session, issue, grace, now)
    if reason is not None and not despite_hold:
        raise ApprovalError(
            f"No. {number} is held: {reason}. Mend that, or approve it all the same with --despite-hold"
        )
    assert issue.id is not None
    if issue.unrendered:
        raise ApprovalError(f"no proof can be made of the words of No. {number}: {issue.unrendered}")
    newest = proofs.newest(session, issue.id)
    if newest is None:
        raise ApprovalError(f"No. {number} has no proof yet; run `publisher issues preview {number} --out DIR`")
    if digest and not newest[0].digest.startswith(digest):
        raise ApprovalError(
            f"No. {number} has changed since you looked: its proof is {newest[0].digest[:12]} now, not {digest[:12]}"
        )
    return newest


def _must_be_fit(session: Session, issue: IssueRow, proof: Proof, identity: Identity, now: datetime) -> None:
    """It says something, each post fits its network, and a letter can be written."""
    assert issue.id is not None
    if not issues.picks(session, issue.id):
        raise ApprovalError(f"No. {issue.number} is empty; an empty issue cannot be approved")
    for channel, position, length, limit in too_long(proof):
        raise ApprovalError(
            f"post {position} for {channel} has {length:,} of {limit:,} characters; shorten it, then approve"
        )
    # A letter that cannot be written must be known now, not when it is every reader's turn.
    enclosed = pictures.carried(session, proof["html"])
    LetterWriter(proof, issue.number, identity, now, pictures=enclosed).letter(0, Reader(0, "reader@example.org"))


def _must_be_checked(number: int, findings: Sequence[Finding], seen: str | None) -> None:
    if stops := blocking(findings):
        others = f", and {len(stops) - 1} more" if len(stops) > 1 else ""
        raise ApprovalError(f"No. {number} cannot be approved: {stops[0].what}{others}; {stops[0].todo}")
    if seen is not None and (new := unseen(findings, seen)):
        raise ApprovalError(f"the checks warn of what you have not seen yet: {new[0].what}; look at it, then approve")


def _invited(session: Session, identity: Identity, token: str, now: datetime) -> Invited | None:
    link = approval_link(identity.secret, token, now)
    editor = editors.by_badge(session, link.badge) if link else None
    if link is None or editor is None or not may(editor.role, Right.APPROVE):
        return None
    row = issues.by_number(session, link.number)
    assert row.id is not None
    newest = proofs.newest(session, row.id)
    if row.state not in BEFORE_RELEASE or newest is None or not _is_same(row, newest[0], link):
        return None
    approvals = proofs.approvals(session, row.id)
    is_given = any(one.editor == editor.email and one.digest == newest[0].digest for one in approvals)
    if is_given or link_is_used(approvals, newest[0].digest):
        return None
    return Invited(row.number, editor, newest[0].digest)


def _is_same(row: IssueRow, proof: ProofRow, link: ApprovalLink) -> bool:
    """An edit counts even where it was taken back word for word: it was a decision of its own."""
    return row.revision == link.revision and proof.digest.startswith(link.digest) and not row.unrendered


def _held_for(session: Session, issue: IssueRow, grace: timedelta, now: datetime) -> str | None:
    """Why it is held, or would be if anything had looked at it since its time; None where it may be approved."""
    if issue.state == IssueState.HELD:
        return issue.state_reason
    if issue.state == IssueState.DRAFT and (row := skips.exactly(session, issue.send_at)):
        return skipped(row.reason)
    late = now - planned(issue.send_at, issue.moved_to)
    return (too_late(late, grace) or None) if issue.state == IssueState.DRAFT else None


def _must_be_open(issue: IssueRow, verb: str) -> None:
    if issue.state not in BEFORE_RELEASE:
        raise ApprovalError(f"No. {issue.number} is {issue.state} and can no longer be {verb}")
