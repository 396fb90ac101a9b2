"""One week's column, twice: Korean and English, each as a news site's page and as text pasted from it.

What is expected of each sample is beside it, `*.json`, written down in full and read by a person.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.domain.item import ColumnFound
from publisher.editorial.columns import from_html_page, from_text
from publisher.editorial.markup import plain, to_html

SAMPLES = Path(__file__).parent / "columns"
NAMES = ["ko.html", "ko.txt", "en.html", "en.txt"]
SEOUL = ZoneInfo("Asia/Seoul")

CLUTTER = (SAMPLES / "clutter.txt").read_text(encoding="utf-8").splitlines()


def read(name: str) -> ColumnFound:
    content = (SAMPLES / name).read_text(encoding="utf-8")
    return from_html_page(content, SEOUL) if name.endswith(".html") else from_text(content, SEOUL)


def words(column: ColumnFound) -> str:
    """All that a reader would see of the column."""
    pictures = [item.picture for item in column.items if item.picture]
    shown = [column.series, column.title, *column.deks, column.note, column.byline]
    shown += [f"{item.headline}\n{plain(item.body)}" for item in column.items]
    shown += [f"{picture.alt}\n{picture.caption}\n{picture.credit}" for picture in pictures]
    return "\n".join(shown)


@pytest.mark.parametrize("name", NAMES)
def test_every_field_of_the_column_is_right(name: str) -> None:
    expected = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    assert json.loads(json.dumps(asdict(read(name)), default=datetime.isoformat)) == expected


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_the_site_around_it_is_in_the_column(name: str) -> None:
    column = read(name)
    assert [word for word in CLUTTER if word in words(column)] == []
    assert "ai-bite-default" not in repr(column)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_page_and_pasted_text_tell_the_same(language: str) -> None:
    page, text = read(f"{language}.html"), read(f"{language}.txt")
    for field in ("series", "title", "deks", "note", "byline", "byline_address", "published_at", "language"):
        assert getattr(page, field) == getattr(text, field)
    assert [item.headline for item in page.items] == [item.headline for item in text.items]
    for one, other in zip(page.items, text.items, strict=True):
        assert re.sub(r"\s", "", plain(one.body)) == re.sub(r"\s", "", plain(other.body))


def test_the_heads_of_the_samples_are_these() -> None:
    korean, english = read("ko.html"), read("en.html")
    assert (korean.series, korean.title) == ("AI 한입뉴스", "안경은 통역하고, 로봇은 덜 쉰다")
    assert (english.series, english.title) == ("AI in One Bite", "Glasses that interpret, robots that rest less")
    assert korean.deks == ("시장 상인 40명이 먼저 쓴 통역 안경", "물류 로봇 충전 90분에서 28분으로")
    assert (korean.byline, korean.byline_address) == ("김하나 기자", "hana@haesol.example.org")
    assert (english.byline, english.byline_address) == ("Jane Doe", "jane@haesol.example.org")
    assert korean.url == "https://www.haesol.example.org/ai-bite/20260522"
    assert korean.published_at == datetime(2026, 5, 21, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize("name", ["ko.html", "en.html"])
def test_five_of_six_items_have_a_picture_with_alt_caption_and_credit(name: str) -> None:
    pictures = [item.picture for item in read(name).items]
    assert [bool(picture and picture.alt and picture.caption and picture.credit) for picture in pictures] == [
        True
    ] * 5 + [False]


FURNITURE = [
    "공유",
    "광고",
    "AD",
    "Share",
    "이미지 확대",
    "많이 본 뉴스",
    "1",
    "관련기사",
    "",
    "입력 2026.05.22 07:30",
    "가",
    "■",
    "▲",
    "1. ",
    "[편집자주]",
]
FURNITURE += [
    "Copyright ⓒ 해솔일보",
    "사진=해솔일보",
    "[사진]",
    "김하나 기자 hana@example.org",
    "#태그 #태그",
    "<b>",
    "\x00",
    "*",
    "https://x.example/",
]


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, max_examples=40)
@given(
    inserted=st.lists(st.tuples(st.integers(0, 200), st.sampled_from(FURNITURE) | st.text(max_size=30)), max_size=12)
)
def test_no_clutter_between_the_lines_breaks_the_reading(name: str, inserted: list[tuple[int, str]]) -> None:
    content = (SAMPLES / name).read_text(encoding="utf-8").split("\n")
    for at, line in inserted:
        content.insert(at, f"<p>{line}</p>" if name.endswith(".html") else line)
    joined = "\n".join(content)
    column = from_html_page(joined, SEOUL) if name.endswith(".html") else from_text(joined, SEOUL)
    assert column.items
    for item in column.items:
        to_html(item.body)
        assert item.headline == item.headline.strip() != ""


@pytest.mark.parametrize(
    "button", ["공유", "광고", "AD", "Share", "이미지 확대", "가", "스크랩", "Advertisement", "Print", "댓글 3"]
)
@pytest.mark.parametrize("name", NAMES)
def test_buttons_anywhere_between_the_lines_change_nothing(name: str, button: str) -> None:
    line = f"<p>{button}</p>" if name.endswith(".html") else button
    content = (SAMPLES / name).read_text(encoding="utf-8")
    if name.endswith(".html"):
        content = re.sub(r"(</p>|</figure>|</ul>)\n", rf"\1\n{line}\n", content)
        assert from_html_page(content, SEOUL) == read(name)
    elif "확대" not in button:
        content = content.replace("\n\n", f"\n\n{line}\n\n")
        assert from_text(content, SEOUL) == read(name)
