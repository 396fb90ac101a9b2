"""Letters over up to N connections of one relay, all driven by whoever waits for the results.

One loop reads and writes on every connection and never blocks on any of them; only opening one, which may take long,
is done in threads. No more are opened at once than are open already, so that a relay is not stormed, and one that
bears fewer than configured is left with those it bears.
"""

from __future__ import annotations

import queue
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

from publisher.domain.message import Deferred, Letter
from publisher.errors import ChannelDown
from publisher.mail.connection import Connection
from publisher.mail.dialogue import Result, Turn
from publisher.mail.smtp import Conversation, Opened, Relay

_GRACE = 2.0  # seconds in which letters under way may still be settled when the pool is closed
_FAREWELL = 0.5  # and in which the relay may then say goodbye
_LOOK_EVERY = 0.2  # seconds between two looks at who has been silent for too long
_MOST_OPENING = 25

Answer = tuple[int, Result]


class Pool:
    """`put` letters, `take` their results; never more than `capacity` that were put and not taken.

    `leaves` is called with a delivery's id just before the first octet of its letter leaves; where it raises
    ChannelDown, the letter stays. Used by one thread.
    """

    def __init__(
        self, relay: Relay, connections: int, deadline: float, leaves: Callable[[int], None] = lambda delivery_id: None
    ) -> None:
        self._relay = relay
        self._most = connections  # fewer, once the relay bears no more
        self.capacity = 3 * connections  # one on its way, one whose envelope is said, one at hand
        self._deadline = deadline
        self._leaves = leaves
        self._waiting: deque[Turn] = deque()
        self._results: deque[Answer] = deque()
        self._under_way: set[int] = set()
        self._selector = selectors.DefaultSelector()
        self._connections: set[Connection] = set()
        self._opening: set[Conversation] = set()
        self._opened: queue.SimpleQueue[tuple[Conversation, Opened | Result]] = queue.SimpleQueue()
        self._bell, self._ear = socket.socketpair()
        self._ear.setblocking(False)
        self._selector.register(self._ear, selectors.EVENT_READ, None)
        self._ready: list[Connection] = []
        self._free: dict[Connection, None] = {}  # those that may have another letter, in the order in which they came
        self._looked_at = 0.0
        self._is_closed = False

    def put(self, letter: Letter) -> None:
        """Start sending. The result comes from `take`, always, and once."""
        if self._is_closed:
            raise ChannelDown(self._relay.channel, "it has been closed; open it again")
        self._under_way.add(letter.delivery_id)
        self._waiting.append(Turn(letter))
        if self._ready:  # relays need not wait until all of the next letters are written
            self._let_go()

    def take(self, patience: float | None = None) -> Sequence[Answer]:
        """Every result there is, at least one while a letter is under way, or none after `patience` seconds."""
        end = None if patience is None else time.monotonic() + patience
        while self._under_way and not self._results:
            self._let_go()
            self._hand_out()
            longest = 0.0 if self._results else _LOOK_EVERY
            self._turn(longest if end is None else min(longest, max(0.0, end - time.monotonic())))
            if end is not None and time.monotonic() >= end:
                break
        taken = list(self._results)
        self._results.clear()
        return taken

    def close(self) -> None:
        """Within about three seconds, with every letter settled: `take` still gives the results.

        A letter whose content had not begun did not leave. The others have two seconds to be answered; then their
        connections are cut, and they did not leave, or are Unknown if they were complete.
        """
        if self._is_closed:
            return
        self._is_closed = True
        for conversation in self._opening:
            conversation.abort()
        while self._waiting:
            self._settle(self._waiting.popleft(), self._unsent())
        end = time.monotonic() + _GRACE
        for one in [one for one in self._connections if one.is_busy and not one.is_awaited]:
            self._end(one, "", by_us=True)
        while any(one.is_awaited for one in self._connections) and time.monotonic() < end:
            self._turn(min(_LOOK_EVERY, max(0.0, end - time.monotonic())))
        for one in [one for one in self._connections if one.is_busy]:
            self._end(one, "the sender was closed before the answer came", by_us=True)
        self._say_goodbye()
        self._hang_up_on_opened()
        self._selector.close()
        self._bell.close()
        self._ear.close()

    # --- the loop

    def _turn(self, patience: float) -> None:
        """Wait for something to happen, and do what it asks for."""
        for key, events in self._selector.select(patience):
            if key.data is None:
                self._take_in_opened()
            else:
                self._serve(key.data, events)
        now = time.monotonic()
        if now - self._looked_at >= _LOOK_EVERY:
            self._looked_at = now
            for one in [one for one in self._connections if one.is_overdue(now)]:
                self._end(one, "no whole answer in time")

    def _serve(self, one: Connection, events: int, *, goes_on: bool = False) -> None:
        try:
            if goes_on:
                one.go_on()
            if events & selectors.EVENT_READ:
                one.read()
                if one.is_ready:
                    self._ready.append(one)
            one.write()
        except ConnectionError as error:
            self._end(one, str(error))
            return
        except Exception:
            self._end(one, "it failed in a way that was not foreseen")
            raise
        if one.may_follow:
            self._free[one] = None
        else:
            self._free.pop(one, None)

    def _end(self, one: Connection, reason: str, *, by_us: bool = False) -> None:
        if one in self._connections:
            self._connections.discard(one)
            self._free.pop(one, None)
            one.end(reason, by_us=by_us)

    # --- letters

    def _let_go(self) -> None:
        """Let the letters leave for which their relay waits.

        Only where every answer that was heard has been taken, so in `put` and at the start of `take`: whoever writes
        down what leaves and what was answered never has more letters out than there are connections.
        """
        ready, self._ready = self._ready, []
        for one in ready:
            if one in self._connections:
                self._serve(one, 0, goes_on=True)

    def _hand_out(self) -> None:
        """Give the letters that wait to connections that are free; open one more where none is."""
        if not self._waiting:
            return
        for one in [one for one in self._free if not one.is_busy]:
            self._begin(one)
        while self._may_open():
            self._open()
        for one in list(self._free):
            self._begin(one)

    def _begin(self, one: Connection) -> None:
        turn = self._following()
        if turn is not None:
            one.begin(turn)
            self._serve(one, 0)

    def _following(self) -> Turn | None:
        return self._waiting.popleft() if self._waiting else None

    def _settle(self, turn: Turn, result: Result) -> None:
        self._under_way.discard(turn.letter.delivery_id)
        self._results.append((turn.letter.delivery_id, result))

    def _give_back(self, turn: Turn) -> None:
        if self._is_closed:
            self._settle(turn, self._unsent())
        else:
            self._waiting.appendleft(Turn(turn.letter, tries=turn.tries + 1))

    def _unsent(self) -> ChannelDown:
        return ChannelDown(self._relay.channel, "it was closed before this letter left")

    # --- opening and closing

    def _may_open(self) -> bool:
        """Whether one more connection would find a letter, and the relay is not stormed."""
        opening = len(self._opening)
        return (
            opening < len(self._waiting)
            and len(self._connections) + opening < self._most
            and opening < max(1, min(len(self._connections), _MOST_OPENING))
        )

    def _open(self) -> None:
        conversation = Conversation(self._relay)
        self._opening.add(conversation)
        deadline = time.monotonic() + self._deadline

        def opened() -> None:
            result: Opened | Result
            try:
                result = conversation.open(deadline)
            except ChannelDown as down:
                result = down
            except Exception as error:  # the outermost frame of a thread: whoever waits for it is told
                result = ChannelDown(self._relay.channel, f"it failed unexpectedly ({type(error).__name__})")
            self._opened.put((conversation, result))
            if self._is_closed:
                self._hang_up_on_opened()
            with suppress(OSError):
                self._bell.send(b"!")

        threading.Thread(target=opened, name=f"{self._relay.channel}: opening", daemon=True).start()

    def _hang_up_on_opened(self) -> None:
        """Of what was opened too late nothing stays open, whoever comes last: `close`, or the thread that opened it."""
        with suppress(queue.Empty):
            while True:
                _, result = self._opened.get_nowait()
                if isinstance(result, Opened):
                    result.connection.close()

    def _take_in_opened(self) -> None:
        with suppress(BlockingIOError):
            self._ear.recv(64)
        while True:
            try:
                conversation, result = self._opened.get_nowait()
            except queue.Empty:
                return
            self._opening.discard(conversation)
            if isinstance(result, Opened):
                self._take_in(result)
            else:
                self._could_not_open(result)

    def _take_in(self, opened: Opened) -> None:
        one = Connection(
            opened,
            self._relay,
            self._selector,
            deadline=self._deadline,
            leaves=self._leaves,
            following=self._following,
            settle=self._settle,
            give_back=self._give_back,
        )
        self._connections.add(one)
        self._free[one] = None
        if not self._is_closed:
            self._begin(one)

    def _could_not_open(self, result: Result) -> None:
        """A relay that bears no further connection is left with those it has; else it is told of the first letter."""
        if self._connections:
            self._most = max(1, len(self._connections) + len(self._opening))
        elif self._opening:
            return
        elif self._waiting:
            # As many as would have been tried: with one only, a relay that defers everybody would be asked once each.
            assert isinstance(result, Deferred | ChannelDown)
            self._settle(self._waiting.popleft(), result)

    def _say_goodbye(self) -> None:
        """QUIT, and a moment for the answers: they change no result."""
        for one in list(self._connections):
            one.say_goodbye()
        end = time.monotonic() + _FAREWELL
        while self._connections and (left := end - time.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                if key.data is not None and key.data.has_ended():
                    self._end(key.data, "")
        for one in list(self._connections):
            self._end(one, "")
