"""HTML from outside becomes Markdown, Markdown becomes what is shown; nothing is lost, nothing gets through."""

from __future__ import annotations

import re
import unicodedata
from html import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from publisher.domain.message import slot
from publisher.editorial.markup import clean, clean_block, from_html, plain, to_html, to_text

SHOWN = {"p", "a", "strong", "em", "ul", "ol", "li", "blockquote", "br", "code", "pre"}


def tree(fragment: str) -> etree._Element:
    """The fragment as strict XML; fails the test where it is none."""
    return etree.fromstring(f"<div>{fragment}</div>".encode())


def text_of(element: etree._Element) -> str:
    return str(etree.tostring(element, method="text", encoding="unicode", with_tail=False))


def words(fragment: str) -> str:
    """All that is read in a fragment, without white space."""
    return re.sub(r"\s+", "", text_of(tree(fragment)))


def assert_harmless(fragment: str) -> None:
    for element in tree(fragment).iterdescendants():
        assert element.tag in SHOWN
        assert set(element.attrib) <= ({"href"} if element.tag == "a" else {"start"} if element.tag == "ol" else set())
        assert re.match("https?://|mailto:", element.get("href", "https://"), re.IGNORECASE)
    assert "<script" not in fragment.lower()


# HTML to Markdown


def test_paragraphs_marks_and_links_become_markdown() -> None:
    html = '<div><p>See <b>the</b> <i>new</i> <a href="/a?x=1">page</a>.</p><p>Second<br>line</p></div>'
    markdown = from_html(html, "https://example.org/news/")
    assert markdown == "See **the** *new* [page](https://example.org/a?x=1).\n\nSecond\\\nline"


def test_headings_become_bold_paragraphs() -> None:
    assert from_html("<h3>한 주</h3>본문<h4>Next</h4>") == "**한 주**\n\n본문\n\n**Next**"


def test_lists_quotations_and_code_keep_their_shape() -> None:
    html = "<ul><li>a<ul><li>b</ul><li>c</ul><ol start=3><li>x<li>y</ol>"
    html += "<blockquote><p>q<p>r</blockquote><pre>i = 1\n  j</pre>"
    assert from_html(html) == "- a\n  - b\n- c\n\n3. x\n4. y\n\n> q\n>\n> r\n\n```\ni = 1\n  j\n```"


def test_two_line_breaks_part_paragraphs_as_korean_news_pages_write_them() -> None:
    assert from_html("첫 단락이다.<br/><br/>둘째 단락이다.<br>") == "첫 단락이다.\n\n둘째 단락이다."


def test_pictures_scripts_styles_and_hidden_things_are_dropped() -> None:
    html = (
        "<style>p{}</style><script>alert(1)</script><p>Text<img src=x onerror=alert(1) alt=no></p><figure><img src=y>"
        '<figcaption>Caption</figcaption></figure><p style="display: none">unseen</p><p hidden>unseen</p>'
        "<svg><text>v</text></svg>"
    )
    assert from_html(html) == "Text"


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "JaVa\tScript:alert(1)",
        "data:text/html,x",
        "//",
        "http://[",
        "#top",
        "/x",
        "javascript://x.example/%0aalert(1)",
        "ftp://x.example/",
    ],
)
def test_a_link_that_leads_nowhere_safe_keeps_only_its_words(href: str) -> None:
    assert from_html(f'<a href="{href}">words</a>') == "words"


def test_text_that_looks_like_markdown_stays_as_it_is_written() -> None:
    lines = [
        "1. 첫째",
        "# 제목",
        "- 항목",
        "> 인용",
        "---",
        "===",
        "2*3*4 _a_ snake_case",
        "[말](https://x.example)",
        "[말]: x",
    ]
    lines += [
        "`code`",
        "&amp; 그대로",
        "<b>",
        "a\\b",
        "![그림](x)",
        "+ 더하기",
        "~~~",
        "***",
        "[속보] 제목",
        "[[a]",
        "{{first_name}}",
    ]
    for line in lines:
        markdown = from_html(f"<p>{escape(line)}</p>")
        assert words(to_html(markdown)) == line.replace(" ", ""), markdown
        assert "".join(plain(markdown).split()) == line.replace(" ", "")
        assert [child.tag for child in tree(to_html(markdown))] == ["p"]
        assert not len(tree(to_html(markdown))[0])


def test_a_series_in_brackets_needs_no_escapes() -> None:
    assert from_html("<p>[AI 한입뉴스] 제목</p>") == "[AI 한입뉴스] 제목"


def test_bold_quotations_before_a_korean_particle_stay_bold() -> None:
    assert from_html('<p>그는 <b>"인용"</b>은 <b>(주)가나</b>는</p>') == '그는 "**인용**"은 **(주)가나**는'
    assert to_html('그는 **"인용"**은 말했다.') == '<p>그는 <strong>"인용"</strong>은 말했다.</p>'
    assert to_html('**"quoted"**s') == '<p>**"quoted"**s</p>'  # as CommonMark has it


def test_slot_marks_from_outside_are_dropped() -> None:
    forged = slot("leave_url")
    assert from_html(f"<p>{forged}</p>") == "leave_url"
    assert clean(forged) == "leave_url"
    assert "\ue000" not in to_html("&#xE000;email&#57346;&#xe001;")


def test_slot_marks_of_our_own_pass_through_rendering() -> None:
    mark = slot("first_name", "독자")
    assert to_html(f"{mark}님, *안녕*하세요") == f"<p>{mark}님, <em>안녕</em>하세요</p>"
    assert to_text(f"{mark}님") == f"{mark}님"


def test_decomposed_hangul_becomes_whole() -> None:
    assert from_html(unicodedata.normalize("NFD", "<p>한글</p>")) == "한글"


@pytest.mark.parametrize("tag", ["div", "b", "ul><li", "blockquote", "a href='https://x.example'", "table><tr><td"])
def test_a_nesting_bomb_leaves_its_words_and_shallow_html(tag: str) -> None:
    markdown = from_html(f"<{tag}>" * 12_000 + "deep" + "<p>after")
    assert "deep" in markdown
    shown = to_html(markdown)
    assert "after" in shown
    assert max(sum(1 for _ in element.iterancestors()) for element in tree(shown).iter()) < 100


@pytest.mark.parametrize("bomb", ["> ", "- ", "1. ", "[", "![", "*a", "**a ", "`", "<", "[a](", "* * a", "[a]: b\n"])
def test_a_markdown_bomb_ends_soon_and_stays_shallow(bomb: str) -> None:
    shown = to_html(bomb * (20_000 // len(bomb)))
    assert_harmless(shown)
    assert max(sum(1 for _ in element.iterancestors()) for element in tree(shown).iter()) < 100


def test_a_page_of_five_megabytes_is_read_in_part() -> None:
    assert from_html("<p>start</p>" + "<p>가나다라</p>" * 400_000).startswith("start\n\n가나다라")


def test_empty_input_is_an_empty_body() -> None:
    for html in ("", "  ", "<!-- -->", "<p></p>", "\x00", "<br>"):
        assert from_html(html) == ""
    assert (to_html(""), to_text(""), plain("")) == ("", "", "")


# Markdown to what is shown


def test_html_holds_only_what_a_letter_can_show() -> None:
    shown = to_html(
        "# Head\n\nA **b** *c* `d` [e](https://x.example/?a=1&b=2) <f@x.example>\n\n---\n\n![g](h.png)\n\n1. i\n2. j"
    )
    assert shown == (
        "<p><strong>Head</strong></p>\n<p>A <strong>b</strong> <em>c</em> <code>d</code> "
        '<a href="https://x.example/?a=1&amp;b=2">e</a> <a href="mailto:f@x.example">f@x.example</a></p>\n'
        "<p>g</p>\n<ol>\n<li>i</li>\n<li>j</li>\n</ol>"
    )


def test_raw_html_and_unsafe_links_are_shown_as_words() -> None:
    shown = to_html("<script>alert(1)</script> [a](javascript:alert(1)) [b](/c) <img src=x onerror=y>\u00a0.")
    assert_harmless(shown)
    assert shown == ("<p>&lt;script&gt;alert(1)&lt;/script&gt; a b &lt;img src=x onerror=y&gt;&#160;.</p>")


def test_plain_text_shows_where_links_lead() -> None:
    markdown = "A [word](https://x.example/가) and <https://y.example/>.\n\n- one\n- two\n  1. three\n\n> said\\\nso"
    assert to_text(markdown) == (
        "A word (https://x.example/%EA%B0%80) and https://y.example/.\n\n- one\n- two\n  1. three\n\n> said\n> so"
    )
    assert plain(markdown) == "A word and https://y.example/.\n\none\n\ntwo\n\nthree\n\nsaid\nso"


def test_clean_makes_one_line_of_anything() -> None:
    assert clean(" a\u00a0\t b\r\nc\x00\x07\u202e\u200b\ufeff d\ue000 ") == "a b c d"
    assert clean_block("a  b\r\n\r\n\r\n\r\nc\u2028d\x0b") == "a b\n\nc\nd"


# Whatever comes

TEXT = st.text(
    st.sampled_from("가한 aZ09*_`[](){}<>#-+=~!|&;:/\\\"'.,“”·…\n\t\u00a0\u0301\u1100\u1161\u200b\ue000\x07@x한")
    | st.characters(codec="utf-8"),
    max_size=30,
)
TAGS = [
    "p",
    "b",
    "strong",
    "i",
    "em",
    "code",
    "h2",
    "ul",
    "ol",
    "li",
    "blockquote",
    "div",
    "span",
    "pre",
    "td",
    "article",
]


def html_of(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    wrapped = st.tuples(st.sampled_from(TAGS), st.lists(children, max_size=4)).map(
        lambda node: f"<{node[0]}>{''.join(node[1])}</{node[0]}>"
    )
    linked = st.tuples(TEXT, children).map(lambda node: f'<a href="https://x.example/{escape(node[0])}">{node[1]}</a>')
    return wrapped | linked | st.just("<br>")


HTML = st.lists(st.recursive(TEXT.map(escape), html_of, max_leaves=25), max_size=6).map("".join)


@given(HTML)
@example('<a href="https://x.example/"><code>]:</code></a>')
def test_every_word_survives_the_way_through_markdown(html: str) -> None:
    source = f"<div>{html}</div>".replace("\x00", "").encode()
    page = etree.fromstring(source, etree.HTMLParser(encoding="utf-8", huge_tree=True))
    expected = "".join(clean(text_of(page)).split())
    markdown = from_html(html)
    assert unicodedata.normalize("NFC", words(to_html(markdown))) == expected
    assert_harmless(to_html(markdown))
    assert unicodedata.is_normalized("NFC", markdown)


@given(st.text() | TEXT | HTML)
def test_whatever_markdown_is_given_the_html_is_well_formed_and_harmless(markdown: str) -> None:
    assert_harmless(to_html(markdown))
    to_text(markdown)
    plain(markdown)


@given(st.text() | HTML)
def test_whatever_html_is_given_it_is_read(html: str) -> None:
    assert_harmless(to_html(from_html(html, "https://x.example/")))


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert clean_block(clean_block(text)) == clean_block(text)
    assert "\n" not in clean(text)


@given(st.text(alphabet=st.characters(exclude_characters="<&")))
def test_text_without_tags_is_read_as_if_it_were_in_one(text: str) -> None:
    assert from_html(text) == from_html(f"<span>{text}</span>")
