"""Quoted-printable in pieces is what everybody's decoder reads, however short or odd the piece."""

from __future__ import annotations

import quopri
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher.mail.quoted import is_sound, piece

_odd = st.sampled_from([".", "From ", "  ", " ", "\t", "=", "가", "\n", "~", "!", "😀", "\u00a0", "x" * 36, "é" * 12])


@settings(deadline=None, max_examples=400)
@given(st.lists(_odd | st.text(max_size=6), max_size=8).map("".join).filter(lambda text: "\r" not in text))
@example("x" * 75)
@example("x" * 76)
@example("x" * 72 + "가")
@example("=" * 25)
@example("=" * 26)
@example("가" * 8 + "x ")
@example("x =")
@example("= ")
def test_a_piece_stands_for_its_text_in_lines_that_no_mail_system_changes(text: str) -> None:
    try:
        octets = text.encode()
    except UnicodeEncodeError:
        return
    coded = piece(text)
    assert quopri.decodestring(coded.replace(b"\r\n", b"\n")) == octets
    assert coded.endswith(b"\r\n") if text else coded == b""
    assert is_sound(coded)
    for line in coded.split(b"\r\n"):
        assert len(line) <= 76
        assert not re.search(rb"  |\t| $|^From ", line)


@pytest.mark.parametrize(
    "octets", [b"a\n", b"a\r", b"\r\n.", b".\r\n", b"a\x00\r\n", b"\xea\r\n", b"a\r\n.b\r\n", b"\x7f", b"a\r\r\n"]
)
def test_what_the_wire_would_have_to_change_is_not_sound(octets: bytes) -> None:
    assert not is_sound(octets)


@pytest.mark.parametrize("octets", [b"", b"a.\r\n", b"a\tb\r\n .\r\n", b"=2E\r\n"])
def test_what_the_wire_may_send_as_it_is_is_sound(octets: bytes) -> None:
    assert is_sound(octets)
