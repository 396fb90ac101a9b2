"""A connection to a relay, from the first octet to the login; what is said on it then is `dialogue.py`'s.

smtplib gives EHLO and AUTH; the socket, the limits on what a relay may answer, the clock and the stage are ours.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from publisher.domain.message import Deferred
from publisher.errors import ChannelDown
from publisher.mail.wire import BadTls, Lost, Wire, secured

Security = Literal["tls", "starttls", "none"]

MAX_WORDS = 200
_FAREWELL = 1.0  # seconds that QUIT may take, which no result waits for

_AUTH_NEEDED = frozenset({530, 534, 535, 538})
_NO_RELAYING = re.compile(
    r"relay(ing)?\s+(access\s+)?(denied|not)|(unable|refuse|\bnot\b.{0,30}) (to )?relay", re.IGNORECASE
)


# The reader is not punished for what is said of the sender: block lists, reputation, no PTR, a used-up allowance.
_OUR_NAME = re.compile(
    r"client host|blocked (using|by)|black ?list|block ?list|spamhaus|\breputation\b|\b[45]\.7\.(25|26|27|28)\b"
    r"|(sending|sender|daily|hourly|message) (quota|limit|rate)|rate limit",
    re.IGNORECASE,
)


class Stage(StrEnum):
    """How far the conversation has come, in words for a reason. HANDED_OVER: the relay may have the letter."""

    GREETING = "the greeting"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    RSET = "RSET"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    CONTENT = "the letter itself"
    HANDED_OVER = "the end of the letter"


@dataclass(frozen=True, slots=True)
class Relay:
    """Where to connect and how. `silence` is how long, in seconds, it may say nothing before the dot.

    `context` verifies the certificate; None only where `security` is "none".
    """

    channel: str
    host: str
    port: int
    security: Security
    helo: str
    silence: float
    context: ssl.SSLContext | None
    username: str = ""
    password: str = field(default="", repr=False)

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply; `words` is one readable line of at most MAX_WORDS characters."""

    code: int
    words: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection that is ready for letters. `features` are the names of EHLO's extensions, in small letters."""

    connection: socket.socket
    features: frozenset[str]


class Conversation:
    """Opens one connection. Used by one thread; only `abort` may come from another."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._wire: Wire | None = None
        self._socket: socket.socket | None = None
        self._stage = Stage.GREETING
        self._hidden: dict[str, str] = {relay.password: "the password"} if relay.password else {}

    def open(self, deadline: float) -> Opened | Deferred:
        """Connect, secure and log in before `deadline` (monotonic); a Deferred says why not now.

        Raises ChannelDown where waiting does not help: no connection, bad certificate, bad login, refused.
        """
        try:
            self._socket = self._connected(deadline)
            refusal = self._introduced(deadline)
            if refusal is not None:
                self._drop()
                return refusal
            assert self._socket and self._wire
            self._wire.refuse_early_answer()
            return Opened(self._socket, frozenset(self._wire.esmtp_features))
        except Lost as lost:
            self._drop()
            return Deferred(f"{self._relay.place} at {self._stage}: {lost}")
        except ChannelDown:
            self._drop()
            raise

    def close(self) -> None:
        """Say goodbye if somebody listens."""
        if self._wire:
            with suppress(Lost, OSError):
                self._wire.hurry(_FAREWELL)
                self._wire.docmd("QUIT")
        self._drop()

    def abort(self) -> None:
        """End the connection under the feet of the thread that opens it."""
        connection = self._socket
        if connection:
            with suppress(OSError):
                # Not SSLSocket's own, which would leave the other thread reading in clear.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def _connected(self, deadline: float) -> socket.socket:
        relay = self._relay
        patience = max(0.001, min(relay.silence, deadline - time.monotonic()))
        try:
            connection = socket.create_connection((relay.host, relay.port), timeout=patience)
        except ConnectionResetError as error:
            raise Lost("it closed the connection") from error
        except (OSError, UnicodeError) as error:
            words = getattr(error, "strerror", None) or "the host is not found"
            reason = "no answer" if isinstance(error, TimeoutError) else words
            raise self._down(
                f"cannot connect to {relay.place} ({reason}); see that the relay runs and correct host and port"
            ) from error
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _introduced(self, deadline: float) -> Deferred | None:
        """From the greeting to the login."""
        relay = self._relay
        self._stage = Stage.GREETING
        if relay.security == "tls":
            self._secure(deadline)
        wire = self._wired(deadline)
        reply = self._reply(wire)
        if reply.code != 220:
            return self._not_now(reply)
        refusal = self._hello(wire)
        if refusal:
            return self._not_now(refusal)
        if relay.security == "starttls":
            if not wire.has_extn("starttls"):
                raise self._down(
                    f"{relay.place} does not offer STARTTLS, so nothing was sent in clear; use a port that does, "
                    'or security = "tls" if it speaks TLS from the first byte'
                )
            reply = self._ask(wire, Stage.STARTTLS, "STARTTLS")
            if reply.code != 220:
                return self._not_now(reply)
            wire.refuse_early_answer()
            self._secure(deadline)
            wire = self._wired(deadline)
            refusal = self._hello(wire)
            if refusal:
                return self._not_now(refusal)
        return self._logged_in(wire) if relay.username else None

    def _wired(self, deadline: float) -> Wire:
        assert self._socket
        self._wire = Wire(self._socket, self._relay.helo, self._relay.silence, deadline)
        return self._wire

    def _secure(self, deadline: float) -> None:
        relay = self._relay
        assert self._socket and relay.context
        plain, self._socket = self._socket, None
        try:
            patience = min(relay.silence, deadline - time.monotonic())
            self._socket = secured(plain, relay.host, relay.context, patience)
        except BadTls as error:
            raise self._down(f"{relay.place} {error}") from error

    def _hello(self, wire: Wire) -> Reply | None:
        """The refusal, if it is one."""
        self._stage = Stage.EHLO
        wire.refuse_early_answer()
        code, octets = wire.ehlo()
        return None if code == 250 else self._heard(code, octets)

    def _logged_in(self, wire: Wire) -> Deferred | None:
        self._stage = Stage.AUTH
        relay = self._relay
        try:
            wire.login(relay.username, relay.password)
        except smtplib.SMTPAuthenticationError as error:
            octets = error.smtp_error if isinstance(error.smtp_error, bytes) else error.smtp_error.encode()
            return self._not_now(self._heard(error.smtp_code, octets))
        except UnicodeEncodeError as error:
            raise self._down("user name and password have to be ASCII for this relay; correct them") from error
        except smtplib.SMTPException as error:
            reason = f"{relay.place} offers no login that we know; leave username away, or use another port"
            raise self._down(reason) from error
        except ValueError as error:  # a challenge that is not base64
            raise Lost("it answered with something that is no SMTP reply") from error
        return None

    def _ask(self, wire: Wire, stage: Stage, command: str) -> Reply:
        self._stage = stage
        wire.refuse_early_answer()
        wire.putcmd(command)
        return self._reply(wire)

    def _reply(self, wire: Wire) -> Reply:
        return self._heard(*wire.getreply())

    def _heard(self, code: int, octets: bytes) -> Reply:
        return heard(code, octets, self._hidden)

    def _not_now(self, reply: Reply) -> Deferred:
        """A refusal before any letter was named. Raises ChannelDown, or Lost where the reply is out of turn."""
        if reply.code // 100 == 5:
            todo = "correct username and password" if self._stage is Stage.AUTH else "ask who runs the relay"
            raise self._down(f"{self._relay.place} refused {self._stage} ({reply.code} {reply.words}); {todo}")
        self._drop()
        if reply.code // 100 != 4:
            raise Lost(f"it answered out of turn ({reply.code} {reply.words})")
        return Deferred(f"{reply.code} {reply.words} (at {self._stage})", reply.code)

    def _down(self, reason: str) -> ChannelDown:
        return ChannelDown(self._relay.channel, reason)

    def _drop(self) -> None:
        connection, self._socket, self._wire = self._socket, None, None
        if connection:
            connection.close()


def heard(code: int, octets: bytes, hidden: Mapping[str, str]) -> Reply:
    """A reply in one readable line, with each `hidden` text, in whatever case, replaced by what is shown for it."""
    words = " ".join(re.sub(r"[^ -~\xa1-\U0010ffff]", " ", octets.decode("utf-8", errors="replace")).split())
    for text, shown in hidden.items():
        # In whatever case: a relay may write an address in small letters.
        words = shown.join(re.split(re.escape(text), words, flags=re.IGNORECASE))
    return Reply(code, words[:MAX_WORDS])


def is_about_us(reply: Reply) -> bool:
    """Whether a refusal of one recipient would meet every other as well: no login, not our relay, or our bad name."""
    return reply.code in _AUTH_NEEDED or bool(_NO_RELAYING.search(reply.words) or _OUR_NAME.search(reply.words))
