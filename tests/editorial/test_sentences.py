"""Where sentences end."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.editorial.sentences import sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("It costs $3.50 per unit. Version 2.5 follows.", ["It costs $3.50 per unit.", "Version 2.5 follows."]),
        ("Dr. Moon met Mrs. Lee vs. nobody.", ["Dr. Moon met Mrs. Lee vs. nobody."]),
        ("The firm is Acme Inc. It sells anvils.", ["The firm is Acme Inc.", "It sells anvils."]),
        ("The U.S. Senate met at 9 a.m. It was late.", ["The U.S. Senate met at 9 a.m.", "It was late."]),
        ("J. R. Moon wrote it, e.g. Here.", ["J. R. Moon wrote it, e.g. Here."]),
        ("See No. 41 and Fig. 2 now.", ["See No. 41 and Fig. 2 now."]),
        ("Read https://example.org/a.b?c=d. Then go.", ["Read https://example.org/a.b?c=d.", "Then go."]),
        ('"Go. Now," she said. He left.', ['"Go. Now," she said.', "He left."]),
        ('He said "Go." She left.', ['He said "Go."', "She left."]),
        ("Well... maybe. Really?! Yes.", ["Well... maybe.", "Really?!", "Yes."]),
        ("Yahoo! wrote it.", ["Yahoo! wrote it."]),
        ("It works (mostly. Not always). Good.", ["It works (mostly. Not always).", "Good."]),
        ("It ended in 2026. 12 people came.", ["It ended in 2026.", "12 people came."]),
    ],
)
def test_english_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("비가 왔다. 눈도 왔어요! 정말요? 네.", ["비가 왔다.", "눈도 왔어요!", "정말요?", "네."]),
        ("비가 왔다.그는 나갔다.", ["비가 왔다.", "그는 나갔다."]),
        ("그는 “비가 온다. 눈도 온다”고 말했다. 끝이다.", ["그는 “비가 온다. 눈도 온다”고 말했다.", "끝이다."]),
        ("2026. 5. 20. 발표됐다. 값은 3.5배다.", ["2026. 5. 20. 발표됐다.", "값은 3.5배다."]),
        ("음… 그런가 보다. 그만 갔다… 끝이다.", ["음… 그런가 보다.", "그만 갔다…", "끝이다."]),
        ("제품 v1.2가 나왔다. example.org에서 받는다.", ["제품 v1.2가 나왔다.", "example.org에서 받는다."]),
        ("「봄. 여름」을 읽었다。좋았다。", ["「봄. 여름」을 읽었다。", "좋았다。"]),
    ],
)
def test_korean_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_a_blank_line_and_a_list_item_begin_a_sentence_but_a_line_break_does_not() -> None:
    text = "A heading\n\nA sentence\nover two lines. Another.\n- first item\n- second item\n1. third item"
    assert sentences(text) == [
        "A heading",
        "A sentence\nover two lines.",
        "Another.",
        "- first item",
        "- second item",
        "1. third item",
    ]


_PIECES = [
    "가다.",
    "요?",
    "A",
    "b",
    " ",
    "\n",
    "\n\n",
    ".",
    "!",
    "…",
    "“",
    "”",
    '"',
    "(",
    ")",
    "1.",
    "- ",
    "3.5",
    "Dr.",
    "。",
]


@given(st.text() | st.lists(st.sampled_from(_PIECES)).map("".join))
def test_nothing_but_white_space_is_lost(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


@given(st.text() | st.lists(st.sampled_from(_PIECES)).map("".join))
def test_no_sentence_is_empty_or_has_white_space_around_it(text: str) -> None:
    for sentence in sentences(text):
        assert sentence
        assert sentence == sentence.strip()


@pytest.mark.parametrize("piece", ["a", "가나 ", ".", ".)", '"', "“", '"a ', "(a", "\n", " ", "- ", "1.", "“a.\n"])
def test_a_megabyte_without_sense_takes_linear_time(piece: str) -> None:
    began = process_time()
    sentences(piece * (1_000_000 // len(piece)))
    assert process_time() - began < 10
