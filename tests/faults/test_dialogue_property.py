"""Thirty letters and a relay with any faults: no letter is lost, none goes out twice, and no result is a lie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from publisher.domain.message import Accepted
from publisher.errors import ChannelDown
from tests.faults.sender import channel, fits_the_truth, letter, sent
from tests.faults.server import (
    DROP,
    ENDLESS,
    ENDLESS_LINE,
    GARBAGE,
    HALF,
    HANG,
    IN_PIECES,
    LONG_LINE,
    MANY_LINES,
    NULS,
    READ_SLOWLY,
    RESET,
    UNFINISHED,
    Act,
    Fault,
    FaultyRelay,
    also,
    raw,
    say,
)

LETTERS = range(1, 31)
# So short that a busy machine alone makes some time out: what holds must hold then as well.
PACE: dict[str, Any] = {"timeout": timedelta(seconds=0.15), "deadline": timedelta(seconds=0.4)}

ANYWHERE = (
    DROP, RESET, GARBAGE, NULS, LONG_LINE, ENDLESS, ENDLESS_LINE, IN_PIECES, MANY_LINES, HANG, HALF, UNFINISHED,
    say("421 4.3.2 Not now"), say("450 4.3.2 Not now"), say("550 5.7.1 No"), say("250 Ok"), say("354 Go on"),
    say("199 Early"), raw(b"250 O\0k\r\n", "a NUL in its words"),
)  # fmt: skip
ENVELOPE = (*ANYWHERE, also("250 Ok"), also("354 Go on"), also("550 5.7.1 No"), also("250 Ok", "354 Go on", "250 Ok"))
INSIDE = (
    DROP,
    RESET,
    GARBAGE,
    READ_SLOWLY,
    ENDLESS,
    say("250 Ok"),
    say("421 Not now"),
    say("452 Full"),
    say("552 Big"),
)
ACTS = {
    "banner": ANYWHERE, "ehlo": (*ANYWHERE, say("250 relay.test")), "mail": ENVELOPE, "rcpt": ENVELOPE,
    "data": ENVELOPE, "body": INSIDE, "dot": (*ANYWHERE, also("250 Ok"), also("421 4.3.2 Enough")), "rset": ANYWHERE,
    "quit": ANYWHERE,
}  # fmt: skip


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    stage = draw(st.sampled_from(sorted(ACTS)))
    act: Act = draw(st.sampled_from(ACTS[stage]))
    has_letter = stage in ("mail", "rcpt", "data", "body", "dot")
    number = draw(st.sampled_from(LETTERS)) if has_letter else None
    connection = None if has_letter else draw(st.integers(1, 6))
    return Fault(stage, act, number, connection, once=not has_letter or draw(st.booleans()))


@dataclass(frozen=True)
class Scene:
    """A relay, and how it is sent to. `kept` are letters that may not leave; it is closed after `close_after` takes."""

    faults: tuple[Fault, ...] = ()
    pipelining: bool = True
    bears: int = 5
    connections: int = 1
    large: frozenset[int] = frozenset()
    kept: frozenset[int] = frozenset()
    close_after: int | None = None


SCENES = st.builds(
    Scene,
    faults=st.lists(faults(), max_size=10).map(tuple),
    pipelining=st.booleans(),
    bears=st.integers(1, 5),
    connections=st.integers(1, 4),
    large=st.frozensets(st.sampled_from(LETTERS), max_size=3),
    kept=st.one_of(st.just(frozenset()), st.frozensets(st.sampled_from(LETTERS), max_size=2)),
    close_after=st.one_of(st.none(), st.none(), st.integers(0, 12)),
)


@settings(max_examples=70, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(Scene())
@example(Scene(pipelining=False, connections=4, bears=2))
@example(Scene((Fault("dot", also("250 Ok"), 3), Fault("rcpt", say("550 5.1.1 No"), 4)), connections=2))
@given(SCENES)
def test_whatever_a_relay_does_every_letter_has_one_true_result(scene: Scene) -> None:
    def leaves(number: int) -> None:
        if number in scene.kept:
            raise ChannelDown("letter", "it may not leave")

    letters = [letter(number, b"y" * 70 + b"\r\n" if number not in scene.large else LARGE) for number in LETTERS]
    with FaultyRelay(scene.faults, scene.pipelining, bears=scene.bears) as relay:
        smtp = channel(relay.port, connections=scene.connections, **PACE)
        run = sent(smtp, letters, relay.log, leaves=leaves, close_after=scene.close_after)
    fits_the_truth(run, relay, scene.connections)
    assert not [number for number in scene.kept if relay.copies(number)]
    if scene.close_after is None:
        assert set(run.results) == set(LETTERS)
    if scene == Scene():
        assert run.numbers(Accepted) == set(LETTERS)


LARGE = (b"z" * 70 + b"\r\n") * 8_000  # half a megabyte
