"""What every channel for mail owes the engine, whatever its kind: run over each of them."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from publisher.channels import MailChannel, folder, smtp
from publisher.domain.message import Accepted, Deferred, Letter, Refused, SendResult, Unknown
from publisher.errors import ChannelDown
from publisher.mail.message import LetterTemplate, Reader
from tests.channels.smtp_servers import Do, Inbox, Script, ScriptedRelay, real_relay

TEMPLATE = LetterTemplate.compile(
    subject="검색창이 말을 걸기 시작했다",
    html="<p>안녕하세요</p>",
    text="안녕하세요\n",
    sender_from="한입 뉴스 <letter@example.org>",
    list_id="weekly.example.org",
    date=datetime(2026, 5, 29, tzinfo=UTC),
)


def letter(delivery_id: int) -> Letter:
    reader = Reader(delivery_id, f"reader{delivery_id}@example.com", "김민수")
    identifier = f"<issue-43-{delivery_id}-0123456789abcdef@example.org>"
    return TEMPLATE.letter(
        delivery_id, reader, "https://example.org/leave/7.a", identifier, "bounce+43-7-a@example.org"
    )


@dataclass
class Set:
    """A channel in a situation, and how to see what arrived."""

    channel: MailChannel
    arrived: Callable[[], list[bytes]]


def _smtp(port: int, root: Path, **changed: Any) -> smtp.Smtp:
    options = {
        "name": "letter", "kind": "smtp", "host": "127.0.0.1", "port": port, "security": "none", "lists": ["weekly"],
        "connections": 3, "timeout": "10s", "deadline": "20s",
    }  # fmt: skip
    return smtp.Smtp(smtp.Options.model_validate(options | changed), root=root)


@contextlib.contextmanager
def _usual_smtp(root: Path) -> Iterator[Set]:
    authority, context, inbox = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), Inbox()
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(root / "ca.pem")

    def arrived() -> list[bytes]:
        contents = [envelope.content for envelope in inbox.envelopes]
        return [content for content in contents if isinstance(content, bytes)]

    with real_relay(inbox, "starttls", context) as port:
        yield Set(_smtp(port, root, security="starttls", ca_file="ca.pem"), arrived)


def _scripted(script: Script) -> Callable[[Path], AbstractContextManager[Set]]:
    @contextlib.contextmanager
    def situation(root: Path) -> Iterator[Set]:
        with ScriptedRelay(script) as relay:
            yield Set(_smtp(relay.port, root), lambda: [content for _, _, content in relay.had])

    return situation


@contextlib.contextmanager
def _nobody(root: Path) -> Iterator[Set]:
    with ScriptedRelay() as relay:
        port = relay.port
    yield Set(_smtp(port, root), list)


@contextlib.contextmanager
def _usual_folder(root: Path) -> Iterator[Set]:
    options = folder.Options(name="out", kind="folder", path="out")
    files = root / "out" / "letters"
    yield Set(folder.FolderMail(options, root=root), lambda: [path.read_bytes() for path in files.glob("*.eml")])


@contextlib.contextmanager
def _blocked_folder(root: Path) -> Iterator[Set]:
    (root / "out").write_text("a file is in the way")
    with _usual_folder(root) as usual:
        yield usual


USUAL = {"smtp": _usual_smtp, "folder": _usual_folder}
DOWN = {
    "smtp: nobody there": _nobody,
    "smtp: refused": _scripted({"mail": b"550 5.7.1 Blocked\r\n"}),
    "folder": _blocked_folder,
}
REFUSED = {"smtp": _scripted({"rcpt": b"550 5.1.1 User unknown\r\n"})}  # a folder refuses nobody
DEFERRED = {
    "smtp: throttled": _scripted({"mail": b"421 4.7.0 Slow down\r\n"}),
    "smtp: greylisted": _scripted({"rcpt": b"450 4.2.0 Come again\r\n"}),
}
LOST = {"smtp": _scripted({"dot": Do.RESET})}  # a folder's answer cannot be lost


def outcomes(channel: MailChannel, *letters: Letter) -> list[SendResult | ChannelDown]:
    """What became of each letter, in order; a channel that cannot be opened is down for all."""
    try:
        session = channel.open()
    except ChannelDown as down:
        return [down] * len(letters)
    found: list[tuple[int, SendResult | ChannelDown]] = []
    try:
        for at in range(0, len(letters), session.capacity):
            group = letters[at : at + session.capacity]
            for each in group:
                session.put(each)
            before = len(found)
            while len(found) - before < len(group):
                found += session.take()
        assert list(session.take()) == []
    finally:
        session.close()
    assert sorted(number for number, _ in found) == sorted(each.delivery_id for each in letters)
    return [result for _, result in sorted(found, key=lambda pair: pair[0])]


def _each(situations: dict[str, Any]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("situation", list(situations.values()), ids=list(situations))


@_each(USUAL)
def test_every_letter_arrives_byte_for_byte_and_is_accepted_with_a_receipt(situation: Any, tmp_path: Path) -> None:
    letters = [letter(number) for number in range(1, 20)]
    with situation(tmp_path) as found:
        results = outcomes(found.channel, *letters)
        assert all(isinstance(result, Accepted) and result.receipt for result in results)
        assert sorted(found.arrived()) == sorted(each.content for each in letters)


@_each(USUAL)
def test_a_letter_sent_twice_is_twice_the_same_or_once_there(situation: Any, tmp_path: Path) -> None:
    with situation(tmp_path) as found:
        for _ in range(2):
            [result] = outcomes(found.channel, letter(1))
            assert isinstance(result, Accepted)
        assert set(found.arrived()) == {letter(1).content}
        assert 1 <= len(found.arrived()) <= 2


@_each(REFUSED)
def test_a_reader_who_is_refused_is_refused_with_a_reason_and_no_address(situation: Any, tmp_path: Path) -> None:
    with situation(tmp_path) as found:
        [result] = outcomes(found.channel, letter(1))
        assert isinstance(result, Refused)
        assert result.reason
        assert "reader1@example.com" not in result.reason
        assert found.arrived() == []


@_each(DEFERRED)
def test_not_now_is_deferred_with_a_reason_and_nothing_arrives(situation: Any, tmp_path: Path) -> None:
    with situation(tmp_path) as found:
        results = outcomes(found.channel, letter(1), letter(2))
        assert all(isinstance(result, Deferred) and result.reason for result in results)
        assert found.arrived() == []


@_each(DOWN)
def test_a_channel_that_cannot_work_says_why_and_no_letter_left(situation: Any, tmp_path: Path) -> None:
    with situation(tmp_path) as found:
        results = outcomes(found.channel, letter(1), letter(2), letter(3))
        assert all(isinstance(result, ChannelDown) and result.channel == found.channel.name for result in results)
        assert found.arrived() == []


@_each(LOST)
def test_a_lost_answer_is_unknown_and_never_a_guess(situation: Any, tmp_path: Path) -> None:
    with situation(tmp_path) as found:
        [result] = outcomes(found.channel, letter(1))
        assert isinstance(result, Unknown)
        assert found.arrived() == [letter(1).content]


@_each(USUAL)
def test_a_session_without_a_letter_opens_and_closes(situation: Any, tmp_path: Path) -> None:
    with situation(tmp_path) as found:
        assert outcomes(found.channel) == []
        session = found.channel.open()
        assert session.capacity >= 1
        session.close()
