"""The outbox: mail to editors that is no issue, one row for each piece of news and editor.

It is a ledger like the others: `store/ledger.py` marks and settles its rows.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, update
from sqlmodel import Session, col, select

from publisher.domain.issue import IssueState
from publisher.domain.notice import Notice
from publisher.domain.sending import Progress, State
from publisher.store.bulk import insert_new
from publisher.store.ledger import progress_of, recover
from publisher.store.tables import EditorRow, IssueRow, NoticeRow

GONE = "no editor any more"
_WAITING = (IssueState.DRAFT.value, IssueState.HELD.value)


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A notice to one editor that is to be stored. `key` names the news and whom it tells."""

    key: str
    kind: str
    issue_id: int | None
    recipient: str
    language: str
    notice: Notice


@dataclass(frozen=True, slots=True)
class DueNotice:
    """A claimed notice, with what its link needs. `number` is the issue that it is about."""

    id: int
    progress: Progress
    unwanted: str
    key: str
    kind: str
    editor_id: int
    recipient: str
    number: int | None
    notice: Notice
    made_at: datetime


def known(session: Session, keys: Collection[str]) -> set[str]:
    """Which of these notices are there already?"""
    return set(session.exec(select(NoticeRow.key).where(col(NoticeRow.key).in_(keys))))


def add(session: Session, notices: Sequence[NewNotice], now: datetime) -> int:
    """Queue what is not there by its key, due at once; returns how many that were."""
    there = known(session, [new.key for new in notices])
    rows = [
        NoticeRow(
            key=new.key,
            kind=new.kind,
            issue_id=new.issue_id,
            recipient=new.recipient,
            language=new.language,
            subject=new.notice.subject,
            text=new.notice.text,
            html=new.notice.html,
            made_at=now,
            due_at=now,
        ).model_dump(exclude={"id"})
        for new in notices
        if new.key not in there
    ]
    insert_new(session, NoticeRow, rows)
    return len(rows)


def is_due(session: Session, now: datetime) -> bool:
    """Is there a notice to send, or one that a sender which is gone had taken?"""
    is_queued = and_(col(NoticeRow.state) == State.QUEUED.value, col(NoticeRow.due_at) <= now)
    is_taken = col(NoticeRow.state).in_([State.CLAIMED.value, State.SENDING.value])
    return session.exec(select(NoticeRow.id).where(or_(is_queued, is_taken)).limit(1)).first() is not None


def claim(session: Session, *, worker: str, now: datetime, until: datetime, limit: int) -> list[DueNotice]:
    """Take up to `limit` due notices; one whose editor is gone comes back as `unwanted`."""
    due = (
        select(NoticeRow.id)
        .where(NoticeRow.state == State.QUEUED.value, col(NoticeRow.due_at) <= now)
        .order_by(col(NoticeRow.due_at), col(NoticeRow.id))
        .limit(limit)
        .with_for_update(skip_locked=True)  # PostgreSQL; SQLite has one writer anyway and leaves it out
    )
    taken = (
        update(NoticeRow)
        .where(col(NoticeRow.id).in_(due))
        .values(state=State.CLAIMED.value, claimed_by=worker, lease_until=until)
        .returning(col(NoticeRow.id))
    )
    ids = list(session.connection().execute(taken).scalars())
    rows = session.exec(
        select(NoticeRow, EditorRow.id, IssueRow.number)
        .outerjoin(
            EditorRow, and_(col(EditorRow.email) == col(NoticeRow.recipient), col(EditorRow.removed_at).is_(None))
        )
        .outerjoin(IssueRow, col(IssueRow.id) == col(NoticeRow.issue_id))
        .where(col(NoticeRow.id).in_(ids))
        .order_by(col(NoticeRow.id))
    )
    return [_due(row, editor_id, number) for row, editor_id, number in rows]


def wait_until(session: Session, moment: datetime) -> None:
    """Nothing that is queued is due before that time: the channel is down, and asking it at once changes nothing."""
    session.connection().execute(
        update(NoticeRow)
        .where(col(NoticeRow.state) == State.QUEUED.value, col(NoticeRow.due_at) < moment)
        .values(due_at=moment)
    )


def settle_lost(session: Session, now: datetime) -> int:
    """Settle what a sender that is gone had taken; returns how many notices became unknown."""
    return recover(session, now, (NoticeRow,))


def newest(session: Session, limit: int) -> list[tuple[NoticeRow, int | None]]:
    """Notices with the number of their issue, the newest first."""
    query = (
        select(NoticeRow, IssueRow.number)
        .outerjoin(IssueRow, col(IssueRow.id) == col(NoticeRow.issue_id))
        .order_by(col(NoticeRow.id).desc())
        .limit(limit)
    )
    return [(row, number) for row, number in session.exec(query)]


def issues_in_the_news(session: Session, since: datetime, waiting_since: datetime) -> list[IssueRow]:
    """Issues to which something happened after `since`, or that wait for an editor since then, the oldest first.

    An issue whose planned time passed while nothing ran is in the news by when it came into its state.
    """
    times: list[Any] = [
        IssueRow.composed_at,
        IssueRow.send_at,
        IssueRow.moved_to,
        IssueRow.released_at,
        IssueRow.sent_at,
    ]
    is_new = [col(time) >= since for time in (*times, IssueRow.state_since)]
    is_waiting = and_(col(IssueRow.state).in_(_WAITING), col(IssueRow.state_since) >= waiting_since)
    query = select(IssueRow).where(or_(*is_new, is_waiting)).order_by(col(IssueRow.number))
    return list(session.exec(query))


def _due(row: NoticeRow, editor_id: int | None, number: int | None) -> DueNotice:
    assert row.id is not None  # it was read from the database
    return DueNotice(
        id=row.id,
        progress=progress_of(row),
        unwanted="" if editor_id else GONE,
        key=row.key,
        kind=row.kind,
        editor_id=editor_id or 0,
        recipient=row.recipient,
        number=number,
        notice=Notice(row.subject, row.text, row.html),
        made_at=row.made_at,
    )
