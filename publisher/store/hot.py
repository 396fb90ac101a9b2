"""The SQL of the hot path, through the driver alone: claim a block of deliveries, and fold what came of them.

A worker process imports this and neither SQLAlchemy nor SQLModel, which cost a second and 30 MB each. The statements
are the same on SQLite and on PostgreSQL but for how a list of values is given. What a row goes through is decided in
`domain/sending.py`; every write is guarded by the state and the worker it was decided for.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from publisher.domain.audience import SubscriberState
from publisher.domain.pace import Limits, domain_of
from publisher.domain.sending import Progress, State
from publisher.store import pace
from publisher.store.driver import Driver, Session

# How `claimed_by` begins where a worker keeps a journal of what has left (`delivery/journal.py`); its name follows.
JOURNAL = "journal "
_PAGE, _FIRST = 5_000, 1_000


@dataclass(frozen=True, slots=True)
class Part:
    """What one worker works off: an issue's deliveries on a channel, with ids from `first` to `last`."""

    issue_id: int
    channel: str
    lists: tuple[str, ...]
    first: int
    last: int


@dataclass(slots=True)
class Due:
    """A claimed delivery and its reader. `unwanted` says why it must not be sent any more, or is empty."""

    id: int
    subscriber_id: int
    email: str
    name: str
    unwanted: str
    due_at: datetime
    attempts: int
    first_deferred_at: datetime | None

    @property
    def progress(self) -> Progress:
        """The fact that `settle` decides about."""
        return Progress(State.CLAIMED, self.due_at, self.attempts, self.first_deferred_at)


@dataclass(frozen=True, slots=True)
class Block:
    """What was claimed. `is_last`: nothing more is due. `wait`: seconds until the channel's pace allows more, or 0."""

    rows: Sequence[Due] = ()
    is_last: bool = True
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Folded:
    """What is to be written of one claimed row. Where `result` is named, it and the reason are kept as an attempt."""

    id: int
    after: Progress
    result: str = ""


_NEXT_DUE = """
    SELECT min(due_at) FROM delivery
    WHERE channel = :channel AND state = 'queued' AND due_at > :after AND due_at <= :now"""
_DUE_THEN = """
    SELECT id FROM delivery
    WHERE channel = :channel AND state = 'queued' AND due_at = :due_at AND id BETWEEN :first AND :last
        AND issue_id = :issue_id
    ORDER BY id LIMIT :limit"""
_IS_GOING_OUT = "SELECT count(*) FROM issue WHERE id = :issue_id AND state = 'sending'"
_CLAIM = """
    UPDATE delivery SET state = 'claimed', claimed_by = :worker, lease_until = :until
    WHERE id IN ({ids}) AND state = 'queued'"""
_READERS = """
    SELECT delivery.id, subscriber.id, subscriber.email, subscriber.name,
        CASE
            WHEN suppression.reason IS NOT NULL THEN 'suppressed: ' || suppression.reason
            WHEN subscriber.state = :active AND EXISTS (
                SELECT 1 FROM membership
                WHERE membership.subscriber_id = subscriber.id AND membership.left_at IS NULL
                    AND membership.list_name IN ({lists})
            ) THEN ''
            ELSE 'left'
        END,
        delivery.due_at, delivery.attempts, delivery.first_deferred_at
    FROM delivery
    JOIN subscriber ON subscriber.id = delivery.subscriber_id
    LEFT JOIN suppression ON suppression.email_hash = subscriber.email_hash
    WHERE delivery.id IN ({ids}) AND delivery.state = 'claimed' AND delivery.claimed_by = :worker
    ORDER BY delivery.id"""
_PUT_OFF = """
    UPDATE delivery SET state = 'queued', due_at = :due_at, lease_until = NULL
    WHERE id = :id AND state = 'claimed' AND claimed_by = :worker"""

# What happens to nearly every row is written apart from the rest: it needs three values, not ten.
_ACCEPT = {
    # One statement for all: run for each row, it would build the set of its CHECK constraint anew each time.
    "sqlite": """
    UPDATE delivery SET state = 'accepted', attempts = attempts + 1, reason = '', lease_until = NULL,
        receipt = json_extract(done.value, '$[1]'), accepted_at = json_extract(done.value, '$[2]')
    FROM json_each(:done) AS done
    WHERE delivery.id = json_extract(done.value, '$[0]')
        AND delivery.state = 'claimed' AND delivery.claimed_by = :worker""",
    "postgresql": """
    UPDATE delivery SET state = 'accepted', attempts = attempts + 1, reason = '', lease_until = NULL,
        receipt = done.receipt, accepted_at = done.accepted_at
    FROM unnest(CAST(:ids AS bigint[]), CAST(:receipts AS text[]), CAST(:times AS timestamptz[]))
        AS done (id, receipt, accepted_at)
    WHERE delivery.id = done.id AND delivery.state = 'claimed' AND delivery.claimed_by = :worker""",
}
_SETTLE = """
    UPDATE delivery SET state = :state, due_at = :due_at, first_deferred_at = :first_deferred_at, lease_until = NULL,
        attempts = :attempts, reason = :reason, receipt = :receipt, accepted_at = :accepted_at
    WHERE id = :id AND state = 'claimed' AND claimed_by = :worker"""
_ATTEMPT = "INSERT INTO attempt (delivery_id, at, result, reason) VALUES (:id, :at, :result, :reason)"

# By id, as it stands in the table: `+ 0` and `|| ''` keep the planner from another index, after which it would sort.
_SETTLED = """
    SELECT count(*), sum(CASE state WHEN 'refused' THEN 1 ELSE 0 END)
    FROM delivery
    WHERE id >= :first AND id < :first + :most AND id <= :last AND issue_id + 0 = :issue_id
        AND channel || '' = :channel AND state || '' IN ('accepted', 'refused', 'unknown')"""
_QUEUED_PAGE = """
    SELECT delivery.id, subscriber.id, subscriber.email, subscriber.name
    FROM delivery JOIN subscriber ON subscriber.id = delivery.subscriber_id
    WHERE delivery.id > :after AND delivery.id <= :last AND delivery.issue_id + 0 = :issue_id
        AND delivery.channel || '' = :channel AND delivery.state || '' = 'queued'
    ORDER BY delivery.id LIMIT :limit"""


class Deliveries:
    """One worker's deliveries. Every method is one transaction of its own, and raises DatabaseError in readable words.

    A connection that was lost is opened again at the next call.
    """

    def __init__(self, driver: Driver, part: Part, worker: str, limits: Limits | None = None) -> None:
        self._session = Session(driver)
        self._part = part
        self._worker = worker
        self._limits = limits or Limits()
        self._put_off: dict[str, datetime] = {}  # until when letters to a domain were put off, by its pace

    def claim(
        self,
        now: datetime,
        until: datetime,
        limit: int,
        accepted: Sequence[tuple[int, str, datetime]] = (),
        others: Sequence[Folded] = (),
    ) -> Block:
        """Up to `limit` due rows, while the issue is going out; who left or is suppressed comes back as `unwanted`.

        Of the channel's pace so much is taken as there are rows. Those whose domain has none left are due later. What
        was answered meanwhile is folded first, in the same transaction: what costs is the commit.
        """
        with self._session.writing() as cursor:
            self._fold(cursor, accepted, others, now)
            return self._claimed(cursor, now, until, limit)

    def fold(
        self,
        accepted: Sequence[tuple[int, str, datetime]],
        others: Sequence[Folded],
        now: datetime,
        unused: Mapping[str, int] | None = None,
    ) -> bool:
        """Write (id, receipt, time) of what was accepted, and the others; whether the issue is still going out.

        `unused` says, at the end, how many letters to each domain were claimed and did not leave.
        """
        with self._session.writing() as cursor:
            self._fold(cursor, accepted, others, now)
            if unused is not None and self._limits:
                pace.give_back(self._session.connection, self._part.channel, unused, now)
            return self._is_going_out(cursor)

    def is_going_out(self) -> bool:
        """Whether the issue is still to be sent: nobody paused or cancelled it."""
        with self._session.reading() as cursor:
            return self._is_going_out(cursor)

    def next_due(self, after: datetime, until: datetime) -> datetime | None:
        """When the next row is due between these moments; another worker may have it."""
        given = self._given | {"after": self._session.moment(after), "now": self._session.moment(until)}
        with self._session.reading() as cursor:
            (due_at,) = cursor.execute(self._session.sql(_NEXT_DUE), given).fetchone()
            return None if due_at is None else self._session.time(due_at)

    def settled(self) -> tuple[int, int]:
        """Of the first 1,000 rows, how many were answered, and how many of these were refused."""
        with self._session.reading() as cursor:
            answered, refused = cursor.execute(self._session.sql(_SETTLED), self._given | {"most": _FIRST}).fetchone()
            return answered, refused or 0

    def queued(self) -> Iterator[Sequence[tuple[int, int, str, str]]]:
        """(delivery, subscriber, address, name) of every row that waits, page by page in the order of their ids."""
        after = self._part.first - 1
        while True:
            given = self._given | {"after": after, "limit": _PAGE}
            with self._session.reading() as cursor:
                rows = cursor.execute(self._session.sql(_QUEUED_PAGE), given).fetchall()
            if rows:
                yield rows
            if len(rows) < _PAGE:
                return
            after = rows[-1][0]

    def close(self) -> None:
        self._session.close()

    # --- inside a transaction

    def _claimed(self, cursor: Any, now: datetime, until: datetime, limit: int) -> Block:
        if not self._is_going_out(cursor):
            return Block()
        allowed = (
            pace.available(self._session.connection, self._part.channel, self._limits, now) if self._limits else None
        )
        most = limit if allowed is None else min(limit, allowed)
        ids = self._due(cursor, now, max(1, most))
        if not ids or not most:
            return Block(is_last=not ids, wait=self._limits.interval("") if ids else 0.0)
        given = {"ids": self._session.list(ids), "worker": self._worker}
        cursor.execute(self._session.sql(_CLAIM), given | {"until": self._session.moment(until)})
        taken = self._readers(cursor, ids)
        return Block(self._allowed(cursor, taken, now) if self._limits else taken, is_last=len(ids) < most)

    def _allowed(self, cursor: Any, taken: Sequence[Due], now: datetime) -> list[Due]:
        """Those that the pace allows; each of the others is due again when it may be its turn."""
        wanted = Counter(domain_of(due.email) for due in taken if not due.unwanted)
        left = pace.reserve(self._session.connection, self._part.channel, self._limits, wanted, now)
        allowed, later = [], []
        for due in taken:
            domain = domain_of(due.email)
            if due.unwanted or left.get(domain, 0) > 0:
                allowed.append(due)
                left[domain] = left.get(domain, 0) - (not due.unwanted)
                continue
            since = max(now, self._put_off.get(domain, now))
            self._put_off[domain] = since + timedelta(seconds=self._limits.interval(domain))
            later.append({"id": due.id, "due_at": self._session.moment(self._put_off[domain]), "worker": self._worker})
        if later:
            cursor.executemany(self._session.sql(_PUT_OFF), later)
        return allowed

    def _due(self, cursor: Any, now: datetime, limit: int) -> list[int]:
        """The ids of what has waited longest. Each step is a seek in the index `delivery_due`, never a sort."""
        found: list[int] = []
        after = self._session.moment(datetime(1970, 1, 1, tzinfo=UTC))
        while len(found) < limit:
            given = self._given | {"after": after, "now": self._session.moment(now)}
            (due_at,) = cursor.execute(self._session.sql(_NEXT_DUE), given).fetchone()
            if due_at is None:
                break
            given |= {"due_at": due_at, "limit": limit - len(found)}
            found += [row[0] for row in cursor.execute(self._session.sql(_DUE_THEN), given)]
            after = due_at
        return found

    def _readers(self, cursor: Any, ids: Sequence[int]) -> list[Due]:
        """The claimed rows of `ids` with their readers."""
        given = {
            "ids": self._session.list(ids),
            "worker": self._worker,
            "lists": self._session.list(self._part.lists),
            "active": SubscriberState.ACTIVE.value,
        }
        time = self._session.time
        return [
            Due(row[0], row[1], row[2], row[3], row[4], time(row[5]), row[6], None if row[7] is None else time(row[7]))
            for row in self._session.rows(cursor, _READERS, given, columns=8)
        ]

    def _fold(
        self, cursor: Any, accepted: Sequence[tuple[int, str, datetime]], others: Sequence[Folded], now: datetime
    ) -> None:
        self._accept(cursor, accepted)
        if others:
            cursor.executemany(self._session.sql(_SETTLE), [self._settled(folded) for folded in others])
            tries = [self._tried(folded, now) for folded in others if folded.result]
            if tries:
                cursor.executemany(self._session.sql(_ATTEMPT), tries)

    def _accept(self, cursor: Any, accepted: Sequence[tuple[int, str, datetime]]) -> None:
        if not accepted:
            return
        if self._session.dialect == "sqlite":
            done = [(row_id, receipt, self._session.moment(at)) for row_id, receipt, at in accepted]
            cursor.execute(_ACCEPT["sqlite"], {"done": json.dumps(done), "worker": self._worker})
            return
        ids, receipts, times = zip(*accepted, strict=True)
        given = {"ids": list(ids), "receipts": list(receipts), "times": list(times), "worker": self._worker}
        cursor.execute(self._session.sql(_ACCEPT["postgresql"]), given)

    def _is_going_out(self, cursor: Any) -> bool:
        return bool(cursor.execute(self._session.sql(_IS_GOING_OUT), self._given).fetchone()[0])

    def _settled(self, folded: Folded) -> dict[str, Any]:
        after = folded.after
        return {
            "id": folded.id,
            "worker": self._worker,
            "state": after.state.value,
            "due_at": self._session.moment(after.due_at),
            "first_deferred_at": self._session.moment(after.first_deferred_at),
            "attempts": after.attempts,
            "reason": after.reason,
            "receipt": after.receipt,
            "accepted_at": self._session.moment(after.accepted_at),
        }

    def _tried(self, folded: Folded, now: datetime) -> dict[str, Any]:
        return {
            "id": folded.id,
            "at": self._session.moment(now),
            "result": folded.result,
            "reason": folded.after.reason,
        }

    @property
    def _given(self) -> dict[str, Any]:
        part = self._part
        return {"issue_id": part.issue_id, "channel": part.channel, "first": part.first, "last": part.last}
