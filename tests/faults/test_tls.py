"""Where the line is not what it should be nothing leaves; where it ends in mid-letter the letter's stage decides."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trustme

from publisher.domain.message import Accepted, Deferred, Unknown
from publisher.errors import ChannelDown
from tests.faults.conftest import Tls
from tests.faults.sender import HURRIED, LARGE, channel, fits_the_truth, letter, sent
from tests.faults.server import (
    DROP,
    GARBAGE,
    HANG,
    RESET,
    Act,
    Ended,
    Fault,
    FaultyRelay,
    Line,
    also,
    raw,
    say,
)

SECURITIES = pytest.mark.parametrize("security", ["tls", "starttls"])


def named(value: Any) -> str:
    return getattr(value, "__name__", str(value))


def served(security: str, context: ssl.SSLContext, *faults: Fault, **changed: Any) -> FaultyRelay:
    return FaultyRelay(faults, **({security: context} | changed))


def self_signed(tls: Tls) -> ssl.SSLContext:
    own, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with own.private_key_pem.tempfile() as key, own.cert_pem.tempfile() as certificate:
        context.load_cert_chain(certificate, key)
    return context


def of_another_authority(tls: Tls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


def expired(tls: Tls) -> ssl.SSLContext:
    return tls.server(not_after=datetime.now(UTC) - timedelta(days=1))


def for_another_name(tls: Tls) -> ssl.SSLContext:
    return tls.server("other.example")


@SECURITIES
@pytest.mark.parametrize(
    ("context", "words"),
    [
        (self_signed, "self-signed certificate; install one that is trusted, or name its CA in ca_file"),
        (of_another_authority, "a certificate of an unknown CA; name that CA in ca_file"),
        (expired, "a certificate that has expired; renew it"),
        (for_another_name, "another name than 127.0.0.1; write the host as the certificate has it"),
    ],
    ids=named,
)
def test_a_certificate_that_proves_nothing_gets_nothing(context: Any, words: str, security: str, tls: Tls) -> None:
    with served(security, context(tls), login=True) as relay:
        run = sent(channel(relay.port, **tls.options(security) | tls.login()), [letter(1), letter(2)], relay.log)
    for result in (run.of(1), run.of(2)):
        assert isinstance(result, ChannelDown)
        assert words in result.reason
    _nothing_left(relay)


@pytest.mark.parametrize(
    "ehlo",
    [say("250-relay.test", "250 AUTH PLAIN"), say("250 relay.test"), say("250-relay.test", "250 XXXXXXXA")],
    ids=["taken out", "no extension", "overwritten"],
)
def test_starttls_that_is_stripped_stops_the_channel_before_the_login(ehlo: Act, tls: Tls) -> None:
    with served("starttls", tls.server(), Fault("ehlo", ehlo, once=False)) as relay:
        run = sent(channel(relay.port, **tls.options("starttls") | tls.login()), [letter(1)], relay.log)
    result = run.of(1)
    assert isinstance(result, ChannelDown)
    assert "does not offer STARTTLS, so nothing was sent in clear; use a port that does" in result.reason
    _nothing_left(relay)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (say("454 4.7.0 TLS not available"), Deferred),
        (say("502 5.5.1 What?"), ChannelDown),
        (say("220 Ready", "250-relay.test", "250 AUTH PLAIN"), Deferred),
        (also("235 2.7.0 Welcome", "250 Ok"), Deferred),
        (say("220-Ready", "220 and more"), Accepted),
    ],
    ids=named,
)
def test_whatever_answers_starttls_nothing_is_said_in_clear(answer: Act, expected: type, tls: Tls) -> None:
    fault = Fault("starttls", answer, once=False)
    with served("starttls", tls.server(), fault, login=True) as relay:
        run = sent(channel(relay.port, **tls.options("starttls") | tls.login()), [letter(1)], relay.log)
    assert isinstance(run.of(1), expected)
    if expected is not Accepted:
        _nothing_left(relay)
    fits_the_truth(run, relay, connections=1)


def test_what_is_slipped_in_behind_starttls_is_named(tls: Tls) -> None:
    fault = Fault("starttls", also("250 slipped in"), once=False)
    with served("starttls", tls.server(), fault) as relay:
        run = sent(channel(relay.port, **tls.options("starttls")), [letter(1)], relay.log)
    result = run.of(1)
    assert isinstance(result, Deferred)
    assert "at STARTTLS: it answered before it was asked" in result.reason


@SECURITIES
@pytest.mark.parametrize(
    ("act", "expected", "words"),
    [
        (DROP, Deferred, "it closed the connection"),
        (RESET, Deferred, "it closed the connection"),
        (HANG, Deferred, "answer in time"),
        (GARBAGE, ChannelDown, "does not agree on TLS"),
        (raw(b"\x15\x03\x03\x00\x02\x02\x28", "a TLS alert"), ChannelDown, "see that security fits the port"),
        (raw(b"\x16\x03\x03\x40\x00", "half a record"), Deferred, "answer in time"),
    ],
    ids=named,
)
def test_a_handshake_that_ends_in_the_middle_leaves_every_letter_here(
    act: Act, expected: type, words: str, security: str, tls: Tls
) -> None:
    hung = Act(act.name, lambda line, usual: HANG.do(line, act.do(line, usual)))
    with served(security, tls.server(), Fault("tls", hung, once=False), login=True) as relay:
        options = HURRIED | tls.options(security) | tls.login()
        run = sent(channel(relay.port, **options), [letter(1)], relay.log)
    result = run.of(1)
    assert isinstance(result, expected), result
    assert not isinstance(result, Accepted)
    assert words in result.reason
    _nothing_left(relay)


def test_a_port_that_speaks_in_clear_gets_no_word_of_a_letter(tls: Tls) -> None:
    with FaultyRelay() as relay:
        run = sent(channel(relay.port, **tls.options("tls")), [letter(1)], relay.log)
    result = run.of(1)
    assert isinstance(result, ChannelDown)
    assert "does not agree on TLS" in result.reason
    assert "see that security fits the port" in result.reason
    _nothing_left(relay)


def _ends_with_notice(line: Line, usual: bytes) -> bytes:
    """An end of TLS as it should be: close_notify, and then FIN."""
    assert isinstance(line.connection, ssl.SSLSocket)
    line.connection.settimeout(1)
    line.connection.unwrap()
    raise Ended


def _breaks_the_record(line: Line, usual: bytes) -> bytes:
    """Octets that no key has sealed."""
    line.flush()
    socket.socket.sendall(line.connection, b"\x17\x03\x03\x00\x20" + b"\0" * 32)  # beneath the TLS
    return DROP.do(line, usual)


ENDS = [DROP, RESET, Act("close_notify", _ends_with_notice), Act("a broken record", _breaks_the_record)]


@SECURITIES
@pytest.mark.parametrize("act", ENDS, ids=named)
def test_tls_that_ends_after_the_dot_makes_the_letter_unknown(act: Act, security: str, tls: Tls) -> None:
    with served(security, tls.server(), Fault("dot", act, letter=2)) as relay:
        run = sent(channel(relay.port, **tls.options(security)), map(letter, range(1, 6)), relay.log)
    result = run.of(2)
    assert isinstance(result, Unknown)
    assert "the whole letter was sent and the answer was lost" in result.reason
    assert relay.copies(2) == 1
    assert run.numbers(Accepted) == {1, 3, 4, 5}
    fits_the_truth(run, relay, connections=1)


@SECURITIES
@pytest.mark.parametrize("act", ENDS[:2], ids=named)
def test_tls_that_ends_inside_the_letter_leaves_it_here(act: Act, security: str, tls: Tls) -> None:
    with served(security, tls.server(), Fault("body", act, letter=2)) as relay:
        letters = [letter(1), letter(2, LARGE), letter(3)]
        run = sent(channel(relay.port, **tls.options(security)), letters, relay.log)
    assert isinstance(run.of(2), Deferred)
    assert relay.copies(2) == 0
    assert run.numbers(Accepted) == {1, 3}
    fits_the_truth(run, relay, connections=1)


@SECURITIES
def test_many_large_letters_pass_over_tls_on_several_connections(security: str, tls: Tls) -> None:
    """Records, partial writes and answers that come in one record with others."""
    body = b"x" * 70 + b"\r\n"
    with served(security, tls.server()) as relay:
        letters = [letter(number, body * (1 + number * 97 % 3000)) for number in range(1, 41)]
        run = sent(channel(relay.port, connections=4, **tls.options(security)), letters, relay.log)
    assert run.numbers(Accepted) == set(range(1, 41))
    assert {had.letter: had.content for had in relay.had} == {one.delivery_id: one.content for one in letters}
    fits_the_truth(run, relay, connections=4)


def _nothing_left(relay: FaultyRelay) -> None:
    """Neither a letter nor an envelope nor a password, in clear or otherwise."""
    assert relay.had == []
    assert not [what for what, _ in relay.log if what != "taken"]
    assert not [command for command in relay.commands if command.upper().startswith((b"MAIL", b"RCPT", b"AUTH"))]
