"""Writers, dates, languages, addresses and standfirsts, from where a page says them best."""

from __future__ import annotations

import pytest

from tests.editorial.pages.makers import HEADLINE, TEXT, URL, article, ld, meta, page, read

H1 = f"<h1>{HEADLINE}</h1>"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("<p class='byline'>By Mira Sol</p>", "Mira Sol"),
        ("<p>By Mira Sol and Tom Okafor | May 20, 2026</p>", "Mira Sol and Tom Okafor"),
        ("<p><a rel='author' href='/mira'>Mira Sol</a></p>", "Mira Sol"),
        ("<div class='author-name'>Mira Sol · 4 min read</div>", "Mira Sol"),
        ("<p>서다온 기자 daon@paper.example</p>", "서다온 기자"),
        ("<span class='writer'>글 서다온</span>", "서다온"),
        ("<p>2026년 5월 20일 · 글 서다온</p>", "서다온"),
        ("<p>Otters are shy</p>", ""),
    ],
)
def test_the_writer_is_read_from_what_the_page_shows(line: str, name: str) -> None:
    item = read(page(before=H1 + line))
    assert item.byline == name
    assert "Sol" not in item.body and "서다온" not in item.body and "paper.example" not in item.body


def test_a_writer_of_comments_wrote_no_article() -> None:
    comments = "<div class='comments'><p class='author'>Angry Heron</p><p>Nobody asked the herons about this.</p></div>"
    assert read(page(text=TEXT + comments)).byline == ""


@pytest.mark.parametrize(
    "shown",
    [
        "<p>입력 2026.05.20. 오전 6:00 수정 2026.05.21. 오후 3:00</p>",
        "<p><span>입력 2026-05-20 06:00</span> <span>수정 2026-05-21 15:00</span></p>",
        "<time datetime='2026-05-20T06:00:00+09:00'>20 May</time>",
        "<time class='updated' datetime='2026-05-21T15:00:00+09:00'></time>"
        "<time class='published' datetime='2026-05-20T06:00'>x</time>",
        "<meta itemprop='datePublished' content='2026-05-20T06:00'><p>Updated 2026-05-21 15:00</p>",
        "<p itemprop='datePublished' content='2026-05-20 06:00'>yesterday</p>",
        "<p>Published on May 20, 2026 at 6:00 am</p>",
        "<p>2026년 5월 20일 오전 6시</p>",
    ],
)
def test_the_date_is_that_of_publishing_on_the_clock_of_the_publication(shown: str) -> None:
    item = read(page(before=H1 + shown))
    assert str(item.published_at) == "2026-05-19 21:00:00+00:00"
    assert "2026" not in item.body


@pytest.mark.parametrize(
    "shown",
    [
        "<p>Updated May 21, 2026</p>",
        "<p>최종 수정 2026.05.21. 오후 3:00</p>",
        "<time class='modified' datetime='2026-05-21T15:00:00+09:00'></time>",
        "<time itemprop='dateModified' datetime='2026-05-21'></time>",
    ],
)
def test_a_time_of_change_is_no_date(shown: str) -> None:
    changed = ld(article(dateModified="2026-05-21")) + meta(article__modified_time="2026-05-21T15:00:00Z")
    assert read(page(changed, before=H1 + shown)).published_at is None


def test_a_date_in_the_address_is_the_last_that_is_asked() -> None:
    assert str(read(page(), "https://p.example/2026/05/20/otter").published_at) == "2026-05-19 15:00:00+00:00"
    assert str(read(page(), "https://p.example/news/2026/may/20/o").published_at) == "2026-05-19 15:00:00+00:00"
    assert read(page(), "https://p.example/2026/otter-20-of-31").published_at is None
    told = page(meta(article__published_time="2026-05-19T06:00:00+09:00"))
    assert str(read(told, "https://p.example/2026/05/20/otter").published_at) == "2026-05-18 21:00:00+00:00"


def test_the_language_is_that_of_the_text_and_not_of_the_template() -> None:
    korean = "<p>월요일 아침, 옛 보 아래에서 수달 한 마리가 서른한 해 만에 발견됐다.</p>" * 4
    assert (
        read(page(before="<h1>수달이 돌아왔다</h1>", text=korean).replace("<html>", "<html lang='en'>")).language
        == "ko"
    )
    assert read(page().replace("<html>", "<html lang='en-GB'>")).language == "en"
    assert read(page().replace("<html>", "<html lang='ko'>")).language == "en"
    assert read(page().replace("<html>", "<html lang='de'>")).language == "de"
    assert read(page(), language="ko").language == "en"


def test_the_canonical_address_is_what_the_page_calls_its_own() -> None:
    link = "<link rel='canonical' href='/news/otter-returns'>"
    assert read(page(link)).canonical == "https://paper.example/news/otter-returns"
    assert read(page("<base href='https://a.example/'>" + link)).canonical == "https://a.example/news/otter-returns"
    assert read(page(meta(og__url="https://paper.example/o"))).canonical == "https://paper.example/o"
    assert read(page()).canonical is None


@pytest.mark.parametrize("wrong", ["/", "https://paper.example", "javascript:alert(1)", "", "https://["])
def test_an_address_that_stands_for_the_whole_site_or_for_nothing_is_not_believed(wrong: str) -> None:
    assert read(page(f"<link rel='canonical' href='{wrong}'>")).canonical is None


def test_readers_are_sent_to_the_page_without_tracking() -> None:
    item = read(page(f"<link rel='canonical' href='{URL}'>"), URL + "?utm_source=mail&fbclid=1")
    assert item.url == URL and item.identity == URL
    assert read(page("<link rel='canonical' href='https://other.example/o'>")).url == URL


def test_the_standfirst_is_no_piece_of_the_text() -> None:
    shown = f"{H1}<p class='standfirst'>A guest, after thirty-one years</p>"
    item = read(page(meta(og__description="Something for networks"), before=shown))
    assert item.dek == "A guest, after thirty-one years" and item.dek not in item.body
    assert (
        read(page(meta(og__description="On Monday morning an otter was seen below the old weir, for the…"))).dek == ""
    )
    assert read(page(meta(og__description="On Monday morning an otter was seen below the old weir"))).dek == ""
    assert read(page(meta(og__description=HEADLINE))).dek == ""
