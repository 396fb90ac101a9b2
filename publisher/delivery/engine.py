"""Send the due letters of one issue, or the due notices, on one channel: claim → mark → send → settle.

Promise: a row is marked `sending`, durably, before its letter is handed to the wire, and never more rows than the
channel has connections are `sending` at once. So a crash leaves at most that many unknown, loses nobody and sends
nothing twice. No network call is made inside a transaction.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from publisher.channels import MailChannel, MailSession
from publisher.domain.message import Accepted, Deferred, Letter, Refused, SendResult, Unknown
from publisher.domain.sending import Dropped, Marked, Progress, Returned, settle
from publisher.errors import ChannelDown, RenderError
from publisher.store import ledger
from publisher.store.db import Database, Session
from publisher.store.ledger import Ledger, Settling
from publisher.store.tables import DeliveryRow

LEASE = timedelta(minutes=15)
BLOCK = 200


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and chance, as arguments. `now` is aware UTC; `jitter` is from 0 to 1."""

    now: Callable[[], datetime]
    jitter: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Tally:
    """What one run did on one channel. `down` says why the channel stopped, if it did."""

    accepted: int = 0
    refused: int = 0
    deferred: int = 0
    unknown: int = 0
    dropped: int = 0
    down: str = ""

    @property
    def answered(self) -> int:
        """How many were answered for, well or not: the channel works."""
        return self.accepted + self.refused + self.deferred + self.unknown


class Taken(Protocol):
    """A claimed row. `unwanted` says why it must not be sent any more, or is empty."""

    @property
    def id(self) -> int: ...

    @property
    def progress(self) -> Progress: ...

    @property
    def unwanted(self) -> str: ...


Row = TypeVar("Row", bound=Taken)


@dataclass
class Run(Generic[Row]):
    """What is due on one channel. `claim(session, now, until, limit)` takes rows of `rows` for this worker.

    `write` makes a row's letter from sealed or stored bytes; RenderError drops that row.
    """

    database: Database
    channel: MailChannel
    claim: Callable[[Session, datetime, datetime, int], Sequence[Row]]
    write: Callable[[Row], Letter]
    worker: str
    clock: Clock
    is_stopping: Callable[[], bool] = lambda: False
    told: Callable[[Tally], None] = lambda tally: None
    rows: Ledger = DeliveryRow
    _claimed: deque[tuple[Row, Letter]] = field(default_factory=deque)
    _on_wire: dict[int, Progress] = field(default_factory=dict)
    _tally: Tally = field(default_factory=Tally)

    def run(self) -> Tally:
        """Until nothing is due, the channel is down, or it is told to stop. Never raises ChannelDown."""
        if not self._claim_more():
            return self._tally
        try:
            session = self.channel.open()
        except ChannelDown as down:
            self._stopped(down)
            self._return_claimed()
            return self._tally
        try:
            while self._claim_more() or self._on_wire:
                self._send_and_settle(session)
        finally:
            session.close()
        return self._tally

    def _claim_more(self) -> bool:
        """Whether there is a letter to send, after taking a new block if there was none."""
        if self._tally.down or self.is_stopping():
            self._return_claimed()
            return False
        while not self._claimed:
            now = self.clock.now()
            with self.database.write() as db:
                block = self.claim(db, now, now + LEASE, BLOCK)
                dropped = [settling for due in block if (settling := self._take(due, now))]
                ledger.settle_rows(db, self.rows, dropped, self.worker)
            self._count(dropped=len(dropped))
            if not block:
                return False
        return True

    def _take(self, due: Row, now: datetime) -> Settling | None:
        """Write the letter of a claimed row, or say that the row must be dropped."""
        reason = due.unwanted
        if not reason:
            try:
                self._claimed.append((due, self.write(due)))
            except RenderError as error:
                reason = f"its letter cannot be written: {error.message}"
        return Settling(due.id, due.progress, settle(due.progress, Dropped(reason), now)) if reason else None

    def _send_and_settle(self, session: MailSession) -> None:
        """One turn: settle what was answered and mark what goes next in one transaction, then put that on the wire."""
        is_full = len(self._on_wire) >= session.capacity or not self._claimed
        answers = session.take() if self._on_wire and is_full else []
        now = self.clock.now()
        settlings = [
            Settling(row_id, self._on_wire[row_id], self._after(row_id, answer, now)) for row_id, answer in answers
        ]
        is_down = any(isinstance(answer, ChannelDown) for _, answer in answers)
        room = 0 if is_down else session.capacity - len(self._on_wire) + len(answers)
        following = [self._claimed.popleft() for _ in range(min(room, len(self._claimed)))]
        with self.database.write() as db:
            ledger.settle_rows(db, self.rows, settlings, self.worker)
            ledger.note_attempts(db, self.rows, _failures(answers), now)
            marked = ledger.mark(db, self.rows, [due.id for due, _ in following], self.worker)
        for row_id, answer in answers:
            del self._on_wire[row_id]
            self._tell(answer)
        for due, letter in following:
            if due.id in marked:
                self._on_wire[due.id] = settle(due.progress, Marked(), now)
                session.put(letter)

    def _after(self, row_id: int, answer: SendResult | ChannelDown, now: datetime) -> Progress:
        happening = Returned(answer.reason) if isinstance(answer, ChannelDown) else answer
        return settle(self._on_wire[row_id], happening, now, self.clock.jitter)

    def _tell(self, answer: SendResult | ChannelDown) -> None:
        match answer:
            case Accepted():
                self._count(accepted=1)
            case Refused():
                self._count(refused=1)
            case Deferred():
                self._count(deferred=1)
            case Unknown():
                self._count(unknown=1)
            case ChannelDown():
                self._stopped(answer)

    def _stopped(self, down: ChannelDown) -> None:
        self._tally = replace(self._tally, down=down.reason)

    def _return_claimed(self) -> None:
        """What was claimed and never marked goes back, so that whoever sends next finds it at once."""
        now = self.clock.now()
        reason = self._tally.down or "the sender was stopped"
        returned = [
            Settling(due.id, due.progress, settle(due.progress, Returned(reason), now)) for due, _ in self._claimed
        ]
        self._claimed.clear()
        if returned:
            with self.database.write() as db:
                ledger.settle_rows(db, self.rows, returned, self.worker)

    def _count(self, **more: int) -> None:
        self._tally = replace(self._tally, **{name: getattr(self._tally, name) + n for name, n in more.items()})
        self.told(self._tally)


def _failures(answers: Sequence[tuple[int, SendResult | ChannelDown]]) -> list[tuple[int, str, str]]:
    return [
        (row_id, type(answer).__name__.lower(), answer.reason)
        for row_id, answer in answers
        if not isinstance(answer, Accepted)
    ]
