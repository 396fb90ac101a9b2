"""Pages that want to do harm: they are read in time, or refused in words, and nothing of them runs."""

from __future__ import annotations

import time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.domain.item import ColumnFound
from publisher.domain.message import slot
from publisher.editorial.columns import from_html_page, from_markdown, from_text
from publisher.editorial.markup import to_html
from publisher.errors import SourceError

SEOUL = ZoneInfo("Asia/Seoul")
TITLE = "<h1>[AI 한입뉴스] 안경과 로봇</h1>"
BODY = "가온렌즈가 통역 안경을 내놓았다. 무게는 41g이다."


def page(html: str) -> ColumnFound:
    return from_html_page(html, SEOUL, url="https://news.example.org/1")


def test_scripts_in_headlines_and_bodies_are_words_or_gone() -> None:
    column = page(
        f"{TITLE}<h2>통역 <script>alert(1)</script>안경 &lt;script&gt;alert(2)&lt;/script&gt;</h2>"
        f'<p onclick="x()">{BODY} <a href="javascript:alert(3)">여기</a></p>'
        '<img src="javascript:alert(4)" alt="x"><img src=x onerror=alert(5)>'
    )
    item = column.items[0]
    assert item.headline == "통역 안경 <script>alert(2)</script>"
    assert item.body == f"{BODY} 여기"
    assert item.picture is not None
    assert item.picture.url == "https://news.example.org/x"
    assert "<script" not in to_html(item.body)


@pytest.mark.parametrize("place", ["{}" + TITLE, TITLE + "{}", TITLE + "<h2>통역 안경{}</h2><p>" + BODY + "</p>"])
@pytest.mark.parametrize("tag", ["div", "b", "ul><li", "blockquote", "table><tr><td", "section><h2", "figure"])
def test_a_nesting_bomb_is_read_or_refused(place: str, tag: str) -> None:
    bomb = f"<{tag}>" * 12_000
    html = place.format(bomb) + f"<h2>로봇 충전</h2><p>{BODY}</p>"
    try:
        column = page(html)
    except SourceError:
        return
    assert BODY in column.items[-1].body


def test_a_page_of_five_megabytes_is_read_in_seconds() -> None:
    begun = time.monotonic()
    column = page(f"{TITLE}<h2>통역 안경</h2>" + f"<p>{BODY}</p>" * 150_000)
    assert column.items[0].body.startswith(BODY)
    assert time.monotonic() - begun < 60


@pytest.mark.trial
def test_a_page_of_headings_alone_is_refused_in_seconds() -> None:
    begun = time.monotonic()
    with pytest.raises(SourceError):
        page(TITLE + "<h2>x</h2>" * 100_000)
    with pytest.raises(SourceError):
        from_text("제목이 있는 글 하나\n" + "■ x\n" * 100_000, SEOUL)
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize(
    "line",
    [
        "(" * 299,
        "a" * 299,
        "[" * 299,
        "사진=" * 70,
        "1. " * 99,
        "#a " * 99,
        "가 기자 " * 50,
        "A " * 149,
        "a@" * 149,
        "공유|" * 90,
    ],
)
def test_no_line_takes_long_to_be_understood(line: str) -> None:
    begun = time.monotonic()
    text = f"[AI 한입뉴스] 안경과 로봇\n■ 통역 안경\n{BODY}\n" + f"{line}\n" * 20
    from_text(text, SEOUL)
    assert time.monotonic() - begun < 5


def test_slot_marks_cannot_be_brought_in() -> None:
    mark = slot("email")
    column = page(
        f"<h1>[AI {mark}] 안경과 로봇</h1><p>[편집자주] {mark} 이번 주 소식입니다.</p>"
        f"<h2>통역 {mark}</h2><p>{BODY}{mark}</p>"
    )
    assert "\\ue00" not in repr(column)


def test_broken_schema_org_data_is_passed_over() -> None:
    for data in (
        "{",
        "[" * 100_000,
        '{"@graph": 1}',
        "null",
        '[{"@type": ["NewsArticle"], "headline": {}, "publisher": []}]',
        '{"@type": null}',
    ):
        column = page(f'<script type="application/ld+json">{data}</script>{TITLE}<h2>통역 안경</h2><p>{BODY}</p>')
        assert column.title == "안경과 로봇"


TAGS = [
    "<h1>",
    "<h2>",
    "</h2>",
    "<p>",
    "</p>",
    "<b>",
    "</b>",
    "<br>",
    "<img src=a>",
    "<figcaption>",
    "<ul>",
    "<li>",
    "<article>",
    "</article>",
    "<div class=ad>",
]
WORDS = [
    "제목",
    BODY,
    "■ 소식",
    "1. 소식",
    "사진=가",
    "김하나 기자",
    "입력 2026.05.22",
    "[편집자주]",
    "[가나] 다라",
    "관련기사",
    "# x",
    "![a](b)",
    "Copyright ⓒ",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from([*TAGS, *WORDS, "\n", "\n\n"]) | st.text(max_size=12), max_size=40))
def test_whatever_a_page_says_it_is_a_column_or_a_readable_error(pieces: list[str]) -> None:
    source = "".join(pieces)
    for read in (from_html_page, from_text, from_markdown):
        try:
            column = read(source, SEOUL)
        except SourceError as error:
            assert "\n" not in error.message
            continue
        assert column.title
        assert len({item.identity for item in column.items}) == len(column.items) > 0
