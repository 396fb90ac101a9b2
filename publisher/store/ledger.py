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

from publisher.domain.audience import AudienceRule
from publisher.domain.sending import Dropped, LeaseEnded, Progress, State, settle
from publisher.store.bulk import table_of
from publisher.store.hot import JOURNAL
from publisher.store.subscribers import audience_select
from publisher.store.tables import (
    AttemptRow,
    DeliveryRow,
    IssueRow,
    Moment,
    NoticeRow,
    PostRow,
)

# A post whose answer was lost is sent once more at the most, and looked for after each time.
SENT_AT_MOST = 2
# A post takes seconds, and what is due at a full minute must not slip to the next because of them.
SPACING_KEPT = 0.9

Ledger = type[DeliveryRow] | type[PostRow] | type[NoticeRow]
_OWNER: dict[Ledger, str] = {DeliveryRow: "delivery_id", PostRow: "post_id", NoticeRow: "notice_id"}


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


def claim_post(
    session: Session, issue_id: int, channel: str, *, worker: str, now: datetime, until: datetime
) -> DuePost | None:
    """Take the next due post of a sending issue on this channel."""
    of_channel = (_c(PostRow.issue_id) == issue_id, _c(PostRow.channel) == channel, _c(PostRow.state) == State.QUEUED)
    first = session.scalar(select(func.min(PostRow.position)).where(*of_channel))
    is_turn = _c(PostRow.position) == first  # a deferred post keeps its place: the first may carry the only link
    taken = _claim(session, issue_id, channel, is_turn, worker=worker, now=now, until=until)
    row = session.get(PostRow, taken) if taken is not None else None
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
    Rows whose worker keeps a journal are left to who can read it. Returns how many rows became unknown.
    """
    unknown = 0
    for ledger in ledgers:
        taken = select(ledger).where(
            _c(ledger.state).in_([State.CLAIMED, State.SENDING]), ~_c(ledger.claimed_by).startswith(JOURNAL)
        )
        if besides and ledger is not NoticeRow:  # a notice is for no channel in particular
            taken = taken.where(table_of(ledger).c["channel"].not_in(besides))
        rows: Sequence[Any] = session.scalars(taken).all()
        for row in rows:
            after = settle(progress_of(row), LeaseEnded(), now)
            unknown += after.state == State.UNKNOWN
            write_progress(row, after)
    session.flush()
    return unknown


def bounds(session: Session, issue_id: int, channel: str) -> tuple[int, int] | None:
    """The first and the last id of an issue's deliveries on a channel; None where it has none."""
    of_channel = (_c(DeliveryRow.issue_id) == issue_id, _c(DeliveryRow.channel) == channel)
    first, last = session.execute(
        select(func.min(_c(DeliveryRow.id)), func.max(_c(DeliveryRow.id))).where(*of_channel)
    ).one()
    return None if first is None else (first, last)


def has_begun(session: Session, issue_id: int, channel: str) -> bool:
    """Whether any letter of an issue on a channel was tried, or is about to be."""
    tried = select(_c(DeliveryRow.id)).where(
        _c(DeliveryRow.issue_id) == issue_id,
        _c(DeliveryRow.channel) == channel,
        or_(_c(DeliveryRow.attempts) > 0, _c(DeliveryRow.state).not_in([State.QUEUED, State.DROPPED])),
    )
    return session.scalar(tried.limit(1)) is not None


def drop(session: Session, dropped: Iterable[tuple[int, str]], now: datetime) -> int:
    """Deliveries that wait, by id and with the reason, are not sent; returns how many were still waiting."""
    count = 0
    for delivery_id, reason in dropped:
        row = session.get(DeliveryRow, delivery_id)
        if row and row.state == State.QUEUED:
            write_progress(row, settle(progress_of(row), Dropped(reason), now))
            count += 1
    return count


def journals(session: Session, besides: Collection[str] = ()) -> list[str]:
    """Which workers that keep a journal have rows now, on other channels than those."""
    claimed = select(_c(DeliveryRow.claimed_by)).where(
        _c(DeliveryRow.channel).not_in(besides),
        _c(DeliveryRow.state) == State.CLAIMED,
        _c(DeliveryRow.claimed_by).startswith(JOURNAL),
    )
    return sorted(session.scalars(claimed.distinct()))


def claimed_by(session: Session, worker: str) -> Sequence[DeliveryRow]:
    """What a worker has."""
    return session.scalars(
        select(DeliveryRow).where(_c(DeliveryRow.state) == State.CLAIMED, _c(DeliveryRow.claimed_by) == worker)
    ).all()


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
    session: Session, issue_id: int, channel: str, *more: Any, worker: str, now: datetime, until: datetime
) -> int | None:
    due = (
        select(_c(PostRow.id))
        .where(
            _c(PostRow.issue_id) == issue_id,
            _c(PostRow.channel) == channel,
            _c(PostRow.state) == State.QUEUED,
            _c(PostRow.due_at) <= now,
            *more,
            exists().where(and_(_c(IssueRow.id) == issue_id, _c(IssueRow.state) == "sending")),
        )
        .order_by(_c(PostRow.due_at), _c(PostRow.id))
        .limit(1)
        .with_for_update(skip_locked=True)  # PostgreSQL; SQLite has one writer anyway and leaves it out
    )
    claimed = session.execute(
        update(PostRow)
        .where(_c(PostRow.id).in_(due))
        .values(state=State.CLAIMED.value, claimed_by=worker, lease_until=until)
        .returning(_c(PostRow.id)),
        execution_options={"synchronize_session": False},
    )
    return claimed.scalar_one_or_none()


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
