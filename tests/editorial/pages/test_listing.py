"""The articles that a page lists: by a selector, or by what repeats on it."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest

from publisher.editorial.pages.listing import Listed, listed
from publisher.errors import SourceError
from tests.editorial.pages.makers import SEOUL
from tests.sources.pages.cases import SAMPLES

LISTS = Path(__file__).parents[2] / "sources" / "pages" / "lists"
URLS = {
    "board_ko": "http://www.gaon.example/news/press",
    "cards_en": "https://tidewater.example/stories",
    "archive_en": "https://slow.example/archive",
    "home_ko": "https://gaontoday.example/",
}


def on(name: str, select: str = "") -> tuple[Listed, ...]:
    return listed((LISTS / f"{name}.html").read_text(encoding="utf-8"), URLS[name], SEOUL, select=select)


@pytest.mark.parametrize(
    ("name", "count", "first", "date"),
    [
        ("board_ko", 4, "시립도서관 다섯 곳, 6월부터 밤 11시까지 문 연다", "2026-05-19T00:00:00+09:00"),
        ("cards_en", 4, "A buoy that listens", "2026-05-21T00:00:00+09:00"),
        ("archive_en", 4, "The museum of lost umbrellas", "2026-05-22T00:00:00+09:00"),
        ("home_ko", 5, "야간 버스 요금, 10년 만에 내린다", "2026-05-22T18:05:00+09:00"),
    ],
)
def test_articles_are_told_from_menus_tags_and_pages(name: str, count: int, first: str, date: str) -> None:
    found = on(name)
    assert len(found) == count
    assert found[0].headline == first
    assert found[0].published_at and found[0].published_at.astimezone(SEOUL).isoformat() == date
    assert all(one.published_at for one in found)


def test_the_picture_beside_a_link_is_that_of_the_article() -> None:
    found = on("cards_en")
    assert [one.picture.url.rpartition("/")[2] if one.picture else "" for one in found] == [
        "buoy.jpg", "eels-800.jpg", "salt-800.jpg", "pump-800.jpg",
    ]  # fmt: skip
    assert found[0].picture and found[0].picture.alt == "A yellow buoy in heavy sea"
    assert on("home_ko")[1].picture is None


@pytest.mark.parametrize(
    "select", ["article.card h2 a", "article.card", "h2", ".grid .thumb", "main > .grid a[href*=stories]"]
)
def test_a_selector_names_links_or_what_holds_them(select: str) -> None:
    assert [one.headline for one in on("cards_en", select)] == [
        "Counting eels in the dark", "What salt does to steel", "The quiet pump of dock nine",
    ]  # fmt: skip


def test_a_selector_may_name_what_detection_leaves_out() -> None:
    assert [one.url for one in on("cards_en", "aside a")] == ["https://other.example/stories/not-ours-at-all"]


@pytest.mark.parametrize(
    ("select", "reason"),
    [
        ("main h9 a", "no link is selected by select = 'main h9 a'"),
        ("a[[", "is not a CSS selector"),
        ("::x", "is not a CSS"),
    ],
)
def test_a_selector_that_finds_nothing_says_so(select: str, reason: str) -> None:
    with pytest.raises(SourceError) as failure:
        on("cards_en", select)
    assert reason in failure.value.message


def test_an_article_keeps_its_identity_when_the_list_moves_on() -> None:
    first, *_ = on("board_ko")
    html = (LISTS / "board_ko.html").read_text(encoding="utf-8").replace("page=1", "page=2")
    moved, *_ = listed(html, URLS["board_ko"], SEOUL)
    assert first.url != moved.url and first.identity == moved.identity


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.html")), ids=lambda path: path.stem)
def test_an_article_is_no_list(path: Path) -> None:
    with pytest.raises(SourceError, match="lists no articles"):
        listed(path.read_bytes().decode("utf-8", "replace"), "https://x.example/a", SEOUL)


@pytest.mark.parametrize(
    "html",
    [
        "<a href=/news/2026/1>words of a headline</a> " * 200_000,
        "<li>" * 100_000,
        "<a href=/a-b-c>" * 100_000,
        "<div>" * 5_000,
        "".join(f"<a href=/news/{n}>A headline that is long enough</a>" for n in range(20_000)),
    ],
    ids=range(5),
)
def test_a_hostile_list_ends_in_time(html: str) -> None:
    started = time.process_time()
    with suppress(SourceError):
        assert len(listed(html, "https://x.example/", SEOUL)) <= 200
    assert time.process_time() - started < 8
