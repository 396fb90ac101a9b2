"""Bytes to text, whatever is declared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.editorial.charset import decode

KOREAN = "똠방각하 펲시콜라: 한입 뉴스"


@pytest.mark.parametrize(
    "declared", ["euc-kr", "EUC_KR", "ks_c_5601-1987", "KSC5601", "cp949", "windows-949", "utf-8", "x-none", ""]
)
def test_cp949_is_read_under_every_name_it_goes_by(declared: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?>{KOREAN}'
    assert decode(text.encode("cp949")) == text


@pytest.mark.parametrize(
    "declared", ["euc-kr", "iso-8859-1", "utf-16", "us-ascii", "base64", "unicode_escape", "utf-7"]
)
def test_utf8_is_utf8_whatever_is_declared(declared: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?>{KOREAN} \\u0041 +ADw-'
    assert decode(text.encode()) == text
    assert decode(text.encode(), f"text/xml; charset={declared}") == text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be"])
def test_marked_and_two_byte_text_is_read_without_its_mark(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="utf-16"?>{KOREAN}'
    assert decode(text.encode(encoding)) == text


def test_what_the_server_declares_comes_before_what_the_document_declares() -> None:
    text = '<?xml version="1.0" encoding="euc-kr"?>日本語のテスト'
    assert decode(text.encode("cp932"), "text/xml; charset=Shift_JIS") == text


@pytest.mark.parametrize("words", ["“Déjà vu” à la carte, naïve café", "La revue créée"])  # the second is valid CP949
def test_a_western_page_is_not_taken_for_korean(words: str) -> None:
    text = f'<?xml version="1.0" encoding="utf-8"?>{words}'
    assert decode(text.encode("cp1252")) == text


def test_a_seven_bit_charset_is_not_taken_for_utf8() -> None:
    assert decode("한입 뉴스".encode("iso2022_kr"), "text/xml; charset=iso-2022-kr") == "한입 뉴스"


def test_one_bad_byte_costs_one_character() -> None:
    assert decode(KOREAN.encode() + b"\xff" + KOREAN.encode()) == f"{KOREAN}\ufffd{KOREAN}"
    assert decode((KOREAN * 5).encode("cp949") + b"\xff " + b"abc").startswith(KOREAN * 5)


@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
def test_a_character_cut_in_two_at_the_end_is_left_out(encoding: str) -> None:
    assert decode(KOREAN.encode(encoding)[:-1], f"a/b; charset={encoding}") == KOREAN[:-1]


@given(st.binary(max_size=300), st.text(max_size=30))
def test_no_bytes_break_it(content: bytes, content_type: str) -> None:
    assert isinstance(decode(content, content_type), str)


@given(st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]).filter(lambda c: c != "\ufeff")))
def test_utf8_is_never_changed(text: str) -> None:
    assert decode(text.encode()) == text
