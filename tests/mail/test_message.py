"""A reader's letter is the surfaces with that reader's values in them, in bytes that every mail system bears."""

from __future__ import annotations

import email
import html as markup
import re
from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage, MIMEPart
from email.utils import parseaddr
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.domain.message import SLOT, slot
from publisher.errors import RenderError
from publisher.mail.message import Enclosure, LetterTemplate, Reader, first_name

DATE = datetime(2026, 5, 29, 7, 30, tzinfo=UTC)
LEAVE = "https://news.example.org/leave/7.abcdefghijklmnopqrstuvwxyz"
MESSAGE_ID = "<issue-43-7-0123456789abcdef@example.org>"
RETURN_PATH = "bounce+43-7-abc@example.org"
KIM = Reader(7, "minsu.kim@example.com", "김민수")

# Text a renderer may hand over: no control but the newline, no slot mark, no half of a surrogate pair.
_LETTERS = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ue000\ue001\ue002\u2028\u2029")
names = st.text(_LETTERS, max_size=120)
defaults = st.text(_LETTERS, max_size=30)
marks = st.builds(slot, st.sampled_from(["first_name", "name", "email", "leave_url"]), defaults)
_awkward = st.sampled_from(
    [".", "..", "\n.", " ", "  ", "\t", "From ", "=", "=_", "\n", "\n\n", "--", "가" * 30, "x" * 80]
)
surfaces = st.lists(st.text(st.one_of(_LETTERS, st.just("\n")), max_size=60) | marks | _awkward, max_size=12).map(
    "".join
)


def template(*pictures: Enclosure, **changed: str) -> LetterTemplate:
    written: dict[str, Any] = {
        "subject": "검색창이 말을 걸기 시작했다",
        "html": f'<p>안녕하세요, {slot("name", "독자")} 님</p><a href="{slot("leave_url")}">그만 받기</a>',
        "text": f"안녕하세요, {slot('name', '독자')} 님\n\n그만 받기: {slot('leave_url')}\n",
        "sender_from": "한입 뉴스 <letter@example.org>",
        "reply_to": "editor@example.org",
        "list_id": "한입 뉴스 <weekly.example.org>",
        "feedback_id": "43:weekly:publisher:example",
    }
    return LetterTemplate.compile(**(written | changed), date=DATE, pictures=pictures)


def merged(template: LetterTemplate, reader: Reader = KIM) -> bytes:
    return template.merge(reader, LEAVE, MESSAGE_ID, RETURN_PATH)


def one_line(text: str) -> str:
    return re.sub(r"[\n\t]", " ", text) + "!"


def parsed(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def part(content: bytes, kind: str) -> str:
    body = parsed(content).get_body((kind,))
    assert isinstance(body, MIMEPart)
    octets = body.get_payload(decode=True)
    assert isinstance(octets, bytes)
    return octets.decode().replace("\r\n", "\n")


def substituted(surface: str, reader: Reader, escape: bool) -> str:
    values = {"name": " ".join(reader.name.split()), "first_name": first_name(reader.name), "email": reader.email}
    values["leave_url"] = LEAVE

    def value(match: re.Match[str]) -> str:
        found = values[match[1]] or (markup.unescape(match[2]) if escape else match[2])
        return markup.escape(found) if escape else found

    return SLOT.sub(value, surface if surface.endswith("\n") else f"{surface}\n")


@settings(deadline=None)
@given(text=surfaces, html=surfaces, name=names)
def test_each_part_decodes_to_its_surface_with_the_readers_values_in_it(text: str, html: str, name: str) -> None:
    reader = Reader(7, "minsu.kim@example.com", name)
    content = merged(template(text=text, html=html), reader)
    assert part(content, "plain") == substituted(text, reader, escape=False)
    assert part(content, "html") == substituted(html, reader, escape=True)


@settings(deadline=None)
@given(text=surfaces, html=surfaces, subject=surfaces, name=names)
def test_no_value_can_make_a_line_that_a_mail_system_would_change(
    text: str, html: str, subject: str, name: str
) -> None:
    subject = one_line(subject)
    content = merged(template(text=text, html=html, subject=subject), Reader(7, "a@example.com", name))
    lines = content.split(b"\r\n")
    assert content.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", content)
    assert all(len(line) <= 76 or line.startswith(b"List-Unsubscribe: ") for line in lines)
    body = content.partition(b"\r\n\r\n")[2]
    for line in body.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
        assert not line.endswith((b" ", b"\t"))
        assert b"  " not in line
        assert b"\t" not in line
    assert body.endswith(b"--\r\n")
    assert not body.endswith(b"\r\n\r\n")


@settings(deadline=None)
@given(subject=surfaces, name=names)
def test_the_standard_library_reads_every_header_back_without_a_defect(subject: str, name: str) -> None:
    subject = one_line(subject)
    reader = Reader(7, "a@example.com", name)
    message = parsed(merged(template(subject=subject), reader))
    assert message.defects == []
    assert [header for header in message.values() if header.defects] == []
    assert message["Subject"] == substituted(subject, reader, escape=False).rstrip("\n")
    # The newer parser of Python 3.11 puts a space between two encoded words of a phrase, against RFC 2047 6.2.
    raw = email.message_from_bytes(merged(template(subject=subject), reader))["To"].replace("\r\n", "")
    shown, address = parseaddr(raw)
    assert address == message["To"].addresses[0].addr_spec == "a@example.com"
    assert str(make_header(decode_header(shown))) == " ".join(name.split())


def test_a_letter_carries_the_headers_that_receivers_ask_for() -> None:
    message = parsed(merged(template()))
    assert message["From"] == "한입 뉴스 <letter@example.org>"
    assert message["To"] == "김민수 <minsu.kim@example.com>"
    assert message["Reply-To"] == "editor@example.org"
    assert message["Subject"] == "검색창이 말을 걸기 시작했다"
    assert message["Date"].datetime == DATE
    assert message["Message-ID"] == MESSAGE_ID
    assert message["List-Unsubscribe"] == f"<{LEAVE}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert str(message["List-Id"]).endswith("<weekly.example.org>")
    assert message["Feedback-ID"] == "43:weekly:publisher:example"
    assert message["MIME-Version"] == "1.0"
    assert len(message.keys()) == len(set(message.keys()))
    assert [kind.get_content_type() for kind in message.iter_parts()] == ["text/plain", "text/html"]


def test_the_unsubscribe_address_stands_on_one_line_however_long_it_is() -> None:
    long = "https://news.example.org/leave/" + "a" * 800
    content = template().merge(KIM, long, MESSAGE_ID, RETURN_PATH)
    assert f"\r\nList-Unsubscribe: <{long}>\r\n".encode() in content
    assert max(map(len, content.split(b"\r\n"))) <= 998


def test_the_same_arguments_make_the_same_letter() -> None:
    assert merged(template()) == merged(template())


def test_a_reader_without_a_name_gets_the_default_in_every_part() -> None:
    letter = template(
        subject=f"{slot('first_name', '독자')} 님께", html=f"<p>{slot('first_name', 'R&amp;D <team>')}</p>"
    )
    content = merged(letter, Reader(7, "a@example.com", "  "))
    assert parsed(content)["Subject"] == "독자 님께"
    assert "독자 님" in part(content, "plain")
    assert part(content, "html") == "<p>R&amp;D &lt;team&gt;</p>\n"


def test_a_name_in_the_html_is_text_and_never_markup() -> None:
    content = merged(template(), Reader(7, "a@example.com", '<script>alert("1")</script>'))
    assert "<script>" not in part(content, "html")
    assert '<script>alert("1")</script>' in part(content, "plain")


def test_a_value_that_looks_like_a_slot_stays_text() -> None:
    content = merged(template(), Reader(7, "a@example.com", "{{leave_url}} {{email}}"))
    assert "{{leave_url}} {{email}} 님" in part(content, "plain")


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Ada Lovelace", "Ada"),
        ("김민수", "김민수"),
        ("김 민수", "김 민수"),
        ("  Grace  Hopper ", "Grace"),
        ("", ""),
        (" ", ""),
    ],
)
def test_the_first_name_is_the_first_word_but_hangul_stays_whole(name: str, first: str) -> None:
    assert first_name(name) == first


@pytest.mark.parametrize("bad", ["\x00", "\r\nBcc: x@example.com", "\n", "\x1b", "\x7f", "\x85", "\u2028", "\ud800"])
@pytest.mark.parametrize("source", ["name", "email", "leave_url", "message_id", "return_path"])
def test_a_control_character_is_refused_in_every_source_of_a_reader(source: str, bad: str) -> None:
    reader = {"email": "a@example.com", "name": "Ada"}
    links = {"leave_url": LEAVE, "message_id": MESSAGE_ID, "return_path": RETURN_PATH}
    for values in (reader, links):
        if source in values:
            values[source] = values[source][:1] + bad + values[source][1:]
    with pytest.raises(RenderError, match="subscriber 7") as raised:
        template().merge(Reader(7, **reader), **links)
    assert "a@example.com" not in raised.value.message


@pytest.mark.parametrize("bad", ["\x00", "\r\nBcc: x@example.com", "\n", "\x1b", "\x7f", "\x9f", "\u2029", "\udfff"])
@pytest.mark.parametrize("source", ["subject", "sender_from", "reply_to", "list_id", "feedback_id"])
def test_a_control_character_is_refused_in_every_source_of_an_issue(source: str, bad: str) -> None:
    values = {"subject": "s", "sender_from": "N <a@b.example>", "reply_to": "a@b.example", "list_id": "N <a.b>"}
    with pytest.raises(RenderError):
        template(**{source: values.get(source, "1:2")[:1] + bad + values.get(source, "1:2")[1:]})


@pytest.mark.parametrize("surface", ["text", "html"])
@pytest.mark.parametrize("bad", ["\x00", "\x0b", "\x1b", "\x85", "\ud800"])
def test_a_control_character_in_a_body_is_refused_with_its_line(surface: str, bad: str) -> None:
    with pytest.raises(RenderError, match=rf"letter's {surface}, line 2, holds U\+{ord(bad):04X}"):
        template(**{surface: f"one\n{bad}two"})


@pytest.mark.parametrize("half", ["\ue000name", "\ue001", "\ue002", "\ue000name\ue002x"])
def test_half_a_slot_mark_can_reach_no_reader(half: str) -> None:
    for surface in ("subject", "text", "html"):
        with pytest.raises(RenderError, match="half a slot mark"):
            template(**{surface: f"a {half} b"})


def test_a_slot_that_nobody_can_fill_is_refused_by_name() -> None:
    with pytest.raises(RenderError, match="'password', which no reader can fill"):
        template(text="\ue000password\ue002\ue001")


def test_an_empty_subject_is_refused() -> None:
    with pytest.raises(RenderError, match="subject is empty"):
        template(subject=" ")


def test_an_international_domain_goes_out_as_its_a_label() -> None:
    content = merged(template(), Reader(7, "kim@한국.kr", "김"))
    assert b"<kim@xn--3e0b707e.kr>" in content


@pytest.mark.parametrize(
    ("reader", "words"),
    [
        (Reader(8, "민수@example.com"), "subscriber 8: .*letters outside ASCII before the @"),
        (Reader(9, "no at sign"), "subscriber 9: "),
        (Reader(10, "a@example.com", "x\x00"), r"subscriber 10: .*U\+0000"),
    ],
)
def test_a_reader_whose_letter_cannot_be_written_is_named_by_number_with_the_reason(reader: Reader, words: str) -> None:
    with pytest.raises(RenderError, match=words):
        merged(template(), reader)


def test_a_letter_has_the_envelope_of_its_reader() -> None:
    letter = template().letter(3, KIM, LEAVE, MESSAGE_ID, RETURN_PATH)
    assert (letter.delivery_id, letter.recipient, letter.return_path) == (3, KIM.email, RETURN_PATH)
    assert letter.content == merged(template())
