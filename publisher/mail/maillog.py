"""A relay's own log as evidence: which of our letters it took, by their Message-ID. It reads Postfix's.

Postfix writes several lines for a message, which have its queue id in common: `cleanup` names the Message-ID, possibly
before the message is complete; only then the queue manager has it (`queue active`), and a delivery says how it went
(`status=`). So the Message-ID alone is no evidence. Queue ids are used again: each `cleanup` line begins anew.

Lines of others, broken lines and octets that are no text are passed over. Memory does not grow with the file.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import BinaryIO, cast

from publisher.errors import WrongUse

LONGEST_LINE = 16_384
# Letters between their Message-ID and their queue entry at one moment; more than a relay has connections.
MOST_OPEN = 50_000

# The first bracket of a line is that of the program that wrote it: what follows may be anybody's words.
_LINE = re.compile(rb"[^\[\]]{0,300}/(\w+)\[\d{1,10}\]: ([0-9A-Za-z]{5,24}): (.*)", re.DOTALL)
_MESSAGE_ID = re.compile(rb"(?:resent-)?message-id=(<[^<>\s]{1,300}>)")
_QUEUED = re.compile(rb"from=<[^>]*>, size=\d+, nrcpt=\d+ \(queue active\)")
_STATUS = re.compile(rb"to=<.*?, status=(sent|bounced|deferred|expired) ")
_NAMED = re.compile(r"<issue-([1-9]\d{0,9})-([1-9]\d{0,18})-[0-9a-f]{16}@[^\s<>@]+>")


@dataclass(frozen=True, slots=True)
class Taken:
    """The relay had it, as this entry of its queue. `fate` is what it did with it last: queued, sent, bounced …"""

    queue_id: str
    fate: str


@dataclass(slots=True)
class Read:
    """What a log said, by reader. `is_cut`: it ended in the middle of what was packed."""

    taken: dict[int, Taken] = field(default_factory=dict)
    lines: int = 0
    is_cut: bool = False


def read(log: BinaryIO, reader_of: Callable[[str], int | None], name: str) -> Read:
    """Look through a log, packed by gzip or not. `reader_of` says whose letter a Message-ID is, if it matters.

    Raises WrongUse, with the log's `name`, for what cannot be read.
    """
    found = Read()
    open_: dict[bytes, int] = {}  # queue id → reader
    try:
        for line in _lines(log):
            found.lines += 1
            parts = _LINE.match(line)
            if parts:
                _note(found, open_, reader_of, *parts.groups())
    except (EOFError, gzip.BadGzipFile, zlib.error):
        if not found.lines:
            raise WrongUse(f"{name} cannot be unpacked; give the log as it is, or packed by gzip") from None
        found.is_cut = True
    except OSError as error:
        raise WrongUse(f"{name} cannot be read ({error.strerror or error})") from error
    return found


def named_reader(message_id: str, issue_number: int) -> int | None:
    """Whose letter of that issue a Message-ID claims to be; whether it really is, only the secret tells."""
    named = _NAMED.fullmatch(message_id)
    return int(named[2]) if named and int(named[1]) == issue_number else None


def _note(
    found: Read,
    open_: dict[bytes, int],
    reader_of: Callable[[str], int | None],
    program: bytes,
    queue_id: bytes,
    said: bytes,
) -> None:
    if program == b"cleanup":
        if named := _MESSAGE_ID.match(said):
            open_.pop(queue_id, None)
            reader = reader_of(named[1].decode("ascii", "replace"))
            if reader is not None and len(open_) < MOST_OPEN:
                open_[queue_id] = reader
        return
    reader = open_.get(queue_id)
    if reader is None:
        return
    if program.endswith(b"qmgr") and said.startswith(b"removed"):
        del open_[queue_id]
    elif program.endswith(b"qmgr") and _QUEUED.match(said):
        found.taken.setdefault(reader, Taken(queue_id.decode("ascii"), "queued"))
    elif status := _STATUS.match(said):
        taken = found.taken.get(reader) or Taken(queue_id.decode("ascii"), "queued")
        found.taken[reader] = replace(taken, fate=status[1].decode("ascii"))


def _lines(log: BinaryIO) -> Iterator[bytes]:
    """The lines, each cut at its longest: what follows there is no line of its own."""
    stream = _unpacked(log)
    is_rest = False
    while line := stream.readline(LONGEST_LINE):
        if not is_rest:
            yield line
        is_rest = not line.endswith(b"\n")


def _unpacked(log: BinaryIO) -> BinaryIO:
    """By what it begins with, not by its name: rotated logs are called anything."""
    buffered = io.BufferedReader(cast(io.RawIOBase, log))
    is_packed = buffered.peek(2)[:2] == b"\x1f\x8b"
    return cast(BinaryIO, gzip.GzipFile(fileobj=buffered) if is_packed else buffered)
