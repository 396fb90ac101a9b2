"""What the wire asks of a letter whose writer did not say that it is sound (`domain/message.py`)."""

from __future__ import annotations

from publisher.domain.message import Letter
from publisher.errors import RenderError
from publisher.mail.address import wire_address


def unsound(letter: Letter) -> str:
    """What is our own fault in a letter, in words: no letter of this issue is better. Nothing for a sound one."""
    try:
        wire_address(letter.return_path, "the return path")
    except RenderError as error:
        return error.message
    content = letter.content
    ends = content.count(b"\r\n")
    if not content.endswith(b"\r\n") or content.count(b"\n") != ends or content.count(b"\r") != ends:
        return "a letter has a line that does not end in CRLF; nothing was sent, report this"
    if not content.isascii() or b"\0" in content:
        return "a letter has an octet that mail cannot carry; nothing was sent, report this"
    return ""


def stuffed(content: bytes) -> bytes:
    """RFC 5321 4.5.2. A sound letter has no line that begins with a dot."""
    content = content.replace(b"\r\n.", b"\r\n..")
    return b"." + content if content.startswith(b".") else content
