"""Quoted-printable in pieces that can be joined: each begins and ends at the start of a line.

A piece ends in a soft break, so static text is encoded once for an issue and a reader's value alone, and whatever the
value is no line grows over 76 columns (RFC 2045 6.7). Beyond the RFC: "." and "From " at the start of a line, tabs, and
the second of two spaces are encoded, so that neither dot-stuffing, nor mailbox files, nor DKIM's relaxed
canonicalisation changes a byte.
"""

from __future__ import annotations

import re
from binascii import b2a_qp

WIDTH = 76
_SOFT_BREAK = b"=\r\n"

_CODED_FIRST = (".", "From ")
_CODED = tuple(
    bytes([octet]) if octet == 0x20 or (0x21 <= octet <= 0x7E and octet != 0x3D) else b"=%02X" % octet
    for octet in range(256)
)
_UNSOUND = re.compile(rb"[^\t\r\n -~]|(?<!\r)\n|\r(?!\n)|(?:\A|\n)\.")


def piece(text: str) -> bytes:
    """`text`, in which a line ends with "\\n", encoded from the start of a line to the start of a line."""
    # A reader's name or address, nearly always: one short line, for which the standard library's encoding is this one.
    if 0 < len(text) < WIDTH and text.isprintable() and not text.startswith(_CODED_FIRST) and "  " not in text:
        octets = text.encode()
        coded = octets if "=" not in text and text.isascii() else b2a_qp(octets)
        if len(coded) < WIDTH and not text.endswith(" "):
            return coded + _SOFT_BREAK
    return _lines(text)


def is_sound(octets: bytes) -> bool:
    """Whether no mail system has to change them: seven bits wide, no NUL, CRLF alone, no "." at the start of a line."""
    return not _UNSOUND.search(octets)


def _lines(text: str) -> bytes:
    *lines, rest = text.encode().split(b"\n")
    whole = b"".join(_line(line, b"\r\n") for line in lines)
    return whole + _line(rest, _SOFT_BREAK) if rest else whole


def _line(line: bytes, end: bytes) -> bytes:
    """One line and its end, broken softly into as many as it needs."""
    coded = b"".join(map(_CODED.__getitem__, line))
    coded = re.sub(rb"(?<= ) ", b"=20", coded)
    if coded.endswith(b" ") and end == b"\r\n":
        coded = coded[:-1] + b"=20"
    parts, at = [], 0
    while True:
        start, at = _start(coded, at)
        stop = _stop(coded, at, at + WIDTH - 1 - len(start))
        parts.append(start + coded[at:stop])
        if stop == len(coded):
            return _SOFT_BREAK.join(parts) + end
        at = stop


def _start(coded: bytes, at: int) -> tuple[bytes, int]:
    """What has to stand at the start of this line in place of its first character."""
    if coded.startswith(b".", at):
        return b"=2E", at + 1
    if coded.startswith(b"From ", at):
        return b"=46", at + 1
    return b"", at


def _stop(coded: bytes, at: int, stop: int) -> int:
    """The last place up to `stop` that does not cut an encoded octet in two."""
    if stop >= len(coded):
        return len(coded)
    cut = coded.rfind(b"=", stop - 2, stop)
    return stop if cut < 0 else cut
