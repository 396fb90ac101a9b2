"""Which items make up an issue, and the reasons given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.item import Candidate, Choice, Rights
from publisher.domain.message import Picture
from publisher.editorial.selection import choose
from publisher.editorial.strength import homes_of, lead_of, outlets_of
from tests.editorial.makers import NOW, candidate

SEOUL = ZoneInfo("Asia/Seoul")
TEXT = "It says a good deal more than its headline, in a sentence of its own."
PICTURE = Picture("https://example.org/a.png")


@dataclass(frozen=True)
class Rules:
    items: int = 6
    per_source: int = 2


def chosen(candidates: list[Candidate], rules: Rules | None = None, language: str = "") -> dict[int, Choice]:
    choices = choose(candidates, rules or Rules(), NOW - timedelta(days=7), NOW, SEOUL, language)
    assert [choice.item_id for choice in choices] == [item.item_id for item in candidates]
    return {choice.item_id: choice for choice in choices}


def order(candidates: list[Candidate], rules: Rules | None = None, language: str = "") -> list[int]:
    found = chosen(candidates, rules, language).values()
    return [choice.item_id for choice in sorted(found, key=lambda choice: choice.position or 99) if choice.position]


def test_an_item_is_never_used_twice() -> None:
    choice = chosen([candidate(1, used_in=41)])[1]
    assert (choice.position, choice.reason) == (None, "used in No. 41")


def test_a_story_that_was_told_is_not_told_again_by_another_source() -> None:
    told = candidate(1, "Lantern Labs launches a robot for tea", used_in=41, attribution="The Example", days_ago=9)
    again = candidate(2, "찻집에 온 로봇", url=told.url)
    choice = chosen([told, again])[2]
    assert choice.position is None
    assert choice.story_item_id == 1
    assert choice.reason == "tells the same story in another language as item 1 (The Example), used in No. 41"


@pytest.mark.parametrize(
    ("moment", "reason"),
    [
        (datetime(2026, 5, 9, 20, tzinfo=UTC), "outside the window (published 10 May)"),
        (datetime(2024, 12, 31, 20, tzinfo=UTC), "outside the window (published 1 Jan 2025)"),
        (datetime(2026, 5, 29, 1, tzinfo=UTC), "dated after this issue was composed (29 May)"),
        (None, "no date and was there at the first reading"),
    ],
)
def test_an_item_of_another_week_is_left_out_and_its_day_is_the_readers_day(
    moment: datetime | None, reason: str
) -> None:
    choice = chosen([candidate(1, dated_at=moment)])[1]
    assert (choice.position, choice.reason) == (None, reason)


def test_the_edges_of_the_window_belong_to_it() -> None:
    assert set(order([candidate(1, days_ago=7), candidate(2, days_ago=0), candidate(3, days_ago=7.001)])) == {1, 2}


@pytest.mark.parametrize("headline", [" ", "Untitled", "(no title)", "제목 없음", "...", "Test"])
def test_a_stub_of_a_headline_is_left_out(headline: str) -> None:
    choice = chosen([candidate(1, headline)])[1]
    assert choice.position is None
    assert choice.reason.startswith("no headline")


@pytest.mark.parametrize("headline", ["Testing the tea robot", "Title fight ends in tea", "X", "무제한 차"])
def test_a_short_headline_is_no_stub(headline: str) -> None:
    assert chosen([candidate(1, headline)])[1].position == 1


def test_an_item_that_points_nowhere_and_says_nothing_is_left_out() -> None:
    assert chosen([candidate(1, url="", body=" ")])[1].reason == "neither a link nor a text"
    assert chosen([candidate(1, url="", body=TEXT)])[1].position == 1


def test_a_story_is_shown_once_by_its_fullest_version() -> None:
    thin = candidate(1, "Lantern Labs launches a robot for tea", days_ago=3)
    full = candidate(2, "Lantern Labs launches a robot for tea", body=TEXT, attribution="The Example")
    choices = chosen([thin, full])
    assert choices[2].position == 1
    assert choices[2].reason == "told by 2 sources; has a text"
    assert choices[1].reason == "tells the same story as item 2 (The Example)"
    assert choices[1].story_item_id == choices[2].story_item_id == 2


def test_the_lead_is_the_version_that_may_be_shown_more() -> None:
    ways = [Rights.LINK_ONLY, Rights.EXCERPT, Rights.LICENSED, Rights.OWN]
    story = [candidate(at, body=TEXT * (9 - at), rights=rights) for at, rights in enumerate(ways)]
    for last in range(4, 0, -1):
        assert lead_of(story[:last]).item_id == last - 1


def test_the_publications_language_comes_before_a_fuller_text_and_an_original_before_an_aggregator() -> None:
    original = candidate(1, body=TEXT, url="https://lantern.example/robot")
    aggregator = candidate(2, body=f"{TEXT} {TEXT} [Lantern]({original.url})", url="https://links.example/2")
    korean = candidate(3, "찻집에 온 로봇", body="로봇이 차를 따른다. 찻집에서 오늘 처음 선보였고, 손님이 줄을 섰다.")
    assert lead_of([aggregator, original]).item_id == 1
    assert lead_of([aggregator, original, korean], "ko").item_id == 3
    assert lead_of([aggregator, original, korean], "en").item_id == 1


def test_of_one_page_the_version_of_its_own_site_leads() -> None:
    own = [candidate(at, body=TEXT, source="lantern", url=f"https://lantern.example/{at}") for at in range(3)]
    links = [
        candidate(10, body=f"{TEXT} {TEXT}", source="links", url="https://lantern.example/2"),
        *(candidate(at, source="links", url=f"https://site-{at}.example/") for at in range(11, 15)),
    ]
    assert lead_of([links[0], own[2]], "", homes_of([*own, *links])).item_id == 2
    assert lead_of([links[0], replace(own[2], body="")], "", homes_of([*own, *links])).item_id == 10


def test_a_translation_is_called_one() -> None:
    english = candidate(1, "A robot pours tea", "en", body=TEXT, url="https://tea.example/posts/a-robot-pours/")
    korean = candidate(2, "차를 따르는 로봇", "ko", url="https://tea.example/ko/posts/a-robot-pours/")
    choices = chosen([english, korean])
    assert choices[2].reason == "is a translation of item 1 (En)"
    assert "also told in another language" in choices[1].reason
    assert choices[2].story_item_id == 1


def test_of_two_equal_versions_the_earlier_leads_but_the_readers_language_comes_first() -> None:
    late, early = candidate(1, body=TEXT, language="en"), candidate(2, body=TEXT, days_ago=4, language="ko")
    assert lead_of([late, early]).item_id == 2
    assert lead_of([late, early], "en").item_id == 1


def test_a_body_that_only_repeats_the_headline_is_no_text() -> None:
    headline = "Lantern Labs launches a robot for the tea houses of Busan"
    assert order([candidate(1, headline, body=headline, days_ago=1), candidate(2, body=TEXT)]) == [2, 1]


def test_what_more_outlets_tell_comes_first_then_pictures_then_text_then_the_newest() -> None:
    told_twice = [candidate(at, "Lantern Labs launches a robot for tea") for at in (1, 2)]
    week = [
        candidate(3, body=TEXT, days_ago=4),
        candidate(4, body=TEXT, days_ago=3),
        candidate(5, body=TEXT, picture=PICTURE, rights=Rights.LICENSED, days_ago=6),
        *told_twice,
    ]
    assert order(week) == [1, 5, 4, 3]


def test_a_picture_that_may_not_be_shown_makes_no_item_stronger() -> None:
    assert order([candidate(1, body=TEXT, picture=PICTURE, days_ago=3), candidate(2, body=TEXT)]) == [2, 1]


def test_the_language_of_the_publication_wins_a_tie_and_never_more() -> None:
    korean, english = candidate(1, language="ko", days_ago=3), candidate(2, language="en", days_ago=1)
    assert order([korean, english], language="ko") == [1, 2]
    assert order([korean, english], language="en") == [2, 1]
    assert order([korean, replace(english, body=TEXT)], language="ko") == [2, 1]


def test_at_most_so_many_items_of_one_source() -> None:
    choices = chosen([candidate(at, source="prolific", body=TEXT) for at in range(1, 6)])
    assert sorted(choice.position or 0 for choice in choices.values()) == [0, 0, 0, 1, 2]
    assert choices[5].reason == "2 items of prolific already chosen"


def test_sources_take_turns_so_that_a_prolific_one_does_not_fill_the_issue() -> None:
    prolific = [candidate(at, source="prolific", body=TEXT, days_ago=0.5) for at in range(1, 9)]
    others = [candidate(20 + at, body=TEXT, days_ago=5) for at in range(5)]
    assert len([item_id for item_id in order([*prolific, *others]) if item_id < 20]) == 1


def test_three_feeds_of_one_blog_are_one_voice_and_share_its_turns() -> None:
    trees = ("alders", "birches", "cedars", "dogwoods")
    blog = [
        candidate(10 * feed + page, f"A page on {tree}", f"copy-{feed}", url=f"https://b.example.org/{page}", body=TEXT)
        for feed in (1, 2, 3)
        for page, tree in enumerate(trees)
    ]
    others = [candidate(50 + at, body=TEXT) for at in range(4)]
    assert set(outlets_of(blog).values()) == {"copy-1"}
    picked = order([*blog, *others])
    assert len([item_id for item_id in picked if item_id < 50]) == 2
    assert len(picked) == 6


def test_two_large_collections_that_share_some_links_stay_two_voices() -> None:
    rows = [("a", page) for page in range(20)] + [("b", page) for page in range(17, 37)]
    items = [candidate(at, source=name, url=f"https://p-{page}.example.org/x") for at, (name, page) in enumerate(rows)]
    assert len(set(outlets_of(items).values())) == 2
    assert len(set(outlets_of(items[:23]).values())) == 1


def test_two_collections_that_share_a_link_stay_two_voices() -> None:
    rows = [(1, "a", 1), (2, "a", 2), (3, "b", 1), (4, "b", 3), (5, "c", 3), (6, "c", 4)]
    items = [candidate(at, source=name, url=f"https://page-{page}.example.org/x") for at, name, page in rows]
    assert len(set(outlets_of(items).values())) == 3


def test_news_of_one_subject_at_two_outlets_is_strong_but_chosen_once_while_there_is_other_news() -> None:
    one = candidate(1, "Moving Lantern CLI users to the Beacon terminal", body=TEXT, attribution="The Example")
    other = candidate(2, "Lantern CLI는 6월에 작동을 멈출 예정")
    rest = [candidate(at, body=TEXT, picture=PICTURE, rights=Rights.OWN) for at in range(3, 8)]
    choices = chosen([one, other, *rest])
    assert choices[1].position == 1
    assert "its subject is also in 1 other outlet" in choices[1].reason
    assert choices[2].reason == "on the same subject as item 1 (The Example), already chosen"
    assert chosen([one, other])[2].position == 2


def test_a_full_issue_says_where_an_item_ranked() -> None:
    choices = chosen([candidate(at, body=TEXT) for at in range(1, 24)])
    assert choices[9].reason == "ranked 9th; the issue holds 6"
    assert choices[21].reason == "ranked 21st; the issue holds 6"
    assert choices[12].reason == "ranked 12th; the issue holds 6"


def test_no_candidates_make_an_empty_issue() -> None:
    assert chosen([]) == {}


_ROBOT = "Tea robot of Lantern Labs"
_WEEKS = st.lists(
    st.tuples(
        st.integers(1, 60),
        st.sampled_from(["", "Lantern 2", "Lantern 2.5", _ROBOT, f"{_ROBOT}!", f"{_ROBOT} in Busan", " "]),
        st.sampled_from("abcd"),
        st.integers(-1, 9) | st.none(),
        st.sampled_from(["", TEXT]),
        st.sampled_from([None, None, None, 41]),
    ),
    max_size=40,
    unique_by=lambda row: row[0],
).map(
    lambda rows: [
        candidate(at, headline, source, days, body=body, used_in=used)
        for at, headline, source, days, body, used in rows
    ]
)


@given(_WEEKS, st.integers(1, 6), st.integers(1, 3))
def test_an_issue_keeps_its_rules_whatever_the_week(week: list[Candidate], items: int, per_source: int) -> None:
    choices = chosen(week, Rules(items, per_source))
    by_id = {item.item_id: item for item in week}
    picked = sorted((choice for choice in choices.values() if choice.position), key=lambda choice: choice.position or 0)
    assert [choice.position for choice in picked] == list(range(1, len(picked) + 1))
    assert len(picked) <= items
    sources = [by_id[choice.item_id].source for choice in picked]
    assert all(sources.count(source) <= per_source for source in sources)
    assert len({choice.story_item_id for choice in picked}) == len(picked)
    assert all(by_id[choice.item_id].used_in is None for choice in picked)
    assert all(choice.reason and "\n" not in choice.reason for choice in choices.values())
    assert choices == chosen(week, Rules(items, per_source))


@given(_WEEKS)
def test_the_order_of_candidates_makes_no_difference(week: list[Candidate]) -> None:
    assert order(week) == order(week[::-1])


def test_one_site_in_two_languages_is_one_voice_however_little_it_says() -> None:
    korean = candidate(
        1, "거북이와 함께 배우는 프로그램", source="blog-ko", url="https://pages.example.org/turtles/ko/one"
    )
    english = candidate(
        2, "Learning to program with a turtle", source="blog-en", url="https://pages.example.org/turtles/one"
    )
    assert len(set(outlets_of([korean, english]).values())) == 1


def test_what_an_editor_wrote_by_hand_is_not_limited_by_its_source() -> None:
    written = [candidate(at, source="desk", body=TEXT, is_by_hand=True) for at in range(1, 6)]
    assert len(order(written)) == 5
