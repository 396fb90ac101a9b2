"""Header values as ASCII lines: RFC 5322 where the text allows it, RFC 2047 encoded words where it does not.

Every function refuses control characters and folds to 76 columns; only an address or an identifier may make a longer
line, and those are bounded far below 998.
"""

from __future__ import annotations

import re
from binascii import b2a_base64

from publisher.mail.address import Mailbox, refuse_controls

WIDTH = 76  # RFC 2047 2: a line that holds an encoded word
_WORD_FRAME = len("=?utf-8?b??=")
_LONGEST_WORD = 75

_READABLE = re.compile(r"[!-~]{1,60}(?: [!-~]{1,60})*")
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,60}(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,60})*")
_QUOTABLE = re.compile(r"[ -~]{1,48}")


def text_header(name: str, value: str) -> bytes:
    """`Name: value` with CRLF, for a header of free text such as Subject."""
    refuse_controls(value, name)
    column = len(name) + 2
    if _READABLE.fullmatch(value) and "=?" not in value:
        return f"{name}: {_folded(value, column)}\r\n".encode("ascii")
    return f"{name}: {_encoded_words(value, column)}\r\n".encode("ascii")


def mailbox_header(name: str, mailbox: Mailbox) -> bytes:
    """`Name: display name <address>` with CRLF, for From, To and Reply-To."""
    return mailbox_line(name, mailbox.name, mailbox.address)


def mailbox_line(name: str, phrase: str, address: str) -> bytes:
    """`mailbox_header` for an address that is in its wire form already."""
    return f"{name}: {named(phrase, f'<{address}>', name)}\r\n".encode("ascii")


def named(phrase: str, bracketed: str, header: str) -> str:
    """A phrase and then `<…>`, on a line of its own where the first is full; only `<…>` where there is no phrase."""
    if not phrase:
        return bracketed
    if not phrase.isprintable():
        refuse_controls(phrase, f"the name in {header}")
    shown = _phrase(phrase, len(header) + 2)
    column = len(header) + 2 + len(shown) if "\r\n" not in shown else len(shown.rpartition("\r\n")[2])
    gap = " " if column + 1 + len(bracketed) <= WIDTH else "\r\n "
    return f"{shown}{gap}{bracketed}"


def _phrase(text: str, column: int) -> str:
    if text.isascii() and "=?" not in text:
        if _PHRASE.fullmatch(text):
            return _folded(text, column)
        if _QUOTABLE.fullmatch(text) and text == text.strip():
            escaped = re.sub(r'([\\"])', r"\\\1", text)
            return f'"{escaped}"'
    return _encoded_words(text, column)


def _folded(text: str, column: int) -> str:
    """Words of at most 60 characters, folded at their single spaces."""
    if column + len(text) <= WIDTH:
        return text
    lines, line = [], ""
    for word in text.split(" "):
        if line and column + len(line) + 1 + len(word) > WIDTH:
            lines.append(line)
            line, column = word, 1
        else:
            line = f"{line} {word}" if line else word
    return "\r\n ".join([*lines, line])


def _encoded_words(text: str, column: int) -> str:
    """Base64 words of whole characters, one a line, each within 75 characters and its line within 76."""
    room = _room(column)
    whole = text.encode()
    if len(whole) <= room:
        return _word(whole)
    words, taken = [], bytearray()
    for character in text:
        octets = character.encode()
        if len(taken) + len(octets) > room:
            words.append(_word(taken))
            taken.clear()
            room = _room(1)
        taken += octets
    words.append(_word(taken))
    return "\r\n ".join(words)


def _room(column: int) -> int:
    return (min(WIDTH - column, _LONGEST_WORD) - _WORD_FRAME) // 4 * 3


def _word(octets: bytes | bytearray) -> str:
    return f"=?utf-8?b?{b2a_base64(octets, newline=False).decode()}?="
