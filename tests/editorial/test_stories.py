"""Which items tell the same story."""

from __future__ import annotations

from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.item import Candidate
from publisher.editorial.stories import fold
from tests.editorial.labels import measure
from tests.editorial.makers import candidate

ROBOT = "Lantern Labs launches a robot for tea"


def groups(*candidates: Candidate) -> list[list[int]]:
    return [[item.item_id for item in group] for group in fold(candidates)]


def test_one_address_is_one_story_whatever_the_headline() -> None:
    one = candidate(1, "A robot for tea", url="https://example.org/robot?utm_source=a")
    other = candidate(2, "찻집에 온 로봇", url="http://www.example.org/robot/")
    assert groups(one, other) == [[1, 2]]


def test_a_page_on_which_one_source_tells_many_stories_is_not_one() -> None:
    page = "https://example.org/changes"
    one = candidate(1, "Kettles whistle again", "a", url=f"{page}#1")
    other = candidate(2, "Cups are blue now", "a", url=f"{page}#2")
    third = candidate(3, "Cups are blue now", "b", url=page)
    assert groups(one, other, third) == [[1], [2, 3]]


def test_near_equal_headlines_of_near_days_are_one_story() -> None:
    assert groups(candidate(1, ROBOT), candidate(2, "Other things"), candidate(3, f"{ROBOT}!", days_ago=5)) == [
        [1, 3],
        [2],
    ]


def test_the_same_headline_weeks_later_is_news_again() -> None:
    assert groups(candidate(1, ROBOT), candidate(2, ROBOT, days_ago=9)) == [[1], [2]]


def test_a_daily_series_of_one_source_is_not_folded() -> None:
    one = candidate(1, "오늘의 찻집 이야기 모음집", "a", days_ago=2)
    other = candidate(2, "오늘의 찻집 이야기 모음집", "a", days_ago=3)
    assert groups(one, other) == [[1], [2]]


def test_an_everyday_title_is_one_story_only_on_one_site() -> None:
    one = candidate(1, "Release v1.2", "a")
    other = candidate(2, "Release v1.2", "b")
    there = candidate(3, "v1.2", "c", url="https://a.example.org/other")
    assert groups(one, other, there) == [[1, 3], [2]]


def test_an_item_without_a_date_is_compared_by_address_only() -> None:
    assert groups(candidate(1, ROBOT), candidate(2, ROBOT, days_ago=None)) == [[1], [2]]


@pytest.mark.parametrize(("one", "other"), [("Lantern 2", "Lantern 2.5"), ("GPT-5", "GPT-5.5"), ("v1.2", "v1.3")])
def test_versions_are_stories_of_their_own(one: str, other: str) -> None:
    on_one_site = "https://example.org/"
    assert groups(candidate(1, one, url=on_one_site + "1"), candidate(2, other, url=on_one_site + "2")) == [[1], [2]]


_HEADLINES = st.sampled_from([ROBOT, ROBOT + "!", "Lantern 2", "Lantern 2.5", "v1.2", "Other news of tea", "", "찻집"])
_CANDIDATES = st.lists(
    st.tuples(_HEADLINES, st.sampled_from("abc"), st.integers(0, 9) | st.none(), st.integers(0, 5)), max_size=12
).map(
    lambda rows: [
        candidate(at, headline or " ", source, days, url=f"https://{source}.example.org/{page}")
        for at, (headline, source, days, page) in enumerate(rows)
    ]
)


@given(_CANDIDATES)
def test_every_candidate_is_in_exactly_one_story(candidates: list[Candidate]) -> None:
    folded = fold(candidates)
    assert sorted(item.item_id for group in folded for item in group) == [item.item_id for item in candidates]
    assert [group[0].item_id for group in folded] == sorted(group[0].item_id for group in folded)


@given(_CANDIDATES)
def test_the_order_of_candidates_makes_no_difference(candidates: list[Candidate]) -> None:
    there = {frozenset(item.item_id for item in group) for group in fold(candidates)}
    back = {frozenset(item.item_id for item in group) for group in fold(candidates[::-1])}
    assert there == back


def test_ten_thousand_items_of_one_headline_take_no_quadratic_time() -> None:
    candidates = [candidate(at, ROBOT, days_ago=1) for at in range(10_000)]
    began = process_time()
    assert len(fold(candidates)) == 1
    assert process_time() - began < 5


def test_the_stories_of_the_real_week_are_those_that_people_see(shared: Path) -> None:
    measured = {one.label: one for one in measure(shared / "data/week-2026-W21")}
    assert measured["different_lookalike"].pairs
    for label, one in measured.items():
        wrong = one.pairs - one.joined if label.startswith("same") else one.joined
        assert list(one.named(wrong)) == []
