"""A letter as a mail program shows it: its headers, its texts, its pictures, and the way to leave.

What is in a letter is never trusted: its HTML is only ever shown in a sandboxed frame (`framed`), and leaving goes to
this demo's own address or nowhere. Whatever a letter is made of, reading it never fails: what cannot be taken apart is
shown as it came.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser

import requests

_PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_DOCTYPE = re.compile(r"\s*<!doctype[^>]*>", re.IGNORECASE)
_LEAVE = re.compile(r"/leave/[a-z0-9-]+\.[a-z2-7]+")  # the form of a token (`domain/token`)
_SECONDS = 10

# Encodings of Python, not of mail.
_NOT_OF_MAIL = ("idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape")
# What the standard library is known to raise for mail that is made to break it.
_UNREADABLE = (LookupError, ValueError, MessageError, RecursionError)


@dataclass(frozen=True, slots=True)
class Letter:
    """`leave_url` is empty where the letter offers no leaving by one click (RFC 8058)."""

    subject: str
    sender: str
    recipient: str
    headers: tuple[tuple[str, str], ...]
    html: str
    text: str
    raw: str
    leave_url: str


def read(content: bytes) -> Letter:
    headers = _headers(content)
    said = {name.lower(): value for name, value in reversed(headers)}
    raw = content.decode("utf-8", "replace")
    try:
        message = message_from_bytes(content)
        html, text = _part(message, "text/html"), _part(message, "text/plain")
    except _UNREADABLE:
        html, text = "", raw
    return Letter(
        subject=said.get("subject", ""),
        sender=said.get("from", ""),
        recipient=said.get("to", ""),
        headers=headers,
        html=html,
        text=text,
        raw=raw,
        leave_url=_leave_url(said),
    )


def head(content: bytes) -> tuple[str, str]:
    """Subject and sender alone, for a list of many letters."""
    said = {name.lower(): value for name, value in reversed(_headers(content))}
    return said.get("subject", ""), said.get("from", "")


def picture(content: bytes, content_id: str) -> tuple[bytes, str] | None:
    """A picture that the letter carries with it, and its type."""
    try:
        for part in message_from_bytes(content).walk():
            kind = part.get_content_type()
            if str(part.get("Content-ID", "")).strip().strip("<>") == content_id and kind in _PICTURES:
                payload = part.get_payload(decode=True)
                return (payload, kind) if isinstance(payload, bytes) else None
    except _UNREADABLE:
        return None
    return None


def framed(html: str, pictures: str) -> str:
    """The HTML as the frame gets it: its links open beside the inbox, its own pictures are at `pictures` + their id."""
    html = re.sub(r"\bcid:([\w.@+-]+)", lambda match: f"{pictures}{match[1]}", html)
    doctype = _DOCTYPE.match(html)
    end = doctype.end() if doctype else 0
    # The first <base> with a target counts (HTML, 4.2.3), so it stands before anything of the letter's own.
    return f'{html[:end]}<base target="_blank">{html[end:]}'


def leave(url: str, home: str) -> bool:
    """Leave as a mail program does: one POST, no cookie, no redirect. Whether it was taken.

    Only a leave link of `home`: this posts from the machine itself, so any other address would be the letter's deed.
    """
    if not url.startswith(home) or not _LEAVE.fullmatch(url.removeprefix(home)):
        return False
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.post(
                url, data={"List-Unsubscribe": "One-Click"}, timeout=_SECONDS, allow_redirects=False, stream=True
            )
        except requests.RequestException:
            return False
        return answer.status_code == 200


def _leave_url(said: dict[str, str]) -> str:
    if said.get("list-unsubscribe-post", "").strip() != "List-Unsubscribe=One-Click":
        return ""
    found = re.search(r"<(https?://[^<>\s]+)>", said.get("list-unsubscribe", ""))
    return found[1] if found else ""


def _headers(content: bytes) -> tuple[tuple[str, str], ...]:
    """Every header as it reads, however the body is made; none where even the head cannot be read."""
    end = re.search(rb"\r?\n\r?\n", content)
    try:
        message = BytesHeaderParser().parsebytes(content[: end.end()] if end else content)
        return tuple((name, _decoded(value)) for name, value in message.items())
    except _UNREADABLE:
        return ()


def _part(message: Message, kind: str) -> str:
    for part in message.walk():
        if part.get_content_type() == kind and part.get_content_disposition() != "attachment":
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                return _text(payload, part.get_content_charset("utf-8"))
    return ""


def _decoded(value: object) -> str:
    text = re.sub(r"\r?\n[ \t]", " ", str(value))
    try:
        parts = decode_header(text)
    except _UNREADABLE:
        return _whole(text)
    # What stands between encoded words comes with no charset, in an encoding that is the standard library's own.
    return "".join(
        _whole(part if isinstance(part, str) else part.decode("raw-unicode-escape", "replace"))
        if charset is None
        else _text(part, charset)
        for part, charset in parts
    )


def _text(payload: bytes, charset: str) -> str:
    """In an encoding that is known and may be in a mail, else in UTF-8; what it has not is shown as a replacement."""
    try:
        is_of_mail = codecs.lookup(charset).name not in _NOT_OF_MAIL
        return _whole(payload.decode(charset if is_of_mail else "utf-8", "replace"))
    except (LookupError, ValueError):
        return payload.decode("utf-8", "replace")


def _whole(text: str) -> str:
    """Without half characters (lone surrogates), which no page can be made of."""
    return text.encode("utf-8", "replace").decode("utf-8")
