"""Everything a relay can do to a conversation, stage by stage, and what became of the letter in truth."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from publisher.channels.smtp import Options, Smtp
from publisher.domain.message import Accepted, Deferred, Letter, Refused, Unknown
from publisher.errors import ChannelDown
from publisher.mail.dialogue import Result
from tests.channels.smtp_servers import GARBAGE, LONG_LINE, Action, Do, Script, ScriptedRelay

# Long enough for a busy machine; short where the relay is going to say nothing.
PATIENT = {"timeout": timedelta(seconds=10), "deadline": timedelta(seconds=20)}
HURRIED = {"timeout": timedelta(seconds=0.3), "deadline": timedelta(seconds=0.8)}
CONTENT = b"Subject: one\r\n\r\nWords.\r\n"
LARGE = b"Subject: large\r\n\r\n" + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 120_000


def letter(delivery_id: int = 1, content: bytes = CONTENT, recipient: str = "kim@example.com") -> Letter:
    return Letter(delivery_id, "bounce+43-1-abc@example.org", recipient, "<issue-43-1-abc@example.org>", content)


def channel(port: int, **changed: Any) -> Smtp:
    options = {
        "name": "letter", "kind": "smtp", "host": "127.0.0.1", "port": port, "security": "none", "lists": ["weekly"],
        "helo": "[127.0.0.1]",
    }  # fmt: skip
    return Smtp(Options.model_validate(options | PATIENT | changed), root=Path("/"))


def pace(action: Action) -> dict[str, timedelta]:
    return HURRIED if action in (Do.HANG, b"250", b"250-one\r\n") else PATIENT


def sent(channel: Smtp, *letters: Letter) -> list[Result]:
    """One letter after the other; the results in their order."""
    session = channel.open()
    results = []
    try:
        for each in letters:
            session.put(each)
            [(delivery_id, result)] = session.take()
            assert delivery_id == each.delivery_id
            results.append(result)
    finally:
        session.close()
    return results


BEFORE = ("banner", "ehlo", "mail", "rcpt", "data")
LOST_BEFORE: list[Action] = [
    Do.DROP, Do.RESET, Do.HANG, Do.ENDLESS, GARBAGE, LONG_LINE,
    b"199 early\r\n", b"999 late\r\n", b"250-one\r\n550 another\r\n", b"\r\n", b"20 short\r\n",
]  # fmt: skip
LOST_AFTER: list[Action] = [*LOST_BEFORE, b"354 go on\r\n", b"250", b"250-one\r\n"]


@pytest.mark.parametrize("stage", BEFORE)
@pytest.mark.parametrize("action", LOST_BEFORE, ids=repr)
def test_a_conversation_lost_before_the_end_of_the_letter_is_deferred(stage: str, action: Action) -> None:
    with ScriptedRelay({stage: action}) as relay:
        [result] = sent(channel(relay.port, **pace(action)), letter())
    assert isinstance(result, Deferred)
    assert relay.had == []


@pytest.mark.parametrize("stage", BEFORE)
@pytest.mark.parametrize("code", [421, 450])
def test_not_now_before_the_end_of_the_letter_is_deferred_with_its_code(stage: str, code: int) -> None:
    with ScriptedRelay({stage: b"%d 4.3.2 Not now\r\n" % code}) as relay:
        [result] = sent(channel(relay.port), letter())
    assert isinstance(result, Deferred)
    assert result.code == code
    assert "Not now" in result.reason
    assert relay.had == []


@pytest.mark.parametrize("stage", ["banner", "ehlo", "mail", "data"])
def test_a_refusal_that_names_no_reader_is_about_us_and_stops_the_channel(stage: str) -> None:
    with ScriptedRelay({stage: b"550 5.7.1 Your host is blocked\r\n"}) as relay:
        [result] = sent(channel(relay.port), letter())
    assert isinstance(result, ChannelDown)
    assert "550 5.7.1 Your host is blocked" in result.reason
    assert relay.had == []


def test_a_refused_recipient_is_refused_with_the_words_of_the_relay_and_without_the_address() -> None:
    with ScriptedRelay({"rcpt": b"550-5.1.1 <kim@example.com>\r\n550 5.1.1 User unknown\r\n"}) as relay:
        [result] = sent(channel(relay.port), letter())
    assert result == Refused("550 5.1.1 <the recipient> 5.1.1 User unknown (at RCPT)", 550)


@pytest.mark.parametrize(
    "answer",
    [b"530 5.7.0 Authentication required", b"554 5.7.1 <kim@example.com>: Relay access denied", b"550 relaying denied",
     b"550 5.7.1 Unable to relay", b"550 not permitted to relay"],
)  # fmt: skip
def test_a_relay_that_does_not_serve_us_refuses_us_and_not_the_reader(answer: bytes) -> None:
    with ScriptedRelay({"rcpt": answer + b"\r\n"}) as relay:
        [result] = sent(channel(relay.port), letter())
    assert isinstance(result, ChannelDown)


def test_a_reader_unknown_to_a_relays_table_is_refused_all_the_same() -> None:
    with ScriptedRelay({"rcpt": b"550 5.1.1 User unknown in relay recipient table\r\n"}) as relay:
        assert isinstance(sent(channel(relay.port), letter())[0], Refused)


@pytest.mark.parametrize("action", [Do.DROP, Do.RESET, Do.HANG])
def test_a_conversation_lost_inside_the_letter_is_deferred(action: Action) -> None:
    with ScriptedRelay({"body": action}) as relay:
        [result] = sent(channel(relay.port, **pace(action)), letter(content=LARGE))
    assert isinstance(result, Deferred)
    assert "the letter itself" in result.reason
    assert relay.had == []


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(b"552 5.3.4 Too big", ChannelDown), (b"421 4.3.0 Going down", Deferred), (b"250 Ok", Deferred)],
)
def test_an_answer_before_the_letter_is_complete_is_not_taken_for_the_last_one(answer: bytes, kind: type) -> None:
    with ScriptedRelay({"data": b"354 go on\r\n" + answer + b"\r\n"}) as relay:
        [result] = sent(channel(relay.port), letter())
    assert isinstance(result, kind)
    assert relay.had == []


def test_answers_in_advance_never_make_a_letter_accepted() -> None:
    with ScriptedRelay({"rcpt": b"250 Ok\r\n354 go on\r\n250 queued\r\n"}) as relay:
        [result] = sent(channel(relay.port), letter())
    assert isinstance(result, Deferred)
    assert relay.had == []


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(params=["in clear", "over TLS"])
def secure(request: pytest.FixtureRequest, authority: trustme.CA, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """How the relay and the channel are set up: {"relay": …, "channel": …}."""
    if request.param == "in clear":
        yield {"relay": {}, "channel": {}}
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    yield {"relay": {"tls": context}, "channel": {"security": "tls", "ca_file": str(tmp_path / "ca.pem")}}


@pytest.mark.parametrize("action", LOST_AFTER, ids=repr)
def test_an_answer_lost_after_the_whole_letter_is_unknown(action: Action, secure: dict[str, Any]) -> None:
    with ScriptedRelay({"dot": action}, **secure["relay"]) as relay:
        [result] = sent(channel(relay.port, **pace(action), **secure["channel"]), letter())
    assert isinstance(result, Unknown)
    assert len(relay.had) == 1


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"250 2.0.0 Ok: queued as 4F2A\r\n", Accepted("250 2.0.0 Ok: queued as 4F2A")),
        (b"250\r\n", Accepted("250")),
        (b"250-Ok\r\n250 queued\x00 \x1b[1mas 7\n", Accepted("250 Ok queued [1mas 7")),
        (b"451 4.3.0 Try later\r\n", Deferred("451 4.3.0 Try later (at the end of the letter)", 451)),
        (b"421 4.3.0 Closing\r\n", Deferred("421 4.3.0 Closing (at the end of the letter)", 421)),
        (b"554 5.7.1 No\r\n", Refused("554 5.7.1 No (at the end of the letter)", 554)),
    ],
)
def test_a_readable_answer_to_the_whole_letter_settles_it(answer: bytes, expected: Result) -> None:
    with ScriptedRelay({"dot": answer}) as relay:
        assert sent(channel(relay.port), letter()) == [expected]


def test_a_long_receipt_is_cut() -> None:
    with ScriptedRelay({"dot": b"250 " + b"x" * 500 + b"\r\n"}) as relay:
        [result] = sent(channel(relay.port), letter())
    assert isinstance(result, Accepted)
    assert len(result.receipt) == 200


def test_an_answer_that_trickles_in_before_the_deadline_is_read(secure: dict[str, Any]) -> None:
    with ScriptedRelay({"dot": Do.DRIBBLE}, interval=0.01, **secure["relay"]) as relay:
        [result] = sent(channel(relay.port, **secure["channel"]), letter())
    assert result == Accepted("250 2.0.0 Ok: queued as 4F2A")


def test_the_last_answer_may_take_longer_than_any_other() -> None:
    with ScriptedRelay({"dot": Do.PAUSE}, interval=0.6) as relay:
        [result] = sent(channel(relay.port, timeout=timedelta(seconds=0.3)), letter())
    assert isinstance(result, Accepted)


@pytest.mark.parametrize(("stage", "kind"), [("banner", Deferred), ("rcpt", Deferred), ("dot", Unknown)])
def test_whatever_trickles_in_a_letter_ends_at_its_deadline(stage: str, kind: type) -> None:
    with ScriptedRelay({stage: Do.DRIBBLE}, interval=0.2) as relay:
        begun = time.monotonic()
        [result] = sent(channel(relay.port, **HURRIED), letter())
        assert time.monotonic() - begun < 4
    assert isinstance(result, kind)


@pytest.mark.parametrize("action", [Do.DROP, Do.RESET, Do.HANG, Do.ENDLESS, GARBAGE, b"550 No goodbye\r\n"], ids=repr)
def test_no_goodbye_undoes_what_was_accepted(action: Action) -> None:
    with ScriptedRelay({"quit": action}) as relay:
        begun = time.monotonic()
        assert sent(channel(relay.port), letter()) == [Accepted("250 2.0.0 Ok: queued as 4F2A")]
        assert time.monotonic() - begun < 4


@pytest.mark.parametrize(
    "script",
    [{"rcpt": [b"550 5.1.1 No\r\n"]}, {"rcpt": [b"450 4.2.0 Later\r\n"]}, {"dot": [b"554 5.7.1 No\r\n"]}],
    ids=["refused", "deferred", "refused after the letter"],
)
def test_the_next_letter_takes_the_same_connection_after_a_refusal(script: Script) -> None:
    with ScriptedRelay(script) as relay:
        [first, second] = sent(channel(relay.port), letter(1), letter(2))
    assert not isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert relay.connections == 1


@pytest.mark.parametrize("action", [Do.DROP, Do.HANG, b"500 What?\r\n", GARBAGE], ids=repr)
def test_a_connection_that_cannot_be_reset_is_replaced_and_changes_no_result(action: Action) -> None:
    with ScriptedRelay({"rcpt": [b"550 5.1.1 No\r\n"], "rset": action}) as relay:
        [first, second] = sent(channel(relay.port), letter(1), letter(2))
    assert isinstance(first, Refused)
    assert isinstance(second, Accepted)
    assert relay.connections == 2


@pytest.mark.parametrize("action", [Do.DROP, Do.RESET, b"421 4.4.2 Idle too long\r\n"], ids=repr)
def test_a_connection_that_ended_between_two_letters_is_opened_again(action: Action) -> None:
    with ScriptedRelay({"mail": [None, action]}) as relay:
        assert all(isinstance(result, Accepted) for result in sent(channel(relay.port), letter(1), letter(2)))
    assert relay.connections == 2
    assert len(relay.had) == 2


def test_what_is_written_is_what_arrives_whatever_its_lines_begin_with() -> None:
    content = b".\r\n..\r\n.a\r\n\r\n.\r\nQUIT\r\nRCPT TO:<x@y>\r\n.\r\n\r\n"
    with ScriptedRelay() as relay:
        assert isinstance(sent(channel(relay.port), letter(content=content))[0], Accepted)
    [(sender, recipient, arrived)] = relay.had
    assert arrived == content
    assert sender == f"MAIL FROM:<bounce+43-1-abc@example.org> SIZE={len(content) + 5}"
    assert recipient == "RCPT TO:<kim@example.com>"


@pytest.mark.parametrize(
    "recipient",
    ["a@b>\r\nRCPT TO:<c@d", "a@b\nc", "a@b> SIZE=1", "<a@b>", "a b@c", "a@b,c@d", "", "민수@example.com", "a@b\x00"],
)
def test_a_recipient_that_could_say_more_than_an_address_is_refused_in_words(recipient: str) -> None:
    with ScriptedRelay() as relay:
        [result] = sent(channel(relay.port), letter(recipient=recipient))
    assert isinstance(result, Refused)
    assert result.reason.startswith("the recipient's address ")
    assert not any(command.startswith(("MAIL", "RCPT")) for command in relay.commands)


def test_an_international_domain_is_named_by_its_a_label() -> None:
    with ScriptedRelay() as relay:
        sent(channel(relay.port), letter(recipient="kim@한국.kr"))
    assert relay.had[0][1] == "RCPT TO:<kim@xn--3e0b707e.kr>"


@pytest.mark.parametrize("content", [b"a\nb\r\n", b"a\rb\r\n", b"a", b"", b"\xea\r\n", b"a\0\r\n", b"a\r\n.\nMAIL\r\n"])
def test_content_that_could_be_read_as_something_else_stops_the_channel(content: bytes) -> None:
    with ScriptedRelay() as relay:
        assert isinstance(sent(channel(relay.port), letter(content=content))[0], ChannelDown)
    assert not any(command.startswith("MAIL") for command in relay.commands)


@pytest.mark.parametrize(
    "script",
    [
        {"starttls": Do.DROP},
        {"starttls": Do.HANG},
        {"starttls": b"220 Go\r\n250 injected\r\n"},
        {"starttls": b"454 4.7.0 Not now\r\n"},
        {"tls": Do.DROP},
        {"tls": Do.RESET},
        {"tls": Do.HANG},
    ],
    ids=str,
)
def test_a_connection_lost_while_it_is_secured_is_deferred(script: Script) -> None:
    with ScriptedRelay({"ehlo": b"250-relay.test\r\n250 STARTTLS\r\n"} | dict(script)) as relay:
        hurry = HURRIED if Do.HANG in script.values() else PATIENT
        [result] = sent(channel(relay.port, security="starttls", **hurry), letter())
    assert isinstance(result, Deferred)
    assert relay.had == []
