"""Columns come in many shapes; every part is still found. Each test changes one thing about a small column."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from publisher.domain.item import ColumnFound
from publisher.domain.message import Picture
from publisher.editorial.columns import column_identity, from_html_page, from_markdown, from_text, item_identity

SEOUL = ZoneInfo("Asia/Seoul")
ONE = "가온렌즈가 통역 안경을 내놓았다. 무게는 41g이다."
TWO = "다온로보틱스가 로봇의 충전 시간을 28분으로 줄였다고 밝혔다."
THREE = "The library answers only what it has read, and says so when it does not know."
NOTE = "이번 주 소식은 시장과 창고에서 왔습니다."


def page(body: str, *, head: str = "", title: str = "<h1>[AI 한입뉴스] 안경과 로봇</h1>") -> ColumnFound:
    html = f"<html><head>{head}</head><body><article>{title}{body}</article></body></html>"
    return from_html_page(html, SEOUL, url="https://news.example.org/1")


def text(*lines: str) -> ColumnFound:
    return from_text("\n".join(lines), SEOUL)


def items(column: ColumnFound) -> list[tuple[str, str]]:
    return [(item.headline, item.body) for item in column.items]


EXPECTED = [("통역 안경", ONE), ("로봇 충전", TWO)]


# Sub-headings


@pytest.mark.parametrize(
    "heading",
    [
        "<h2>{}</h2>",
        "<h3>{}</h3>",
        "<h3>■ {}</h3>",
        "<p><strong>{}</strong></p>",
        "<p><b>◆ {}</b></p>",
        "<div><span><strong>{}</strong></span></div>",
        "<p>▶ {}</p>",
        "<p>● {}</p>",
        "<p>□ {}</p>",
        "<p># {}</p>",
    ],
)
def test_a_page_marks_its_sub_headings_in_many_ways(heading: str) -> None:
    column = page(f"{heading.format('통역 안경')}<p>{ONE}</p>{heading.format('로봇 충전')}<p>{TWO}</p>")
    assert items(column) == EXPECTED


@pytest.mark.parametrize("sign", [*"■▶◆●◇□▲", "#", "##", "■ ■"])
def test_a_text_marks_its_sub_headings_with_a_sign(sign: str) -> None:
    column = text("[AI 한입뉴스] 안경과 로봇", "", f"{sign} 통역 안경", ONE, "", f"{sign} 로봇 충전", TWO)
    assert items(column) == EXPECTED


@pytest.mark.parametrize("shape", ["{}. {}", "{}) {}", "({}) {}", "[{}] {}"])
def test_numbered_sub_headings_lose_their_numbers(shape: str) -> None:
    lines = [shape.format(1, "통역 안경"), ONE, "3.14배 늘었다.", shape.format(2, "로봇 충전"), TWO]
    assert items(text("[AI 한입뉴스] 안경과 로봇", *lines)) == [("통역 안경", f"{ONE}\n\n3.14배 늘었다."), EXPECTED[1]]
    assert items(page("".join(f"<p>{line}</p>" for line in lines)))[1] == EXPECTED[1]


def test_short_lines_above_paragraphs_are_sub_headings_where_nothing_else_is() -> None:
    column = text(
        "[AI 한입뉴스] 안경과 로봇", "입력 2026.05.22 07:30", "", "통역 안경", "", ONE, "", "로봇 충전", "", TWO
    )
    assert items(column) == EXPECTED
    assert column.deks == ()


def test_a_bold_first_line_before_a_break_is_a_sub_heading() -> None:
    column = page(
        f"<div><b>■ 통역 안경</b><br>{ONE}<br><br><b>■ 로봇 충전</b><br>{TWO}<br>둘째 줄은 같은 문단이다.</div>"
    )
    assert items(column) == [EXPECTED[0], ("로봇 충전", f"{TWO}\\\n둘째 줄은 같은 문단이다.")]


def test_a_bold_line_in_an_item_with_headings_stays_in_its_body() -> None:
    column = page(f"<h2>통역 안경</h2><p><b>짧게 말하면</b></p><p>{ONE}</p><h2>로봇 충전</h2><p>{TWO}</p>")
    assert items(column)[0] == ("통역 안경", f"**짧게 말하면**\n\n{ONE}")


def test_one_item_alone_is_a_column_where_its_sub_heading_is_marked() -> None:
    assert items(page(f"<h2>통역 안경</h2><p>{ONE}</p>")) == EXPECTED[:1]


def test_a_column_in_markdown_keeps_its_marks() -> None:
    column = from_markdown(
        "# [AI in One Bite] Glasses\n\nWhat changed this week\n\nBy Jane Doe\n\n*Editor's note:* Two short items.\n\n"
        f"## One\n\n![a lens](https://img.example.org/a.jpg)\n\nThe lens. Photo: Gaon Lens\n\n{THREE} *Really*.\n\n"
        f"## Two\n\n- {THREE}\n- [log](https://log.example.org/)\n",
        SEOUL,
    )
    assert (column.series, column.title, column.deks) == ("AI in One Bite", "Glasses", ("What changed this week",))
    assert (column.note, column.byline, column.language) == ("Two short items.", "Jane Doe", "en")
    assert items(column) == [
        ("One", f"{THREE} *Really*."),
        ("Two", f"- {THREE}\n- [log](https://log.example.org/)"),
    ]
    assert column.items[0].picture == Picture("https://img.example.org/a.jpg", "a lens", "The lens.", "Gaon Lens")


# Above the items

BODY = f"<h2>통역 안경</h2><p>{ONE}</p><h2>로봇 충전</h2><p>{TWO}</p>"
LINES = ("■ 통역 안경", ONE, "■ 로봇 충전", TWO)


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_deks_are_the_lines_under_the_title(count: int) -> None:
    deks = tuple(f"작은 제목 {number}째 줄" for number in ("첫", "둘", "셋")[:count])
    assert page("".join(f"<p>{dek}</p>" for dek in deks) + "<p>입력 2026.05.22 07:30</p>" + BODY).deks == deks
    assert text("[AI 한입뉴스] 안경과 로봇", *deks, "입력 2026.05.22 07:30", *LINES).deks == deks
    assert items(page("".join(f"<h2>{dek}</h2>" for dek in deks) + "<p>김하나 기자</p>" + BODY)) == EXPECTED


@pytest.mark.parametrize(
    "label",
    [
        "[편집자주] {}",
        "[편집자 주] {}",
        "<편집자주> {}",
        "편집자주: {}",
        "편집자의 말\n{}",
        "Editor's note: {}",
        "Editor’s Note — {}",
        "{}",
    ],
)
def test_the_note_is_what_follows_its_label_or_stands_before_the_first_item(label: str) -> None:
    assert text("[AI 한입뉴스] 안경과 로봇", "작은 제목", "", *label.format(NOTE).split("\n"), "", *LINES).note == NOTE
    escaped = label.replace("<", "&lt;").replace(">", "&gt;").format(NOTE)
    assert page("<p>" + escaped.replace("\n", "</p><p>") + "</p>" + BODY).note == NOTE


def test_a_note_keeps_its_links_and_paragraphs() -> None:
    column = page(f'<p><b>[편집자주]</b> {NOTE}</p><p>지난 호는 <a href="/0">여기</a>에 있습니다.</p>{BODY}')
    assert column.note == f"{NOTE}\n\n지난 호는 [여기](https://news.example.org/0)에 있습니다."


def test_a_column_needs_no_note_no_deks_and_no_byline() -> None:
    column = page(BODY)
    assert (column.note, column.deks, column.byline, column.byline_address, column.published_at) == (
        "",
        (),
        "",
        "",
        None,
    )
    assert items(column) == EXPECTED


@pytest.mark.parametrize(
    ("line", "name", "address"),
    [
        ("김하나 기자 hana@example.org", "김하나 기자", "hana@example.org"),
        ("김하나 기자(hana@example.org)", "김하나 기자", "hana@example.org"),
        ("글 김하나 기자", "김하나 기자", ""),
        ("해솔일보 김하나 선임기자 hana@example.org", "김하나 선임기자", "hana@example.org"),
        ("김하나·이두리 기자 desk@example.org", "김하나·이두리 기자", "desk@example.org"),
        ("김하나 hana@example.org", "김하나", "hana@example.org"),
        ("By Jane Doe jane@example.org", "Jane Doe", "jane@example.org"),
        ("By Jane Doe and Ann O’Neil", "Jane Doe and Ann O’Neil", ""),
        ("Written by Jane Doe, Technology Editor", "Jane Doe", ""),
        ("Jane Doe <jane@example.org>", "Jane Doe", "jane@example.org"),
    ],
)
def test_the_byline_is_found_below_and_above(line: str, name: str, address: str) -> None:
    below = text("[AI 한입뉴스] 안경과 로봇", *LINES, line, "이 줄은 기사 아래의 다른 글이다.")
    above = text("[AI 한입뉴스] 안경과 로봇", line, *LINES)
    first = text(line, "[AI 한입뉴스] 안경과 로봇", *LINES)
    for column in (below, above, first):
        assert (column.byline, column.byline_address) == (name, address)
        assert items(column) == EXPECTED


def test_an_address_behind_a_link_or_on_its_own_line_is_the_writers() -> None:
    linked = page(BODY + '<p>김하나 기자 <a href="mailto:hana@example.org?subject=x">이메일</a></p>')
    hinted = page(BODY + '<div class="author"><b>김하나</b></div><p>hana@example.org</p>')
    assert (linked.byline_address, hinted.byline, hinted.byline_address) == (
        "hana@example.org",
        "김하나",
        "hana@example.org",
    )


@pytest.mark.parametrize(
    "line",
    [
        "입력 2026.05.22 07:30",
        "입력 : 2026-05-22 07:30 | 수정 : 2026-05-23 09:10",
        "수정 2026.05.23. 오전 9:10 입력 2026.05.22. 오전 7:30",
        "기사입력 2026년 5월 22일 오전 7시 30분",
        "Published May 22, 2026, 7:30 a.m. KST | Updated May 23, 2026, 9:00 a.m. KST",
        "2026.05.22 07:30",
    ],
)
def test_the_date_is_when_it_was_published_not_when_it_was_changed(line: str) -> None:
    column = text("[AI 한입뉴스] 안경과 로봇", line, *LINES)
    assert column.published_at == datetime(2026, 5, 21, 22, 30, tzinfo=UTC)
    assert {item.published_at for item in column.items} == {column.published_at}


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ('<meta property="og:title" content="[AI 한입뉴스] 안경과 로봇 | 해솔일보">', ""),
        ('<title>[AI 한입뉴스] 안경과 로봇 - 해솔일보</title><meta property="og:site_name" content="해솔일보">', ""),
        ('<meta property="og:site_name" content="해솔일보">', "<h1>해솔일보</h1><h1>[AI 한입뉴스] 안경과 로봇</h1>"),
        ('<meta property="og:title" content="[AI 한입뉴스] 안경과 로봇">', "<h1>안경과 로봇</h1>"),
        ("", "<p>[AI 한입뉴스]</p><h1>안경과 로봇</h1>"),
        ("", '<p class="series">AI 한입뉴스</p><h1>안경과 로봇</h1>'),
        ("", "<h1>【AI 한입뉴스】 안경과 로봇</h1>"),
        (
            '<script type="application/ld+json">{"@type":"Article","headline":"[AI 한입뉴스] 안경과 로봇"}</script>',
            "",
        ),
    ],
)
def test_the_title_is_never_the_sites_name(head: str, title: str) -> None:
    column = page(BODY, head=head, title=title)
    assert (column.series, column.title) == ("AI 한입뉴스", "안경과 로봇")


# Pictures

IMAGE = '<img src="/a.jpg" alt="안경" width="600" height="400">'
SHOWN = Picture("https://news.example.org/a.jpg", "안경", "시장의 통역 안경.", "가온렌즈")


@pytest.mark.parametrize(
    "figure",
    [
        f"<figure>{IMAGE}<figcaption>시장의 통역 안경. 사진=가온렌즈</figcaption></figure>",
        f"<figure><figcaption>시장의 통역 안경. 사진=가온렌즈</figcaption>{IMAGE}</figure>",
        f"<p>{IMAGE}</p><p>▲ 시장의 통역 안경. (사진 제공=가온렌즈)</p>",
        f"<p>▲ 시장의 통역 안경. /사진=가온렌즈</p><p>{IMAGE}</p>",
        f"<div>{IMAGE}<p class='img-desc'>시장의 통역 안경. ⓒ가온렌즈</p></div>",
        f"<table><tr><td>{IMAGE}</td></tr><tr><td>시장의 통역 안경. [사진=가온렌즈]</td></tr></table>",
        f"<p>{IMAGE}<br>시장의 통역 안경. (가온렌즈 제공)</p>",
        f"<figure>{IMAGE}<figcaption>시장의 통역 안경.<i class='credit'>Photo: 가온렌즈</i></figcaption></figure>",
        '<img data-src="/a.jpg" src="data:image/gif;base64,R0" alt="안경"><p>시장의 통역 안경. Image: 가온렌즈</p>',
    ],
)
def test_a_picture_has_its_caption_and_credit_from_wherever_they_stand(figure: str) -> None:
    column = page(f"<h2>통역 안경</h2>{figure}<p>{ONE}</p><h2>로봇 충전</h2><p>{TWO}</p>")
    assert column.items[0].picture == SHOWN
    assert items(column) == EXPECTED


def test_the_first_picture_of_an_item_counts_and_icons_do_not() -> None:
    body = f'<img src="/icon/share.svg"><img src="/x.gif" width="1" height="1">{IMAGE}<p>{ONE}</p>'
    body += '<img src="/b.jpg"><p>사진=둘</p>'
    column = page(f"<h2>통역 안경</h2>{body}<h2>로봇 충전</h2><p>{TWO}</p>")
    assert [item.picture for item in column.items] == [Picture("https://news.example.org/a.jpg", "안경"), None]
    assert items(column) == EXPECTED


def test_pictures_above_their_sub_headings_belong_to_what_is_below_them() -> None:
    column = page(
        f'<img src="/a.jpg"><h2>통역 안경</h2><p>{ONE}</p>'
        f'<img src="/b.jpg"><p>사진=둘</p><h2>로봇 충전</h2><p>{TWO}</p>'
    )
    assert [item.picture for item in column.items] == [
        Picture("https://news.example.org/a.jpg"),
        Picture("https://news.example.org/b.jpg", credit="둘"),
    ]


def test_pasted_text_keeps_neither_captions_nor_credits() -> None:
    column = text(
        "[AI 한입뉴스] 안경과 로봇", "", "■ 통역 안경", "사진 확대", "▲ 시장의 통역 안경", "", ONE, "", "■ 로봇 충전",
        "", "충전판 위의 로봇", "사진 제공=다온로보틱스", "", TWO, "/사진=다온로보틱스",
    )  # fmt: skip
    assert items(column) == EXPECTED
    assert [item.picture for item in column.items] == [None, None]


def test_a_paragraph_that_names_a_source_is_still_a_paragraph() -> None:
    words = (
        "이 회사의 설명은 이렇다. 출처: 공개된 자료를 모두 합하면 그렇다는 뜻이며, 사진: 한 장도 쓰지 않았다고 한다."
    )
    assert page(f"<h2>통역 안경</h2><p>{words}</p><h2>로봇 충전</h2><p>{TWO}</p>").items[0].body == words


# Where items are from


def test_an_items_url_is_the_one_link_that_is_named_as_its_source() -> None:
    column = page(
        f'<h2>통역 안경</h2><p>{ONE} <a href="https://a.example.org/x">출처</a></p>'
        '<p><a href="https://b.example.org/">회사</a>는 작다.</p>'
        f'<h2>로봇 충전</h2><p>{TWO}</p><p><a href="https://c.example.org/">Read more</a></p>'
        '<p><a href="https://d.example.org/">원문</a></p>'
    )
    assert [item.url for item in column.items] == ["https://a.example.org/x", "https://news.example.org/1"]
    assert items(column) == [("통역 안경", f"{ONE}\n\n[회사](https://b.example.org/)는 작다."), EXPECTED[1]]


def test_the_canonical_link_is_the_columns_url() -> None:
    column = page(BODY, head='<link rel="canonical" href="/ai/1">')
    assert column.url == "https://news.example.org/ai/1"


# What makes it the same


def test_a_column_is_the_same_by_its_canonical_url_else_by_series_title_and_day() -> None:
    day = datetime(2026, 5, 22, 1, tzinfo=UTC)
    by_url = column_identity("https://www.example.org/1?utm_source=mail", "A", "B", None)
    assert by_url == column_identity("http://example.org/1", "C", "D", day)
    assert column_identity("", "A", "B", day) == column_identity("", "A", "B", day.replace(hour=9))
    assert (
        len(
            {
                column_identity("", *rest)
                for rest in [("A", "B", day), ("A", "B", None), ("A", "C", day), ("", "AB", day)]
            }
        )
        == 4
    )


def test_an_item_is_the_same_wherever_it_stands_in_its_column() -> None:
    one = page(BODY)
    other = page(f"<h2>새 소식</h2><p>{THREE}</p><h2>로봇 충전</h2><p>{THREE}</p><h2>통역 안경</h2><p>{ONE}</p>")
    assert [item.identity for item in one.items] == [other.items[2].identity, other.items[1].identity]
    assert item_identity("c", "로봇, 충전") == item_identity("c", "로봇  충전")


def test_two_items_with_the_same_headline_are_two_items() -> None:
    column = page(f"<h2>단신</h2><p>{ONE}</p><h2>단신</h2><p>{TWO}</p>")
    assert len({item.identity for item in column.items}) == 2


def test_the_language_is_that_of_the_letters() -> None:
    assert page(BODY).language == "ko"
    assert text("Glasses and robots, weekly", "By Jane Doe", "1. One", THREE, "2. 둘", THREE).language == "en"
    assert from_html_page(f"<h1>안경과 로봇</h1>{BODY}", SEOUL, language="en").items[0].language == "en"


# What is around it


@pytest.mark.parametrize("at", range(5))
def test_lists_of_other_articles_go_wherever_they_stand(at: int) -> None:
    listed = ["많이 본 뉴스", "1", "주말 전국에 비", "2. 버스 노선 바뀐다", "▶ 동네 빵집이 돌아왔다", ""]
    lines = list(LINES)
    lines[at:at] = listed
    column = text("[AI 한입뉴스] 안경과 로봇", "작은 제목", NOTE, *lines)
    assert items(column) == EXPECTED if at != 2 else items(column)[1] == EXPECTED[1]
    assert "빵집" not in repr(column)


def test_words_that_only_look_like_furniture_stay() -> None:
    kept = [
        "AI 학습용 무단 복제를 둘러싼 소송이 시작되었다.",
        "이 앱은 쿠키를 굽는 사람들의 모임에서 나왔다.",
        "구독 경제가 다시 자란다는 조사가 있었다.",
        "Copyright law is the next front, and cookies are not.",
        "광고를 파는 회사가 검색을 산다는 소문은 사실이 아니었다.",
    ]
    column = page(
        "<h2>통역 안경</h2>" + "".join(f"<p>{line}</p>" for line in kept) + f"<h2>저작권 소송</h2><p>{TWO}</p>"
    )
    assert items(column) == [("통역 안경", "\n\n".join(kept)), ("저작권 소송", TWO)]


@pytest.mark.parametrize(
    "box",
    [
        '<div class="promo"><p>{}</p></div>',
        "<aside><p>{}</p></aside>",
        '<section id="relatedNews"><p>{}</p></section>',
        '<div role="complementary"><p>{}</p></div>',
        '<div class="article_ad"><p>{}</p></div>',
        '<p style="display:none">{}</p>',
        "<button>{}</button>",
    ],
)
def test_boxes_of_the_site_go_whatever_is_written_in_them(box: str) -> None:
    boxed = box.format("이 상자에는 온전한 문장이 들어 있어서 단락처럼 보인다.")
    column = page(f"{boxed}<h2>통역 안경</h2>{boxed}<p>{ONE}</p>{boxed}<h2>로봇 충전</h2><p>{TWO}</p>{boxed}")
    assert items(column) == EXPECTED
    assert column.note == ""


def test_a_box_with_most_of_the_words_is_the_article_whatever_it_is_called() -> None:
    html = f'<div class="share print-area" id="ad"><h1>[AI 한입뉴스] 안경과 로봇</h1>{BODY}</div>'
    assert items(from_html_page(html, SEOUL)) == EXPECTED


def test_a_note_in_an_aside_is_kept() -> None:
    assert page(f"<aside><p>[편집자주] {NOTE}</p></aside>{BODY}").note == NOTE
    assert page(f'<aside class="editor-note"><p>{NOTE}</p></aside>{BODY}').note == NOTE
