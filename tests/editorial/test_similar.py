"""When two headlines say the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.editorial.similar import alike, bigrams, dice, headline_of


def is_alike(one: str, other: str) -> bool:
    first, second = headline_of(one), headline_of(other)
    assert alike(first, second) == alike(second, first)
    return alike(first, second)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Introducing Lantern 2.5", "Lantern 2.5"),
        ("Lantern Labs launches a robot for tea", "Lantern Labs unveils robot for tea!"),
        ("[속보] 등대연구소, 차 끓이는 로봇 출시", "등대연구소가 차 끓이는 로봇을 공개"),
        ("차 끓이는 로봇 등장", "차끓이는 로봇 등장"),
        ("Robot brews tea for 1,200 guests", "Robot brews tea for 1200 guests"),
        ("A robot that brews tea learns to pour coffee", "The robot that brews tea learns to pour coffee today"),
        ("ＲＯＢＯＴ brews tea", "robot brews tea"),
    ],
)
def test_the_same_news_in_other_spelling_is_alike(one: str, other: str) -> None:
    assert is_alike(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lantern 2", "Lantern 2.5"),
        ("GPT-5", "GPT-5.5"),
        ("v1.2", "v1.3"),
        ("Lantern 4", "Lantern 4o"),
        ("Tea robot of Lantern Labs wakes guests early", "Tea robot of Lantern Labs wakes 40 guests early"),
        ("Command A", "Command A+"),
        ("C is fast enough for tea", "C++ is fast enough for tea"),
        ("Use Lantern in OpenKettle", "Use Lantern in OpenKitchen"),
        ("Project Lighthouse: what we saw", "Project Lighthouse: a first report"),
        ("Bank of Teapots raises rates for the spring", "Bank of Teapots cuts rates for the spring"),
        ("Big Kettle sues Small Cup", "Small Cup sues Big Kettle"),
        ("Tea robot of Lantern Labs ships this spring", "Tea robot of Lantern Labs ships this spring, not"),
        ("등대연구소 차 로봇 봄 행사 예정", "등대연구소 차 로봇 봄 행사 예정 취소"),
        ("3천 명이 차를 마셨다", "4천 명이 차를 마셨다"),
        ("The", "A"),
        ("", ""),
        ("!!!", "!!!"),
    ],
)
def test_what_differs_in_a_number_a_name_or_its_sense_is_not_alike(one: str, other: str) -> None:
    assert not is_alike(one, other)


def test_the_name_of_the_paper_at_the_end_is_no_part_of_the_headline() -> None:
    assert headline_of("Robot brews tea | The Example", "The Example") == headline_of("Robot brews tea")
    assert headline_of("Robot brews tea | The Example") != headline_of("Robot brews tea")


@pytest.mark.parametrize("text", ["Weekly update", "v1.2", "Release 2.5", "주간 소식", "Hello"])
def test_an_everyday_title_is_not_specific(text: str) -> None:
    assert not headline_of(text).is_specific


@pytest.mark.parametrize("text", ["Lantern 2.5", "Kettle Labs buys Teacup", "등대연구소, 찻집 인수"])
def test_names_make_a_headline_specific(text: str) -> None:
    assert headline_of(text).is_specific


@given(st.text(max_size=80))
def test_a_headline_with_words_is_alike_to_itself(text: str) -> None:
    headline = headline_of(text)
    assert alike(headline, headline) == bool(headline.stems)


@given(st.text(max_size=20), st.text(max_size=20))
def test_likeness_is_symmetric_and_between_nothing_and_one(one: str, other: str) -> None:
    likeness = dice(bigrams(one), bigrams(other))
    assert 0 <= likeness <= 1
    assert likeness == dice(bigrams(other), bigrams(one))
    assert dice(bigrams(one), bigrams(one)) == 1
