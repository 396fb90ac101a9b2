"""What an editor compares with the source: numbers, names and quotations, marked in both."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.editorial.marks import Kind, new, stretches

KOREAN = (
    "바람골 도서관이 지난 3월 지붕에 태양광 판을 12만 장 올렸다. 김소라 대표는 "
    "“맑은 날이면 계량기가 거꾸로 돈다”고 말했다. OpenAI의 GPT-4가 1조 2,000억 원을 썼고 한국은행은 3.5% 올렸다."
)
ENGLISH = (
    "The library of Windmere spent $2.4 million. “It works,” said Mayor Ann Li on Monday. "
    "The Bank of England cut 0.25 per cent. A man left."
)


def marked(text: str, kind: Kind) -> list[str]:
    return [one.text for one in stretches(text) if one.kind is kind]


def test_numbers_come_with_their_units() -> None:
    assert marked(KOREAN, Kind.NUMBER) == ["3", "12만", "1조 2,000억 원", "3.5%"]
    assert marked(ENGLISH, Kind.NUMBER) == ["$2.4 million", "0.25 per cent"]


def test_quotations_are_marked_with_their_marks() -> None:
    assert marked(KOREAN, Kind.QUOTE) == ["“맑은 날이면 계량기가 거꾸로 돈다”"]
    assert marked("그는 「바람」이라고 했다. It’s Kim’s bus.", Kind.QUOTE) == ["「바람」"]


def test_names_are_told_by_how_they_are_written() -> None:
    assert marked(KOREAN, Kind.NAME) == ["김소라", "OpenAI", "GPT-4", "한국은행"]
    assert marked(ENGLISH, Kind.NAME) == ["Windmere", "Mayor Ann Li", "Monday", "The Bank of England"]


@pytest.mark.parametrize(
    ("own", "source"),
    [
        ("120,000장", "12만 장"),
        ("1조2000억원", "1조 2,000억 원"),
        ("3.5퍼센트", "3.5%"),
        ("15억 달러", "$1.5 billion"),
        ("김 소라 대표가", "김소라 대표는"),
        ("“맑은 날이면, 계량기가 거꾸로 돈다”", "‘맑은 날이면 계량기가 거꾸로 돈다’"),
        ("2,000 people", "2000명"),
    ],
)
def test_the_same_thing_written_otherwise_is_nothing_new(own: str, source: str) -> None:
    assert new(own, source) == []


@pytest.mark.parametrize(
    ("own", "source", "found"),
    [
        ("4%가 올랐다", "3.5% 올랐다", ["4%"]),
        ("12만 달러", "12만 원", ["12만 달러"]),
        ("Google이 말했다", "OpenAI가 말했다", ["Google"]),
        ("그는 “없는 말”이라고 했다", "그는 그런 적이 없다고 말했다", ["“없는 말”"]),
        ("1.5 billion", "1.5 million", ["1.5 billion"]),
    ],
)
def test_what_the_source_does_not_say_stands_out(own: str, source: str, found: list[str]) -> None:
    assert [one.text for one in new(own, source)] == found


@given(st.text(alphabet="가나다AbC 12,.%“”\"'억만원$은\n", max_size=200), st.text(max_size=50))
def test_all_pieces_together_are_the_text(text: str, other: str) -> None:
    assert "".join(one.text for one in stretches(text, other)) == text


@pytest.mark.parametrize("text", ["1," * 30_000, '"' * 30_000, "A of " * 12_000, "1억 " * 15_000, "가 대표" * 15_000])
def test_no_text_is_slow(text: str) -> None:
    assert stretches(text)[0].text


def test_what_stands_in_a_web_address_is_no_number_and_no_name() -> None:
    text = "The office [has scanned it](http://127.0.0.1:8811/Press/2026) since 1999."
    assert [one.text for one in stretches(text) if one.kind] == ["1999"]
