"""An SMTP sink of our own, for what the others cannot do: TLS, a relay's quota, the size of what came, a log.

    python -m benchmarks.delivery_sink PORT [--cert PEM] [--quota N] [--log FILE]

One process, one thread. It offers PIPELINING, takes whatever comes and keeps nothing of it. With --cert it speaks TLS
from the first octet. With --quota it bears N letters a second, as a bucket of one second's worth, and answers 454 to
what is more, as Amazon SES does (docs.aws.amazon.com/ses, "Errors related to sending quotas"). With --log it writes one
line "RCPT TO:<…>" for each letter before it says 250. Ended by SIGTERM it prints what it saw as JSON.
"""

from __future__ import annotations

import argparse
import json
import selectors
import signal
import socket
import ssl
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

END = b"\r\n.\r\n"
READ = 1 << 18
HELLO = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n"
_BUSY = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


@dataclass
class Seen:
    """What came so far. `largest` and `octets` count content as it was on the wire, without its final dot."""

    accepted: int = 0
    throttled: int = 0
    connections: int = 0
    octets: int = 0
    largest: int = 0
    first: float = 0.0
    last: float = 0.0


class Quota:
    """A bucket that holds one second's worth and is full at first."""

    def __init__(self, rate: float) -> None:
        self._rate = self._tokens = rate
        self._at = time.monotonic()

    def has_room(self) -> bool:
        now = time.monotonic()
        self._tokens = min(self._rate, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Conversation:
    """One client. `hears` takes what it said and gives what to answer; None ends it."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._line = b""
        self._recipient = b""
        self._tail: bytes | None = None  # while content comes: its last octets, in which the end may have begun
        self._size = 0
        self.has_quit = False

    def hears(self, buffer: bytearray, length: int) -> bytes:
        at, answers = 0, []
        while at < length:
            if self._tail is not None:
                at = self._content(buffer, at, length)
                if self._tail is None:
                    answers.append(self._sink.takes(self._recipient, self._size))
                continue
            end = buffer.find(b"\n", at, length) + 1
            self._line += buffer[at : end or length]
            at = end or length
            if end:
                answers.append(self._command(self._line))
                self._line = b""
        return b"".join(answers)

    def _content(self, buffer: bytearray, at: int, length: int) -> int:
        """Go through content from `at` on; where it ends `_tail` is None. Returns how far it came."""
        assert self._tail is not None
        seam = self._tail + buffer[at : at + 4]
        found = seam.find(END)
        end = at + found - len(self._tail) if found >= 0 else buffer.find(END, at, length)
        if found < 0 and end < 0:
            self._size += length - at
            self._tail = (self._tail + buffer[max(at, length - 4) : length])[-4:]
            return length
        end += len(END)
        self._size += end - at - len(b".\r\n")
        self._tail = None
        return end

    def _command(self, line: bytes) -> bytes:
        match line[:4].upper():
            case b"EHLO":
                return HELLO
            case b"RCPT":
                self._recipient = line
            case b"DATA":
                self._tail, self._size = b"\r\n", 0
                return b"354 go on\r\n"
            case b"QUIT":
                self.has_quit = True
                return b"221 bye\r\n"
        return b"250 2.0.0 ok\r\n"


class Sink:
    """Listens on 127.0.0.1 until it is ended."""

    def __init__(self, port: int, context: ssl.SSLContext | None, quota: float, log: Path | None) -> None:
        self.seen = Seen()
        self._context = context
        self._quota = Quota(quota) if quota else None
        self._log = log.open("ab", buffering=0) if log else None
        self._listener = socket.create_server(("127.0.0.1", port), backlog=4096)
        self._listener.setblocking(False)
        self._buffer = bytearray(READ)
        self._ready = selectors.DefaultSelector()
        self._ready.register(self._listener, selectors.EVENT_READ, None)

    def run(self) -> None:
        while True:
            for key, _ in self._ready.select():
                if key.data is None:
                    self._greets()
                else:
                    assert isinstance(key.fileobj, socket.socket)
                    self._serves(key.fileobj, key.data)

    def takes(self, recipient: bytes, size: int) -> bytes:
        """A letter is complete: the answer to it."""
        seen = self.seen
        if self._quota and not self._quota.has_room():
            seen.throttled += 1
            return b"454 4.7.0 Throttling failure: maximum sending rate exceeded\r\n"
        if self._log:
            self._log.write(recipient)
        seen.last = time.monotonic()
        seen.first = seen.first or seen.last
        seen.accepted += 1
        seen.octets += size
        seen.largest = max(seen.largest, size)
        return b"250 2.0.0 taken\r\n"

    def _greets(self) -> None:
        client, _ = self._listener.accept()
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.seen.connections += 1
        if self._context:
            client = self._context.wrap_socket(client, server_side=True, do_handshake_on_connect=False)
        else:
            client.send(b"220 sink\r\n")
        self._ready.register(client, selectors.EVENT_READ, Conversation(self))

    def _serves(self, client: socket.socket, conversation: Conversation) -> None:
        with suppress(*_BUSY):
            try:
                if isinstance(client, ssl.SSLSocket) and client.version() is None:
                    client.do_handshake()
                    client.send(b"220 sink\r\n")
                while length := client.recv_into(self._buffer):
                    answers = conversation.hears(self._buffer, length)
                    if answers:
                        client.send(answers)
                    # What TLS has read from the socket and not given yet, no selector tells of.
                    if not (isinstance(client, ssl.SSLSocket) and client.pending()) or conversation.has_quit:
                        break
                if length and not conversation.has_quit:
                    return
            except _BUSY:
                raise
            except OSError:  # the client was killed
                pass
            self._ready.unregister(client)
            client.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("--cert", type=Path, help="certificate and key in one file: speak TLS")
    parser.add_argument("--quota", type=float, default=0, help="letters a second that are borne")
    parser.add_argument("--log", type=Path, help="where to write who had a letter")
    options = parser.parse_args()
    context = None
    if options.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.cert)
    sink = Sink(options.port, context, options.quota, options.log)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    try:
        sink.run()
    finally:
        print(json.dumps(asdict(sink.seen)), flush=True)


if __name__ == "__main__":
    main()
