"""The main text of a page, as our Markdown: what belongs to it is kept as it is, what is around it is left out."""

from __future__ import annotations

import unicodedata

import pytest

from tests.editorial.pages.makers import FIRST, HEADLINE, TEXT, page, read


def body(text: str, **options: str) -> str:
    return read(page(text=text), **options).body


def test_links_headings_lists_quotations_and_code_are_kept() -> None:
    found = body(
        f"{TEXT}<h2>What it eats</h2><ol><li>Eels, <em>first</em></li><li>Crabs<ul><li>shore crabs</li></ul></li></ol>"
        "<blockquote><p>It looked at me as if I owed it rent.</p></blockquote>"
        "<p>The <a href='../map?x=1&amp;y=2'>map of sightings</a> is <code>open()</code> to all who can read it.</p>"
        "<pre>for otter in river:\n    print(otter)</pre><p>That is all that is known of it at this time, they say.</p>"
    )
    for part in (
        "**What it eats**\n\n1. Eels, *first*\n2. Crabs\n   - shore crabs",
        "> It looked at me as if I owed it rent.",
        "[map of sightings](https://paper.example/map?x=1&y=2) is `open()` to all",
        "```\nfor otter in river:\n    print(otter)\n```",
    ):
        assert part in found


@pytest.mark.parametrize(
    "clutter",
    [
        "<div class='related'><h3>Related</h3><ul><li><a href='/a'>The heron that would not move</a></li></ul></div>",
        "<ul class='share-bar'><li><a href='#'>Share on Social</a></li><li>Copy link</li></ul>",
        "<aside class='newsletter-signup'><p>Sign up to our morning letter: it tells you what happens.</p></aside>",
        "<div class='ad-slot'><p>Advertisement</p></div>",
        "<div style='display:none'><p>Words for the search engines alone, otter otter otter otter.</p></div>",
        "<script>document.write('otter otter otter')</script><style>.otter{color:red}</style>",
        "<p>무단 전재 및 재배포 금지</p>",
        "<figure><img src='/o.jpg'><figcaption>An otter. Photo: Mira Sol</figcaption></figure>",
        "<nav><a href='/1'>Previous story</a><a href='/2'>Next story</a></nav>",
    ],
)
@pytest.mark.parametrize("is_last", [True, False])
def test_what_sites_put_around_a_text_stays_outside(clutter: str, is_last: bool) -> None:
    start, end = TEXT.split("</p>", 1)
    assert body(TEXT + clutter if is_last else f"{start}</p>{clutter}{end}") == body(TEXT)


def test_it_does_not_matter_how_paragraphs_are_made() -> None:
    bare = TEXT.replace("<p>", "").split("</p>")[:3]
    expected = body(TEXT)
    assert body("".join(f"<div>{part}</div>" for part in bare)) == expected
    assert body("<br><br>".join(bare)) == expected
    assert body("<font size=2>" + "<br>\n<br>".join(bare) + "</font>") == expected
    assert (
        body(f"<table width=600><tr><td><table>{''.join(f'<tr><td>{part}</td></tr>' for part in bare)}</table>")
        == expected
    )
    assert body("<span>" + "".join(f"<p>{part}" for part in bare) + "</span>") == expected


def test_a_table_of_facts_is_a_line_for_each_row() -> None:
    rows = (("Year", "Otters"), ("1995", "0"), ("2026", "1"))
    table = "<table>" + "".join(f"<tr><td>{one}</td><td>{other}</td></tr>" for one, other in rows) + "</table>"
    assert "Year Otters\n\n1995 0\n\n2026 1" in body(TEXT + table + TEXT.replace("otter", "guest"))


def test_the_headline_is_not_said_twice() -> None:
    assert body(f"<h2>{HEADLINE}</h2>{TEXT}") == body(TEXT)


def test_a_poem_of_short_lines_is_not_taken_for_labels() -> None:
    lines = [
        "The otter came",
        "when nobody looked",
        "and the river",
        "pretended to sleep",
        "as rivers do",
        "in a dry year",
    ]
    assert body("".join(f"<p>{line}</p>" for line in lines * 3)).count("pretended to sleep") == 3


def test_sentences_without_a_full_stop_are_text_at_both_ends() -> None:
    bare = [
        "수달이 서른한 해 만에 돌아왔다",
        "월요일 아침 옛 보 아래에서 누군가 그것을 보았고, 처음에는 고양이인 줄 알았다고 했다",
        "그는 한참을 서 있었다",
    ]
    assert body("<p>수달 취재팀</p>" + "".join(f"<p>{line}</p>" for line in bare)) == "\n\n".join(bare)


@pytest.mark.parametrize("charset", ["utf-8", "euc-kr", "utf-16"])
def test_text_in_any_charset_whatever_is_declared(charset: str) -> None:
    text = "<p>월요일 아침, 옛 보 아래에서 수달 한 마리가 서른한 해 만에 발견됐다.</p>" * 3
    html = page(before="<h1>수달이 돌아왔다</h1>", text=text, title="수달이 돌아왔다").replace("utf-8", "iso-8859-1")
    item = read(html.encode(charset), content_type="text/html; charset=utf-8")
    assert item.headline == "수달이 돌아왔다" and "수달 한 마리가" in item.body


def test_decomposed_hangul_is_composed() -> None:
    html = page(
        before="<h1>수달이 돌아왔다</h1>",
        text="<p>월요일 아침, 옛 보 아래에서 수달이 보였다.</p>" * 4,
        title="수달이 돌아왔다",
    )
    item = read(unicodedata.normalize("NFD", html))
    assert item.headline == "수달이 돌아왔다" and "옛 보 아래에서" in item.body


@pytest.mark.parametrize(
    "payload",
    [
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>click</a>",
        "<svg onload=alert(1)></svg>",
        "<iframe src='https://evil.example'></iframe>",
        "<form action='https://evil.example'><input></form>",
    ],
)
def test_no_script_comes_through(payload: str) -> None:
    html = page(
        f"<meta property='og:title' content=\"{payload}\">", before=f"<h1>{HEADLINE}{payload}</h1>", text=payload + TEXT
    )
    item = read(html)
    for text in (item.headline, item.body, item.dek, item.byline, item.url or "", repr(item.picture)):
        for bad in ("onerror", "javascript:", "onload", "<iframe", "<form", "<img"):
            assert bad not in text
    assert FIRST in item.body
