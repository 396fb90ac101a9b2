"""Settle what workers that are gone had taken.

With the journal of this host and boot every row is known: not begun, so it is queued again; answered; or on its way
when the worker ended, which is unknown. Without it the whole block is unknown: a letter is rather asked about than
sent twice.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from publisher.delivery import journal
from publisher.domain.message import Accepted, Unknown
from publisher.domain.sending import LeaseEnded, Marked, Progress, Returned, State, settle
from publisher.store import ledger
from publisher.store.db import Database, Session
from publisher.store.tables import DeliveryRow

LOST = "its sender stopped, and the journal of what had left is not here"


def recover(database: Database, folder: Path, now: datetime, *, besides: Collection[str] = ()) -> int:
    """Only for the one process that may send on this database; it is at work on the channels in `besides`.

    Returns how many rows became unknown. A worker that still runs keeps what it has.
    """
    with database.read() as session:
        found = ledger.journals(session, besides)
    unknown = 0
    for claimed_by in found:
        try:
            left = journal.read(folder, claimed_by)
        except journal.Alive:
            continue
        with database.write() as session:
            unknown += _settle(session, claimed_by, left, now)
        journal.forget(folder, claimed_by)
    with database.write() as session:
        return unknown + ledger.recover(session, now, besides=besides)


def _settle(session: Session, claimed_by: str, left: journal.Left | None, now: datetime) -> int:
    unknown = 0
    for row in ledger.claimed_by(session, claimed_by):
        assert row.id is not None
        after, result = what_became(ledger.progress_of(row), row.id, left, now)
        ledger.write_progress(row, after)
        if result:
            ledger.note_attempts(session, DeliveryRow, [(row.id, result, after.reason)], now)
        unknown += after.state == State.UNKNOWN
    return unknown


def what_became(progress: Progress, delivery_id: int, left: journal.Left | None, now: datetime) -> tuple[Progress, str]:
    """Where a claimed row stands, by what its worker left behind; and what to call an attempt that did not succeed."""
    if left is None:
        return settle(settle(progress, Marked(), now), Unknown(LOST), now), "unknown"
    if delivery_id in left.out:
        return settle(settle(progress, Marked(), now), LeaseEnded(), now), "unknown"
    if delivery_id not in left.outcomes:
        return settle(progress, LeaseEnded(), now), ""
    outcome, at = left.outcomes[delivery_id]
    after = settle(settle(progress, Marked(), at), outcome, at)
    return after, "" if isinstance(outcome, Accepted | Returned) else type(outcome).__name__.lower()
