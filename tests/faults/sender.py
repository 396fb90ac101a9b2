"""Letters put into a session as the engine puts them, and what can be held against the result whatever a relay does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from publisher.channels.smtp import Options, Smtp
from publisher.domain.message import Accepted, Deferred, Letter, Refused, SendResult, Unknown
from publisher.errors import ChannelDown
from tests.faults.server import FaultyRelay, Log

Result = SendResult | ChannelDown

# Short for a relay that keeps somebody waiting; long for the others, because a busy machine does so as well.
HURRIED: dict[str, Any] = {"timeout": timedelta(seconds=1), "deadline": timedelta(seconds=3)}
PATIENT: dict[str, Any] = {"timeout": timedelta(seconds=20), "deadline": timedelta(seconds=40)}
LARGE = (b"y" * 70 + b"\r\n") * 120_000  # 8.6 MB: more than what the sockets of both sides hold
_TOO_LONG = 60.0


def letter(number: int, body: bytes = b"Words.\r\n", **changed: Any) -> Letter:
    """Letter `number`, to the reader of that number."""
    said: dict[str, Any] = {
        "delivery_id": number,
        "return_path": f"bounce+{number}@example.org",
        "recipient": f"reader{number}@example.org",
        "message_id": f"<{number}@example.org>",
        "content": b"Subject: letter %d\r\n\r\n" % number + body,
    }
    return Letter(**(said | changed))


def channel(port: int, *, root: Path = Path("/"), **changed: Any) -> Smtp:
    options = {
        "name": "letter", "kind": "smtp", "host": "127.0.0.1", "port": port, "security": "none", "lists": ["weekly"],
        "helo": "[127.0.0.1]", "connections": 1,
    }  # fmt: skip
    return Smtp(Options.model_validate(options | PATIENT | changed), root=root)


@dataclass
class Run:
    """What became of letters. `results` has each answer that was given for one, in the order of time."""

    results: dict[int, list[Result]] = field(default_factory=dict)
    seconds: float = 0.0
    seconds_to_close: float = 0.0

    def of(self, number: int) -> Result:
        [result] = self.results[number]
        return result

    def numbers(self, kind: type[Result]) -> set[int]:
        return {number for number, given in self.results.items() if any(isinstance(one, kind) for one in given)}


def sent(
    smtp: Smtp,
    letters: Iterable[Letter],
    log: Log,
    *,
    leaves: Callable[[int], None] = lambda number: None,
    close_after: int | None = None,
) -> Run:
    """All of them over one session, as many under way as it bears; it is closed after `close_after` takes."""

    def announce(number: int) -> None:
        leaves(number)
        log.append(("leaves", number))

    def note(answers: Sequence[tuple[int, Result]]) -> None:
        for number, result in answers:
            run.results[number].append(result)
            log.append(("taken", number))

    waiting = list(letters)
    run = Run({one.delivery_id: [] for one in waiting})
    begun = time.monotonic()
    session = smtp.open(announce)
    under_way = takes = 0
    try:
        while (waiting or under_way) and takes != close_after:
            while waiting and under_way < session.capacity:
                session.put(waiting.pop(0))
                under_way += 1
            answers = session.take(1.0)
            under_way -= len(answers)
            note(answers)
            takes += 1
            assert time.monotonic() - begun < _TOO_LONG, f"{under_way} letters have no result"
    finally:
        closing = time.monotonic()
        session.close()
        run.seconds_to_close = time.monotonic() - closing
    note(session.take(0))
    for one in waiting:
        del run.results[one.delivery_id]  # was never put
    run.seconds = time.monotonic() - begun
    return run


def fits_the_truth(run: Run, relay: FaultyRelay, connections: int) -> None:
    """What holds whatever a relay does. To be called when the relay has been closed."""
    for number, given in run.results.items():
        assert len(given) == 1, f"letter {number} has {len(given)} results"
        copies = relay.copies(number)
        assert copies <= 1, f"letter {number} went out {copies} times"
        match given[0]:
            case Accepted():
                assert relay.has_taken(number), f"letter {number} is not there"
            case Unknown():
                assert ("leaves", number) in relay.log, f"letter {number} is unknown and had not been announced"
            case Refused() | Deferred() | ChannelDown():
                assert not relay.has_taken(number), f"letter {number} is there, and has {given[0]}"
    assert not [number for number in {had.letter for had in relay.had} if number not in run.results]
    assert relay.ahead == []
    _each_was_announced_in_time(relay.log, connections)


def _each_was_announced_in_time(log: Log, connections: int) -> None:
    """Before its first octet came; and never more of them without a result that was taken than there are connections.

    So a crash, which loses what was not taken, leaves no more of them unknown.
    """
    announced: set[int] = set()
    open_ones: set[int] = set()
    for what, number in log:
        match what:
            case "leaves":
                assert number not in announced, f"letter {number} was announced twice"
                announced.add(number)
                open_ones.add(number)
                assert len(open_ones) <= connections, f"{sorted(open_ones)} are under way on {connections}"
            case "content":
                assert number in announced, f"letter {number} left before it was announced"
            case "taken":
                open_ones.discard(number)
