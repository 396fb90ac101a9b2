"""Unknown letters and posts: how many wait for somebody to decide, and what an editor or evidence makes of them.

Left as it is, a row stays unknown and nobody is asked about it any more. Whatever else happens to it is what
`domain/sending.py` says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, insert, literal, select, update
from sqlmodel import Session

from publisher.domain.message import Accepted
from publisher.domain.sending import State, settle
from publisher.store import ledger, settled
from publisher.store.bulk import chunks, table_of
from publisher.store.ledger import Settling, progress_of
from publisher.store.tables import AttemptRow, DecisionRow, DeliveryRow, Moment, PostRow

_Rows = type[DeliveryRow] | type[PostRow]
_OWNER: dict[_Rows, str] = {DeliveryRow: "delivery_id", PostRow: "post_id"}


@dataclass(frozen=True, slots=True)
class Unknowns:
    """How many letters and posts."""

    letters: int = 0
    posts: int = 0

    @property
    def total(self) -> int:
        return self.letters + self.posts


def undecided(session: Session, issue_id: int, letters: int | None = None) -> Unknowns:
    """How many of an issue are unknown, and nobody has said yet that they shall stay so?

    `letters` is how many letters are unknown in all, where the caller has counted them already.
    """
    left = left_so(session, issue_id)
    if letters is None:
        letters = _unknown(session, DeliveryRow, issue_id)
    return Unknowns(letters - left.letters, _unknown(session, PostRow, issue_id) - left.posts)


def left_so(session: Session, issue_id: int) -> Unknowns:
    """How many of an issue are unknown, and an editor leaves them so?"""
    counts = []
    decision = table_of(DecisionRow)
    for rows, owner in _OWNER.items():
        table = table_of(rows)
        left = (
            select(func.count())
            .select_from(decision)
            .join(table, table.c.id == decision.c[owner])
            .where(decision.c.issue_id == issue_id, table.c.state == State.UNKNOWN.value)
        )
        counts.append(session.scalar(left) or 0)
    return Unknowns(*counts)


def leave(session: Session, issue_id: int, by: str, now: datetime) -> Unknowns:
    """Write down that what is undecided of an issue stays unknown; returns how many."""
    counts = []
    for rows, owner in _OWNER.items():
        found = _undecided(rows, issue_id).subquery()
        names = ["issue_id", owner, "decided_at", "decided_by"]
        decided = select(literal(issue_id), found.c.id, literal(now, type_=Moment()), literal(by))
        written = insert(table_of(DecisionRow)).from_select(names, decided)
        counts.append(session.connection().execute(written, execution_options={"preserve_rowcount": True}).rowcount)
    return Unknowns(*counts)


def send_again(session: Session, issue_id: int, reason: str, now: datetime) -> Unknowns:
    """Queue what is undecided of an issue once more, due now; the try that was lost is kept. Returns how many."""
    counts = []
    settled.forget(session, issue_id)
    for rows, owner in _OWNER.items():
        table, found = table_of(rows), _undecided(rows, issue_id)
        lost = found.with_only_columns(
            table.c.id, literal(now, type_=Moment()), literal(State.UNKNOWN.value), table.c.reason + f"; {reason}"
        )
        kept = insert(table_of(AttemptRow)).from_select([owner, "at", "result", "reason"], lost)
        session.connection().execute(kept)
        queued = update(table).where(table.c.id.in_(found), table.c.state == State.UNKNOWN.value)
        values = {"state": State.QUEUED.value, "due_at": now, "lease_until": None, "reason": reason}
        counts.append(session.connection().execute(queued.values(**values)).rowcount)
    return Unknowns(*counts)


def unknown_readers(session: Session, issue_id: int, channels: Collection[str]) -> set[int]:
    """The subscribers of whom nobody can tell whether they have their letter, decided or not."""
    table = table_of(DeliveryRow)
    of_issue = select(table.c.subscriber_id).where(*_unknown_on(issue_id, channels))
    return set(session.connection().execute(of_issue).scalars())


def adopt(
    session: Session, issue_id: int, channels: Collection[str], receipts: Mapping[int, str], now: datetime
) -> int:
    """Accept the unknown letters of these subscribers, each with its receipt; returns how many."""
    accepted = 0
    for some in chunks(list(receipts)):
        of_some = select(DeliveryRow).where(
            *_unknown_on(issue_id, channels), table_of(DeliveryRow).c.subscriber_id.in_(some)
        )
        settlings = [_adopted(row, receipts[row.subscriber_id], now) for row in session.scalars(of_some)]
        ledger.settle_rows(session, DeliveryRow, settlings, worker="")
        accepted += len(settlings)
    settled.count_again(session, issue_id)
    return accepted


def _adopted(row: DeliveryRow, receipt: str, now: datetime) -> Settling:
    assert row.id is not None
    before = progress_of(row)
    return Settling(row.id, before, settle(before, Accepted(receipt), now))


def _unknown_on(issue_id: int, channels: Collection[str]) -> Iterator[Any]:
    table = table_of(DeliveryRow)
    yield table.c.issue_id == issue_id
    yield table.c.state == State.UNKNOWN.value
    yield table.c.channel.in_(channels)


def _unknown(session: Session, rows: _Rows, issue_id: int) -> int:
    table = table_of(rows)
    unknown = (table.c.issue_id == issue_id, table.c.state == State.UNKNOWN.value)
    return session.scalar(select(func.count()).select_from(table).where(*unknown)) or 0


def _undecided(rows: _Rows, issue_id: int) -> Select[Any]:
    table = table_of(rows)
    return select(table.c.id).where(
        table.c.issue_id == issue_id, table.c.state == State.UNKNOWN.value, ~_has_decision(rows)
    )


def _has_decision(rows: _Rows) -> Any:
    return exists().where(table_of(DecisionRow).c[_OWNER[rows]] == table_of(rows).c.id)
