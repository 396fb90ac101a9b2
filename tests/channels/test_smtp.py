"""The smtp channel: TLS is verified, the login works, connections are shared, closing is honest."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from pydantic import ValidationError

from publisher.channels import MailSession
from publisher.channels.smtp import Options, Smtp
from publisher.domain.message import Accepted, Deferred, Letter, Unknown
from publisher.errors import ChannelDown
from publisher.mail.dialogue import Result
from tests.channels.smtp_servers import Do, Inbox, Script, ScriptedRelay, real_relay

USUAL = {
    "name": "letter",
    "kind": "smtp",
    "host": "127.0.0.1",
    "lists": ["weekly"],
    "timeout": "10s",
    "deadline": "20s",
}


def letter(delivery_id: int = 1) -> Letter:
    content = f"Subject: letter {delivery_id}\r\n\r\nWords.\r\n".encode()
    return Letter(
        delivery_id, "bounce+43-1-abc@example.org", "kim@example.com", f"<{delivery_id}@example.org>", content
    )


def sent(channel: Smtp, count: int = 1) -> list[Result]:
    """So many letters, as many under way at once as the session bears."""
    session = channel.open()
    results: dict[int, Result] = {}
    waiting = [letter(number) for number in range(count)]
    under_way = 0
    while waiting or under_way:
        while waiting and under_way < session.capacity:
            session.put(waiting.pop())
            under_way += 1
        answers = session.take()
        under_way -= len(answers)
        results |= dict(answers)
    session.close()
    assert len(results) == count
    return list(results.values())


class Tls:
    """A certificate authority, what it signs, and the folder of a publication that trusts it."""

    def __init__(self, root: Path) -> None:
        self.authority = trustme.CA()
        self.root = root
        self.authority.cert_pem.write_to_path(root / "ca.pem")
        (root / "password").write_text("open sesame\n")

    def server(self, host: str = "127.0.0.1", not_after: datetime | None = None) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(host, not_after=not_after).configure_cert(context)
        return context

    def channel(self, port: int, security: str, **changed: Any) -> Smtp:
        options = USUAL | {"port": port, "security": security, "ca_file": "ca.pem"} | changed
        return Smtp(Options.model_validate(options), root=self.root)


@pytest.fixture
def tls(tmp_path: Path) -> Tls:
    return Tls(tmp_path)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


LOGIN = {"username": "letter", "password": "file:password"}


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_letters_go_out_encrypted_and_logged_in(security: str, tls: Tls, inbox: Inbox) -> None:
    with real_relay(inbox, security, tls.server(), login=security == "starttls") as port:
        login = LOGIN if security == "starttls" else {}
        results = sent(tls.channel(port, security, **login, connections=3), 20)
    assert all(isinstance(result, Accepted) for result in results)
    assert all(
        result.receipt.startswith("250 2.0.0 Ok: queued as") for result in results if isinstance(result, Accepted)
    )
    assert len({envelope.content for envelope in inbox.envelopes}) == 20
    assert {tuple(envelope.rcpt_tos) for envelope in inbox.envelopes} == {("kim@example.com",)}


def test_the_login_works_and_is_checked_without_a_letter(tls: Tls, inbox: Inbox) -> None:
    with real_relay(inbox, "starttls", tls.server(), login=True) as port:
        tls.channel(port, "starttls", **LOGIN).check()
        with pytest.raises(ChannelDown, match=r"refused AUTH \(535 .*correct username and password"):
            tls.channel(port, "starttls", **(LOGIN | {"username": "other"})).check()
    assert inbox.envelopes == []


def test_a_wrong_password_stops_the_channel_and_is_never_shown(tls: Tls, inbox: Inbox) -> None:
    (tls.root / "password").write_text("canary-7f3a")
    script = {"ehlo": b"250-relay.test\r\n250 AUTH PLAIN\r\n", "auth": b"535 5.7.8 no such password: canary-7f3a\r\n"}
    with ScriptedRelay(script, tls=tls.server()) as relay:
        [result] = sent(tls.channel(relay.port, "tls", **LOGIN))
    assert isinstance(result, ChannelDown)
    assert "canary" not in str(result)
    assert "the password" in str(result)


def test_a_relay_whose_login_is_out_of_order_is_asked_later(tls: Tls) -> None:
    script = {"ehlo": b"250-relay.test\r\n250 AUTH PLAIN\r\n", "auth": b"454 4.7.0 Temporary failure\r\n"}
    with ScriptedRelay(script, tls=tls.server()) as relay:
        assert isinstance(sent(tls.channel(relay.port, "tls", **LOGIN))[0], Deferred)


def test_a_relay_without_a_login_says_so(tls: Tls) -> None:
    with ScriptedRelay(tls=tls.server()) as relay:
        [result] = sent(tls.channel(relay.port, "tls", **LOGIN))
    assert isinstance(result, ChannelDown)
    assert "offers no login" in result.reason


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("self-signed", "self-signed certificate"),
        ("unknown authority", "unknown CA; name that CA in ca_file"),
        ("expired", "has expired; renew it"),
        ("wrong name", "another name than 127.0.0.1"),
    ],
)
def test_a_certificate_that_proves_nothing_stops_the_channel(
    security: str, fault: str, words: str, tls: Tls, inbox: Inbox
) -> None:
    context = tls.server()
    if fault == "self-signed":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        own = trustme.CA()
        with own.private_key_pem.tempfile() as key, own.cert_pem.tempfile() as certificate:
            context.load_cert_chain(certificate, key)
    elif fault == "unknown authority":
        trustme.CA().cert_pem.write_to_path(tls.root / "ca.pem")
    elif fault == "expired":
        context = tls.server(not_after=datetime.now(UTC) - timedelta(days=1))
    else:
        context = tls.server("other.example")
    with real_relay(inbox, security, context) as port:
        [result] = sent(tls.channel(port, security))
    assert isinstance(result, ChannelDown)
    assert words in result.reason
    assert inbox.envelopes == []


def test_a_relay_that_offers_no_encryption_gets_nothing_in_clear(tls: Tls) -> None:
    with ScriptedRelay({"ehlo": b"250-relay.test\r\n250 AUTH PLAIN\r\n"}) as relay:
        [result] = sent(tls.channel(relay.port, "starttls", **LOGIN))
    assert isinstance(result, ChannelDown)
    assert "does not offer STARTTLS, so nothing was sent in clear; use a port that does" in result.reason
    assert [command.partition(" ")[0].upper() for command in relay.commands] == ["EHLO"]


def test_tls_on_a_port_that_speaks_in_clear_is_explained(tls: Tls) -> None:
    with ScriptedRelay() as relay:
        [result] = sent(tls.channel(relay.port, "tls"))
    assert isinstance(result, ChannelDown)
    assert "see that security fits the port" in result.reason


@pytest.fixture
def nobody() -> Iterator[int]:
    """A port where nobody listens."""
    with ScriptedRelay() as relay:
        port = relay.port
    yield port


def test_no_relay_there_stops_the_channel_and_says_where(nobody: int, tls: Tls) -> None:
    [result] = sent(tls.channel(nobody, "none"))
    assert isinstance(result, ChannelDown)
    assert f"cannot connect to 127.0.0.1:{nobody} (Connection refused)" in result.reason


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"password": "env:NO_SUCH_VARIABLE", "username": "letter"}, "export NO_SUCH_VARIABLE"),
        ({"ca_file": "absent.pem"}, "No such file"),
        ({"ca_file": "password"}, "holds no certificate"),
    ],
)
def test_what_is_missing_here_is_told_before_anything_is_sent(changed: dict[str, str], words: str, tls: Tls) -> None:
    with pytest.raises(ChannelDown, match=words):
        tls.channel(25, "tls", **changed).open()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"security": "none", "host": "mail.example.org"}, "in clear to mail.example.org"),
        ({"username": "letter"}, "username and password go together"),
        ({"password": "env:X"}, "username and password go together"),
        ({"connections": 0}, "greater than or equal to 1"),
        ({"connections": 101}, "less than or equal to 100"),
        ({"timeout": 0}, "longer than 0"),
        ({"lists": []}, "at least 1"),
        ({"helo": "a b"}, "match pattern"),
    ],
)
def test_options_that_do_not_fit_are_refused_in_words(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Options.model_validate(USUAL | {"port": 25} | changed)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_a_relay_on_this_machine_may_be_spoken_to_in_clear(host: str) -> None:
    assert Options.model_validate(USUAL | {"host": host, "security": "none"}).security == "none"


def test_one_letter_opens_one_connection(tls: Tls) -> None:
    with ScriptedRelay() as relay:
        sent(tls.channel(relay.port, "none"))
    assert relay.connections == 1


def test_many_letters_share_the_connections_there_are(tls: Tls) -> None:
    with ScriptedRelay() as relay:
        results = sent(tls.channel(relay.port, "none", connections=4), 60)
    assert all(isinstance(result, Accepted) for result in results)
    assert 1 <= relay.connections <= 4
    assert len({content for _, _, content in relay.had}) == len(relay.had) == 60


def test_a_relay_that_bears_fewer_connections_is_left_with_those(tls: Tls) -> None:
    with ScriptedRelay(bears=2) as relay:
        results = sent(tls.channel(relay.port, "none", connections=8), 100)
    assert all(isinstance(result, Accepted) for result in results)
    assert len(relay.had) == 100


def test_letters_that_come_together_do_not_open_all_connections_at_once(tls: Tls) -> None:
    with ScriptedRelay({"banner": Do.PAUSE}, interval=0.3) as relay:
        assert all(isinstance(result, Accepted) for result in sent(tls.channel(relay.port, "none", connections=8), 8))
    assert relay.connections <= 2


def test_words_slipped_in_before_encryption_end_the_conversation(tls: Tls) -> None:
    script = {"ehlo": b"250-relay.test\r\n250 STARTTLS\r\n", "starttls": b"220 Go\r\n250 slipped in\r\n"}
    with ScriptedRelay(script, starttls=tls.server()) as relay:
        [result] = sent(tls.channel(relay.port, "starttls"))
    assert isinstance(result, Deferred)
    assert "answered before it was asked" in result.reason
    assert relay.had == []


def test_a_letter_of_which_no_note_can_be_made_does_not_leave(tls: Tls) -> None:
    def no_note(delivery_id: int) -> None:
        raise ChannelDown("letter", "the journal cannot be written")

    with ScriptedRelay() as relay:
        session = tls.channel(relay.port, "none").open(no_note)
        session.put(letter(1))
        [(_, result)] = session.take()
        session.close()
    assert isinstance(result, ChannelDown)
    assert result.reason == "the journal cannot be written"
    assert relay.had == []


def test_every_letter_is_settled_once_when_the_relay_keeps_hanging_up(tls: Tls) -> None:
    script: Script = {
        "dot": [None, Do.DROP, None, b"421 4.3.0 Later\r\n", None] * 6,
        "rcpt": [None, None, Do.DROP] * 10,
    }
    with ScriptedRelay(script) as relay:
        results = sent(tls.channel(relay.port, "none", connections=3), 60)
    counts = {kind: sum(isinstance(result, kind) for result in results) for kind in (Accepted, Deferred, Unknown)}
    assert sum(counts.values()) == 60
    assert counts[Accepted] + counts[Unknown] <= len(relay.had) <= counts[Accepted] + counts[Unknown] + 6
    assert counts[Unknown] == 6


def test_closing_settles_what_is_under_way_by_how_far_it_has_come(tls: Tls) -> None:
    with ScriptedRelay({"dot": Do.HANG, "rcpt": [None, Do.HANG]}) as relay:
        session = tls.channel(relay.port, "none", connections=2, timeout="60s", deadline="60s").open()
        session.put(letter(1))
        _take_until(session, lambda: len(relay.had) == 1)
        session.put(letter(2))
        _take_until(session, lambda: sum(command.startswith("RCPT") for command in relay.commands) == 2)
        session.put(letter(3))
        begun = time.monotonic()
        session.close()
        assert time.monotonic() - begun < 5
        results = dict(session.take())
    assert isinstance(results[1], Unknown)
    assert isinstance(results[2], ChannelDown)
    assert isinstance(results[3], ChannelDown)
    assert len(relay.had) == 1
    assert list(session.take()) == []


def test_closing_waits_for_an_answer_that_is_about_to_come(tls: Tls) -> None:
    with ScriptedRelay({"dot": Do.DRIBBLE}, interval=0.02) as relay:
        session = tls.channel(relay.port, "none").open()
        session.put(letter())
        _take_until(session, lambda: len(relay.had) == 1)
        session.close()
        assert list(session.take()) == [(1, Accepted("250 2.0.0 Ok: queued as 4F2A"))]


def test_a_closed_session_takes_no_letter(tls: Tls) -> None:
    session = tls.channel(25, "none").open()
    session.close()
    session.close()
    with pytest.raises(ChannelDown, match="open it again"):
        session.put(letter())


def _take_until(session: MailSession, is_so: Any) -> None:
    """Let the session work until it has come to this, without a result."""
    end = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < end, "it did not come to this"
        assert not session.take(0.01)
