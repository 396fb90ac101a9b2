"""The ledger: who is due what, and where each delivery and post stands.

The ledger is the queue. Decisions are made by `domain/sending.py`; here they are read and written, each write guarded
by the state and the worker it was decided for, so that a worker which lost its claim changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import and_, bindparam, exists, func, insert, literal, or_, select, update
from sqlmodel import Session

from publisher.domain.audience import AudienceRule, SubscriberState
from publisher.domain.sending import LeaseEnded, Progress, State, settle
from publisher.store.bulk import table_of
from publisher.store.subscribers import audience_select
from publisher.store.tables import (
    AttemptRow,
    DeliveryRow,
    IssueRow,
    MembershipRow,
    Moment,
    NoticeRow,
    PostRow,
    SubscriberRow,
    SuppressionRow,
)

# A post whose answer was lost is sent once more at the most, and looked for after each time.
SENT_AT_MOST = 2
# A post takes seconds, and what is due at a full minute must not slip to the next because of them.
SPACING_KEPT = 0.9

Ledger = type[DeliveryRow] | type[PostRow] | type[NoticeRow]
_OWNER: dict[Ledger, str] = {DeliveryRow: "delivery_id", PostRow: "post_id", NoticeRow: "notice_id"}


@dataclass(frozen=True, slots=True)
class Due:
    """A claimed delivery and its reader. `unwanted` says why it must not be sent any more, or is empty."""

    id: int
    progress: Progress
    subscriber_id: int
    email: str
    name: str
    unwanted: str


@dataclass(frozen=True, slots=True)
class DuePost:
    """A claimed or unknown post. `content` is the sealed surface; before `queued_at` it cannot have been posted."""

    id: int
    progress: Progress
    position: int
    key: str
    content: str
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class Settling:
    """What is to be written of one row: it goes from `before` to `after`."""

    id: int
    before: Progress
    after: Progress


def fan_out(session: Session, issue_id: int, rule: AudienceRule, due_at: datetime) -> int:
    """One delivery for each subscriber and channel of the sealed rule; returns how many people get mail.

    An address goes to the first mail channel that serves it; a channel that writes copies takes them all.
    """
    mailed = copied = 0
    for channel in rule.channels:
        audience = audience_select(channel.lists).subquery()
        reader = audience.c[0]
        row: dict[str, Any] = {
            "issue_id": literal(issue_id),
            "channel": literal(channel.channel),
            "subscriber_id": reader,
            "state": literal(State.QUEUED.value),
            "due_at": literal(due_at, type_=Moment()),
            "attempts": literal(0),
            "reason": literal(""),
            "receipt": literal(""),
            "claimed_by": literal(""),
        }
        chosen = select(*row.values()).order_by(reader)
        if not channel.is_copy:
            served = [other.channel for other in rule.channels if not other.is_copy]
            chosen = chosen.where(
                ~exists().where(
                    _c(DeliveryRow.issue_id) == issue_id,
                    _c(DeliveryRow.subscriber_id) == reader,
                    _c(DeliveryRow.channel).in_(served),
                )
            )
        # SQLAlchemy forgets how many rows an insert wrote, unless it is asked to remember.
        fanned = insert(table_of(DeliveryRow)).from_select(list(row), chosen)
        written = session.connection().execute(fanned, execution_options={"preserve_rowcount": True}).rowcount
        mailed += 0 if channel.is_copy else written
        copied = max(copied, written) if channel.is_copy else copied
    return mailed or copied


def add_posts(
    session: Session, issue_id: int, channel: str, posts: Iterable[tuple[int, str, str, datetime]], now: datetime
) -> None:
    """Queue posts: (position, key, sealed content, due_at) each."""
    for position, key, content, due_at in posts:
        row = PostRow(issue_id=issue_id, channel=channel, position=position, key=key, content=content, due_at=due_at)
        row.queued_at = now
        session.add(row)


def claim_deliveries(
    session: Session,
    issue_id: int,
    channel: str,
    lists: tuple[str, ...],
    *,
    worker: str,
    now: datetime,
    until: datetime,
    limit: int,
) -> list[Due]:
    """Take up to `limit` due rows of a sending issue; who left or is suppressed meanwhile comes back as `unwanted`."""
    ids = _claim(session, DeliveryRow, issue_id, channel, worker=worker, now=now, until=until, limit=limit)
    member = exists().where(
        _c(MembershipRow.subscriber_id) == _c(SubscriberRow.id),
        _c(MembershipRow.list_name).in_(lists),
        _c(MembershipRow.left_at).is_(None),
    )
    rows = session.execute(
        select(DeliveryRow, SubscriberRow, _c(SuppressionRow.reason), member.label("is_member"))
        .join(SubscriberRow, _c(SubscriberRow.id) == _c(DeliveryRow.subscriber_id))
        .outerjoin(SuppressionRow, _c(SuppressionRow.email_hash) == _c(SubscriberRow.email_hash))
        .where(_c(DeliveryRow.id).in_(ids))
        .order_by(_c(DeliveryRow.id))
    )
    due = []
    for row, reader, suppressed, is_member in rows:
        unwanted = f"suppressed: {suppressed}" if suppressed else ""
        if reader.state != SubscriberState.ACTIVE or not is_member:
            unwanted = unwanted or "left"
        due.append(Due(row.id, progress_of(row), reader.id, reader.email, reader.name, unwanted))
    return due


def claim_post(
    session: Session, issue_id: int, channel: str, *, worker: str, now: datetime, until: datetime
) -> DuePost | None:
    """Take the next due post of a sending issue on this channel."""
    of_channel = (_c(PostRow.issue_id) == issue_id, _c(PostRow.channel) == channel, _c(PostRow.state) == State.QUEUED)
    first = session.scalar(select(func.min(PostRow.position)).where(*of_channel))
    is_turn = _c(PostRow.position) == first  # a deferred post keeps its place: the first may carry the only link
    ids = _claim(session, PostRow, issue_id, channel, is_turn, worker=worker, now=now, until=until, limit=1)
    row = session.get(PostRow, ids[0]) if ids else None
    return _due_post(row) if row else None


def unknown_posts(session: Session, issue_id: int, channel: str) -> list[DuePost]:
    """Posts of an issue of which nobody can tell yet whether they are there, and that are worth a look."""
    rows = session.scalars(
        select(PostRow)
        .where(_c(PostRow.issue_id) == issue_id, _c(PostRow.channel) == channel, *may_be_found())
        .order_by(_c(PostRow.id))
    )
    return [_due_post(row) for row in rows]


def last_post_at(session: Session, channel: str) -> datetime | None:
    """When the channel last accepted a post: spacing counts from here."""
    return session.scalar(select(func.max(PostRow.accepted_at)).where(_c(PostRow.channel) == channel))


def may_be_found() -> tuple[Any, ...]:
    """What is true of a post of which nobody can tell yet whether it is there, and which is worth a look."""
    return _c(PostRow.state) == State.UNKNOWN, _c(PostRow.attempts) < SENT_AT_MOST


def mark(session: Session, ledger: Ledger, ids: Sequence[int], worker: str) -> set[int]:
    """Write that these rows go on the wire next, and give back those that really are this worker's."""
    if not ids:
        return set()
    marked = session.connection().execute(_mark_statement(ledger), {"ids": list(ids), "worker": worker})
    return set(marked.scalars())


def settle_rows(session: Session, ledger: Ledger, settlings: Sequence[Settling], worker: str) -> None:
    """Write decisions. A row that is no longer as it was when it was decided about is left alone."""
    if settlings:
        rows = [_values(settling, worker, ledger is PostRow) for settling in settlings]
        session.connection().execute(_settle_statement(ledger), rows)


def note_attempts(session: Session, ledger: Ledger, attempts: Iterable[tuple[int, str, str]], now: datetime) -> None:
    """Keep tries that did not end in accepted: (row id, kind of result, reason) each."""
    for row_id, result, reason in attempts:
        session.add(AttemptRow(at=now, result=result, reason=reason, **{_OWNER[ledger]: row_id}))


def recover(
    session: Session,
    now: datetime,
    ledgers: Iterable[Ledger] = (DeliveryRow, PostRow),
    *,
    besides: Collection[str] = (),
) -> int:
    """Settle what workers that are gone had taken: claimed goes back to the queue, sending becomes unknown.

    Only for the one process that may send on this database, which names the channels `besides` that it is at work on.
    Returns how many rows became unknown.
    """
    unknown = 0
    for ledger in ledgers:
        taken = select(ledger).where(_c(ledger.state).in_([State.CLAIMED, State.SENDING]))
        if besides and ledger is not NoticeRow:  # a notice is for no channel in particular
            taken = taken.where(table_of(ledger).c["channel"].not_in(besides))
        rows: Sequence[Any] = session.scalars(taken).all()
        for row in rows:
            after = settle(progress_of(row), LeaseEnded(), now)
            unknown += after.state == State.UNKNOWN
            write_progress(row, after)
    session.flush()
    return unknown


def progress_of(row: DeliveryRow | PostRow | NoticeRow) -> Progress:
    """The fact that `settle` decides about."""
    return Progress(
        state=State(row.state),
        due_at=row.due_at,
        attempts=row.attempts,
        first_deferred_at=row.first_deferred_at,
        lease_until=row.lease_until,
        reason=row.reason,
        receipt=row.receipt,
        url=row.url if isinstance(row, PostRow) else "",
        accepted_at=row.accepted_at,
    )


def write_progress(row: DeliveryRow | PostRow | NoticeRow, progress: Progress) -> None:
    row.state = progress.state.value
    row.due_at = progress.due_at
    row.attempts = progress.attempts
    row.first_deferred_at = progress.first_deferred_at
    row.lease_until = progress.lease_until
    row.reason = progress.reason
    row.receipt = progress.receipt
    row.accepted_at = progress.accepted_at
    if isinstance(row, PostRow):
        row.url = progress.url


def _claim(
    session: Session,
    ledger: type[DeliveryRow] | type[PostRow],
    issue_id: int,
    channel: str,
    *more: Any,
    worker: str,
    now: datetime,
    until: datetime,
    limit: int,
) -> list[int]:
    due = (
        select(_c(ledger.id))
        .where(
            _c(ledger.issue_id) == issue_id,
            _c(ledger.channel) == channel,
            _c(ledger.state) == State.QUEUED,
            _c(ledger.due_at) <= now,
            *more,
            exists().where(and_(_c(IssueRow.id) == issue_id, _c(IssueRow.state) == "sending")),
        )
        .order_by(_c(ledger.due_at), _c(ledger.id))
        .limit(limit)
        .with_for_update(skip_locked=True)  # PostgreSQL; SQLite has one writer anyway and leaves it out
    )
    claimed = session.execute(
        update(ledger)
        .where(_c(ledger.id).in_(due))
        .values(
            state=State.CLAIMED.value,
            claimed_by=worker,
            lease_until=until,
        )
        .returning(_c(ledger.id)),
        execution_options={"synchronize_session": False},
    )
    return sorted(claimed.scalars())


# The two statements of every turn of the engine are built once: building them again costs more than running them.


@cache
def _mark_statement(ledger: Ledger) -> Any:
    table = table_of(ledger)
    return (
        update(table)
        .where(
            table.c.id.in_(bindparam("ids", expanding=True)),
            table.c.state == State.CLAIMED.value,
            table.c.claimed_by == bindparam("worker"),
        )
        .values(state=State.SENDING.value, attempts=table.c.attempts + 1)
        .returning(table.c.id)
    )


@cache
def _settle_statement(ledger: Ledger) -> Any:
    table = table_of(ledger)
    return (
        update(table)
        .where(
            table.c.id == bindparam("row_id"),
            table.c.state == bindparam("before"),
            or_(table.c.claimed_by == bindparam("worker"), table.c.state == State.UNKNOWN.value),
        )
        .values(
            state=bindparam("after"),
            due_at=bindparam("due"),
            first_deferred_at=bindparam("first_deferred"),
            lease_until=bindparam("lease"),
            attempts=bindparam("tries"),
            reason=bindparam("why"),
            receipt=bindparam("got"),
            accepted_at=bindparam("accepted"),
            **({"url": bindparam("where")} if ledger is PostRow else {}),
        )
    )


def _due_post(row: PostRow) -> DuePost:
    assert row.id is not None
    return DuePost(row.id, progress_of(row), row.position, row.key, row.content, row.queued_at)


def _values(settling: Settling, worker: str, is_post: bool) -> dict[str, Any]:
    after = settling.after
    values = {
        "row_id": settling.id,
        "before": settling.before.state.value,
        "worker": worker,
        "after": after.state.value,
        "due": after.due_at,
        "first_deferred": after.first_deferred_at,
        "lease": after.lease_until,
        "tries": after.attempts,
        "why": after.reason,
        "got": after.receipt,
        "accepted": after.accepted_at,
    }
    return values | {"where": after.url} if is_post else values


def _c(attribute: Any) -> Any:
    """A mapped attribute as the column expression that it is; type checkers see the field's own type."""
    return attribute
