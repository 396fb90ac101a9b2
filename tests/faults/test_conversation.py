"""Five letters, and everything a relay can do to the second of them: what it is told to be, and what it is in truth.

One row of TABLE is one fault, met once: where, what, what becomes of the second letter, and words of the reason. Each
is played in lock-step, pipelined, and pipelined over TLS. Faults of a stage before any letter happen to the second
connection, after the first has been dropped at the second letter's MAIL.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from publisher.domain.message import Accepted, Deferred, Refused, Unknown
from publisher.errors import ChannelDown
from tests.faults import sender
from tests.faults.conftest import Tls
from tests.faults.sender import LARGE, Result, Run, channel, letter, sent
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
    drip,
    late,
    raw,
    say,
)

CLOSED, SILENT, SENSELESS = "it closed the connection", "answer in time", "no SMTP reply"
LONG, MANY, OUT_OF_TURN = "longer than 4096 octets", "more than 128 lines", "out of turn"


@dataclass(frozen=True)
class Row:
    """`waits`: it lasts until a patience of ours ends."""

    stage: str
    act: Act
    result: type[Result]
    words: str = ""
    waits: bool = False

    @property
    def copies(self) -> int:
        """How often the relay has the whole of the second letter."""
        return 1 if self.stage == "dot" or self.result in (Accepted, Unknown) else 0

    def __str__(self) -> str:
        return f"{self.stage}: {self.act} -> {self.result.__name__}"


def before_any_letter(stage: str, at: str, hello: str) -> tuple[Row, ...]:
    """The greeting and EHLO bear the same."""
    return (
        Row(stage, say("421 4.3.2 Not now"), Deferred, f"421 4.3.2 Not now (at {at})"),
        Row(stage, say("450 4.3.2 Not now"), Deferred, f"450 4.3.2 Not now (at {at})"),
        Row(stage, say("550 5.7.1 Go away"), ChannelDown, f"refused {at} (550 5.7.1 Go away); ask who runs the relay"),
        Row(stage, say("354 Go on"), Deferred, OUT_OF_TURN),
        Row(stage, say("199 Early"), Deferred, SENSELESS),
        Row(stage, say("600 Late"), Deferred, SENSELESS),
        Row(stage, DROP, Deferred, f"at {at}: {CLOSED}"),
        Row(stage, RESET, Deferred, f"at {at}: {CLOSED}"),
        Row(stage, HANG, Deferred, SILENT, waits=True),
        Row(stage, UNFINISHED, Deferred, SILENT, waits=True),
        Row(stage, drip(0.3), Deferred, SILENT, waits=True),
        Row(stage, GARBAGE, Deferred, SENSELESS),
        Row(stage, NULS, Deferred, SENSELESS),
        Row(stage, LONG_LINE, Deferred, LONG),
        Row(stage, ENDLESS, Deferred, MANY),
        Row(stage, ENDLESS_LINE, Deferred, LONG),
        Row(stage, raw(hello.encode(), "a NUL in its words"), Accepted),
        Row(stage, MANY_LINES, Accepted),
        Row(stage, IN_PIECES, Accepted),
    )


TABLE = (
    *before_any_letter("banner", "the greeting", "220 re\0lay ESMTP\r\n"),
    *before_any_letter("ehlo", "EHLO", "250 re\0lay\r\n"),
    Row("ehlo", also("250 and more"), Deferred, "it answered before it was asked"),
    Row("starttls", say("454 4.7.0 No TLS now"), Deferred, "454 4.7.0 No TLS now (at STARTTLS)"),
    Row("starttls", say("554 5.7.3 No TLS"), ChannelDown, "refused STARTTLS (554 5.7.3 No TLS); ask who runs"),
    Row("starttls", say("250 Ok"), Deferred, OUT_OF_TURN),
    Row("starttls", also("250 injected"), Deferred, "it answered before it was asked"),
    Row("starttls", DROP, Deferred, f"at STARTTLS: {CLOSED}"),
    Row("starttls", RESET, Deferred, f"at STARTTLS: {CLOSED}"),
    Row("starttls", HANG, Deferred, SILENT, waits=True),
    Row("starttls", GARBAGE, Deferred, SENSELESS),
    Row("starttls", LONG_LINE, Deferred, LONG),
    Row("tls", DROP, Deferred, CLOSED),
    Row("tls", RESET, Deferred, CLOSED),
    Row("tls", HANG, Deferred, SILENT, waits=True),
    Row("tls", GARBAGE, ChannelDown, "does not agree on TLS"),
    Row("auth", say("421 4.3.2 Not now"), Deferred, "421 4.3.2 Not now (at AUTH)"),
    Row("auth", say("454 4.7.0 Not now"), Deferred, "454 4.7.0 Not now (at AUTH)"),
    Row("auth", say("535 5.7.8 Who?"), ChannelDown, "refused AUTH (535 5.7.8 Who?); correct username and password"),
    Row("auth", DROP, Deferred, f"at AUTH: {CLOSED}"),
    Row("auth", RESET, Deferred, f"at AUTH: {CLOSED}"),
    Row("auth", HANG, Deferred, SILENT, waits=True),
    Row("auth", GARBAGE, Deferred, SENSELESS),
    Row("auth", LONG_LINE, Deferred, LONG),
    Row("auth", ENDLESS, Deferred, MANY),
    Row("auth", IN_PIECES, Accepted),
    # A connection that ends before MAIL was answered had ended between two letters: another one takes the letter.
    Row("mail", DROP, Accepted),
    Row("mail", RESET, Accepted),
    Row("mail", HANG, Accepted, waits=True),
    Row("mail", UNFINISHED, Accepted, waits=True),
    Row("mail", drip(0.3), Accepted, waits=True),
    Row("mail", GARBAGE, Accepted),
    Row("mail", NULS, Accepted),
    Row("mail", LONG_LINE, Accepted),
    Row("mail", ENDLESS, Accepted),
    Row("mail", ENDLESS_LINE, Accepted),
    Row("mail", say("421 4.4.2 Enough on this connection"), Accepted),
    Row("mail", say("450 4.3.2 Not now"), Deferred, "450 4.3.2 Not now (at MAIL)"),
    Row("mail", say("550 5.7.1 Not you"), ChannelDown, "refused MAIL (550 5.7.1 Not you); ask who runs it"),
    Row("mail", say("354 Go on"), Accepted),
    Row("mail", also("250 2.1.0 Ok"), Deferred),
    Row("mail", raw(b"250 O\0k\r\n", "a NUL in its words"), Accepted),
    Row("mail", MANY_LINES, Accepted),
    Row("mail", IN_PIECES, Accepted),
    Row("rcpt", say("421 4.3.2 Not now"), Deferred, "421 4.3.2 Not now (at RCPT)"),
    Row("rcpt", say("450 4.2.0 Greylisted"), Deferred, "450 4.2.0 Greylisted (at RCPT)"),
    Row("rcpt", say("550 5.1.1 User unknown"), Refused, "550 5.1.1 User unknown (at RCPT)"),
    Row("rcpt", say("554 5.7.1 Relay access denied"), ChannelDown, "refused RCPT (554 5.7.1 Relay access denied); ask"),
    Row("rcpt", say("530 5.7.0 Log in first"), ChannelDown, "refused RCPT (530 5.7.0 Log in first); ask"),
    Row("rcpt", say("354 Go on"), Deferred, OUT_OF_TURN),
    Row("rcpt", say("250-2.1.5 Ok", "550 5.1.1 Or not"), Deferred, SENSELESS),
    Row("rcpt", also("250 2.1.5 Ok"), Deferred),
    Row("rcpt", DROP, Deferred, f"at RCPT: {CLOSED}"),
    Row("rcpt", RESET, Deferred, f"at RCPT: {CLOSED}"),
    Row("rcpt", HANG, Deferred, SILENT, waits=True),
    Row("rcpt", UNFINISHED, Deferred, SILENT, waits=True),
    Row("rcpt", drip(0.3), Deferred, SILENT, waits=True),
    Row("rcpt", GARBAGE, Deferred, SENSELESS),
    Row("rcpt", NULS, Deferred, SENSELESS),
    Row("rcpt", LONG_LINE, Deferred, LONG),
    Row("rcpt", ENDLESS, Deferred, MANY),
    Row("rcpt", ENDLESS_LINE, Deferred, LONG),
    Row("rcpt", raw(b"250 O\0k\r\n", "a NUL in its words"), Accepted),
    Row("rcpt", MANY_LINES, Accepted),
    Row("rcpt", IN_PIECES, Accepted),
    Row("data", say("421 4.3.2 Not now"), Deferred, "421 4.3.2 Not now (at DATA)"),
    Row("data", say("451 4.3.2 Not now"), Deferred, "451 4.3.2 Not now (at DATA)"),
    Row("data", say("550 5.7.1 Not you"), ChannelDown, "refused DATA (550 5.7.1 Not you); ask who runs it"),
    Row("data", say("250 Ok"), Deferred, OUT_OF_TURN),
    Row("data", DROP, Deferred, f"at DATA: {CLOSED}"),
    Row("data", RESET, Deferred, f"at DATA: {CLOSED}"),
    Row("data", HANG, Deferred, SILENT, waits=True),
    Row("data", UNFINISHED, Deferred, SILENT, waits=True),
    Row("data", drip(0.3), Deferred, SILENT, waits=True),
    Row("data", GARBAGE, Deferred, SENSELESS),
    Row("data", NULS, Deferred, SENSELESS),
    Row("data", LONG_LINE, Deferred, LONG),
    Row("data", ENDLESS, Deferred, MANY),
    Row("data", ENDLESS_LINE, Deferred, LONG),
    Row("data", also("250 2.0.0 Ok: queued"), Deferred, OUT_OF_TURN),
    Row("data", also("451 4.3.0 Disk full"), Deferred, "451 4.3.0 Disk full (at the letter itself)"),
    Row("data", also("552 5.3.4 Too big"), ChannelDown, "refused the letter itself (552 5.3.4 Too big); ask"),
    Row("data", MANY_LINES, Accepted),
    Row("data", IN_PIECES, Accepted),
    # The second letter is a large one, so that its end is still here when this happens.
    Row("body", DROP, Deferred, f"at the letter itself: {CLOSED}"),
    Row("body", RESET, Deferred, f"at the letter itself: {CLOSED}"),
    Row("body", HANG, Deferred, "at the letter itself: no whole answer in time", waits=True),
    Row("body", GARBAGE, Deferred, SENSELESS),
    Row("body", ENDLESS, Deferred, MANY),
    Row("body", say("250 2.0.0 Ok: queued"), Deferred, OUT_OF_TURN),
    Row("body", say("421 4.3.2 Going down"), Deferred, "421 4.3.2 Going down (at the letter itself)"),
    Row("body", say("451 4.3.0 Disk full"), Deferred, "451 4.3.0 Disk full (at the letter itself)"),
    Row("body", say("552 5.3.4 Too big"), ChannelDown, "refused the letter itself (552 5.3.4 Too big); ask"),
    Row("body", READ_SLOWLY, Accepted),
    # From here on only the relay knows: what is no readable answer is no answer.
    Row("dot", say("421 4.3.2 Going down"), Deferred, "421 4.3.2 Going down (at the end of the letter)"),
    Row("dot", say("451 4.3.0 Try later"), Deferred, "451 4.3.0 Try later (at the end of the letter)"),
    Row("dot", say("552 5.2.2 Mailbox full"), Refused, "552 5.2.2 Mailbox full (at the end of the letter)"),
    Row("dot", say("554 5.7.1 No"), Refused, "554 5.7.1 No (at the end of the letter)"),
    Row("dot", say("199 Early"), Unknown, SENSELESS),
    Row("dot", say("99 Early"), Unknown, SENSELESS),
    Row("dot", say("600 Late"), Unknown, SENSELESS),
    Row("dot", say("354 Go on"), Unknown, OUT_OF_TURN),
    Row("dot", say("250-2.0.0 Ok", "550 5.7.1 Or not"), Unknown, SENSELESS),
    Row("dot", say(""), Unknown, SENSELESS),
    Row("dot", DROP, Unknown, CLOSED),
    Row("dot", RESET, Unknown, CLOSED),
    Row("dot", HANG, Unknown, SILENT, waits=True),
    Row("dot", HALF, Unknown, SILENT, waits=True),
    Row("dot", UNFINISHED, Unknown, SILENT, waits=True),
    Row("dot", drip(0.3), Unknown, SILENT, waits=True),
    Row("dot", GARBAGE, Unknown, SENSELESS),
    Row("dot", NULS, Unknown, SENSELESS),
    Row("dot", LONG_LINE, Unknown, LONG),
    Row("dot", ENDLESS, Unknown, MANY),
    Row("dot", ENDLESS_LINE, Unknown, LONG),
    Row("dot", raw(b"250 2.0.0 que\0ued\r\n", "a NUL in its words"), Accepted),
    Row("dot", raw(b"250\r\n", "250 without words"), Accepted),
    Row("dot", raw(b"250 2.0.0 Ok\n", "a bare LF"), Accepted),
    Row("dot", late(1.5), Accepted, waits=True),
    Row("dot", drip(0.01), Accepted),
    Row("dot", MANY_LINES, Accepted),
    Row("dot", IN_PIECES, Accepted),
    # RSET follows a refusal, and the letter after it must not pay for what it meets.
    *(
        Row("rset", act, Refused, "550 5.1.1 User unknown (at RCPT)", waits=act is HANG)
        for act in (say("421 Enough"), say("500 What?"), DROP, RESET, HANG, GARBAGE, LONG_LINE, ENDLESS, IN_PIECES)
    ),
    *(
        Row("quit", act, Accepted, waits=act is HANG)
        for act in (say("421 Enough"), say("550 No"), DROP, RESET, HANG, GARBAGE, NULS, LONG_LINE, ENDLESS)
    ),
)

MODES = ("in lock-step", "pipelined", "over TLS")
CASES = [(row, mode) for row in TABLE for mode in MODES if mode != "over TLS" or row.stage not in ("starttls", "tls")]


def scene(row: Row, mode: str, tls: Tls) -> tuple[FaultyRelay, dict[str, Any]]:
    """The relay of a case, and the options of the channel."""
    options: dict[str, Any] = sender.HURRIED if row.waits else {}
    contexts: dict[str, Any] = {}
    if row.stage == "starttls" or (row.stage == "tls" and mode == "in lock-step"):
        options, contexts = options | tls.options("starttls"), {"starttls": tls.server()}
    elif row.stage == "tls" or mode == "over TLS":
        options, contexts = options | tls.options("tls"), {"tls": tls.server()}
    if row.stage == "auth":
        options = options | tls.login()
    match row.stage:
        case "mail" | "rcpt" | "data" | "body" | "dot":
            faults: tuple[Fault, ...] = (Fault(row.stage, row.act, letter=2),)
        case "rset":
            faults = (Fault("rcpt", say("550 5.1.1 User unknown"), letter=2), Fault("rset", row.act))
        case "quit":
            faults = (Fault("quit", row.act),)
        case _:
            faults = (Fault("mail", DROP, letter=2), Fault(row.stage, row.act, connection=2))
    relay = FaultyRelay(faults, pipelining=mode != "in lock-step", login=row.stage == "auth", **contexts)
    return relay, options


def play(row: Row, mode: str, tls: Tls) -> tuple[Run, FaultyRelay]:
    relay, options = scene(row, mode, tls)
    bodies = {2: LARGE} if row.stage == "body" else {}
    letters = [letter(number, bodies.get(number, b"Words.\r\n")) for number in range(1, 6)]
    with relay:
        run = sent(channel(relay.port, **options), letters, relay.log)
    return run, relay


Played = dict[tuple[Row, str], Future[tuple[Run, FaultyRelay]]]


@pytest.fixture(scope="module")
def played(tls: Tls) -> Iterator[Played]:
    """The cases that keep somebody waiting, all at once."""
    with ThreadPoolExecutor(24) as pool:
        begun = {case: pool.submit(play, *case, tls) for case in CASES if case[0].waits}
    yield begun


@pytest.mark.parametrize(("row", "mode"), CASES, ids=str)
def test_every_fault_has_its_result_and_harms_no_other_letter(
    row: Row, mode: str, tls: Tls, request: pytest.FixtureRequest
) -> None:
    if row.waits:
        begun: Played = request.getfixturevalue("played")
        run, relay = begun[row, mode].result()
    else:
        run, relay = play(row, mode, tls)
    result = run.of(2)
    assert isinstance(result, row.result), result
    if row.words:
        assert not isinstance(result, Accepted)
        assert row.words in result.reason
    assert relay.copies(2) == row.copies
    for number in (1, 3, 4, 5):
        assert isinstance(run.of(number), Accepted), run.of(number)
        assert relay.has_taken(number)
    sender.fits_the_truth(run, relay, connections=1)
    assert run.seconds < (8 if row.waits else 15)
    assert run.seconds_to_close < 4


def test_the_table_has_every_stage_and_at_least_48_faults() -> None:
    assert len(TABLE) >= 48
    assert {row.stage for row in TABLE} == {
        "banner", "ehlo", "starttls", "tls", "auth", "mail", "rcpt", "data", "body", "dot", "rset", "quit",
    }  # fmt: skip
