"""Newsletters on the web as they are found: each build puts its own boxes, buttons, sponsors and feet around the items.

The samples are made up, in the markup of Stibee, Maily, Substack, Mailchimp, Beehiiv and Ghost, of a paper's page of
briefs, of a list of links, and of a mail that was pasted as text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from publisher.domain.item import ColumnFound
from publisher.editorial.columns import from_html_page, from_text
from publisher.editorial.markup import plain
from publisher.errors import SourceError

WILD = Path(__file__).parent / "columns" / "wild"
SEOUL = ZoneInfo("Asia/Seoul")
MORNING, DAY = datetime(2026, 5, 21, 22, 30, tzinfo=UTC), datetime(2026, 5, 21, 15, tzinfo=UTC)
GAON, DAON = "https://gaon.example.com/news/41", "https://daon.example.com/charge"
KO, EN = "안경이 통역하는 시장", "Glasses that interpret"
KO_GLASSES, KO_ROBOTS = "통역 안경, 시장 상인 40명이 먼저 썼다", "로봇 충전, 90분에서 28분으로"
KO_LIBRARY = "모르면 모른다고 하는 도서관"
EN_GLASSES, EN_ROBOTS = "Forty market traders wore them first", "Ninety minutes become twenty-eight"
EN_LIBRARY = "A library that says it does not know"


@dataclass(frozen=True)
class Expected:
    """What a person finds in the sample; `items` are headline, where it is from, and the end of its text."""

    title: str
    published_at: datetime
    byline: str
    items: list[tuple[str, str, str]]


SAMPLES = {
    "stibee-ko.html": Expected(KO, DAY, "", [
        (f"👓 {KO_GLASSES}", GAON, "열에 셋을 놓친다고 하네요."),
        (f"🤖 {KO_ROBOTS}", DAON, "석 달 동안 시험한 결과입니다."),
        (f"📚 {KO_LIBRARY}", "", "310건에 모른다고 답했습니다."),
    ]),
    "maily-ko.html": Expected(KO, DAY, "", [
        ("통역 안경이 시장에 나왔다", "", "사투리는 아직 열에 셋을 놓친다."),
        ("로봇이 덜 쉰다", DAON, "90분에서 28분으로 줄였다고 밝혔다."),
        ("도서관은 모른다고 말한다", "", "읽은 책에 없는 답은 하지 않는다."),
        ("비가 오면 버스가 먼저 안다", "", "달았다고 22일 발표했다."),
        ("빵집이 주문을 듣는다", "", "100건 가운데 4건이었다."),
    ]),
    "substack-en.html": Expected(EN, MORNING, "Jane Doe", [
        (EN_GLASSES, GAON, "missed three times in ten."),
        (EN_ROBOTS, DAON, "“We had to move the coffee machine.”"),
        (EN_LIBRARY, "", "310 times it did not know"),
    ]),
    "mailchimp-en.html": Expected(EN, DAY, "", [
        (EN_GLASSES, GAON, "and last six hours."),
        (EN_ROBOTS, DAON, "tried it for three months."),
        (EN_LIBRARY, "", "only from books it has read."),
    ]),
    "beehiiv-en.html": Expected(EN, MORNING, "Jane Doe", [
        (f"👓 {EN_GLASSES}", "", "and markets speak in dialects."),
        (f"🤖 {EN_ROBOTS}", "", "tried it for three months."),
        (f"📚 {EN_LIBRARY}", "", "only from books it has read."),
    ]),
    "ghost-ko.html": Expected(KO, MORNING, "김하나", [
        (KO_GLASSES, GAON, "무게는 41g이다."),
        (KO_ROBOTS, DAON, "28분으로 줄였다고 밝혔다."),
        (KO_LIBRARY, "", "없는 답은 하지 않는다."),
    ]),
    "brief-ko.html": Expected("통역 안경 外", MORNING, "김하나 기자", [
        ("가온렌즈, 통역 안경 출시", "", "무게는 41g이다."),
        ("다온로보틱스, 로봇 충전 28분", "", "▲석 달 동안 시험했다."),
        ("해솔도서관, 안내봇 시범 운영", "", "없는 답은 하지 않는다."),
    ]),
    "digest-en.html": Expected("Links of the week: glasses, robots, a library", DAY, "", [
        ("Gaon Lens sells interpreting glasses", GAON, "said inside the lens."),
        ("Warehouse robots charge in 28 minutes", DAON, "in two warehouses."),
        (EN_LIBRARY, "https://haesol.example.com/lib", "only from books it has read."),
        ("Buses that know the rain", "https://onnuri.example.com/rain", "before the clouds do."),
    ]),
    "plain-ko.txt": Expected("통역 안경이 시장에 나왔습니다", DAY, "", [
        ("가온렌즈가 통역 안경을 내놓았다", GAON, "먼저 써 보았다."),
        ("다온로보틱스가 로봇의 충전 시간을 28분으로 줄였다", "", "시험한 결과다."),
        ("해솔시립도서관이 안내봇을 시범 운영한다", "", "없는 답은 하지 않는다."),
    ]),
}  # fmt: skip

CLUTTER = (WILD.parent / "wild_clutter.txt").read_text(encoding="utf-8").splitlines()


def read(name: str) -> ColumnFound:
    content = (WILD / name).read_text(encoding="utf-8")
    return from_html_page(content, SEOUL) if name.endswith(".html") else from_text(content, SEOUL)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_item_is_found_with_its_text_and_where_it_is_from(name: str) -> None:
    column, expected = read(name), SAMPLES[name]
    assert (column.title, column.published_at, column.byline) == (
        expected.title,
        expected.published_at,
        expected.byline,
    )
    found = [(item.headline, item.url if item.url != column.url else None) for item in column.items]
    assert found == [(headline, url or None) for headline, url, _ in expected.items]
    for item, (_, _, end) in zip(column.items, expected.items, strict=True):
        assert plain(item.body).endswith(end), item.body


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_that_stands_around_the_items_is_in_them(name: str) -> None:
    shown = "\n".join(f"{item.headline}\n{item.body}" for item in read(name).items)
    assert [word for word in CLUTTER if word in shown] == []


def test_every_sample_is_expected() -> None:
    assert {path.name for path in WILD.iterdir()} == set(SAMPLES)


@pytest.mark.parametrize("name", ["stibee-ko.html", "ghost-ko.html", "substack-en.html", "beehiiv-en.html"])
def test_the_first_item_has_its_picture_and_no_logo(name: str) -> None:
    first, *others = read(name).items
    assert first.picture and first.picture.alt and [item.picture for item in others] == [None] * len(others)


# One shape at a time

ONE = "가온렌즈가 통역 안경을 내놓았다. 무게는 41g이다."
TWO = "다온로보틱스가 로봇의 충전 시간을 28분으로 줄였다. 창고 두 곳에서 시험했다."
HEADLINES = ["가온렌즈가 통역 안경을 내놓았다", "다온로보틱스가 로봇의 충전 시간을 28분으로 줄였다"]
BODIES = ["무게는 41g이다.", "창고 두 곳에서 시험했다."]


def page(body: str) -> ColumnFound:
    return from_html_page(f"<article><h1>안경과 로봇 소식</h1>{body}</article>", SEOUL, url="https://n.example.org/1")


def items(column: ColumnFound) -> list[tuple[str, str]]:
    return [(item.headline, item.body) for item in column.items]


@pytest.mark.parametrize(
    "marks",
    [("1. ", "2. "), ("1) ", "2) "), ("(1) ", "(2) "), ("① ", "② "), ("❶", "❷"), ("1️⃣ ", "2️⃣ "), ("▲ ",) * 2, ("◇",) * 2,
     ("■ ",) * 2, ("• ",) * 2, ("- ",) * 2, ("· ",) * 2, ("👉 ",) * 2, ("✔️ ",) * 2],
)  # fmt: skip
def test_a_round_up_of_paragraphs_is_divided_by_its_numbers_or_signs(marks: tuple[str, str]) -> None:
    lines = [f"{mark}{text}" for mark, text in zip(marks, (ONE, TWO), strict=True)]
    assert items(page("".join(f"<p>{line}</p>" for line in lines))) == list(zip(HEADLINES, BODIES, strict=True))
    pasted = from_text("\n".join(["[한입] 안경과 로봇", "", *lines]), SEOUL)
    assert items(pasted) == list(zip(HEADLINES, BODIES, strict=True))


@pytest.mark.parametrize(
    ("shape", "headlines"),
    [
        ("<p><strong>{}</strong> {}</p>", ("통역 안경", "로봇 충전")),
        ("<p><b>{}.</b> {}</p>", ("통역 안경", "로봇 충전")),
        ("<p><b>{}</b>: {}</p>", ("통역 안경", "로봇 충전")),
        ('<p><a href="https://a.example.org/{0}"><b>{0}</b></a> — {1}</p>', ("통역 안경", "로봇 충전")),
        ("<p>▶ <b>{}</b> {}</p>", ("통역 안경", "로봇 충전")),
    ],
)
def test_bold_first_words_divide_paragraphs(shape: str, headlines: tuple[str, str]) -> None:
    column = page("".join(shape.format(head, text) for head, text in zip(headlines, (ONE, TWO), strict=True)))
    assert items(column) == [("통역 안경", ONE), ("로봇 충전", TWO)]
    if "href" in shape:
        assert all(item.url and item.url.startswith("https://a.example.org/") for item in column.items)


def test_what_follows_a_divided_paragraph_belongs_to_it() -> None:
    column = page(f"<p>① {ONE}</p><p>상인 40명이 먼저 써 보았다.</p><ul><li>41g</li></ul><p>② {TWO}</p>")
    assert items(column) == [
        (HEADLINES[0], "무게는 41g이다.\n\n상인 40명이 먼저 써 보았다.\n\n- 41g"),
        (HEADLINES[1], BODIES[1]),
    ]


def test_one_sentence_is_its_own_headline_and_text() -> None:
    column = page(
        "<p>▲ 가온렌즈가 통역 안경을 내놓았다고 밝혔다.</p><p>▲ 다온로보틱스가 충전 시간을 줄였다고 밝혔다.</p>"
    )
    assert items(column)[0] == ("가온렌즈가 통역 안경을 내놓았다고 밝혔다", "가온렌즈가 통역 안경을 내놓았다고 밝혔다.")


def test_labels_in_bold_do_not_divide_an_item() -> None:
    body = f"<p><b>무슨 일:</b> {ONE}</p><p><b>왜 중요한가:</b> {TWO}</p>"
    assert len(page(f"<h2>통역 안경</h2>{body}").items) == 1


def test_the_link_of_a_sub_heading_is_where_its_item_is_from() -> None:
    column = page(
        f'<h2><a href="https://a.example.org/1">통역 안경</a></h2><p>{ONE}</p>'
        f'<h2><a href="#two">로봇 충전</a></h2><p>{TWO} <a href="https://b.example.org/2">원문</a></p>'
        f'<h2><a href="https://c.example.org/3">도서관</a></h2><p>{ONE} <a href="https://d.example.org/4">출처</a></p>'
    )
    assert [item.url for item in column.items] == [
        "https://a.example.org/1", "https://b.example.org/2", "https://d.example.org/4"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "sponsor",
    [
        "<h2>[AD] 회의록은 말로</h2><p>{}</p>",
        "<h2>(광고) 회의록은 말로</h2><p>{}</p>",
        "<h2>Sponsored: minutes</h2><p>{}</p>",
        "<h2>A word from our sponsor</h2><p>{}</p>",
        "<p>Together with Memobot</p><h2>Your minutes</h2><p>{}</p>",
        "<h2>오늘의 스폰서</h2><p>{}</p>",
        "<h2>오늘 레터는 어떠셨나요?</h2><p>{}</p>",
        "<h2>How was this issue?</h2><p>{}</p>",
        "<h2>지난 레터 다시 보기</h2><p>{}</p>",
        '<div class="newsletter-signup"><h2>받아 보세요</h2><p>{}</p></div>',
    ],
)
def test_what_somebody_paid_for_and_what_asks_for_something_is_no_item(sponsor: str) -> None:
    boxed = sponsor.format("메모봇 프로를 석 달 동안 써 볼 수 있습니다.")
    column = page(f"<h2>통역 안경</h2><p>{ONE}</p>{boxed}<h2>로봇 충전</h2><p>{TWO}</p>")
    assert items(column) == [("통역 안경", ONE), ("로봇 충전", TWO)]


@pytest.mark.parametrize(
    "words",
    [
        "광고를 파는 회사가 검색을 산다", "광고 없는 검색이 온다", "Advertising meets AI", "AD 2026: a chip for cars",
        "Presenting the new library", "수신거부 버튼이 법이 된다", "구독 경제의 다음", "친구에게 말하듯 쓰는 AI",
        "Share prices of chip makers", "Unsubscribe buttons become law", "Thanks to robots, fewer accidents",
        "다음 호 태풍 예보를 AI가 맡는다",
    ],
)  # fmt: skip
def test_a_story_about_advertising_or_subscribing_is_an_item(words: str) -> None:
    column = page(f"<h2>통역 안경</h2><p>{ONE}</p><h2>{words}</h2><p>{TWO}</p><h2>끝</h2><p>{ONE}</p>")
    assert [item.headline for item in column.items] == ["통역 안경", words, "끝"]


def test_a_page_of_nothing_but_advertisements_is_an_error() -> None:
    with pytest.raises(
        SourceError, match="has nothing but advertisements under its sub-headings; expected is a column"
    ):
        page(f"<h2>[AD] 하나</h2><p>{ONE}</p><h2>[AD] 둘</h2><p>{TWO}</p>")


def test_paragraphs_that_nothing_divides_are_an_error_that_says_so() -> None:
    with pytest.raises(
        SourceError, match="“안경과 로봇 소식” has 3 paragraphs and no sub-headings; expected is a column"
    ):
        page(f"<p>{ONE}</p><p>{TWO}</p><p>{ONE}</p>")


def test_a_line_of_date_writer_and_counters_is_taken_apart() -> None:
    column = page(f"<p>2026.05.22 07:30 | 김하나 기자 | 조회 1.2K | 제41호</p><h2>통역 안경</h2><p>{ONE}</p>")
    assert (column.published_at, column.byline, column.deks) == (MORNING, "김하나 기자", ())
