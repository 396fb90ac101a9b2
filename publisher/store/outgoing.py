"""Which issues are going out, what of them is still to come, and which channels have stopped."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from publisher.domain.sending import SETTLED, State
from publisher.store.ledger import may_be_found
from publisher.store.tables import DeliveryRow, IssueRow, PauseRow, PostRow


def sending_issues(session: Session) -> list[IssueRow]:
    """The issues that are going out, the oldest first."""
    return list(session.scalars(select(IssueRow).where(_c(IssueRow.state) == "sending").order_by(_c(IssueRow.number))))


def unsettled(session: Session, issue_id: int) -> int:
    """How many deliveries and posts of an issue are still to come, or to be looked for."""
    total = 0
    for ledger in (DeliveryRow, PostRow):
        total += (
            session.scalar(
                select(func.count())
                .select_from(ledger)
                .where(_c(ledger.issue_id) == issue_id, _c(ledger.state).not_in([state.value for state in SETTLED]))
            )
            or 0
        )
    lost = select(func.count()).select_from(PostRow).where(_c(PostRow.issue_id) == issue_id, *may_be_found())
    return total + (session.scalar(lost) or 0)


def waiting_channels(session: Session, issue_id: int) -> set[str]:
    """The channels that have letters or posts of an issue still to send."""
    found: set[str] = set()
    for ledger in (DeliveryRow, PostRow):
        queued = select(_c(ledger.channel)).where(_c(ledger.issue_id) == issue_id, _c(ledger.state) == State.QUEUED)
        found |= set(session.scalars(queued.distinct()))
    return found


def next_due(session: Session, issue_id: int) -> datetime | None:
    """When the next delivery or post of an issue is due."""
    times = [
        session.scalar(
            select(func.min(ledger.due_at)).where(_c(ledger.issue_id) == issue_id, _c(ledger.state) == State.QUEUED)
        )
        for ledger in (DeliveryRow, PostRow)
    ]
    return min((time for time in times if time), default=None)


def pause_channel(session: Session, channel: str, reason: str, now: datetime) -> None:
    """Remember that a channel stopped, and why."""
    session.merge(PauseRow(channel=channel, paused_at=now, reason=reason))


def resume_channel(session: Session, channel: str) -> None:
    paused = session.get(PauseRow, channel)
    if paused:
        session.delete(paused)


def _c(attribute: Any) -> Any:
    """A mapped attribute as the column expression that it is; type checkers see the field's own type."""
    return attribute
