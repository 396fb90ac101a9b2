"""Mail through one relay: a pool of connections that grows as letters need it.

What a relay's answers mean is decided in `publisher/mail/smtp.py`; here letters are handed out to connections and
results handed back. A connection is opened only while no other is being opened, so one letter opens one connection and
a relay that bears fewer than configured is left with those it bears.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from publisher.channels import MailSession
from publisher.config.settings import ChannelOptions
from publisher.config.values import Duration, SecretPlace
from publisher.domain.message import Letter, SendResult, Unknown
from publisher.errors import ChannelDown, SecretMissing
from publisher.mail.smtp import Conversation, Relay, Security

Result = SendResult | ChannelDown

_log = logging.getLogger(__name__)

_GRACE = 2.0  # seconds in which letters under way may still be settled when a session is closed
_ABORTED = 1.0  # and in which the connections that were cut then have to say so
_CUT = Unknown("the whole letter was sent and the sender was closed before the answer came")


class Options(ChannelOptions):
    """`kind = "smtp"`."""

    kind: Literal["smtp"]
    host: str = Field(min_length=1)
    """The relay."""
    port: int = Field(default=587, ge=1, le=65535)
    """587 for `starttls`, 465 for `tls`."""
    security: Security = "starttls"
    """How the line is protected; the certificate is verified. `none` only for a relay on this machine."""
    username: str = ""
    """Who logs in; nobody where it is empty."""
    password: SecretPlace | None = None
    """Its password."""
    connections: int = Field(default=8, ge=1, le=100)
    """How many letters are under way at once."""
    lists: tuple[str, ...] = Field(min_length=1)
    """Who gets the letter: lists of `subscribers/lists.toml`."""
    timeout: Duration = timedelta(seconds=30)
    """How long the relay may be silent before the letter is complete."""
    deadline: Duration = timedelta(minutes=10)
    """How long one letter may take, whatever trickles in (RFC 5321 gives the last answer ten minutes)."""
    helo: str = Field(default="", pattern=r"^[A-Za-z0-9.:\[\]-]*$")
    """The name we greet with; by default the name of this machine."""
    ca_file: str = ""
    """A file of certificates to trust, for a relay with one of its own."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.security == "none" and not _is_loopback(self.host):
            raise ValueError(
                f'security = "none" would send letters and password in clear to {self.host}; '
                'write "starttls" or "tls" (none is only for a relay on this machine)'
            )
        if bool(self.username) != (self.password is not None):
            raise ValueError("username and password go together; write both or neither")
        if not self.timeout or not self.deadline:
            raise ValueError("timeout and deadline have to be longer than 0")
        return self


class Smtp:
    """A configured relay. Relative paths are taken from `root`."""

    def __init__(self, options: Options, *, root: Path) -> None:
        self._options = options
        self._root = root

    @property
    def name(self) -> str:
        return self._options.name

    @property
    def lists(self) -> tuple[str, ...]:
        return self._options.lists

    def open(self) -> MailSession:
        """A session that connects when its first letter comes. Raises ChannelDown for a missing password or CA."""
        options = self._options
        return _Session(self._relay(), options.connections, options.deadline.total_seconds())

    def check(self) -> None:
        """Connect, secure, log in, say goodbye. Raises ChannelDown with what to do."""
        conversation = Conversation(self._relay())
        refusal = conversation.open(time.monotonic() + self._options.deadline.total_seconds())
        conversation.close()
        if refusal:
            raise ChannelDown(self.name, f"{refusal.reason}; try later")

    def _relay(self) -> Relay:
        options = self._options
        try:
            password = options.password.reveal(self._root) if options.password else ""
        except SecretMissing as error:
            raise ChannelDown(self.name, error.message) from error
        return Relay(
            channel=self.name,
            host=options.host,
            port=options.port,
            security=options.security,
            helo=options.helo or _own_name(),
            silence=options.timeout.total_seconds(),
            context=self._context(),
            username=options.username,
            password=password,
        )

    def _context(self) -> ssl.SSLContext | None:
        if self._options.security == "none":
            return None
        if not self._options.ca_file:
            return ssl.create_default_context()
        path = self._root / self._options.ca_file
        try:
            return ssl.create_default_context(cafile=path)
        except (OSError, ssl.SSLError) as error:
            reason = error.strerror if not isinstance(error, ssl.SSLError) else "it holds no certificate"
            raise ChannelDown(self.name, f"ca_file {path} cannot be read ({reason}); correct it") from error


class _Session:
    """Letters go to `connections` workers at most, each with a connection of its own, started as they are needed."""

    def __init__(self, relay: Relay, connections: int, deadline: float) -> None:
        self._relay = relay
        self._capacity = connections
        self._connections = connections  # fewer, once the relay bears no more
        self._deadline = deadline
        self._turn = threading.Condition()  # guards everything below
        self._waiting: deque[Letter] = deque()
        self._under_way: set[int] = set()
        self._complete: set[int] = set()  # of these, those whose end may be on the wire
        self._results: deque[tuple[int, Result]] = deque()
        self._workers: dict[threading.Thread, Conversation] = {}
        self._idle = 0
        self._is_opening = False
        self._is_closed = False
        self._is_cut = False

    @property
    def capacity(self) -> int:
        return self._capacity

    def put(self, letter: Letter) -> None:
        """Start sending. The result comes from `take`, always, and once."""
        with self._turn:
            if self._is_closed:
                raise ChannelDown(self._relay.channel, "it has been closed; open it again")
            self._under_way.add(letter.delivery_id)
            self._waiting.append(letter)
            if len(self._waiting) > self._idle and len(self._workers) < self._connections:
                self._start()
            self._turn.notify_all()

    def take(self) -> Sequence[tuple[int, Result]]:
        """Every result there is, at least one while a letter is under way; nothing when none is."""
        with self._turn:
            while self._under_way and not self._results:
                self._turn.wait()
            taken = list(self._results)
            self._results.clear()
            return taken

    def close(self) -> None:
        """Within about three seconds, with every letter settled: `take` still gives the results.

        A letter that no connection had begun did not leave. One under way has two seconds to end by itself; then its
        connection is cut, and it did not leave, or is Unknown if it was complete.
        """
        with self._turn:
            self._is_closed = True
            while self._waiting:
                self._settle(self._waiting.popleft().delivery_id, self._unsent())
            self._turn.notify_all()
            workers = dict(self._workers)
        _join(workers, _GRACE)
        with self._turn:
            self._is_cut = True
        for conversation in workers.values():
            conversation.abort()
        _join(workers, _ABORTED)
        with self._turn:
            for delivery_id in sorted(self._under_way):  # stuck where nothing can be cut; no letter leaves from there
                is_complete = delivery_id in self._complete
                self._settle(delivery_id, _CUT if is_complete else self._unsent())

    def _start(self) -> None:
        conversation = Conversation(self._relay, self._may_finish)
        worker = threading.Thread(target=self._work, args=(conversation,), name=self._relay.channel, daemon=True)
        self._workers[worker] = conversation
        worker.start()

    def _work(self, conversation: Conversation) -> None:
        try:
            while letter := self._next(conversation):
                if not self._send(conversation, letter):
                    return
        finally:
            with self._turn:
                self._workers.pop(threading.current_thread(), None)
            conversation.close()

    def _next(self, conversation: Conversation) -> Letter | None:
        """The next letter for this connection; for one that has to be opened, only when it is its turn to open."""
        with self._turn:
            self._idle += 1
            try:
                while not self._is_closed:
                    if self._waiting and (conversation.is_open or not self._is_opening):
                        self._is_opening = self._is_opening or not conversation.is_open
                        return self._waiting.popleft()
                    self._turn.wait()
                return None
            finally:
                self._idle -= 1

    def _send(self, conversation: Conversation, letter: Letter) -> bool:
        """Settle one letter, or give it back to the other connections; whether this worker is still of use."""
        deadline = time.monotonic() + self._deadline
        result: Result | None
        try:
            failure = None if conversation.is_open else self._open(conversation, deadline)
            if failure and self._leaves_to_others(conversation, letter):
                return False
            result = failure or conversation.deliver(letter, deadline)
        except ChannelDown as down:
            result = down
        except Exception as error:  # the outermost loop of a thread: no letter may be left without a result
            _log.exception("channel %s: a connection failed in a way that was not foreseen", self._relay.channel)
            result = self._unforeseen(letter, f"unforeseen {type(error).__name__}; see the log")
            conversation.close()
        with self._turn:
            if result is None:
                self._give_back(letter)
            else:
                self._settle(letter.delivery_id, result)
        return True

    def _open(self, conversation: Conversation, deadline: float) -> Result | None:
        try:
            return conversation.open(deadline)
        except ChannelDown as down:
            return down
        finally:
            with self._turn:
                self._is_opening = False
                self._turn.notify_all()

    def _leaves_to_others(self, conversation: Conversation, letter: Letter) -> bool:
        """A relay that bears no further connection is left with those it has, and they get the letter."""
        with self._turn:
            if not any(other.is_open for other in self._workers.values() if other is not conversation):
                return False
            self._connections = max(1, len(self._workers) - 1)
            self._give_back(letter)
            return True

    def _may_finish(self, letter: Letter) -> bool:
        with self._turn:
            if self._is_cut:
                return False
            self._complete.add(letter.delivery_id)
            return True

    def _give_back(self, letter: Letter) -> None:
        if self._is_closed:
            self._settle(letter.delivery_id, self._unsent())
        else:
            self._waiting.appendleft(letter)
            self._turn.notify_all()

    def _settle(self, delivery_id: int, result: Result) -> None:
        if delivery_id in self._under_way:
            self._under_way.discard(delivery_id)
            self._complete.discard(delivery_id)
            self._results.append((delivery_id, result))
            self._turn.notify_all()

    def _unforeseen(self, letter: Letter, reason: str) -> Result:
        with self._turn:
            return Unknown(reason) if letter.delivery_id in self._complete else ChannelDown(self._relay.channel, reason)

    def _unsent(self) -> ChannelDown:
        return ChannelDown(self._relay.channel, "it was closed before this letter left")


def _join(workers: Iterable[threading.Thread], seconds: float) -> None:
    end = time.monotonic() + seconds
    for worker in workers:
        worker.join(max(0.0, end - time.monotonic()))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _own_name() -> str:
    """What this machine calls itself; an address literal where it has no full name (RFC 5321 4.1.3)."""
    name = socket.getfqdn()
    return name if "." in name and name.isascii() else "[127.0.0.1]"
