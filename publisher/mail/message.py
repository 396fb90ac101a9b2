"""The split template: an issue's letter encoded once, and a reader's values merged into it.

`compile` once for an issue, `merge` once for a reader. What is merged is RFC 5322 with CRLF, seven bits wide, in lines
of at most 76 columns but for addresses and identifiers; it never depends on anything but its arguments, so a letter
that is sent again is the same letter.
"""

from __future__ import annotations

import base64
import hashlib
import html as markup
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import NamedTuple

from publisher.domain.message import LINK_SLOTS, READER_SLOTS, SLOT, Letter, without_marks
from publisher.errors import RenderError
from publisher.mail.address import Mailbox, is_plain, refuse_controls, wire_address
from publisher.mail.dkim import Signer, Signing
from publisher.mail.headers import mailbox_header, mailbox_line, named, text_header
from publisher.mail.quoted import is_sound, piece

_BODY_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_LINK = re.compile(r"https?://[!#-;=?-\[\]_a-z~]{1,880}")  # one line, RFC 8058 3.1: no fold, no bracket, no space
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,120}@[A-Za-z0-9.-]{1,120}>")
_LIST_ID = re.compile(r"(?:(?P<phrase>[^<>]*?)\s*<(?P<named>[A-Za-z0-9._-]{1,250})>|(?P<bare>[A-Za-z0-9._-]{1,250}))")
_SHOWN = re.compile(r' src="cid:([^"]*)"')
_CONTENT_ID = re.compile(r"[A-Za-z0-9._-]{1,120}@[A-Za-z0-9.-]{1,253}")
_MEDIA_TYPE = re.compile(r"image/[a-z0-9.+-]{1,40}")
_FEEDBACK_ID = re.compile(r"[!-~]{1,200}")
_HANGUL = re.compile("[\uac00-\ud7a3]")


class Reader(NamedTuple):
    """Whom a letter is for. `name` may be empty; then slots take their default."""

    subscriber_id: int
    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A picture that the letter carries; its HTML shows it as `cid:` and `content_id` (`DIGEST.jpg@example.org`)."""

    content_id: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class _Slot:
    """One kind of gap in the body: whose value, how it is written, and what stands there when there is none."""

    name: str
    is_html: bool
    default: bytes

    def fill(self, values: Mapping[str, str], encoded: dict[str, bytes]) -> bytes:
        """`encoded` keeps what was encoded before: most values are the same in HTML and in text."""
        value = values[self.name]
        if not value:
            return self.default
        if self.is_html and not value.isalnum():
            value = markup.escape(value)
        if value not in encoded:
            encoded[value] = piece(value)
        return encoded[value]


# Where in the parts of a letter that reader's own stand; the gaps of the body come after them.
_SIGNATURE, _TO, _SUBJECT, _IDENTIFIERS, _BODY = 0, 2, 3, 4, 6


@dataclass(frozen=True, slots=True)
class LetterTemplate:
    """One issue's letter, in `_parts`: those that differ between readers are empty, and `_gaps` names the slot of each
    that is in the body.

    `_subject` is empty where the subject has no slot: then it is among what is the same for all.
    """

    _parts: tuple[bytes, ...]
    _subject: tuple[str, ...]
    _gaps: tuple[tuple[int, int], ...]
    _slots: tuple[_Slot, ...]
    _signing: Signing | None
    _greets: bool
    _is_sound: bool

    @classmethod
    def compile(
        cls,
        *,
        subject: str,
        html: str,
        text: str,
        sender_from: str,
        date: datetime,
        reply_to: str = "",
        list_id: str = "",
        feedback_id: str = "",
        pictures: Sequence[Enclosure] = (),
        signer: Signer | None = None,
    ) -> LetterTemplate:
        """The template of these surfaces. Raises RenderError for anything that could not be sent to any reader.

        `sender_from` and `reply_to` are mailboxes; `list_id` is `Name <weekly.example.org>` or the identifier alone;
        `date` is the issue's release time, aware. `pictures` holds at least those that the HTML shows from the letter
        itself; the others are left out. A slot's default is raw text in `subject` and `text`, HTML in `html`.
        Without a `signer` the relay signs.
        """
        boundary, inner = _boundaries(text, html)
        body, gaps, slots = _body(text, html, boundary, inner, _enclosed(html, pictures))
        subject_parts = _subject_parts(subject)
        head = _head(sender_from, reply_to, list_id, feedback_id, date)
        varying = ["To", "Subject", "Message-ID", "List-Unsubscribe"]
        if len(subject_parts) == 1:
            head += text_header("Subject", subject)
            subject_parts = ()
            varying.remove("Subject")
        mime = _mime_head(boundary)
        parts = (b"", head, b"", b"", b"", mime + b"\r\n", *body)
        return cls(
            _parts=parts,
            _subject=subject_parts,
            _gaps=tuple((_BODY + place, index) for place, index in gaps),
            _slots=slots,
            _signing=signer.prepare(head + mime, varying, date, body[0]) if signer else None,
            _greets="first_name" in {*(slot.name for slot in slots), *subject_parts[1::3]},
            _is_sound=all(map(is_sound, parts)),
        )

    def merge(self, reader: Reader, leave_url: str, message_id: str, return_path: str) -> bytes:
        """One reader's letter. The return path goes into the envelope, not in here; it is checked beside the rest.

        Raises RenderError, which names the subscriber by number, for what no header or command may hold.
        """
        check_links(reader, leave_url, message_id, return_path)
        return self._written(reader, check_reader(reader), leave_url, message_id)

    def letter(self, delivery_id: int, reader: Reader, leave_url: str, message_id: str, return_path: str) -> Letter:
        """`merge` with its envelope, where `check_links` has let the links pass, or would."""
        address = check_reader(reader)
        content = self._written(reader, address, leave_url, message_id)
        is_sound = self._is_sound and address == reader.email
        return Letter(delivery_id, return_path, reader.email, message_id, content, is_sound)

    def _written(self, reader: Reader, address: str, leave_url: str, message_id: str) -> bytes:
        name = " ".join(reader.name.split())
        values = {
            "name": name,
            "first_name": first_name(name) if self._greets else "",
            "email": reader.email,
            "leave_url": leave_url,
        }
        parts = list(self._parts)
        parts[_TO] = mailbox_line("To", name, address)
        if self._subject:
            parts[_SUBJECT] = self._subject_line(values)
        parts[_IDENTIFIERS] = f"Message-ID: {message_id}\r\nList-Unsubscribe: <{leave_url}>\r\n".encode("ascii")
        encoded: dict[str, bytes] = {}
        filled = [slot.fill(values, encoded) for slot in self._slots]
        for place, index in self._gaps:
            parts[place] = filled[index]
        if self._signing:
            parts[_SIGNATURE] = self._signing.header(b"".join(parts[_TO : _IDENTIFIERS + 1]), parts[_BODY + 1 :])
        return b"".join(parts)

    @property
    def size(self) -> int:
        """The bytes of a letter, without what differs between readers."""
        return sum(map(len, self._parts))

    def _subject_line(self, values: Mapping[str, str]) -> bytes:
        fixed, names, defaults = self._subject[::3], self._subject[1::3], self._subject[2::3]
        filled = [values[name] or default for name, default in zip(names, defaults, strict=True)]
        return text_header("Subject", "".join(_woven(fixed, filled)))


def check_reader(reader: Reader) -> str:
    """The reader's address as the wire has it. Raises RenderError for what keeps their letter from being written."""
    if not reader.name.isprintable():
        refuse_controls(reader.name, f"subscriber {reader.subscriber_id}: the name")
    if is_plain(reader.email):
        return reader.email
    return wire_address(reader.email, f"subscriber {reader.subscriber_id}: the address")


def check_links(reader: Reader, leave_url: str, message_id: str, return_path: str) -> None:
    """Raise RenderError where one of them would not stay one short line, or would break out of it."""
    who = f"subscriber {reader.subscriber_id}"
    if not _LINK.fullmatch(leave_url):
        raise RenderError(f"{who}: the leave link is not a short http(s) address; correct base_url")
    if not _MESSAGE_ID.fullmatch(message_id):
        raise RenderError(f"{who}: the Message-ID is not of the form <id@domain>; correct the sender's domain")
    wire_address(return_path, f"{who}: the return path")


def first_name(name: str) -> str:
    """The first word of a name; a name in Hangul is written and spoken whole."""
    words = name.split()
    if not words:
        return ""
    return " ".join(words) if _HANGUL.search(name) else words[0]


def _subject_parts(subject: str) -> tuple[str, ...]:
    """Fixed text, slot, default, fixed text …, as `re.split` gives them."""
    parts = _split("subject", subject)
    for fixed in parts[::3]:
        refuse_controls(fixed, "the subject")
    for default in parts[2::3]:
        refuse_controls(default, "the default of a slot in the subject")
    if not subject.strip():
        raise RenderError("the subject is empty; give the issue a title")
    return parts


def _body(
    text: str, html: str, boundary: str, inner: str, pictures: Sequence[Enclosure]
) -> tuple[list[bytes], list[tuple[int, int]], tuple[_Slot, ...]]:
    """The two alternatives, text first: what is fixed and empty gaps by turns; which slot fills each gap; the slots.

    HTML that shows pictures of the letter's own is in one part with them (multipart/related, RFC 2387).
    """
    body = [b""]
    gaps: list[tuple[int, int]] = []
    slots: dict[_Slot, int] = {}
    for surface, content, is_html in (("text", text, False), ("html", html, True)):
        if is_html and pictures:
            body[-1] += _related_head(boundary, inner)
        body[-1] += _part_head(inner if is_html and pictures else boundary, is_html)
        for part in _body_parts(surface, content, is_html):
            if isinstance(part, _Slot):
                gaps.append((len(body), slots.setdefault(part, len(slots))))
                body += [b"", b""]
            else:
                body[-1] += part
    if pictures:
        shown = [_picture_part(inner, number, picture) for number, picture in enumerate(pictures, start=1)]
        body[-1] += b"".join([*shown, f"\r\n--{inner}--\r\n".encode()])
    body[-1] += f"\r\n--{boundary}--\r\n".encode()
    body[0] = body[0].removeprefix(b"\r\n")  # there is nothing before the first part
    return body, gaps, tuple(slots)


def _enclosed(html: str, pictures: Sequence[Enclosure]) -> tuple[Enclosure, ...]:
    """The pictures that the HTML shows, in the order in which it does. Raises RenderError for one that is not there."""
    given = {picture.content_id: picture for picture in pictures}
    shown = dict.fromkeys(_SHOWN.findall(html))
    for content_id in shown:
        if content_id not in given:
            raise RenderError(f"the letter's picture {content_id[:12]}… is not stored any more; render the issue anew")
        if not _CONTENT_ID.fullmatch(content_id) or not _MEDIA_TYPE.fullmatch(given[content_id].media_type):
            raise RenderError(f"the letter's picture {content_id[:12]}… has a name or type that no header may hold")
    return tuple(given[content_id] for content_id in shown)


def _body_parts(surface: str, content: str, is_html: bool) -> Iterator[bytes | _Slot]:
    content = content.replace("\r\n", "\n").replace("\r", "\n")
    content = content if content.endswith("\n") else f"{content}\n"
    found = _BODY_CONTROLS.search(content)
    if found:
        line = content.count("\n", 0, found.start()) + 1
        raise RenderError(f"the letter's {surface}, line {line}, holds U+{ord(found[0]):04X}; remove it")
    parts = _split(surface, content)
    for index in range(0, len(parts), 3):
        yield piece(parts[index])
        if index + 1 < len(parts):
            name, default = parts[index + 1], parts[index + 2]
            yield _Slot(name, is_html, piece(markup.escape(markup.unescape(default)) if is_html else default))


def _split(surface: str, content: str) -> tuple[str, ...]:
    parts = tuple(SLOT.split(content))
    for name in parts[1::3]:
        if name not in READER_SLOTS + LINK_SLOTS:
            raise RenderError(f"the letter's {surface} has a slot {name!r}, which no reader can fill; remove it")
    if any(without_marks(fixed) != fixed for fixed in parts[::3]):
        raise RenderError(f"the letter's {surface} has half a slot mark; write the slot again")
    return parts


def _woven(fixed: Iterable[str], filled: Iterable[str]) -> Iterator[str]:
    values = iter(filled)
    for text in fixed:
        yield text
        yield next(values, "")


def _head(sender_from: str, reply_to: str, list_id: str, feedback_id: str, date: datetime) -> bytes:
    if date.tzinfo is None:
        raise ValueError("the date of a letter has to be aware")
    lines = [f"Date: {format_datetime(date)}\r\n".encode()]
    lines.append(mailbox_header("From", Mailbox.parse(sender_from, "the sender")))
    if reply_to:
        lines.append(mailbox_header("Reply-To", Mailbox.parse(reply_to, "reply_to")))
    if list_id:
        lines.append(_list_id_line(list_id))
    if feedback_id:
        if not _FEEDBACK_ID.fullmatch(feedback_id):
            raise RenderError("the Feedback-ID is not plain ASCII without spaces; correct it")
        lines.append(f"Feedback-ID: {feedback_id}\r\n".encode())
    lines.append(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
    return b"".join(lines)


def _list_id_line(list_id: str) -> bytes:
    refuse_controls(list_id, "the List-Id")
    match = _LIST_ID.fullmatch(list_id.strip())
    if not match:
        raise RenderError('the List-Id is not of the form "Name <weekly.example.org>" (RFC 2919); correct it')
    identifier = match["named"] or match["bare"]
    return f"List-Id: {named(match['phrase'] or '', f'<{identifier}>', 'List-Id')}\r\n".encode("ascii")


def _boundaries(text: str, html: str) -> tuple[str, str]:
    """Outer and inner, a function of the content. "=_" never stands in quoted-printable or base64 (RFC 2045 6.7)."""
    digest = hashlib.sha256(f"{len(text)}:{text}{html}".encode(errors="replace")).hexdigest()
    return f"=_{digest[:32]}", f"=_{digest[32:]}"


def _mime_head(boundary: str) -> bytes:
    return f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n'.encode("ascii")


def _part_head(boundary: str, is_html: bool) -> bytes:
    kind = "html" if is_html else "plain"
    return (
        f"\r\n--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    ).encode("ascii")


def _related_head(boundary: str, inner: str) -> bytes:
    return (
        f'\r\n--{boundary}\r\nContent-Type: multipart/related; type="text/html";\r\n boundary="{inner}"\r\n'
    ).encode("ascii")


def _picture_part(inner: str, number: int, picture: Enclosure) -> bytes:
    name = f"picture-{number}.{picture.content_id.partition('@')[0].rpartition('.')[2]}"
    head = (
        f'\r\n--{inner}\r\nContent-Type: {picture.media_type}; name="{name}"\r\n'
        f"Content-Transfer-Encoding: base64\r\nContent-ID: <{picture.content_id}>\r\n"
        f'Content-Disposition: inline; filename="{name}"\r\n\r\n'
    )
    # encodebytes breaks at 76 columns, with "\n" alone.
    return head.encode("ascii") + base64.encodebytes(picture.content).replace(b"\n", b"\r\n")
