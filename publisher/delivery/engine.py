"""Send the due letters of one issue on one channel: claim → write → send → settle.

Promise: nobody is lost, and nobody silently gets a letter twice. A block of rows is claimed durably; the journal has a
line of every letter before the first octet of its content leaves; what came of letters is folded into the database in
batches, by a thread of its own (`books.py`). So a crash leaves unknown no more letters than there are connections, and
loses nobody (`recovery.py`). No network call is made inside a transaction.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from publisher.channels import MailChannel, MailSession
from publisher.delivery.books import Books
from publisher.delivery.journal import Journal, Outcome
from publisher.delivery.waiting import Waiting
from publisher.domain.message import Accepted, Deferred, Letter, Refused, SendResult, Unknown
from publisher.domain.pace import Spacer, domain_of
from publisher.domain.sending import Dropped, Marked, Returned, settle, too_many_refused
from publisher.errors import ChannelDown, DatabaseError, RenderError
from publisher.store.hot import Block, Due, Folded

LEASE = timedelta(minutes=15)
FOLD_EVERY, FOLD_AT = 0.5, 2_000  # seconds, answers: what a database costs is the commit, not the row
LOOK_EVERY = 0.02  # seconds between two looks at what the database answered, and at who wants us to stop
MOST_CLAIMED = 2_000
CLAIM_FOR = 0.25  # seconds of letters in a block: the smaller, the shorter everything else waits for it
DEFERRED_IN_A_ROW = 20
DATABASE_PATIENCE = 60.0  # seconds that the engine waits, with nothing left to send, for a database that is gone
WAITS_FOR = timedelta(seconds=10)  # what its pace puts off for so long is waited for
_TRY_AGAIN = 0.5


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and chance, as arguments. `now` is aware UTC; `jitter` is from 0 to 1."""

    now: Callable[[], datetime]
    jitter: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Tally:
    """What one run did on one channel. `down` says why the channel stopped, `ask` why an editor must look, if so."""

    accepted: int = 0
    refused: int = 0
    deferred: int = 0
    unknown: int = 0
    dropped: int = 0
    down: str = ""
    ask: str = ""

    @property
    def answered(self) -> int:
        """How many were answered for, well or not: the channel works."""
        return self.accepted + self.refused + self.deferred + self.unknown


class Deliveries(Protocol):
    """The rows of one worker (`store/hot.py`). Every method raises DatabaseError."""

    def claim(
        self,
        now: datetime,
        until: datetime,
        limit: int,
        accepted: Sequence[tuple[int, str, datetime]] = (),
        others: Sequence[Folded] = (),
    ) -> Block: ...

    def next_due(self, after: datetime, until: datetime) -> datetime | None: ...

    def fold(
        self,
        accepted: Sequence[tuple[int, str, datetime]],
        others: Sequence[Folded],
        now: datetime,
        unused: Mapping[str, int] | None = None,
    ) -> bool: ...

    def is_going_out(self) -> bool: ...

    def settled(self) -> tuple[int, int]: ...


@dataclass
class Run:
    """What is due of one issue on one channel. `write` makes a row's letter; RenderError drops that row."""

    deliveries: Deliveries
    journal: Journal
    channel: MailChannel
    write: Callable[[Due], Letter]
    clock: Clock
    is_stopping: Callable[[], bool] = lambda: False
    told: Callable[[Tally], None] = lambda tally: None
    at_once: int = 1_000  # so many letters are held in memory at the most
    spacer: Spacer | None = None  # where the channel has a pace
    _claimed: Waiting = field(init=False)
    _books: Books = field(default_factory=Books)
    _given: dict[int, Due] = field(default_factory=dict)  # to the session, and not answered
    _out: set[int] = field(default_factory=set)  # of these, whose content may have left
    _accepted: list[tuple[int, str, datetime]] = field(default_factory=list)
    _others: list[Folded] = field(default_factory=list)
    _tally: Tally = field(default_factory=Tally)
    _counts: Counter[str] = field(default_factory=Counter)  # named as in Tally
    _stops: str = ""  # why nothing more is begun
    _is_exhausted: bool = False  # the last claim found less than it asked for
    _rests_until: float = 0.0  # the channel's pace allows nothing before
    _unused: Counter[str] = field(default_factory=Counter)  # claimed letters that did not leave, by domain
    _rate: float = 0.0
    _looks_at: float = 0.0
    _folded_at: float = field(default_factory=time.monotonic)
    _deferred_in_a_row: int = 0
    _settled_before: tuple[int, int] = (0, 0)
    _is_done: bool = False  # the database knows everything

    def __post_init__(self) -> None:
        self._claimed = Waiting(self.spacer)

    def run(self) -> Tally:
        """Until nothing is due, the channel is down, or it is told to stop. Raises DatabaseError, never ChannelDown."""
        try:
            try:
                self._settled_before = self.deliveries.settled()
                self._claim(0)
                self._books.settle(None)
                if self._claimed:
                    self._send_all()
            finally:
                self._fold_for_good()
        finally:
            self._books.close()
            self.journal.close(is_done=self._is_done)
        return self._tally

    # --- the loop

    def _send_all(self) -> None:
        try:
            session = self.channel.open(self._leaves)
        except ChannelDown as down:
            self._stop(down.reason, is_down=True)
            return
        try:
            while self._feed(session) or self._waits():
                self._take(session, self._patience())
                self._look_around()
        finally:
            session.close()
            while self._take(session, 0.0):
                pass

    def _take(self, session: MailSession, patience: float) -> bool:
        answers = session.take(patience)
        if answers:
            self._answered(answers, self.clock.now())
        return bool(answers)

    def _feed(self, session: MailSession) -> bool:
        """Give the session as many letters as it takes; whether any is with it."""
        capacity = min(session.capacity, self.at_once)
        while not self._stops and len(self._given) < capacity:
            if len(self._claimed) <= capacity:
                self._claim(capacity)
            due = self._claimed.next(time.monotonic()) if self._claimed else None
            if due is None:
                break
            try:
                letter = self.write(due)
            except RenderError as error:
                self._drop(due, f"its letter cannot be written: {error.message}")
                continue
            self._given[due.id] = due
            session.put(letter)
        return bool(self._given) and not self._stops

    def _waits(self) -> bool:
        """Whether there will be letters soon: the database is asked for them, or pace alone keeps them back."""
        if self._stops:
            return False
        if not self._claimed and self._books.is_asked:
            self._books.settle(_TRY_AGAIN)
            return True
        if self.spacer is None:
            return bool(self._claimed)
        if not self._claimed and self._is_exhausted and time.monotonic() >= self._rests_until:
            now = self.clock.now()
            next_due = self.deliveries.next_due(now, now + WAITS_FOR)
            if next_due is None:
                return False
            self._rests_until = time.monotonic() + max(0.0, (next_due - now).total_seconds())
            self._is_exhausted = False
        time.sleep(self._patience() + 0.001)
        return True

    def _patience(self) -> float:
        """Seconds to the next look around, or to the next letter that its pace allows."""
        if self.spacer is None:
            return LOOK_EVERY
        return max(0.0, min(LOOK_EVERY, self._claimed.next_at() - time.monotonic()))

    def _look_around(self) -> None:
        """Now and then: fold, tell, and see whether to go on."""
        if self.is_stopping():
            self._stop("the sender was stopped")
        now = time.monotonic()
        if now < self._looks_at:
            return
        self._looks_at = now + LOOK_EVERY
        self._books.settle()
        is_time = now - self._folded_at >= FOLD_EVERY
        if is_time or len(self._accepted) + len(self._others) >= FOLD_AT:
            self._fold()

    def _leaves(self, delivery_id: int) -> None:
        self.journal.leaves(delivery_id)
        self._out.add(delivery_id)

    # --- answers

    def _answered(self, answers: Sequence[tuple[int, SendResult | ChannelDown]], now: datetime) -> None:
        """Write down what came of letters, first in the journal. A letter that did not leave has nothing to be told."""
        told: list[tuple[int, Outcome]] = []
        for delivery_id, answer in answers:
            if not isinstance(answer, ChannelDown):
                told.append((delivery_id, answer))
            elif delivery_id in self._out:
                told.append((delivery_id, Returned(answer.reason)))
        self.journal.answered(told, now)
        for delivery_id, answer in answers:
            due = self._given.pop(delivery_id)
            is_out = delivery_id in self._out
            self._out.discard(delivery_id)
            if isinstance(answer, Accepted):
                self._accepted.append((delivery_id, answer.receipt, now))
                self._counts["accepted"] += 1
                self._deferred_in_a_row = 0
            else:
                self._failed(due, answer, is_out=is_out)

    def _failed(self, due: Due, answer: Refused | Deferred | Unknown | ChannelDown, *, is_out: bool) -> None:
        if isinstance(answer, ChannelDown):
            self._settle(due, Returned(answer.reason), is_out=is_out)
            self._unused[domain_of(due.email)] += not is_out
            if not self._stops:
                self._stop(answer.reason, is_down=True)
            return
        result = type(answer).__name__.lower()
        self._settle(due, answer, is_out=True, result=result)
        self._counts[result] += 1
        self._judge(answer)

    def _settle(self, due: Due, happening: SendResult | Returned, *, is_out: bool, result: str = "") -> None:
        now = self.clock.now()
        before = settle(due.progress, Marked(), now) if is_out else due.progress
        self._others.append(Folded(due.id, settle(before, happening, now, self.clock.jitter), result))

    def _drop(self, due: Due, reason: str) -> None:
        self._others.append(Folded(due.id, settle(due.progress, Dropped(reason), self.clock.now())))
        self._counts["dropped"] += 1

    def _judge(self, answer: Refused | Deferred | Unknown) -> None:
        """Whether so much goes wrong that it is about us."""
        self._deferred_in_a_row = self._deferred_in_a_row + 1 if isinstance(answer, Deferred) else 0
        if self._deferred_in_a_row >= DEFERRED_IN_A_ROW and not self._stops:
            self._stop(f"the last {DEFERRED_IN_A_ROW} letters were all put off: {answer.reason}", is_down=True)
        answered, refused = self._settled_before
        counts = self._counts
        answered += counts["accepted"] + counts["refused"] + counts["unknown"]
        ask = too_many_refused(refused, answered, refused + counts["refused"])
        if ask and not self._tally.ask:
            self._tally = replace(self._tally, ask=ask)
            self._stop(ask)

    def _stop(self, reason: str, *, is_down: bool = False) -> None:
        self._stops = self._stops or reason
        if is_down:
            self._tally = replace(self._tally, down=self._tally.down or reason)

    # --- the database

    def _claim(self, capacity: int) -> None:
        """Ask for the next block, of so many letters as leave in CLAIM_FOR, and fold what was answered."""
        if self._is_exhausted or self._books.is_asked or time.monotonic() < self._rests_until:
            return
        limit = min(MOST_CLAIMED, max(2 * capacity, 2 * DEFERRED_IN_A_ROW, int(self._rate * CLAIM_FOR)))
        now, began = self.clock.now(), time.monotonic()
        accepted, others = self._told()

        def claim() -> Callable[[], None]:
            try:
                block = self.deliveries.claim(now, now + LEASE, limit, accepted, others)
            except DatabaseError as error:
                return partial(self._could_not_claim, error)
            return partial(self._has_claimed, block, began, len(accepted), len(others))

        self._books.ask(claim)

    def _has_claimed(self, block: Block, began: float, accepted: int, others: int) -> None:
        self._has_folded(began, accepted, others)
        self._is_exhausted = block.is_last
        self._rests_until = began + block.wait if block.wait else 0.0
        for due in block.rows:
            if due.unwanted:
                self._drop(due, due.unwanted)
            else:
                self._claimed.add(due)

    def _could_not_claim(self, error: DatabaseError) -> None:
        if not self._given and not self._claimed:
            raise error
        self._stop("the database is gone")

    def _fold(self) -> None:
        """Have written down what was answered. Without the database it is kept, here and in the journal."""
        if self._books.is_asked:
            return
        now, began = self.clock.now(), time.monotonic()
        accepted, others = self._told()

        def fold() -> Callable[[], None]:
            try:
                if accepted or others:
                    is_going_out = self.deliveries.fold(accepted, others, now)
                else:
                    is_going_out = self.deliveries.is_going_out()
            except DatabaseError:
                return partial(self._tries_again, began)
            return partial(self._has_folded, began, len(accepted), len(others), is_going_out=is_going_out)

        self._books.ask(fold)

    def _tries_again(self, began: float) -> None:
        self._folded_at = began + _TRY_AGAIN - FOLD_EVERY

    def _told(self) -> tuple[list[tuple[int, str, datetime]], list[Folded]]:
        """What was answered up to now, to be told to the database."""
        self.journal.mark()
        return self._accepted[:], self._others[:]

    def _has_folded(self, began: float, accepted: int, others: int, *, is_going_out: bool = True) -> None:
        """The database knows so many of what was answered: so the journal need not."""
        since, self._folded_at = self._folded_at, began
        if not is_going_out:
            self._stop("it was paused or cancelled")
        if not (accepted or others):
            return
        if accepted:
            self._rate = accepted / max(0.05, began - since)
        del self._accepted[:accepted], self._others[:others]
        try:
            self.journal.begin_anew(self._out)
        except ChannelDown as down:
            self._stop(down.reason, is_down=True)
        self._tell()

    def _tell(self) -> None:
        counts: dict[str, Any] = {**self._counts}
        self._tally = replace(self._tally, **counts)
        self.told(self._tally)

    def _give_back(self) -> None:
        """What was claimed and never begun goes back, so that whoever sends next finds it at once."""
        for due in self._claimed.clear():
            self._unused[domain_of(due.email)] += 1
            self._others.append(Folded(due.id, settle(due.progress, Returned(self._stops), self.clock.now())))

    def _fold_for_good(self) -> None:
        """What was never begun goes back, and the last fold has to succeed: else the journal stays. Nothing is lost."""
        with suppress(DatabaseError):
            self._books.settle(None)
        self._give_back()
        end = time.monotonic() + DATABASE_PATIENCE
        while True:
            try:
                if self._accepted or self._others or self._unused:
                    self.deliveries.fold(self._accepted, self._others, self.clock.now(), self._unused)
                break
            except DatabaseError:
                if time.monotonic() >= end or self.is_stopping():
                    raise
                time.sleep(_TRY_AGAIN)
        self._is_done = True
        self._tell()
