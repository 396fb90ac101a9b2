"""A letter as a mail program shows it: its headers, its texts, its pictures, and the way to leave.

What is in a letter is never trusted: its HTML is only ever shown in a sandboxed frame (`framed`), and leaving goes to
this demo's own address or nowhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message

import requests

_PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_DOCTYPE = re.compile(r"\s*<!doctype[^>]*>", re.IGNORECASE)
_SECONDS = 10


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
    message = message_from_bytes(content)
    headers = tuple((name, _decoded(value)) for name, value in message.items())
    said = {name.lower(): value for name, value in reversed(headers)}
    return Letter(
        subject=said.get("subject", ""),
        sender=said.get("from", ""),
        recipient=said.get("to", ""),
        headers=headers,
        html=_part(message, "text/html"),
        text=_part(message, "text/plain"),
        raw=content.decode("utf-8", "replace"),
        leave_url=_leave_url(said),
    )


def head(content: bytes) -> tuple[str, str]:
    """Subject and sender alone, for a list of many letters."""
    end = re.search(rb"\r?\n\r?\n", content)
    message = message_from_bytes(content[: end.end()] if end else content)
    return _decoded(message.get("Subject", "")), _decoded(message.get("From", ""))


def picture(content: bytes, content_id: str) -> tuple[bytes, str] | None:
    """A picture that the letter carries with it, and its type."""
    for part in message_from_bytes(content).walk():
        if str(part.get("Content-ID", "")).strip().strip("<>") == content_id and part.get_content_type() in _PICTURES:
            payload = part.get_payload(decode=True)
            return (payload, part.get_content_type()) if isinstance(payload, bytes) else None
    return None


def framed(html: str, pictures: str) -> str:
    """The HTML as the frame gets it: its links open beside the inbox, its own pictures are at `pictures` + their id."""
    html = re.sub(r"\bcid:([\w.@+-]+)", lambda match: f"{pictures}{match[1]}", html)
    doctype = _DOCTYPE.match(html)
    end = doctype.end() if doctype else 0
    # The first <base> with a target counts (HTML, 4.2.3), so it stands before anything of the letter's own.
    return f'{html[:end]}<base target="_blank">{html[end:]}'


def leave(url: str, home: str) -> bool:
    """Leave as a mail program does: one POST, no cookie, no redirect. Whether it was taken; only under `home`."""
    if not url.startswith(f"{home}/leave/"):
        return False
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(
            url, data={"List-Unsubscribe": "One-Click"}, timeout=_SECONDS, allow_redirects=False, stream=True
        )
        return answer.status_code == 200


def _leave_url(said: dict[str, str]) -> str:
    if said.get("list-unsubscribe-post", "").strip() != "List-Unsubscribe=One-Click":
        return ""
    found = re.search(r"<(https?://[^<>\s]+)>", said.get("list-unsubscribe", ""))
    return found[1] if found else ""


def _part(message: Message, kind: str) -> str:
    for part in message.walk():
        if part.get_content_type() == kind and part.get_content_disposition() != "attachment":
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            try:
                return payload.decode(part.get_content_charset("utf-8"), "replace")
            except LookupError:
                return payload.decode("utf-8", "replace")
    return ""


def _decoded(value: object) -> str:
    text = re.sub(r"\r?\n[ \t]", " ", str(value))
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, ValueError):
        return text
