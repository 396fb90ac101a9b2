"""A notice on the wire: whole, safe, and the same each time it is sent."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.config.values import Secret
from publisher.domain.message import Letter
from publisher.domain.notice import LINK, LINK_LASTS, Notice
from publisher.errors import RenderError
from publisher.mail.dkim import Keys
from publisher.mail.identity import ENTER, entered
from publisher.mail.notice import notice_letter
from publisher.mail.verp import read_return_path
from publisher.mail.writer import Identity
from tests.mail.signing import pem, verdicts
from tests.newsroom import THURSDAY

SECRET = b"s" * 32
BADGE = "3-0123456789abcdef"
IDENTITY = Identity("http://127.0.0.1:8000/ko", SECRET, "한입 뉴스 <letter@example.org>")
KOREAN = Notice(
    "43호 초안이 나왔습니다: 검색창이 말을 걸기 시작했다", f"안녕하세요\n{LINK}\n", f'<a href="{LINK}">열기</a>'
)


def letter(
    notice: Notice = KOREAN,
    *,
    recipient: str = "kim@example.org",
    notice_id: int = 7,
    identity: Identity = IDENTITY,
) -> Letter:
    return notice_letter(
        notice,
        notice_id=notice_id,
        link=identity.enter_url(BADGE, THURSDAY + LINK_LASTS, "/desk/issues/43"),
        recipient=recipient,
        made_at=THURSDAY,
        identity=identity,
    )


def read(sent: Letter) -> EmailMessage:
    return email.message_from_bytes(sent.content, policy=email.policy.default)


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_it_is_a_message_that_no_absence_answers_and_nobody_unsubscribes_from() -> None:
    message = read(letter())
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Subject"] == KOREAN.subject
    assert message["To"] == "kim@example.org"
    assert message["From"] == "한입 뉴스 <letter@example.org>"
    assert "List-Unsubscribe" not in message and "List-Unsubscribe-Post" not in message
    assert message.get_content_type() == "multipart/alternative"
    assert "안녕하세요" in body(message, "plain") and "열기" in body(message, "html")
    assert message.defects == []


def test_its_link_is_the_editors_own_and_leads_to_the_issue() -> None:
    message = read(letter())
    found = re.search(r"http://127\.0\.0\.1:8000/ko/desk/enter/([^?\s]+)\?to=/desk/issues/43", body(message, "plain"))
    assert found and found[0] in body(message, "html")
    assert entered(SECRET, ENTER, found[1], THURSDAY) == BADGE
    assert entered(SECRET, ENTER, found[1], THURSDAY + LINK_LASTS + timedelta(seconds=1)) is None
    assert LINK not in letter().content.decode()


def test_sent_again_it_is_the_same_message() -> None:
    assert letter() == letter()
    assert letter().message_id != letter(notice_id=8).message_id


def test_it_is_signed_where_letters_are(tmp_path: Path) -> None:
    for kind in ("rsa", "ed25519"):
        (tmp_path / f"{kind}.pem").write_text(pem(kind))
    keys = Keys("letter", "", (Secret("file:rsa.pem"), Secret("file:ed25519.pem")), tmp_path)
    signed = letter(identity=replace(IDENTITY, keys=keys))
    assert signed.content.endswith(letter().content)
    assert verdicts(signed.content) == [True, True]
    assert verdicts(signed.content.replace(b"Auto-Submitted", b"X-Submitted")) == [True, True]
    assert verdicts(signed.content.replace(b"Subject: =?utf-8?b?N", b"Subject: =?utf-8?b?M")) == [False, False]
    assert letter(identity=replace(IDENTITY, keys=keys)) == signed


def test_its_return_path_is_never_taken_for_a_readers() -> None:
    path = letter().return_path
    assert path.startswith("bounce+notice-7-") and len(path.partition("@")[0]) <= 64
    assert read_return_path(SECRET, path) is None


@settings(deadline=None)
@given(st.text(min_size=1), st.text(), st.text())
def test_whatever_it_holds_it_is_refused_or_fit_for_the_wire(subject: str, text: str, html: str) -> None:
    try:
        content = letter(Notice(subject, text, html)).content
    except RenderError as error:
        assert "U+" in error.message
        return
    assert letter(Notice(subject, text, html)).is_sound
    assert content.isascii() and b"\0" not in content
    assert not any(line.startswith(b".") for line in content.split(b"\r\n"))
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", content)
    assert max(map(len, content.split(b"\r\n"))) <= 78
    head = content.split(b"\r\n\r\n", 1)[0]
    assert re.findall(rb"^([A-Za-z-]+):", head, re.MULTILINE) == [
        b"Date", b"From", b"To", b"Subject", b"Message-ID", b"Auto-Submitted", b"MIME-Version", b"Content-Type",
    ]  # fmt: skip


@pytest.mark.parametrize("recipient", ["a@b.org\r\nBcc: x@y.org", "a b@example.org", "<a@example.org>", "no address"])
def test_an_address_that_could_break_out_is_refused(recipient: str) -> None:
    with pytest.raises(RenderError):
        letter(recipient=recipient)
