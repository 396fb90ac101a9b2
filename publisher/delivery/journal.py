"""What one worker has let out since the database last heard of it: a file that outlives the process.

    publisher 1 HOST BOOT
    S 17                            letter 17 leaves
    A 17 1779921000 250 2.0.0 ok    it was accepted, at that time
    D 18 1779921000 451 later       deferred; likewise R refused, U unknown, B it certainly did not leave

A line is written, with `write(2)`, before what it tells of happens. The kernel keeps it however the process ends, so
nothing needs to be synced: after a power cut the boot is another, and then the file says nothing and every row that its
worker had claimed is unknown. A worker holds its journal locked, so that nobody takes it for a dead one's.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import socket
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from errno import ENOSPC
from pathlib import Path

from publisher.domain.message import Accepted, Deferred, Refused, SendResult, Unknown
from publisher.domain.sending import Returned
from publisher.errors import ChannelDown
from publisher.store.hot import JOURNAL

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_NAME = re.compile(r"[0-9a-f]{16}")
_LINE = re.compile(rb"([SADRUB]) (\d+)(?: (\d+) (.*))?\n")

Outcome = SendResult | Returned


class Journal:
    """The journal of one worker, made when it is opened. Raises ChannelDown where it cannot be written.

    Nothing may leave then: a letter whose line is not there would be sent again after a crash.
    """

    def __init__(self, folder: Path, channel: str) -> None:
        self._channel = channel
        self._name = secrets.token_hex(8)
        self._path = folder / f"{self._name}.journal"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = self._begun(self._path)
        except OSError as error:
            raise self._down(error) from error
        self._broken: ChannelDown | None = None
        self._since: list[bytes] = []  # what was answered since `mark`

    @property
    def claimed_by(self) -> str:
        """What the rows of this worker say of who has them."""
        return JOURNAL + self._name

    def leaves(self, delivery_id: int) -> None:
        """The next octet of this letter's content leaves once this has returned."""
        self._write(b"S %d\n" % delivery_id)

    def answered(self, outcomes: Iterable[tuple[int, Outcome]], now: datetime) -> None:
        """What came of letters. Where this cannot be written, a crash would leave them unknown."""
        stamp = int(now.timestamp())
        lines = b"".join([_line(delivery_id, outcome, stamp) for delivery_id, outcome in outcomes])
        if lines:
            self._since.append(lines)
            with suppress(ChannelDown):
                self._write(lines)

    def mark(self) -> None:
        """What was answered up to here is being told to the database."""
        self._since.clear()

    def begin_anew(self, under_way: Collection[int]) -> None:
        """Forget what the database knows now: what was answered before `mark`. These letters are still out."""
        beginning = self._path.with_suffix(".new")
        lines = [*(b"S %d\n" % delivery_id for delivery_id in under_way), *self._since]
        try:
            file = self._begun(beginning, b"".join(lines))
            beginning.replace(self._path)
        except OSError as error:
            raise self._down(error) from error
        os.close(self._file)
        self._file, self._broken = file, None

    def close(self, *, is_done: bool) -> None:
        """Done: the database knows all that is in it. Otherwise it stays, for whoever comes next."""
        if is_done:
            with suppress(OSError):
                self._path.unlink()
        os.close(self._file)

    def _begun(self, path: Path, lines: bytes = b"") -> int:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _write_all(file, f"publisher 1 {host()} {boot()}\n".encode() + lines)
        except BaseException:
            os.close(file)
            raise
        return file

    def _write(self, line: bytes) -> None:
        """Once a line was cut short no other may follow it, until the file is begun anew."""
        if self._broken:
            raise self._broken
        try:
            _write_all(self._file, line)
        except OSError as error:
            self._broken = self._down(error)
            raise self._broken from error

    def _down(self, error: OSError) -> ChannelDown:
        reason = f"the journal {self._path} cannot be written ({error.strerror}); make room, or give us the right to"
        return ChannelDown(self._channel, reason)


@dataclass
class Left:
    """What a worker left behind: what came of letters, by id and with the time, and those that are still out."""

    outcomes: dict[int, tuple[Outcome, datetime]] = field(default_factory=dict)
    out: set[int] = field(default_factory=set)


class Alive(Exception):
    """The worker of that journal still runs."""


def read(folder: Path, claimed_by: str) -> Left | None:
    """What the journal says; None for one that is not there, or is of another host or boot. Raises Alive."""
    name = claimed_by.removeprefix(JOURNAL)
    if not _NAME.fullmatch(name):
        return None
    try:
        file = os.open(folder / f"{name}.journal", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(file, "rb") as lines:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Alive(name) from None
        if lines.readline() != f"publisher 1 {host()} {boot()}\n".encode():
            return None
        left = Left()
        for line in lines:
            _take_in(left, line)
        return left


def forget(folder: Path, claimed_by: str) -> None:
    """The database knows all that is in it."""
    name = claimed_by.removeprefix(JOURNAL)
    if _NAME.fullmatch(name):
        for suffix in (".journal", ".new"):
            (folder / name).with_suffix(suffix).unlink(missing_ok=True)


def host() -> str:
    return re.sub(r"\s", "-", socket.gethostname()) or "-"


def boot() -> str:
    """What this run of the machine is called. Two are never called the same; one may be, once its clock was set."""
    with suppress(OSError):
        return _BOOT_ID.read_text(encoding="ascii").strip()
    import time

    return f"since-{(time.time() - time.monotonic()) // 600:.0f}"


def _take_in(left: Left, line: bytes) -> None:
    found = _LINE.fullmatch(line)
    if found is None:  # the last line, cut off: what it was about to tell of did not happen, or is not known
        return
    kind, delivery_id = found[1], int(found[2])
    if kind == b"S":
        left.out.add(delivery_id)
        left.outcomes.pop(delivery_id, None)
        return
    left.out.discard(delivery_id)
    at = datetime.fromtimestamp(int(found[3] or b"0"), UTC)
    left.outcomes[delivery_id] = (_OUTCOMES[kind]((found[4] or b"").decode(errors="replace")), at)


_OUTCOMES: dict[bytes, Callable[[str], Outcome]] = {
    b"A": Accepted,
    b"D": Deferred,
    b"R": Refused,
    b"U": Unknown,
    b"B": Returned,
}


def _line(delivery_id: int, outcome: Outcome, stamp: int) -> bytes:
    match outcome:
        case Accepted(receipt):
            kind, text = "A", receipt
        case Deferred(reason):
            kind, text = "D", reason
        case Refused(reason):
            kind, text = "R", reason
        case Unknown(reason):
            kind, text = "U", reason
        case Returned(reason):
            kind, text = "B", reason
    return f"{kind} {delivery_id} {stamp} {text}".replace("\n", " ").encode() + b"\n"


def _write_all(file: int, octets: bytes) -> None:
    """As one write; on a full disk a part may have been, and then the whole counts as not written."""
    if os.write(file, octets) != len(octets):
        raise OSError(ENOSPC, os.strerror(ENOSPC))
