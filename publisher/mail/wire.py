"""The line to a relay: what is sent and read, within bounds of time and size, and secured.

smtplib serves the grammar of EHLO and AUTH only: its own reader takes endless replies, starts its clock anew at every
octet, and answers a long line with a 500 that no server sent.
"""

from __future__ import annotations

import math
import re
import smtplib
import socket
import ssl
import time
from typing import Any

MAX_LINE, MAX_LINES = 4096, 128  # of one reply; RFC 5321 4.5.3.1.5 allows a line 512 octets
_CHUNK = 1 << 17  # octets that have to leave within one silence

_REPLY = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)


class Lost(Exception):
    """The connection or its sense is lost: dropped, silent, too slow, or no SMTP."""


class BadTls(Exception):
    """There will be no secure connection; in words that follow "host:port"."""


class Wire(smtplib.SMTP):
    """A connected socket. Nothing lasts beyond `deadline` (monotonic), nor longer than `silence` seconds in silence.

    Every method that sends or reads raises Lost.
    """

    def __init__(self, connection: socket.socket, helo: str, silence: float, deadline: float) -> None:
        super().__init__(local_hostname=helo)
        self.sock: socket.socket = connection
        self.silence = silence
        self.deadline = deadline
        self._read = b""

    def send(self, s: Any) -> None:
        """All of it, text as ASCII."""
        octets = memoryview(s.encode("ascii") if isinstance(s, str) else s)
        for at in range(0, len(octets), _CHUNK):
            self.sock.settimeout(self._patience())
            try:
                self.sock.sendall(octets[at : at + _CHUNK])
            except OSError as error:
                raise Lost(_reason(error)) from error

    def getreply(self) -> tuple[int, bytes]:
        """One whole reply from 200 to 599, its lines joined by newlines."""
        code, texts = b"", list[bytes]()
        while len(texts) < MAX_LINES:
            match = _REPLY.fullmatch(self._line())
            if not match or code not in (b"", match[1]):
                raise Lost("it answered with something that is no SMTP reply")
            code = match[1]
            texts.append(match[3] or b"")
            if match[2] != b"-":
                return int(code), b"\n".join(texts)
        raise Lost(f"its reply has more than {MAX_LINES} lines")

    def refuse_early_answer(self) -> None:
        """Raise Lost where more was answered than asked: the next answer would be taken for another's."""
        if self._read:
            raise Lost("it answered before it was asked")

    def has_early_answer(self) -> bool:
        """Whether an answer has begun to come; raises Lost where the other side has closed."""
        if self._read:
            return True
        self.sock.settimeout(0)
        try:
            self._receive()
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError as error:
            raise Lost(_reason(error)) from error
        return True

    def wait_to_the_end(self) -> None:
        """From here on silence is borne until the deadline: RFC 5321 4.5.3.2.6 gives the last answer 10 minutes."""
        self.silence = math.inf

    def hurry(self, seconds: float) -> None:
        """Everything that follows has to be done within `seconds`."""
        self.deadline = time.monotonic() + seconds

    def _line(self) -> bytes:
        while b"\n" not in self._read:
            if len(self._read) > MAX_LINE:
                raise Lost(f"a line of its reply is longer than {MAX_LINE} octets")
            self.sock.settimeout(self._patience())
            try:
                self._receive()
            except OSError as error:
                raise Lost(_reason(error)) from error
        line, _, self._read = self._read.partition(b"\n")
        return line.removesuffix(b"\r")

    def _receive(self) -> None:
        octets = self.sock.recv(MAX_LINE)
        if not octets:
            raise Lost("it closed the connection")
        self._read += octets

    def _patience(self) -> float:
        patience = min(self.silence, self.deadline - time.monotonic())
        if patience <= 0:
            raise Lost("no whole answer in time")
        return patience


def secured(connection: socket.socket, host: str, context: ssl.SSLContext, patience: float) -> ssl.SSLSocket:
    """The connection in TLS with a verified certificate. Raises BadTls, or Lost where trying later may help.

    Whatever is raised, `connection` is closed.
    """
    wrapped: ssl.SSLSocket | None = None
    try:
        connection.getpeername()  # wrap_socket would lose a socket that is no longer connected
        wrapped = context.wrap_socket(connection, server_hostname=host, do_handshake_on_connect=False)
        wrapped.settimeout(max(0.001, patience))
        wrapped.do_handshake()
    except OSError as error:
        (wrapped or connection).close()
        if isinstance(error, ssl.SSLCertVerificationError):
            raise BadTls(_certificate_fault(error, host)) from error
        if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            words = (error.reason or "handshake failed").replace("_", " ").lower()
            raise BadTls(f"does not agree on TLS ({words}); see that security fits the port") from error
        raise Lost(f"during the TLS handshake: {_reason(error)}") from error
    return wrapped


def _certificate_fault(error: ssl.SSLCertVerificationError, host: str) -> str:
    match error.verify_code:
        case 18 | 19:
            return "has a self-signed certificate; install one that is trusted, or name its CA in ca_file"
        case 10:
            return "has a certificate that has expired; renew it"
        case 9:
            return "has a certificate that is not valid yet; see that both clocks are right"
        case 62 | 64:
            return f"has a certificate for another name than {host}; write the host as the certificate has it"
        case 2 | 20 | 21:
            return "has a certificate of an unknown CA; name that CA in ca_file"
    return f"has a certificate that cannot be verified ({error.verify_message})"


def _reason(error: OSError) -> str:
    if isinstance(error, TimeoutError | ssl.SSLWantReadError | ssl.SSLWantWriteError):
        return "no answer in time"
    if isinstance(error, ConnectionError | ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "it closed the connection"
    return f"the connection failed ({error.strerror or 'TLS'})"
