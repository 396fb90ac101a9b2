"""Fan out what was approved and is due, or hold it and say why. Nothing is rendered here: the sealed bytes go out."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.domain.approval import ReleaseFacts, covering, hold_reason, planned, skipped
from publisher.domain.audience import AudienceRule
from publisher.domain.audit import Action
from publisher.domain.issue import IssueState
from publisher.domain.post import due_times, idempotency_key
from publisher.domain.proof import Proof, social_channels
from publisher.store import audit, issues, ledger, proofs, skips, subscribers
from publisher.store.db import Database, Session
from publisher.store.tables import IssueRow


@dataclass(frozen=True, slots=True)
class Released:
    """One issue that was due: how many people get it, or why it is held."""

    number: int
    audience: int = 0
    late_by: timedelta = timedelta(0)
    hold_reason: str = ""


def run(
    database: Database,
    spacings: Mapping[str, timedelta],
    *,
    channels: Collection[str],
    approvals: int,
    grace: timedelta,
    now: datetime,
    told: Callable[[Released], None] = lambda released: None,
) -> list[Released]:
    """Release every approved issue whose time has come, each in one transaction; a repeated call does nothing twice."""
    with database.read() as session:
        due = [issue.number for issue in issues.due_for_release(session, now)]
        forgotten = [issue.number for issue in issues.drafts_planned_before(session, now - grace)]
    done = []
    for number in forgotten:
        with database.write() as session:
            issue = issues.by_number(session, number)
            if issue.state == IssueState.DRAFT:
                assert issue.id is not None
                reason = "nobody approved it in time; whoever lets it go now does so although it is late"
                proofs.withdraw(session, issue.id, "held", now)  # some may have, but too few
                issues.set_state(session, issue, IssueState.HELD, reason, now=now)
                audit.note(session, "", Action.HELD, number, reason, now=now)
                done.append(Released(number, hold_reason=reason))
    for number in due:
        with database.write() as session:
            issue = issues.by_number(session, number)
            if issue.state != IssueState.APPROVED or issue.leaves_at is None or issue.leaves_at > now:
                continue  # pulled back, edited or released by another process meanwhile
            done.append(_release(session, issue, spacings, channels, approvals=approvals, grace=grace, now=now))
        told(done[-1])
    return done


def _release(
    session: Session,
    issue: IssueRow,
    spacings: Mapping[str, timedelta],
    channels: Collection[str],
    *,
    approvals: int,
    grace: timedelta,
    now: datetime,
) -> Released:
    assert issue.id is not None and issue.leaves_at is not None
    newest = proofs.newest(session, issue.id)
    assert newest is not None  # it was approved, so there is a proof
    row, proof = newest
    rule = AudienceRule.from_text(proof["audience"])
    sealed = covering(proofs.approvals(session, issue.id), row.digest)
    facts = ReleaseFacts(
        approvals=len(sealed),
        approvals_needed=approvals,
        picks=len(issues.picks(session, issue.id)),
        planned_at=issue.leaves_at,
        grace=grace,
        audience_sealed=proofs.audience_sealed(session, issue.id, row.digest),
        audience_now=subscribers.audience_count(session, rule),
    )
    sealed_for = {part.channel for part in rule.channels} | social_channels(proof)
    skip = skips.exactly(session, issue.send_at)
    reason = (skipped(skip.reason) if skip else None) or _moved(sealed_for, set(channels), issue.number)
    reason = reason or hold_reason(facts, now)
    if reason:
        # What was sealed was sealed for another moment: whoever lets it go now approves it anew.
        proofs.withdraw(session, issue.id, "held", now)
        issue.leaves_at = None
        issues.set_state(session, issue, IssueState.HELD, reason, now=now)
        audit.note(session, "", Action.HELD, issue.number, reason, now=now)
        return Released(issue.number, hold_reason=reason)
    late_by = now - planned(issue.send_at, issue.moved_to)
    issue.released_at = now
    issue.sealed_digest = row.digest
    issue.audience_released = ledger.fan_out(session, issue.id, rule, now)
    _queue_posts(session, issue, proof, spacings, now)
    issues.set_state(session, issue, IssueState.SENDING, now=now)
    return Released(issue.number, audience=issue.audience_released, late_by=late_by)


def _moved(sealed_for: set[str], configured: set[str], number: int) -> str | None:
    """Why the channels are not those of the proof, in words; None when they are."""
    if gone := sorted(sealed_for - configured):
        return f"{', '.join(gone)} is not in config.toml any more"
    if come := sorted(configured - sealed_for):
        return f"{', '.join(come)} came into config.toml after it was rendered; look with issues preview {number}"
    return None


def _queue_posts(
    session: Session, issue: IssueRow, proof: Proof, spacings: Mapping[str, timedelta], now: datetime
) -> None:
    assert issue.id is not None
    for name, spacing in spacings.items():
        sealed = sorted((position, content) for channel, position, content in proof.posts() if channel == name)
        times = due_times(now, len(sealed), spacing)
        ledger.add_posts(
            session,
            issue.id,
            name,
            [
                (position, idempotency_key(issue.number, name, position), content, _leaves(content, due_at, now))
                for (position, content), due_at in zip(sealed, times, strict=True)
            ],
            now,
        )


def _leaves(content: str, due_at: datetime, now: datetime) -> datetime:
    """When a post leaves: at the time that was sealed with it, which may be over by now, or in its turn."""
    at = json.loads(content).get("at")
    return max(datetime.fromisoformat(at), now) if at else due_at
