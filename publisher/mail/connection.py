"""One open connection: a socket that never blocks, the dialogue on it, and how long the relay may take."""

from __future__ import annotations

import selectors
import ssl
import time
from collections.abc import Callable
from contextlib import suppress

from publisher.mail.dialogue import Broken, Dialogue, Result, Turn
from publisher.mail.smtp import Opened, Relay

_READ = 1 << 16
_WRITE = 1 << 17  # octets that are written before what the relay says meanwhile is heard


class Connection:
    """Registered with `selector` while it is open; its events are to be answered with `read` and `write`.

    They and `go_on` raise ConnectionError, in words, when the connection is at its end; `end` then settles what was on
    it.
    """

    def __init__(
        self,
        opened: Opened,
        relay: Relay,
        selector: selectors.BaseSelector,
        *,
        deadline: float,
        leaves: Callable[[int], None],
        following: Callable[[], Turn | None],
        settle: Callable[[Turn, Result], None],
        give_back: Callable[[Turn], None],
    ) -> None:
        self._socket = opened.connection
        self._socket.setblocking(False)
        self._silence = relay.silence
        self._deadline = deadline
        self._selector = selector
        self._dialogue = Dialogue(
            relay, opened.features, leaves=leaves, following=following, settle=settle, give_back=give_back
        )
        self._unwritten = memoryview(b"")
        self._written = 0
        self._waits_to_write = False
        self._moved_at = self._letter_at = time.monotonic()
        self._letter: Turn | None = None
        self._buffer = bytearray(_READ)
        self._view = memoryview(self._buffer)
        selector.register(self._socket, selectors.EVENT_READ, self)

    @property
    def is_busy(self) -> bool:
        return self._dialogue.current is not None

    @property
    def may_follow(self) -> bool:
        return self._dialogue.may_follow

    def begin(self, turn: Turn) -> None:
        """The envelope of a letter; `write` sends it."""
        self._dialogue.begin(turn)
        self._moved_at = time.monotonic()

    @property
    def is_ready(self) -> bool:
        """Whether the relay waits for the content of a letter: `go_on`."""
        return self._dialogue.ready is not None

    @property
    def is_awaited(self) -> bool:
        """Whether a content has begun to leave, and has no answer yet."""
        return self._dialogue.is_waiting_for_the_end

    def go_on(self) -> None:
        """Let the letter leave for which the relay waits; `write` sends it."""
        try:
            self._dialogue.go_on()
        except Broken as broken:
            raise ConnectionError(str(broken)) from broken
        self._moved_at = time.monotonic()

    def is_overdue(self, now: float) -> bool:
        """Whether the relay has been silent for too long, or a letter has taken too long in all."""
        current = self._dialogue.current
        if current is None:
            return False
        if current is not self._letter:
            self._letter, self._letter_at = current, now
        if now - self._letter_at > self._deadline:
            return True
        is_patient = self._dialogue.is_waiting_for_the_end and not self._unwritten
        return not is_patient and now - self._moved_at > self._silence

    def read(self) -> None:
        """Hear what has come."""
        while True:
            try:
                count = self._socket.recv_into(self._buffer)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError as error:
                raise ConnectionError(reason(error)) from error
            if not count:
                raise ConnectionError("it closed the connection")
            self._moved_at = time.monotonic()
            try:
                self._dialogue.hear(bytes(self._view[:count]), self._written)
            except Broken as broken:
                raise ConnectionError(str(broken)) from broken
            # Of TLS more may be decrypted already, which no selector tells.
            if not isinstance(self._socket, ssl.SSLSocket) or not self._socket.pending():
                return

    def write(self) -> None:
        """As much as the socket takes of what is to be said, and not too much at once; the rest when it takes more."""
        left = self._unwritten or memoryview(self._dialogue.say())
        if not left:
            return
        end = self._written + _WRITE
        while left and self._written < end:
            try:
                count = self._socket.send(left)
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                break
            except OSError as error:
                raise ConnectionError(reason(error)) from error
            self._written += count
            self._moved_at = time.monotonic()
            left = left[count:]
        self._unwritten = left
        waits = bool(left)
        if waits != self._waits_to_write:
            self._waits_to_write = waits
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if waits else 0)
            self._selector.modify(self._socket, events, self)

    def say_goodbye(self) -> None:
        with suppress(OSError):
            self._socket.send(b"QUIT\r\n")

    def has_ended(self) -> bool:
        """Whether the relay has said goodbye, or hung up."""
        try:
            self._socket.recv(_READ)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        except OSError:
            return True
        return True

    def end(self, reason: str, *, by_us: bool = False) -> None:
        """Close it, and settle what was on it; `by_us` as in `Dialogue.lost`."""
        with suppress(KeyError, ValueError):
            self._selector.unregister(self._socket)
        self._socket.close()
        self._dialogue.lost(reason, self._written, by_us=by_us)


def reason(error: OSError) -> str:
    """What happened to a connection, in words."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ConnectionError | ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "it closed the connection"
    return f"the connection failed ({error.strerror or 'TLS'})"
