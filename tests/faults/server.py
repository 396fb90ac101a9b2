"""A relay that does what it is told at every stage of a conversation, and remembers what is true.

It speaks as Postfix does: where PIPELINING is offered, what stands in one packet is answered in order; DATA after a
refused recipient is 554, a second MAIL before RSET is 503, and after the dot the next envelope may follow at once. A
`Fault` replaces its answer, or its manners, once or always, for one letter, for one connection, or for all.

What it says inside a letter is its only answer to that letter. Letter n goes to reader<n>@example.org and comes from
bounce+<n>@example.org, so that each stage knows its letter.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Self

STAGES = ("banner", "ehlo", "starttls", "tls", "auth", "mail", "rcpt", "data", "body", "dot", "rset", "quit")

_NUMBER = re.compile(r"(?:bounce\+|reader)(\d+)@")
_FLOOD = 50_000_000  # octets, after which an endless reply ends for the sake of whoever tests


class Ended(Exception):
    """This connection is over."""


class Line:
    """What a client says, and what is said to it: gathered as long as more of what it said is there to be answered."""

    def __init__(self, connection: socket.socket, stop: threading.Event) -> None:
        self.connection = connection
        self.stop = stop
        self.rest = b""
        self.rest_between = 0.0
        self._unsaid = b""

    def say(self, octets: bytes) -> bytes:
        self._unsaid += octets
        if not self.rest:
            self.flush()
        return octets

    def flush(self) -> None:
        said, self._unsaid = self._unsaid, b""
        if said:
            self.connection.sendall(said)

    def command(self) -> bytes:
        while b"\r\n" not in self.rest:
            self.flush()
            self.receive()
        line, _, self.rest = self.rest.partition(b"\r\n")
        return line

    def begin_letter(self) -> None:
        """Wait for its first octet."""
        if not self.rest:
            self.receive()

    def letter(self) -> bytes:
        """The whole letter as it was before dot-stuffing."""
        read = bytearray(b"\r\n" + self.rest)
        at, searched = -1, 0
        while (at := read.find(b"\r\n.\r\n", searched)) < 0:
            searched = max(0, len(read) - 4)
            self.rest = b""
            self.stop.wait(self.rest_between)
            self.receive()
            read += self.rest
        self.rest = bytes(read[at + 5 :])
        return bytes(read[: at + 2]).replace(b"\r\n.", b"\r\n")[2:]

    def receive(self) -> None:
        octets = self.connection.recv(1 << 16)
        if not octets:
            raise Ended
        self.rest += octets


@dataclass(frozen=True)
class Act:
    """What is done in place of `usual`, the usual answer; gives what was said."""

    name: str
    do: Callable[[Line, bytes], bytes] = field(repr=False)

    def __str__(self) -> str:
        return self.name


def say(*lines: str) -> Act:
    """These lines, whatever they mean, in one packet."""
    octets = "".join(f"{line}\r\n" for line in lines).encode("latin-1")
    return raw(octets, " / ".join(line if len(line) < 40 else f"{line[:12]}… ({len(line)} octets)" for line in lines))


def raw(octets: bytes, name: str) -> Act:
    return Act(name, lambda line, usual: line.say(octets))


def also(*lines: str) -> Act:
    """The usual answer, and these lines with it."""
    octets = "".join(f"{line}\r\n" for line in lines).encode()
    return Act(f"the usual and {' / '.join(lines)}", lambda line, usual: line.say(usual + octets))


def drip(every: float, text: str = "") -> Act:
    """The answer, an octet each `every` seconds."""
    return Act(f"an octet each {every} s", lambda line, usual: _slowly(line, _octets(text.encode() or usual), every))


def late(seconds: float) -> Act:
    """The usual answer after a while."""

    def do(line: Line, usual: bytes) -> bytes:
        line.stop.wait(seconds)
        return line.say(usual)

    return Act(f"after {seconds} s", do)


def metered(interval: float) -> Act:
    """The usual answer, one each `interval` seconds whatever the number of connections."""
    turn = threading.Lock()

    def do(line: Line, usual: bytes) -> bytes:
        with turn:
            line.stop.wait(interval)
        return line.say(usual)

    return Act(f"one each {interval} s", do)


def endless(line_of_it: bytes, name: str) -> Act:
    """It goes on and on."""

    def do(line: Line, usual: bytes) -> bytes:
        chunk = line_of_it * (1 + (1 << 16) // len(line_of_it))
        line.flush()
        for _ in range(_FLOOD // len(chunk)):
            line.connection.sendall(chunk)
        raise Ended

    return Act(name, do)


def _drop(line: Line, usual: bytes) -> bytes:
    """FIN, and what little the client still says is read, so that it is a FIN and no RST."""
    line.flush()
    socket.socket.shutdown(line.connection, socket.SHUT_WR)
    with contextlib.suppress(OSError):
        line.connection.settimeout(0.5)
        for _ in range(4):
            if not socket.socket.recv(line.connection, 1 << 14):
                break
    raise Ended


def _reset(line: Line, usual: bytes) -> bytes:
    line.flush()
    line.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise Ended


def _hang(line: Line, usual: bytes) -> bytes:
    """Neither a word nor an ear, until the relay is closed."""
    line.flush()
    line.stop.wait(60)
    raise Ended


def _begin(rest: bytes, name: str) -> Act:
    """The code of the usual answer, `rest`, and nothing more."""
    return Act(name, lambda line, usual: _hang(line, line.say(usual[:3] + rest)))


def _slowly(line: Line, pieces: Iterable[bytes], every: float) -> bytes:
    line.flush()
    said = b""
    for piece in pieces:
        if line.stop.wait(every):
            raise Ended
        line.connection.sendall(piece)
        said += piece
    return said


def _octets(text: bytes) -> Iterable[bytes]:
    return (text[at : at + 1] for at in range(len(text)))


def _in_pieces(line: Line, usual: bytes) -> bytes:
    cuts = (usual[:1], usual[1:4], usual[4:-2], usual[-2:-1], usual[-1:])
    return _slowly(line, cuts, 0.01)


def _in_many_lines(line: Line, usual: bytes) -> bytes:
    *before, last = usual.split(b"\r\n")[:-1]
    code = last[:3]
    lines = [*before, code + b"-one", code + b"-", code + b"-three", last]
    return line.say(b"\r\n".join(lines) + b"\r\n")


def _read_slowly(line: Line, usual: bytes) -> bytes:
    line.rest_between = 0.0005
    return usual


DROP, RESET, HANG = Act("drop", _drop), Act("reset", _reset), Act("hang", _hang)
IN_PIECES, MANY_LINES = Act("cut in odd places", _in_pieces), Act("several lines", _in_many_lines)
READ_SLOWLY = Act("it reads slowly", _read_slowly)
GARBAGE = raw(b"\xff\xfe what? \r\n", "no SMTP")
NULS = raw(b"\0" * 300 + b"\r\n", "a line of NULs")
LONG_LINE = raw(b"250 " + b"x" * 100_000 + b"\r\n", "a line of 100 KB")
ENDLESS = endless(b"250-and another line\r\n", "lines without end")
ENDLESS_LINE = endless(b"x", "a line without end")
UNFINISHED, HALF = _begin(b"-one\r\n", "the first line of two"), _begin(b"", "half a line")


@dataclass(frozen=True)
class Fault:
    """What goes wrong where: `letter` and `connection` by number, from 1; None is any. `once`: the first time only."""

    stage: str
    act: Act
    letter: int | None = None
    connection: int | None = None
    once: bool = True

    def __post_init__(self) -> None:
        assert self.stage in STAGES, self.stage


@dataclass
class Had:
    """A letter whose final dot was seen. `answer` is what was said to it, nothing if nothing was."""

    letter: int
    recipient: str
    content: bytes
    answer: bytes = b""

    @property
    def is_taken(self) -> bool:
        """Whether it was answered with 2xx in a whole line."""
        return self.answer.startswith(b"2") and self.answer.endswith(b"\n")


Log = list[tuple[str, int]]  # ("leaves" | "content" | "taken", letter), in the order of time


@dataclass
class FaultyRelay:
    """Listens on 127.0.0.1 while it is entered. `bears` connections at once, 421 for others; `port` 0 is any.

    `had` is the truth; `commands` are what it was told; `ahead` what was said before it might be said; `followed` how
    many letters had something behind them in the same packet; `most_open` how many connections were served at once.
    """

    faults: tuple[Fault, ...] = ()
    pipelining: bool = True
    tls: ssl.SSLContext | None = None
    starttls: ssl.SSLContext | None = None
    login: bool = False
    bears: int = 1000
    port: int = 0
    log: Log = field(default_factory=list)
    had: list[Had] = field(default_factory=list)
    commands: list[bytes] = field(default_factory=list)
    ahead: list[str] = field(default_factory=list)
    followed: int = 0
    connections: int = 0
    most_open: int = 0

    def __enter__(self) -> Self:
        self.lock = threading.Lock()
        self.stop = threading.Event()
        self.served: set[Talk] = set()
        self._used: set[Fault] = set()
        self._threads: list[threading.Thread] = []
        self._sockets: set[socket.socket] = set()
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", self.port))
        self._listener.listen(128)
        self.port = self._listener.getsockname()[1]
        self._run(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.shut()
        for thread in list(self._threads):
            thread.join(5)

    def shut(self) -> None:
        """Cut every connection and take no other: a relay that is stopped."""
        self.stop.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self.lock:
            for connection in self._sockets:
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def copies(self, letter: int) -> int:
        """How often the whole letter came, whatever was said to it."""
        return sum(had.letter == letter for had in self.had)

    def has_taken(self, letter: int) -> bool:
        return any(had.letter == letter and had.is_taken for had in self.had)

    def fault(self, stage: str, letter: int, connection: int) -> Act | None:
        """What is to go wrong now, if anything is."""
        with self.lock:
            for fault in self.faults:
                if (
                    fault.stage == stage
                    and fault.letter in (None, letter)
                    and fault.connection in (None, connection)
                    and not (fault.once and fault in self._used)
                ):
                    self._used.add(fault)
                    return fault.act
        return None

    def _run(self, target: Any, *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True, name="faulty relay")
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while not self.stop.is_set():
                connection, _ = self._listener.accept()
                with self.lock:
                    self._sockets.add(connection)
                    self.connections += 1
                self._run(self._serve, connection, self.connections)

    def _serve(self, connection: socket.socket, number: int) -> None:
        connection.settimeout(30)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line = Line(connection, self.stop)
        talk = Talk(self, line, number)
        try:
            if self.tls:
                talk.secure(self.tls)
            with self.lock:
                is_too_many = len(self.served) >= self.bears
                if not is_too_many:
                    self.served.add(talk)
                    self.most_open = max(self.most_open, len(self.served))
            if is_too_many:
                line.say(b"421 4.7.0 Too many connections\r\n")
            else:
                talk.run()
        except (Ended, OSError):
            pass
        finally:
            with self.lock:
                self.served.discard(talk)
                self._sockets.discard(connection)
            line.connection.close()
            connection.close()


class Talk:
    """One conversation."""

    def __init__(self, relay: FaultyRelay, line: Line, number: int) -> None:
        self._relay = relay
        self._line = line
        self._number = number
        self.letter = 0
        self._has_sender = False
        self._recipient = ""

    def run(self) -> None:
        self._act("banner", b"220 relay.test ESMTP\r\n")
        while True:
            command = self._line.command()
            self._note(command)
            match command.upper().partition(b" ")[0]:
                case b"EHLO":
                    self._act("ehlo", self._features())
                case b"STARTTLS" if self._relay.starttls:
                    if self._act("starttls", b"220 2.0.0 Ready\r\n").startswith(b"220"):
                        self.secure(self._relay.starttls)
                case b"AUTH":
                    self._act("auth", b"235 2.7.0 Welcome\r\n")
                case b"MAIL":
                    self._mail(command)
                case b"RCPT":
                    self._rcpt(command)
                case b"DATA":
                    self._data()
                case b"RSET":
                    self._forget()
                    self._act("rset", b"250 2.0.0 Ok\r\n")
                case b"QUIT":
                    self._act("quit", b"221 2.0.0 Bye\r\n")
                    raise Ended
                case _:
                    self._line.say(b"502 5.5.2 What?\r\n")

    def secure(self, context: ssl.SSLContext) -> None:
        line = self._line
        line.flush()
        if act := self._relay.fault("tls", 0, self._number):
            line.connection.recv(1, socket.MSG_PEEK)  # the client's hello has come
            act.do(line, b"")
        line.connection = context.wrap_socket(line.connection, server_side=True, suppress_ragged_eofs=False)
        line.rest = b""

    def _features(self) -> bytes:
        relay = self._relay
        in_clear = not isinstance(self._line.connection, ssl.SSLSocket)
        features = [
            b"relay.test", b"SIZE 50000000",
            *([b"PIPELINING"] if relay.pipelining else []),
            *([b"STARTTLS"] if relay.starttls and in_clear else []),
            *([b"AUTH PLAIN"] if relay.login else []),
        ]  # fmt: skip
        return b"".join(b"250-%s\r\n" % feature for feature in features) + b"250 ENHANCEDSTATUSCODES\r\n"

    def _mail(self, command: bytes) -> None:
        self.letter = _number(command)
        usual = b"503 5.5.1 Error: nested MAIL command\r\n" if self._has_sender else b"250 2.1.0 Ok\r\n"
        if self._act("mail", usual).startswith(b"2"):
            self._has_sender = True

    def _rcpt(self, command: bytes) -> None:
        usual = b"250 2.1.5 Ok\r\n" if self._has_sender else b"503 5.5.1 Error: need MAIL command\r\n"
        if self._act("rcpt", usual).startswith(b"2"):
            self._recipient = command.decode("latin-1")

    def _data(self) -> None:
        usual = b"354 End data with <CR><LF>.<CR><LF>\r\n"
        if not self._has_sender:
            usual = b"503 5.5.1 Error: need RCPT command\r\n"
        elif not self._recipient:
            usual = b"554 5.5.1 Error: no valid recipients\r\n"
        if self._line.rest:
            self._relay.ahead.append(f"letter {self.letter}: something behind DATA")
        if self._act("data", usual).startswith(b"354"):
            self._take_letter()

    def _take_letter(self) -> None:
        relay, line = self._relay, self._line
        line.flush()
        line.begin_letter()
        relay.log.append(("content", self.letter))
        early = b""
        if act := relay.fault("body", self.letter, self._number):
            early = act.do(line, b"")
            line.flush()
        had = Had(self.letter, self._recipient, line.letter(), early)
        with relay.lock:
            relay.had.append(had)
            relay.followed += bool(line.rest)
        if not early:
            had.answer = self._answer_letter()
        self._end_on_421(had.answer)
        self._forget()

    def _answer_letter(self) -> bytes:
        line = self._line
        act = self._relay.fault("dot", self.letter, self._number)
        usual = b"250 2.0.0 Ok: queued as 4F2A\r\n"
        return act.do(line, usual) if act else line.say(usual)

    def _forget(self) -> None:
        self._has_sender, self._recipient = False, ""

    def _act(self, stage: str, usual: bytes) -> bytes:
        """What was said: the usual, or what the fault of this stage has it say."""
        act = self._relay.fault(stage, self.letter, self._number)
        answer = act.do(self._line, usual) if act else self._line.say(usual)
        self._end_on_421(answer)
        return answer

    def _end_on_421(self, answer: bytes) -> None:
        if answer.startswith(b"421"):
            _drop(self._line, b"")

    def _note(self, command: bytes) -> None:
        relay = self._relay
        with relay.lock:
            relay.commands.append(command)
            if self._line.rest and not relay.pipelining:
                relay.ahead.append(f"letter {self.letter}: pipelining that was not offered")


def _number(command: bytes) -> int:
    match = _NUMBER.search(command.decode("latin-1"))
    return int(match[1]) if match else 0
