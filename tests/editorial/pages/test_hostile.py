"""Whatever a page is made of, reading it ends in time and in words."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.errors import SourceError
from tests.editorial.pages.makers import FIRST, HEADLINE, TEXT, page, read

H1 = f"<title>{HEADLINE}</title><h1>{HEADLINE}</h1>"


@pytest.mark.parametrize("tag", ["div", "span", "blockquote", "ul><li", "b", "table><tr><td", "a href=x", "font"])
def test_the_text_in_five_thousand_nested_tags_is_found(tag: str) -> None:
    started = time.process_time()
    assert FIRST in read(H1 + f"<{tag}>" * (5_000 // (1 + tag.count("<"))) + TEXT * 2).body
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "html",
    [
        H1 + "<p>" + "word " * 2_000_000,
        H1 + "<p>" + "w" * 10_000_000,
        H1 + "<" * 500_000,
        H1 + "<!--" * 500_000,
        H1 + "<p " + "a=1 " * 200_000 + ">",
        "<script>" + "x=1;" * 2_500_000 + "</script>",
        H1 + TEXT + "<svg>" + "<path d='M0 0'/>" * 200_000,
        "<title>" + " - " * 300_000 + "</title>" + TEXT,
        H1 + f"<p class=byline>{'a.' * 100_000}</p>" + TEXT,
        H1 + f"<img srcset='{'a ' * 100_000}'>" + TEXT,
        "<head>" + "<meta name=a content=b>" * 300_000,
    ],
    ids=range(11),
)
def test_ten_megabytes_take_no_longer_than_a_page(html: str) -> None:
    started = time.process_time()
    with suppress(SourceError):
        read(html)
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    "part",
    [
        "<h2>Words</h2>",
        "<li>item",
        "<a href=/x>word</a> text ",
        "<p>a",
        "some words<br><br>",
        "<figure><img src=a.jpg>",
        "<tr><td>a<td>b",
    ],
)
def test_no_element_costs_the_square_of_how_often_it_is_there(part: str) -> None:
    def seconds(count: int) -> float:
        started = time.process_time()
        with suppress(SourceError):
            read(H1 + TEXT + part * count + TEXT)
        return time.process_time() - started

    read(page())  # what is imported once is not counted
    assert seconds(1_600) < 6 * seconds(400) + 0.3


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=40)
@given(st.data())
def test_however_a_page_is_damaged_it_is_read_or_refused(data: st.DataObject) -> None:
    whole = page(
        "<meta property='og:title' content='수달'>", text=TEXT + "<ul><li>a<li>b</ul><img src=/a.jpg>"
    ).encode()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 40)))
    junk = data.draw(
        st.one_of(st.binary(max_size=20), st.sampled_from([b"<table>", b"<", b"</div>", b"<!--", b"<p></p>"]))
    )
    with suppress(SourceError):
        item = read(whole[:start] + junk + whole[end:])
        assert item.headline and item.identity
        (item.headline + item.body + item.dek + item.byline).encode()
