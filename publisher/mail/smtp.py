"""One conversation with a relay, which always knows how far it has come.

What an answer means depends on the stage: until the dot that ends a letter has been handed over, the relay does not
have it; from then on a lost answer is `Unknown` and nothing but a readable reply from 200 to 599 settles it. smtplib
gives EHLO and AUTH; the socket, the limits on what a relay may answer, the clock and the stage are ours.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from publisher.domain.message import Accepted, Deferred, Letter, Refused, SendResult, Unknown
from publisher.errors import ChannelDown, RenderError
from publisher.mail.address import wire_address
from publisher.mail.wire import BadTls, Lost, Wire, secured

Security = Literal["tls", "starttls", "none"]

MAX_WORDS = 200
_FAREWELL = 1.0  # seconds that RSET and QUIT may take, which no result waits for

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


class Conversation:
    """One connection, opened again when it has ended. Used by one thread; only `abort` may come from another.

    `may_finish` is asked just before a letter is handed over; where it says no the letter certainly does not leave.
    """

    def __init__(self, relay: Relay, may_finish: Callable[[Letter], bool] = lambda letter: True) -> None:
        self._relay = relay
        self._may_finish = may_finish
        self._wire: Wire | None = None
        self._socket: socket.socket | None = None
        self._stage = Stage.GREETING
        self._letters = 0
        self._hidden: dict[str, str] = {}

    @property
    def is_open(self) -> bool:
        return self._wire is not None

    def open(self, deadline: float) -> Deferred | None:
        """Connect, secure and log in before `deadline` (monotonic); a Deferred says why not now.

        Raises ChannelDown where waiting does not help: no connection, bad certificate, bad login, refused.
        """
        self._letters = 0
        self._hidden = {self._relay.password: "the password"} if self._relay.password else {}
        try:
            self._socket = self._connected(deadline)
            return self._introduced(deadline)
        except Lost as lost:
            self._drop()
            return Deferred(f"{self._relay.place} at {self._stage}: {lost}")
        except ChannelDown:
            self._drop()
            raise

    def deliver(self, letter: Letter, deadline: float) -> SendResult | None:
        """One letter to one recipient, settled before `deadline` whatever the relay does.

        None: the connection had ended since the letter before, nothing was said about this one, open another. Raises
        ChannelDown, and then the letter certainly did not leave.
        """
        assert self._wire, "open first"
        try:
            recipient = wire_address(letter.recipient, "the recipient's address")
        except RenderError as error:
            return Refused(error.message)
        content = self._checked(letter)
        self._hidden = {recipient: "the recipient", letter.return_path: "the return path"}
        is_reused, self._letters = self._letters > 0, self._letters + 1
        self._wire.deadline = deadline
        self._stage = Stage.MAIL
        try:
            result = self._transaction(self._wire, letter, recipient, content)
        except Lost as lost:
            self._drop()
            result = self._lost(str(lost))
        except ChannelDown:
            self._drop()
            raise
        if is_reused and self._stage is Stage.MAIL and not self.is_open:
            return None
        return result

    def close(self) -> None:
        """Say goodbye if somebody listens; whatever happens changes no result."""
        if self._wire:
            with suppress(Lost, OSError):
                self._wire.hurry(_FAREWELL)
                self._wire.docmd("QUIT")
        self._drop()

    def abort(self) -> None:
        """End the connection under the feet of the thread that uses it."""
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

    def _transaction(self, wire: Wire, letter: Letter, recipient: str, content: bytes) -> SendResult:
        size = f" SIZE={len(content)}" if wire.has_extn("size") else ""
        reply = self._ask(wire, Stage.MAIL, f"MAIL FROM:<{letter.return_path}>{size}")
        if reply.code // 100 != 2:
            return self._declined(wire, reply)
        reply = self._ask(wire, Stage.RCPT, f"RCPT TO:<{recipient}>")
        if reply.code // 100 != 2:
            return self._declined(wire, reply)
        reply = self._ask(wire, Stage.DATA, "DATA")
        if reply.code != 354:
            return self._declined(wire, reply)
        self._stage = Stage.CONTENT
        wire.send(content)
        if wire.has_early_answer():
            return self._declined(wire, self._reply(wire))
        if not self._may_finish(letter):
            raise self._down("it was closed before the letter was complete")
        self._stage = Stage.HANDED_OVER
        wire.wait_to_the_end()
        wire.send(b".\r\n")
        reply = self._reply(wire)
        wire.silence = self._relay.silence
        if reply.code // 100 == 2:
            return Accepted(receipt=f"{reply.code} {reply.words}".strip()[:MAX_WORDS])
        return self._declined(wire, reply)

    def _ask(self, wire: Wire, stage: Stage, command: str) -> Reply:
        self._stage = stage
        wire.refuse_early_answer()
        wire.putcmd(command)
        return self._reply(wire)

    def _reply(self, wire: Wire) -> Reply:
        return self._heard(*wire.getreply())

    def _heard(self, code: int, octets: bytes) -> Reply:
        words = " ".join(re.sub(r"[^ -~\xa1-\U0010ffff]", " ", octets.decode("utf-8", errors="replace")).split())
        for hidden, shown in self._hidden.items():
            # In whatever case: a relay may write an address in small letters.
            words = shown.join(re.split(re.escape(hidden), words, flags=re.IGNORECASE))
        return Reply(code, words[:MAX_WORDS])

    def _not_now(self, reply: Reply) -> Deferred:
        """A refusal before any letter was named. Raises ChannelDown, or Lost where the reply is out of turn."""
        if reply.code // 100 == 5:
            todo = "correct username and password" if self._stage is Stage.AUTH else "ask who runs the relay"
            raise self._down(f"{self._relay.place} refused {self._stage} ({reply.code} {reply.words}); {todo}")
        self._drop()
        if reply.code // 100 != 4:
            raise Lost(f"it answered out of turn ({reply.code} {reply.words})")
        return Deferred(self._said(reply), reply.code)

    def _declined(self, wire: Wire, reply: Reply) -> SendResult:
        """What a reply that is not the hoped-for one means at this stage, leaving the connection ready or closed."""
        match reply.code // 100, self._stage:
            case 4, _:
                self._ready_again(wire, reply)
                return Deferred(self._said(reply), reply.code)
            case 5, Stage.RCPT if not _is_about_us(reply):
                self._ready_again(wire, reply)
                return Refused(self._said(reply), reply.code)
            case 5, Stage.HANDED_OVER:
                return Refused(self._said(reply), reply.code)
            case 5, _:
                raise self._down(
                    f"{self._relay.place} refused {self._stage} ({reply.code} {reply.words}); ask who runs it"
                )
            case _:
                raise Lost(f"it answered out of turn ({reply.code} {reply.words})")

    def _ready_again(self, wire: Wire, reply: Reply) -> None:
        if reply.code == 421 or self._stage is Stage.CONTENT:
            self._drop()
        elif self._stage is not Stage.HANDED_OVER:
            try:
                wire.hurry(_FAREWELL)
                is_ready = wire.rset()[0] == 250
            except Lost:
                is_ready = False
            if not is_ready:
                self._drop()

    def _said(self, reply: Reply) -> str:
        return f"{reply.code} {reply.words} (at {self._stage})"

    def _lost(self, reason: str) -> SendResult:
        if self._stage is Stage.HANDED_OVER:
            return Unknown(f"the whole letter was sent and the answer was lost: {reason}")
        return Deferred(f"{self._relay.place} at {self._stage}: {reason}")

    def _checked(self, letter: Letter) -> bytes:
        """The content, dot-stuffed. Raises ChannelDown for what is our own fault: no letter of this issue is better."""
        try:
            wire_address(letter.return_path, "the return path")
        except RenderError as error:
            raise self._down(error.message) from error
        content = letter.content
        ends = content.count(b"\r\n")
        if not content.endswith(b"\r\n") or content.count(b"\n") != ends or content.count(b"\r") != ends:
            raise self._down("a letter has a line that does not end in CRLF; nothing was sent, report this")
        if not content.isascii() or b"\0" in content:
            raise self._down("a letter has an octet that mail cannot carry; nothing was sent, report this")
        content = content.replace(b"\r\n.", b"\r\n..")
        return b"." + content if content.startswith(b".") else content

    def _down(self, reason: str) -> ChannelDown:
        return ChannelDown(self._relay.channel, reason)

    def _drop(self) -> None:
        connection, self._socket, self._wire = self._socket, None, None
        if connection:
            connection.close()


def _is_about_us(reply: Reply) -> bool:
    """Whether a refusal of one recipient would meet every other as well: no login, not our relay, or our bad name."""
    return reply.code in _AUTH_NEEDED or bool(_NO_RELAYING.search(reply.words) or _OUR_NAME.search(reply.words))
