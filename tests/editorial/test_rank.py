"""The best one or two sentences, and how well they agree with what two readers marked."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.item import Rights
from publisher.editorial.rank import CONSIDERED, blurb, cut, rank, telling_sentences

HEADLINE = "A robot brews tea in Busan"
BODY = """By Kim Example

Photo: Kim Example

The weather was mild on Tuesday. A robot has begun to brew tea for the guests of a tea house in Busan. The robot of
Lantern Labs brews four kinds of tea and asks guests how strong they want it. Parking is free after six.

Read more
"""


def weighted(text: str) -> int:
    return sum(1 if c.isascii() else 2 for c in text)


def test_the_blurb_tells_the_story_in_the_order_of_the_text() -> None:
    assert blurb(HEADLINE, BODY) == (
        "A robot has begun to brew tea for the guests of a tea house in Busan. The robot of Lantern Labs brews four "
        "kinds of tea and asks guests how strong they want it."
    )


def test_a_korean_blurb_tells_the_story() -> None:
    body = "화요일 날씨는 맑았다. 부산의 한 찻집에서 로봇이 손님에게 차를 끓이기 시작했다. 주차는 여섯 시부터 무료다."
    assert blurb("부산 찻집에서 로봇이 차를 끓인다", body).startswith("부산의 한 찻집에서 로봇이")


@pytest.mark.parametrize("body", ["", "Read more", "A robot brews tea in Busan!", "Photo: Kim Example\n\nMay 20, 2026"])
def test_a_text_that_says_no_more_than_its_headline_gives_the_headline(body: str) -> None:
    assert blurb(HEADLINE, body) == HEADLINE


def test_of_what_may_only_be_linked_the_blurb_is_the_headline() -> None:
    assert blurb(HEADLINE, BODY, rights=Rights.LINK_ONLY) == HEADLINE


def test_a_whole_sentence_that_fits_is_preferred_to_a_cut_one() -> None:
    long = "The robot brews tea in Busan " + "and tea again " * 20 + "until evening."
    assert blurb(HEADLINE, f"{long} Guests say that the tea of the robot in Busan is good.") == (
        "Guests say that the tea of the robot in Busan is good."
    )


def test_a_sentence_that_is_too_long_is_cut_at_a_clause() -> None:
    long = "The robot brews black tea in the old town of Busan, which pleases guests " + "and guests " * 30 + "alike."
    assert blurb(HEADLINE, long, limit=90) == "The robot brews black tea in the old town of Busan…"


def test_a_sentence_that_leans_on_one_left_out_is_not_the_second() -> None:
    body = (
        "A robot has begun to brew tea for guests in Busan. The street is wet, since it rained all of Monday night. "
        "However, the robot that brews tea in Busan is slow."
    )
    assert blurb(HEADLINE, body) == "A robot has begun to brew tea for guests in Busan."


def test_a_line_of_a_list_is_worth_less_than_a_sentence_of_the_same_words() -> None:
    line, sentence = rank(HEADLINE, ["It brews tea for guests in Busan", "It brews tea for guests in Busan."])
    assert line < sentence


def test_the_length_is_counted_as_the_caller_counts() -> None:
    body = "부산의 한 찻집에서 로봇이 손님에게 차를 끓여 주기 시작했는데 손님들이 다 좋아하며 다시 온다고 했다. " * 3
    for limit in (20, 60, 120):
        assert 0 < weighted(blurb("차 끓이는 로봇", body, limit=limit, length=weighted)) <= limit


def test_a_cut_never_parts_what_the_eye_sees_as_one() -> None:
    family = "👨\u200d👩\u200d👧"
    assert cut(family * 5, 8) == f"{family}…"
    assert cut("e\u0301" * 10, 4) == "e\u0301…"


def test_a_cut_of_no_room_is_empty() -> None:
    assert cut("tea", 0) == ""
    assert cut("tea time", 1) == "…"


@given(st.text(max_size=300), st.integers(0, 300), st.sampled_from([len, weighted]))
def test_a_cut_is_never_too_long_and_begins_like_the_text(text: str, limit: int, length: Callable[[str], int]) -> None:
    short = cut(text, limit, length)
    assert length(short) <= limit
    assert text.startswith(short.removesuffix("…")) or short == text


_PIECES = [
    "A robot brews tea.",
    "차를 끓인다.",
    "Read more",
    "\n\n",
    " ",
    "However, it rains.",
    "x" * 300,
    ".",
    "“",
    "- ",
]


@given(st.text(max_size=60), st.lists(st.sampled_from(_PIECES)).map("".join), st.integers(10, 250))
def test_a_blurb_fits_and_only_holds_words_of_the_item(headline: str, body: str, limit: int) -> None:
    words = blurb(headline, body, limit=limit)
    assert len(words) <= limit
    assert "\n" not in words
    assert all(piece in body or piece in headline for piece in words.removesuffix("…").split())


def test_scores_add_up_and_the_leaning_sentence_is_worth_less() -> None:
    one = "The robot brews tea for everybody in Busan."
    plain, leaning = rank(HEADLINE, [one, "But " + one])
    assert leaning < plain <= 1
    assert sum(rank(HEADLINE, [one, one + " Twice."])) == pytest.approx(1)


def test_a_very_long_text_takes_no_quadratic_time() -> None:
    body = " ".join(f"Robot number {at} brews tea of kind {at * 7} for guest {at * 13}." for at in range(20_000))
    assert len(telling_sentences(HEADLINE, body)) == CONSIDERED
    began = process_time()
    assert blurb(HEADLINE, body)
    assert process_time() - began < 5


def test_the_ranker_agrees_with_readers_far_more_often_than_the_first_sentences_do(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = sorted((shared / "data/summaries/ko-it-news").glob("*.json"))
    articles = [json.loads(file.read_text("utf-8")) for file in files]
    ranked = agreement(articles, lambda article: rank(article["title"], article["sentences"]))
    lead = agreement(articles, lambda article: [-float(at) for at in range(len(article["sentences"]))])
    with capsys.disabled():
        print(f"\n{len(articles)} articles, marked among the first 1 and 2: ranker {ranked}, first sentences {lead}")
    assert ranked[0] >= 0.65 > 0.3 > lead[0]
    assert ranked[1] >= 0.6 > 0.4 > lead[1]


def agreement(articles: Sequence[Any], score: Callable[[Any], list[float]]) -> list[float]:
    """Of the best one, and the best two sentences of each article, the share that the readers marked."""
    shares = []
    for count in (1, 2):
        hits = 0
        for article in articles:
            scores = score(article)
            best = sorted(range(len(scores)), key=lambda at: -scores[at])[:count]
            hits += len(set(best) & set(article["summaries"]))
        shares.append(round(hits / (count * len(articles)), 3))
    return shares


def test_a_sentence_that_points_at_the_one_before_it_does_not_stand_without_it() -> None:
    body = (
        "별내숲도서관의 사서 프로그램은 장서 8만 권의 목록만 읽고 답한다. 운영 기록은 누리집에 공개된다. "
        "지난달 질문 6,200건 가운데 사람에게 넘긴 것이 17%였다. 도서관은 이 비율을 낮추지 않기로 했다."
    )
    chosen = blurb("모르면 모른다고 답하는 도서관 프로그램", body)
    assert "이 비율을" not in chosen or "17%" in chosen
