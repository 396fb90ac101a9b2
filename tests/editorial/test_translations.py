"""When two items tell one story in two languages, and when they only look like it."""

from __future__ import annotations

from time import process_time

import pytest

from publisher.domain.item import Candidate
from publisher.editorial.stories import fold
from publisher.editorial.translations import is_in_another_language, is_translation
from tests.editorial.makers import candidate

KETTLE = "Lantern Labs retires Kettle CLI in favour of Teapot CLI"
KETTLE_TEXT = "The community tool becomes Teapot CLI. Kettle CLI stops working on June 18, 2026."
KETTLE_KO = "Kettle CLI는 2026년 6월 18일부터 작동을 중단할 예정"
KETTLE_TEXT_KO = "Kettle CLI 폐기, 기능을 Teapot CLI로 통합"


def stories(*candidates: Candidate) -> list[set[int]]:
    return [{item.item_id for item in story} for story in fold(candidates) if len(story) > 1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://tea.example/posts/first-snow-tea/", "https://tea.example/ko/posts/first-snow-tea/"),
        ("https://tea.example/en/first-snow-tea", "https://tea.example/ko-KR/first-snow-tea"),
        ("https://en.tea.example/first-snow-tea.html", "https://ko.tea.example/first-snow-tea.html"),
        ("https://tea.example/first-snow-tea?lang=en", "https://tea.example/first-snow-tea?lang=ko"),
    ],
)
def test_two_languages_at_one_address_are_a_translation(one: str, other: str) -> None:
    english, korean = candidate(1, "Tea in the first snow", url=one), candidate(2, "첫눈과 차", url=other)
    assert is_translation(english, korean)
    assert is_translation(korean, english)
    assert stories(english, korean) == [{1, 2}]


@pytest.mark.parametrize(
    ("one", "other", "headline", "days_ago"),
    [
        # Both in one language: a regional edition, which may say something else.
        ("https://tea.example/en/first-snow-tea", "https://tea.example/de/first-snow-tea", "Other words entirely", 2),
        # Numbers that each language may count for itself.
        ("https://tea.example/en/news/123", "https://tea.example/ko/news/123", "첫눈과 차", 2),
        ("https://tea.example/en/", "https://tea.example/ko/", "첫눈과 차", 2),
        # Another page, another site, another month.
        ("https://tea.example/en/first-snow-tea", "https://tea.example/ko/last-snow-tea", "첫눈과 차", 2),
        ("https://tea.example/en/first-snow-tea", "https://cups.example/ko/first-snow-tea", "첫눈과 차", 2),
        ("https://tea.example/en/first-snow-tea", "https://tea.example/ko/first-snow-tea", "첫눈과 차", 30),
    ],
)
def test_what_only_looks_like_a_translation_is_left_apart(one: str, other: str, headline: str, days_ago: int) -> None:
    assert (
        stories(candidate(1, "Tea in the first snow", url=one), candidate(2, headline, url=other, days_ago=days_ago))
        == []
    )


def test_names_and_a_date_in_both_languages_tell_one_story() -> None:
    english = candidate(1, KETTLE, body=KETTLE_TEXT, days_ago=4)
    korean = candidate(2, KETTLE_KO, body=KETTLE_TEXT_KO, days_ago=2)
    assert stories(english, korean) == [{1, 2}]
    assert not is_translation(english, korean)
    assert is_in_another_language(english, korean)


@pytest.mark.parametrize(
    ("headline", "text"),
    [
        ("Kettle CLI는 2026년 7월 18일부터 작동을 중단할 예정", KETTLE_TEXT_KO),  # another date
        ("Kettle CLI 2.1, 2026년 6월 18일 나온다", KETTLE_TEXT_KO),  # a version of its own
        ("Kettle CLI와 Sugar Bowl, 2026년 6월 18일 종료", KETTLE_TEXT_KO),  # a name of its own
        ("Kettle CLI 사용법", "Teapot CLI와 함께 쓰는 법"),  # the same names, which is not enough
        ("주전자 이야기", KETTLE_TEXT_KO),  # no name in the headline
    ],
)
def test_fewer_signs_or_a_sign_of_its_own_leave_a_story_apart(headline: str, text: str) -> None:
    english = candidate(1, KETTLE, body=KETTLE_TEXT)
    assert stories(english, candidate(2, headline, body=text)) == []


def test_where_two_stories_fit_neither_is_taken() -> None:
    english = candidate(1, KETTLE, body=KETTLE_TEXT)
    other = candidate(3, "What Kettle CLI users should know", body=KETTLE_TEXT)
    korean = candidate(2, KETTLE_KO, body=KETTLE_TEXT_KO)
    assert stories(english, other, korean) == []


def test_two_korean_outlets_may_tell_what_one_foreign_one_told() -> None:
    english = candidate(1, KETTLE, body=KETTLE_TEXT)
    korean = [candidate(at, KETTLE_KO + " " * at, f"k{at}", body=KETTLE_TEXT_KO) for at in (2, 3)]
    assert stories(english, *korean) == [{1, 2, 3}]


def test_round_ups_of_one_event_are_one_story_and_other_news_of_it_are_not() -> None:
    english = candidate(1, "All the news from Kettle Days 2026", body="Lantern 3.5 pours, and Porcelain Pro listens.")
    korean = candidate(2, "Kettle Days 2026에서 발표한 모든 것", body="Lantern 3.5 공개, Porcelain Lite 공개")
    detail = candidate(3, "Kettle Days 2026의 뒷이야기", body="Lantern 3.5 공개, Porcelain Lite 공개")
    assert stories(english, korean) == [{1, 2}]
    assert stories(english, detail) == []
    assert stories(candidate(4, "All the news from Kettle Days 2025", body=english.body), korean) == []


def test_a_language_is_known_by_its_letters_whatever_the_feed_says() -> None:
    korean = candidate(1, "첫눈과 차", language="en")
    assert is_in_another_language(korean, candidate(2, "Tea in the first snow"))
    assert not is_in_another_language(korean, candidate(3, "Teapot 3.5 Flash", language="ko"))
    assert not is_in_another_language(candidate(4, "Tea", language="en"), candidate(5, "Tea"))
    assert is_in_another_language(candidate(4, "Tea", language="en"), candidate(5, "Tee", language="de"))


def test_thousands_of_items_with_one_name_take_no_quadratic_time() -> None:
    items = [
        candidate(at, f"Kettle CLI 소식 {at}번째" if at % 2 else f"Kettle CLI in the news {at} times", body=KETTLE_TEXT)
        for at in range(5_000)
    ]
    began = process_time()
    fold(items)
    assert process_time() - began < 5
