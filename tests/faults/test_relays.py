"""Relays that are too small, too slow, too talkative or not there; and letters that try to say more than a letter."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from publisher.domain.message import Accepted, Deferred, Refused, Unknown
from publisher.errors import ChannelDown
from tests.faults.conftest import Tls
from tests.faults.sender import HURRIED, LARGE, channel, fits_the_truth, letter, sent
from tests.faults.server import (
    DROP,
    ENDLESS,
    ENDLESS_LINE,
    HANG,
    Act,
    Ended,
    Fault,
    FaultyRelay,
    Line,
    also,
    endless,
    late,
    metered,
    say,
)

BOTH = pytest.mark.parametrize("pipelining", [False, True], ids=["in lock-step", "pipelined"])


@BOTH
def test_a_relay_that_bears_three_connections_gets_everything_over_three(pipelining: bool) -> None:
    with FaultyRelay((Fault("dot", late(0.005), once=False),), pipelining, bears=3) as relay:
        run = sent(channel(relay.port, connections=20), map(letter, range(1, 201)), relay.log)
    assert run.numbers(Accepted) == set(range(1, 201))
    assert relay.most_open == 3
    assert relay.connections <= 6  # it is not asked again and again for what it does not give
    fits_the_truth(run, relay, connections=3)


def test_a_slow_relay_is_waited_for_and_no_letter_pays_for_those_before_it() -> None:
    """Each answer takes longer than `timeout`, all of them together longer than `deadline`."""
    slow = Fault("dot", metered(0.2), once=False)
    pace: dict[str, Any] = {"timeout": timedelta(seconds=0.5), "deadline": timedelta(seconds=2)}
    with FaultyRelay((slow,)) as relay:
        run = sent(channel(relay.port, connections=3, **pace), map(letter, range(1, 31)), relay.log)
    assert run.numbers(Accepted) == set(range(1, 31))
    assert run.seconds > 5.9
    fits_the_truth(run, relay, connections=3)


@BOTH
def test_a_relay_that_is_restarted_costs_no_letter_and_doubles_none(pipelining: bool) -> None:
    def ends(line: Line, usual: bytes) -> bytes:
        before.shut()
        raise Ended

    letters = [letter(number) for number in range(1, 41)]
    before = FaultyRelay((Fault("mail", Act("the relay ends", ends), letter=20),), pipelining)
    with before:
        smtp = channel(before.port, connections=3)
        first = sent(smtp, letters, before.log)
    fits_the_truth(first, before, connections=3)
    left = first.numbers(Deferred) | first.numbers(ChannelDown)
    assert 10 <= len(left) <= 31
    assert len(first.numbers(Unknown)) <= 3
    with FaultyRelay(pipelining=pipelining, port=before.port) as after:
        second = sent(smtp, [one for one in letters if one.delivery_id in left], after.log)
    assert second.numbers(Accepted) == left
    fits_the_truth(second, after, connections=3)
    assert all(before.copies(number) + after.copies(number) <= 1 for number in range(1, 41))
    assert first.numbers(Accepted) | first.numbers(Unknown) | second.numbers(Accepted) == set(range(1, 41))


def test_no_relay_at_all_is_told_with_what_to_do() -> None:
    with FaultyRelay() as relay:
        pass
    run = sent(channel(relay.port), [letter(1), letter(2)], relay.log)
    for result in (run.of(1), run.of(2)):
        assert isinstance(result, ChannelDown)
        assert f"cannot connect to 127.0.0.1:{relay.port}" in result.reason
        assert "see that the relay runs and correct host and port" in result.reason


@BOTH
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
@pytest.mark.parametrize("act", [DROP, say("421 4.3.2 Not this one")], ids=str)
def test_a_letter_that_ends_every_connection_is_deferred_and_the_others_go(
    stage: str, act: Act, pipelining: bool
) -> None:
    with FaultyRelay((Fault(stage, act, letter=2, once=False),), pipelining) as relay:
        run = sent(channel(relay.port), map(letter, range(1, 6)), relay.log)
    assert run.numbers(Accepted) == {1, 3, 4, 5}
    assert isinstance(run.of(2), Deferred)
    assert relay.connections <= 4
    fits_the_truth(run, relay, connections=1)


def test_where_pipelining_is_offered_the_next_envelope_stands_behind_the_letter() -> None:
    with FaultyRelay() as relay:
        run = sent(channel(relay.port), map(letter, range(1, 21)), relay.log)
    assert run.numbers(Accepted) == set(range(1, 21))
    assert relay.followed == 19


@pytest.mark.parametrize(
    ("stage", "expected"), [("mail", Accepted), ("rcpt", Deferred), ("data", Deferred), ("body", Deferred)]
)
def test_silence_ends_a_letter_long_before_its_deadline(stage: str, expected: type) -> None:
    with FaultyRelay((Fault(stage, HANG, letter=2),)) as relay:
        letters = [letter(1), letter(2, LARGE if stage == "body" else b"Words.\r\n"), letter(3)]
        run = sent(channel(relay.port, timeout=timedelta(seconds=0.5)), letters, relay.log)
    assert isinstance(run.of(2), expected)
    assert run.seconds < 10
    fits_the_truth(run, relay, connections=1)


@BOTH
@pytest.mark.parametrize("refusal", [say("550 5.1.1 User unknown"), say("450 4.2.0 Greylisted")], ids=str)
def test_a_relay_that_wants_a_letter_it_has_refused_gets_none(refusal: Act, pipelining: bool) -> None:
    """Once it says 354 only a letter can follow, and an empty one would be one."""
    faults = (Fault("rcpt", refusal, letter=2), Fault("data", say("354 Go on"), letter=2))
    with FaultyRelay(faults, pipelining) as relay:
        run = sent(channel(relay.port), map(letter, range(1, 6)), relay.log)
    assert isinstance(run.of(2), Refused | Deferred)
    assert relay.copies(2) == 0
    assert run.numbers(Accepted) == {1, 3, 4, 5}
    fits_the_truth(run, relay, connections=1)


@BOTH
def test_one_answer_too_many_makes_nothing_accepted_and_nothing_unknown(pipelining: bool) -> None:
    """In a pipeline the answers after it can no longer be told apart, so that nothing more may go over it."""
    with FaultyRelay((Fault("dot", also("250 2.0.0 Ok: queued as 4F2B"), letter=2),), pipelining) as relay:
        run = sent(channel(relay.port), map(letter, range(1, 6)), relay.log)
    assert isinstance(run.of(2), Accepted)
    assert run.numbers(Unknown) == set()
    assert run.numbers(Accepted) >= {1, 2, 4, 5}
    fits_the_truth(run, relay, connections=1)


@BOTH
def test_a_letter_that_may_not_leave_stays_and_says_why(pipelining: bool) -> None:
    def leaves(number: int) -> None:
        if number == 2:
            raise ChannelDown("letter", "the journal cannot be written")

    with FaultyRelay(pipelining=pipelining) as relay:
        run = sent(channel(relay.port), map(letter, range(1, 6)), relay.log, leaves=leaves)
    stayed = run.of(2)
    assert isinstance(stayed, ChannelDown)
    assert stayed.reason == "the journal cannot be written"
    assert relay.copies(2) == 0
    assert ("content", 2) not in relay.log
    assert run.numbers(Accepted) == {1, 3, 4, 5}
    fits_the_truth(run, relay, connections=1)


# --- closing


@pytest.mark.parametrize("act", [late(0.3), HANG], ids=str)
@pytest.mark.parametrize("stage", ["banner", "ehlo"])
def test_closing_while_a_connection_is_opened_leaves_nothing_behind(stage: str, act: Act) -> None:
    with FaultyRelay((Fault(stage, act),)) as relay:
        session = channel(relay.port).open()
        session.put(letter(1))
        assert session.take(0.1) == []
        session.close()
        [(number, result)] = session.take()
    assert (number, type(result)) == (1, ChannelDown)
    assert relay.had == []


def test_closing_while_a_connection_has_just_been_opened_leaves_nothing_behind() -> None:
    with FaultyRelay() as relay:
        session = channel(relay.port).open()
        session.put(letter(1))
        assert session.take(0) == []
        _wait_until(lambda: any(command.upper().startswith(b"EHLO") for command in relay.commands))
        time.sleep(0.1)
        session.close()
        [(number, result)] = session.take()
    assert (number, type(result)) == (1, ChannelDown)
    assert relay.had == []


def test_closing_while_a_connection_is_secured_leaves_nothing_behind(tls: Tls) -> None:
    """Nobody can end a handshake from outside: what it opens after the end is hung up by whoever opened it."""
    with FaultyRelay((Fault("tls", late(0.3)),), tls=tls.server()) as relay:
        session = channel(relay.port, **tls.options()).open()
        session.put(letter(1))
        assert session.take(0.1) == []
        session.close()
        [(number, result)] = session.take()
        _wait_until(lambda: any(command.upper().startswith(b"EHLO") for command in relay.commands))
        _wait_until(lambda: not relay.served)
    assert (number, type(result)) == (1, ChannelDown)
    assert relay.had == []


@BOTH
@pytest.mark.parametrize(
    ("stage", "expected", "copies"), [("rcpt", ChannelDown, 0), ("data", ChannelDown, 0), ("dot", Unknown, 1)]
)
def test_closing_settles_each_letter_by_how_far_it_has_come(
    stage: str, expected: type, copies: int, pipelining: bool
) -> None:
    with FaultyRelay((Fault(stage, HANG),), pipelining) as relay:
        session = channel(relay.port).open()
        for number in (1, 2, 3):
            session.put(letter(number))
        assert session.take(0.3) == []
        begun = time.monotonic()
        session.close()
        assert time.monotonic() - begun < 4
        results = dict(session.take())
    assert isinstance(results[1], expected)
    assert relay.copies(1) == copies
    for number in (2, 3):
        assert isinstance(results[number], ChannelDown)
        assert relay.copies(number) == 0
    assert list(session.take()) == []


# --- memory


@pytest.mark.parametrize("stage", ["banner", "mail", "dot"])
@pytest.mark.parametrize("act", [ENDLESS, ENDLESS_LINE, endless(b"250 2.0.0 Ok\r\n", "answers without end")], ids=str)
def test_an_endless_reply_does_not_fill_the_memory(stage: str, act: Act) -> None:
    with FaultyRelay((Fault(stage, act),)) as relay, _Memory() as memory:
        run = sent(channel(relay.port, **HURRIED), [letter(1)], relay.log)
    assert len(run.results[1]) == 1
    assert memory.growth < 20_000_000


class _Memory:
    """How much the memory of this process grows at most."""

    def __enter__(self) -> _Memory:
        self._begun = self._most = self._resident()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def growth(self) -> int:
        return self._most - self._begun

    def _look(self) -> None:
        while not self._stop.wait(0.002):
            self._most = max(self._most, self._resident())

    @staticmethod
    def _resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


# --- what is written is what arrives, and nothing else is said


@pytest.mark.parametrize("mode", ["in lock-step", "pipelined", "over TLS"])
@pytest.mark.parametrize(
    "body",
    [
        b".\r\n", b"..\r\n", b".a\r\n\r\n.\r\n", b"\r\n.\r\nMAIL FROM:<x@y>\r\n.\r\n\r\n", b"a.\r\n.b.\r\n",
        b".\r\n" * 100_000, b"x" * 998 + b"\r\n.\r\n", b" \r\n. \r\n",
    ],
    ids=lambda body: repr(body[:24]),
)  # fmt: skip
def test_lines_that_begin_with_dots_arrive_as_they_are(body: bytes, mode: str, tls: Tls) -> None:
    contexts: dict[str, Any] = {"tls": tls.server()} if mode == "over TLS" else {}
    options = tls.options() if mode == "over TLS" else {}
    with FaultyRelay(pipelining=mode != "in lock-step", **contexts) as relay:
        letters = [letter(1, body), letter(2), letter(3, body, content=body)]
        run = sent(channel(relay.port, **options), letters, relay.log)
    assert run.numbers(Accepted) == {1, 2, 3}
    assert [had.content for had in relay.had] == [one.content for one in letters]
    fits_the_truth(run, relay, connections=1)


@BOTH
@pytest.mark.parametrize(
    "recipient",
    [
        "reader2@example.org>\r\nRCPT TO:<other@example.org", "reader2@example.org\r\nDATA", "reader2@example.org\rX",
        "reader2@example.org\nX", "reader2@example.org> SIZE=1", "reader2@example.org\0", "<reader2@example.org>",
        "reader2@example.org,other@example.org", "reader 2@example.org", "reader2@exam\u2028ple.org", "",
    ],
    ids=repr,
)  # fmt: skip
def test_an_address_that_says_more_never_reaches_the_wire(recipient: str, pipelining: bool) -> None:
    with FaultyRelay(pipelining=pipelining) as relay:
        run = sent(channel(relay.port), [letter(1), letter(2, recipient=recipient), letter(3)], relay.log)
    refused = run.of(2)
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("the recipient's address ")
    assert "reader2" not in refused.reason
    assert [command for command in relay.commands if b"RCPT" in command] == [
        b"RCPT TO:<reader1@example.org>", b"RCPT TO:<reader3@example.org>",
    ]  # fmt: skip
    assert run.numbers(Accepted) == {1, 3}
    fits_the_truth(run, relay, connections=1)


@BOTH
@pytest.mark.parametrize("return_path", ["a@example.org>\r\nRCPT TO:<b@example.org", "a@example.org> SIZE=1", ""])
def test_a_return_path_that_says_more_never_reaches_the_wire(return_path: str, pipelining: bool) -> None:
    with FaultyRelay(pipelining=pipelining) as relay:
        run = sent(channel(relay.port), [letter(1), letter(2, return_path=return_path)], relay.log)
    result = run.of(2)
    assert isinstance(result, ChannelDown)
    assert result.reason.startswith("the return path ")
    assert sum(b"MAIL" in command for command in relay.commands) == 1
    fits_the_truth(run, relay, connections=1)


@BOTH
@pytest.mark.parametrize(
    "end", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\n.\r", b"\0\r\n.\r\n"], ids=repr
)
def test_an_end_that_some_relays_take_for_the_end_does_not_leave(end: bytes, pipelining: bool) -> None:
    """SMTP smuggling: what follows it would be another letter, in our name."""
    smuggled = b"Words." + end + b"MAIL FROM:<a@example.org>\r\n"
    with FaultyRelay(pipelining=pipelining) as relay:
        run = sent(channel(relay.port), [letter(1), letter(2, smuggled), letter(3)], relay.log)
    result = run.of(2)
    assert isinstance(result, ChannelDown)
    assert "nothing was sent, report this" in result.reason
    assert ("leaves", 2) not in relay.log
    assert run.numbers(Accepted) == {1, 3}
    fits_the_truth(run, relay, connections=1)


def _wait_until(is_so: Any) -> None:
    end = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < end, "it did not come to this"
        time.sleep(0.005)
