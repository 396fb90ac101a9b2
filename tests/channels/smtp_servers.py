"""Relays for tests: one that does exactly what a script says at each stage, and a real one with TLS and logins."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword


class Do(StrEnum):
    """What a relay may do instead of answering."""

    DROP = "drop"
    RESET = "reset"
    HANG = "hang"
    ENDLESS = "endless lines"
    DRIBBLE = "an octet now and then"
    PAUSE = "the usual answer, later"


Action = bytes | Do
Script = Mapping[str, Action | Sequence[Action | None]]

GARBAGE = b"\x00\xff what? \r\n"
LONG_LINE = b"250 " + b"x" * 100_000 + b"\r\n"

_USUAL = {
    "banner": b"220 relay.test ESMTP\r\n",
    "ehlo": b"250-relay.test\r\n250 SIZE 50000000\r\n",
    "mail": b"250 2.1.0 Ok\r\n",
    "rcpt": b"250 2.1.5 Ok\r\n",
    "data": b"354 End data with <CR><LF>.<CR><LF>\r\n",
    "dot": b"250 2.0.0 Ok: queued as 4F2A\r\n",
    "rset": b"250 2.0.0 Ok\r\n",
    "quit": b"221 2.0.0 Bye\r\n",
    "starttls": b"220 2.0.0 Ready\r\n",
    "auth": b"235 2.7.0 Welcome\r\n",
}


class _Ended(Exception):
    pass


@dataclass
class ScriptedRelay:
    """A relay on 127.0.0.1. An action for a stage is taken each time; of a list, one each time that it is reached.

    `had` are the letters whose end it has read, whatever it answered; `commands` what it was told, in order.
    Stages: banner ehlo starttls tls auth mail rcpt data body dot rset quit.
    """

    script: Script = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    starttls: ssl.SSLContext | None = None
    bears: int = 1000
    interval: float = 0.1
    had: list[tuple[str, str, bytes]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> Self:
        self._lock = threading.Lock()
        self._reached: dict[str, int] = {}
        self._stop = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(64)
        self.port: int = self._listener.getsockname()[1]
        self._run(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(5)
        self._listener.close()

    def _run(self, target: Any, *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while not self._stop.is_set():
                connection, _ = self._listener.accept()
                self._run(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self.connections += 1
            self._open.add(connection)
            is_too_many = len(self._open) > self.bears
        try:
            connection.settimeout(10)
            line = _Line(connection)
            if self.tls:
                line.connection = self.tls.wrap_socket(connection, server_side=True)
            if is_too_many:
                line.connection.sendall(b"421 4.7.0 Too many connections\r\n")
            else:
                self._converse(line)
        except (_Ended, OSError):
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
            line.connection.close()

    def _converse(self, line: _Line) -> None:
        self._act(line, "banner")
        sender = recipient = ""
        while True:
            command = line.read().decode("latin-1")
            with self._lock:
                self.commands.append(command)
            verb = command.upper().partition(" ")[0]
            answer = self._act(line, verb.lower())
            match verb:
                case "STARTTLS":
                    self._act(line, "tls")
                    if not self.starttls:
                        raise _Ended
                    line.connection = self.starttls.wrap_socket(line.connection, server_side=True)
                case "MAIL":
                    sender = command
                case "RCPT":
                    recipient = command
                case "DATA" if answer.startswith(b"354"):
                    self._act(line, "body")
                    content = line.read_letter()
                    with self._lock:
                        self.had.append((sender, recipient, content))
                    self._act(line, "dot")
                case "QUIT":
                    raise _Ended

    def _act(self, line: _Line, stage: str) -> bytes:
        """Do what the script says for this stage, or the usual; what was answered."""
        usual = _USUAL.get(stage, b"" if stage in ("body", "tls") else b"502 5.5.2 What?\r\n")
        action = self._action(stage)
        match action:
            case Do.DROP:
                raise _Ended
            case Do.RESET:
                line.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                raise _Ended
            case Do.HANG:
                self._stop.wait(20)
                raise _Ended
            case Do.ENDLESS:
                while not self._stop.is_set():
                    line.connection.sendall(b"250-and another line\r\n" * 50)
                raise _Ended
            case Do.DRIBBLE:
                for octet in usual:
                    self._stop.wait(self.interval)
                    line.connection.sendall(bytes([octet]))
                return usual
            case Do.PAUSE:
                self._stop.wait(self.interval)
        answer = action if isinstance(action, bytes) else usual
        line.connection.sendall(answer)
        return answer

    def _action(self, stage: str) -> Action | None:
        with self._lock:
            at = self._reached[stage] = self._reached.get(stage, -1) + 1
        action = self.script.get(stage)
        if action is None or isinstance(action, bytes | Do):
            return action
        return action[at] if at < len(action) else None


@dataclass
class _Line:
    """What a client says, in lines."""

    connection: socket.socket
    _rest: bytes = b""

    def read(self) -> bytes:
        return self._until(b"\r\n")

    def read_letter(self) -> bytes:
        """The letter as it was before dot-stuffing."""
        if self._peek(3) == b".\r\n":
            self._rest = self._rest[3:]
            return b""
        stuffed = b"\r\n" + self._until(b"\r\n.\r\n") + b"\r\n"
        return stuffed.replace(b"\r\n.", b"\r\n")[2:]

    def _peek(self, count: int) -> bytes:
        while len(self._rest) < count:
            self._receive()
        return self._rest[:count]

    def _until(self, end: bytes) -> bytes:
        searched = 0
        while (at := self._rest.find(end, searched)) < 0:
            searched = max(0, len(self._rest) - len(end))
            self._receive()
        text, self._rest = self._rest[:at], self._rest[at + len(end) :]
        return text

    def _receive(self) -> None:
        octets = self.connection.recv(65536)
        if not octets:
            raise _Ended
        self._rest += octets


class Inbox:
    """What a real relay has accepted."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        self.envelopes.append(envelope)
        return f"250 2.0.0 Ok: queued as {len(self.envelopes)}"


class _Relay(Controller):
    """aiosmtpd on a port that the system chooses."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        socket.create_connection(("127.0.0.1", self.port), timeout=5).close()


def _login(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"letter", b"open sesame")
    return AuthResult(success=is_right, handled=False)


@contextlib.contextmanager
def real_relay(inbox: Inbox, security: str, context: ssl.SSLContext | None, *, login: bool = False) -> Iterator[int]:
    """aiosmtpd on 127.0.0.1; yields its port."""
    parameters: dict[str, Any] = {}
    if login:
        parameters = {"authenticator": _login, "auth_required": True, "auth_require_tls": security == "starttls"}
    if security == "starttls":
        parameters |= {"tls_context": context, "require_starttls": True}
    relay = _Relay(
        inbox, hostname="127.0.0.1", port=0, ssl_context=context if security == "tls" else None, **parameters
    )
    relay.start()
    try:
        yield relay.port
    finally:
        relay.stop()
