"""Which issues are going out or were cancelled on their way, what of them is to come, which channels have stopped."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlmodel import Session

from publisher.domain.sending import SETTLED, State
from publisher.store import settled
from publisher.store.bulk import table_of
from publisher.store.ledger import SPACING_KEPT, last_post_at, may_be_found
from publisher.store.tables import AttemptRow, DeliveryRow, IssueRow, PauseRow, PostRow


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


def to_send(session: Session) -> dict[str, int]:
    """How many letters and posts of all issues that are going out does each channel have still to send?"""
    going_out = [issue.id for issue in sending_issues(session)]
    found: dict[str, int] = {}
    for ledger in (DeliveryRow, PostRow):
        waiting = (
            select(_c(ledger.channel), func.count())
            .where(_c(ledger.issue_id).in_(going_out), _c(ledger.state).not_in([state.value for state in SETTLED]))
            .group_by(_c(ledger.channel))
        )
        for channel, count in session.execute(waiting):
            found[channel] = found.get(channel, 0) + count
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


def is_anything_due(
    session: Session,
    now: datetime,
    *,
    grace: timedelta,
    spacings: Mapping[str, timedelta],
    resting: Collection[str] = (),
    busy: Collection[str] = (),
    looks_for_lost: bool = True,
) -> bool:
    """Whether releasing or sending would do anything now. Reads only, and little.

    `resting` channels are not asked, nor are the `busy`, on which this process is at work; `looks_for_lost` counts
    posts of which nobody can tell yet whether they are there.
    """
    approved = (_c(IssueRow.state) == "approved", _c(IssueRow.leaves_at) <= now)
    planned = func.coalesce(_c(IssueRow.moved_to), _c(IssueRow.send_at))
    forgotten = (_c(IssueRow.state) == "draft", planned < now - grace)
    if session.scalar(select(_c(IssueRow.id)).where(or_(and_(*approved), and_(*forgotten))).limit(1)):
        return True
    return any(
        _is_issue_due(session, issue.id, now, spacings, {*resting, *busy}, busy, looks_for_lost)
        for issue in sending_issues(session)
        if issue.id is not None
    ) or any(_is_cancelled_due(session, issue, busy) for issue in cancelled_issues(session))


def cancelled_issues(session: Session) -> list[IssueRow]:
    """The issues that were cancelled on their way, and of which something may not have its end yet."""
    query = select(IssueRow).where(
        _c(IssueRow.state) == "cancelled", _c(IssueRow.released_at).is_not(None), _c(IssueRow.sent_at).is_(None)
    )
    return list(session.scalars(query.order_by(_c(IssueRow.number))))


def drop_cancelled(session: Session, now: datetime) -> int:
    """Drop what waits of cancelled issues, so that it never leaves; returns how many rows.

    A sender that had claimed some of it gives it back, so this is asked again whenever one has stopped or is gone.
    What is on the wire has its own end; when all has one, the issue is settled at `now`.
    """
    dropped = 0
    for issue in cancelled_issues(session):
        for ledger in (DeliveryRow, PostRow):
            table = table_of(ledger)
            drop = update(table).where(table.c.issue_id == issue.id, table.c.state == State.QUEUED.value)
            dropped += (
                session.connection()
                .execute(drop.values(state=State.DROPPED.value, reason=issue.state_reason, lease_until=None))
                .rowcount
            )
        if issue.id is not None and not _is_any(session, issue.id, State.QUEUED, State.CLAIMED, State.SENDING):
            issue.sent_at = now
            session.add(issue)
            settled.count(session, issue.id)
    return dropped


def _is_cancelled_due(session: Session, issue: IssueRow, busy: Collection[str]) -> bool:
    """Whether something of it waits, or was taken by a sender that is gone, or all of it has its end by now."""
    assert issue.id is not None
    if _is_any(session, issue.id, State.QUEUED) or _is_any(
        session, issue.id, State.CLAIMED, State.SENDING, besides=busy
    ):
        return True
    return not _is_any(session, issue.id, State.CLAIMED, State.SENDING)


def _is_any(session: Session, issue_id: int, *states: State, besides: Collection[str] = ()) -> bool:
    """Whether a letter or a post of an issue is in one of these states, on another channel than those."""
    return any(
        session.scalar(
            select(_c(ledger.id))
            .where(
                _c(ledger.issue_id) == issue_id,
                _c(ledger.state).in_([state.value for state in states]),
                _c(ledger.channel).not_in(besides),
            )
            .limit(1)
        )
        for ledger in (DeliveryRow, PostRow)
    )


def _is_issue_due(
    session: Session,
    issue_id: int,
    now: datetime,
    spacings: Mapping[str, timedelta],
    resting: Collection[str],
    busy: Collection[str],
    looks_for_lost: bool,
) -> bool:
    for ledger in (DeliveryRow, PostRow):
        of_issue = (
            select(_c(ledger.id)).where(_c(ledger.issue_id) == issue_id, _c(ledger.channel).not_in(busy)).limit(1)
        )
        # A sender that is gone had taken it.
        if session.scalar(of_issue.where(_c(ledger.state).in_([State.CLAIMED, State.SENDING]))):
            return True
    letters = select(_c(DeliveryRow.id)).where(
        _c(DeliveryRow.issue_id) == issue_id,
        _c(DeliveryRow.state) == State.QUEUED,
        _c(DeliveryRow.due_at) <= now,
        _c(DeliveryRow.channel).not_in(resting),
    )
    if session.scalar(letters.limit(1)) or _is_post_due(session, issue_id, now, spacings, resting):
        return True
    lost = select(_c(PostRow.id)).where(
        _c(PostRow.issue_id) == issue_id, *may_be_found(), _c(PostRow.channel).not_in(resting)
    )
    if looks_for_lost and session.scalar(lost.limit(1)):
        return True
    return unsettled(session, issue_id) == 0  # it can be called sent


def _is_post_due(
    session: Session, issue_id: int, now: datetime, spacings: Mapping[str, timedelta], resting: Collection[str]
) -> bool:
    """Only the first queued post of a channel has its turn, and not before the spacing is over."""
    queued = select(_c(PostRow.channel), _c(PostRow.due_at)).where(
        _c(PostRow.issue_id) == issue_id, _c(PostRow.state) == State.QUEUED
    )
    first: dict[str, datetime] = {}
    for channel, due_at in session.execute(queued.order_by(_c(PostRow.position))):
        first.setdefault(channel, due_at)
    for channel, due_at in first.items():
        last = last_post_at(session, channel)
        is_spaced = last is None or now - last >= spacings.get(channel, timedelta(0)) * SPACING_KEPT
        if channel not in resting and due_at <= now and is_spaced:
            return True
    return False


def pause_channel(session: Session, channel: str, reason: str, now: datetime) -> None:
    """Remember that a channel stopped, since when, and why it does not work now."""
    before = session.get(PauseRow, channel)
    session.merge(PauseRow(channel=channel, paused_at=before.paused_at if before else now, reason=reason))


def resume_channel(session: Session, channel: str) -> None:
    paused = session.get(PauseRow, channel)
    if paused:
        session.delete(paused)


def resume_idle(session: Session) -> None:
    """A channel that has nothing left to send is in no trouble, so that the next one is told as a new one."""
    for pause in session.scalars(select(PauseRow)).all():
        has_left = any(
            session.scalar(
                select(_c(ledger.id))
                .join(IssueRow, _c(IssueRow.id) == _c(ledger.issue_id))
                .where(
                    _c(ledger.channel) == pause.channel,
                    _c(ledger.state).not_in([state.value for state in SETTLED]),
                    _c(IssueRow.state) == "sending",
                )
                .limit(1)
            )
            for ledger in (DeliveryRow, PostRow)
        )
        if not has_left:
            session.delete(pause)


def paused_issues(session: Session) -> list[IssueRow]:
    """The issues that somebody must let go on, the oldest first."""
    return list(session.scalars(select(IssueRow).where(_c(IssueRow.state) == "paused").order_by(_c(IssueRow.number))))


def waits_since(session: Session, issue_id: int, besides: Collection[str] = ()) -> datetime | None:
    """Since when a letter or post is due that was never tried; None where there is none.

    Channels that are known to have stopped, and those in `besides`, are not counted: it is told why these wait.
    """
    found = [
        session.scalar(
            select(func.min(ledger.due_at)).where(
                _c(ledger.issue_id) == issue_id,
                _c(ledger.state).in_([State.QUEUED, State.CLAIMED]),
                _c(ledger.attempts) == 0,
                _c(ledger.channel).not_in(besides),
                _c(ledger.channel).not_in(select(_c(PauseRow.channel))),
            )
        )
        for ledger in (DeliveryRow, PostRow)
    ]
    return min((moment for moment in found if moment), default=None)


def last_move(session: Session, issue_id: int) -> datetime | None:
    """When something of an issue was last accepted or tried."""
    found = []
    for ledger, owner in ((DeliveryRow, AttemptRow.delivery_id), (PostRow, AttemptRow.post_id)):
        of_issue = _c(ledger.issue_id) == issue_id
        found.append(session.scalar(select(func.max(ledger.accepted_at)).where(of_issue)))
        tries = select(func.max(AttemptRow.at)).join(ledger, _c(ledger.id) == _c(owner)).where(of_issue)
        found.append(session.scalar(tries))
    return max((moment for moment in found if moment), default=None)


def make_due(session: Session, issue_id: int, now: datetime) -> None:
    """What waited and was never tried is due now, as if it had been released now."""
    for ledger in (DeliveryRow, PostRow):
        session.execute(
            update(ledger)
            .where(
                _c(ledger.issue_id) == issue_id,
                _c(ledger.state) == State.QUEUED,
                _c(ledger.attempts) == 0,
                _c(ledger.due_at) < now,
            )
            .values(due_at=now),
            execution_options={"synchronize_session": False},
        )


def _c(attribute: Any) -> Any:
    """A mapped attribute as the column expression that it is; type checkers see the field's own type."""
    return attribute
