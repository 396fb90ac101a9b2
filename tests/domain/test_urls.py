"""Which addresses are the same page."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from publisher.domain.urls import _decoded, _page, canonical_url

PLAIN = "https://example.org/news/robots"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/news/robots",
        "HTTPS://Example.ORG/news/robots",
        "https://www.example.org/news/robots/",
        "https://m.example.org/news/robots",
        "https://example.org:443/news/robots",
        "http://example.org:80/news/robots",
        "https://me:secret@example.org/news/robots",
        "https://example.org./news/robots",
        "https://example.org/news/robots#comments",
        "https://example.org/news/robots/index.html",
        "https://example.org/news/robots/amp/",
        "https://amp.example.org/news/robots?amp=1",
        "https://example.org/news/./old/../robots",
        "https://example.org/news/%72obots",
        "https://example.org/news/robots?utm_source=letter&utm_medium=mail",
        "https://example.org/news/robots?fbclid=1&gclid=2&mc_cid=3&mc_eid=4&igshid=5&ref_src=6",
        "  https://example.org/news/robots?  ",
    ],
)
def test_spellings_of_one_page_are_one_address(url: str) -> None:
    assert canonical_url(url) == PLAIN


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://news.example.org/topic?id=29681", "https://news.example.org/topic?id=29711"),
        ("https://example.org/?p=1", "https://example.org/?p=2"),
        ("https://example.org/a", "https://example.org/A"),
        ("https://example.org/a", "https://blog.example.org/a"),
        ("https://example.org:8000/a", "https://example.org/a"),
        ("https://example.org/a%2Fb", "https://example.org/a/b"),
        ("https://example.org/?q=a%26b", "https://example.org/?q=a&b"),
        ("https://amp.dev/a", "https://dev/a"),
        ("https://example.org/watch?si=1", "https://example.org/watch?si=2"),
        ("https://example.org/blog?ref=first", "https://example.org/blog?ref=second"),
    ],
)
def test_what_chooses_the_page_is_kept(one: str, other: str) -> None:
    assert canonical_url(one) != canonical_url(other)


def test_the_order_of_parameters_makes_no_difference() -> None:
    assert canonical_url("https://example.org/s?b=2&a=1&utm_id=9") == canonical_url("https://example.org/s?a=1&b=2")
    assert canonical_url("https://example.org/s?f&e&d&c&b&a") == "https://example.org/s?a&b&c&d&e&f"
    assert canonical_url("https://example.org/s?q=a+b&e=") == canonical_url("https://example.org/s?e&q=a%20b")


def test_a_share_parameter_of_a_video_site_is_dropped_there_only() -> None:
    assert canonical_url("https://www.youtube.com/watch?v=abc&si=xyz") == "https://youtube.com/watch?v=abc"


def test_korean_addresses_are_one_however_they_are_written() -> None:
    composed = canonical_url("https://한국.example.org/기사/첫눈?검색=눈")
    assert composed == canonical_url("https://한국.example.org/기사/첫눈?검색=눈")
    assert composed == canonical_url(
        "https://xn--3e0b707e.example.org/%EA%B8%B0%EC%82%AC/%ec%b2%ab%eb%88%88?%EA%B2%80%EC%83%89=%EB%88%88"
    )
    assert composed.isascii()


def test_accents_are_one_however_they_are_put_together() -> None:
    composed = canonical_url("https://example.org/caf\u00e9")
    assert (
        composed == canonical_url("https://example.org/cafe%CC%81") == canonical_url("https://example.org/cafe\u0301")
    )


def test_escapes_of_an_older_encoding_stay_as_they_are() -> None:
    assert canonical_url("https://example.org/%b0%a1") == "https://example.org/%B0%A1"


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "no address",
        "mailto:a@example.org",
        "javascript:alert(1)",
        "ftp://example.org/",
        "//example.org/a",
        "http://",
        "http://[",
        "http://[::1",
        "https://example.org:port/",
        "https://example.org:99999/",
        "https://exa mple.org/",
        "https://" + "가" * 70 + ".org/",
        "https://" + "a." * 500 + "org/",
        "http://..",
        "http://\udcff/",
    ],
)
def test_what_is_no_web_address_gives_nothing(garbage: str) -> None:
    assert canonical_url(garbage) == ""


@pytest.mark.trial
def test_a_very_long_address_takes_no_noticeable_time() -> None:
    began = process_time()
    for middle in ("/amp", "%41", "%", "&a=1", "../", "/index.html", "/"):
        assert canonical_url("https://example.org/" + middle * (7_900 // len(middle)))
        assert canonical_url("https://example.org/" + middle * 1_000_000) == ""
    assert process_time() - began < 5


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/amp/news/robots",
        "https://amp.example.org/amp/news/robots/",
        "https://example.org/news/robots.amp",
        "https://example.org/news/robots;jsessionid=0A1B2C",
        "https://example.org/news/robots?PHPSESSID=0a1b2c&ASPSESSIONIDQQ=1",
        "https://example.org/news/robots?itm_source=box&NaPm=ct%3D1&cm_mmc-_-x=1",
        "https://www-example-org.cdn.ampproject.org/c/s/www.example.org/news/robots",
        "https://cdn.ampproject.org/v/s/example.org/amp/news/robots?amp_js_v=0.1&usqp=x",
        "https://www.google.com/amp/s/www.example.org/news/robots",
        "https://www.google.com/amp/s/amp.example.org/news/robots?amp=1",
        "https://www.google.com/url?sa=t&q=https%3A%2F%2Fexample.org%2Fnews%2Frobots&usg=x",
        "https://www.google.co.kr/url?sa=t&url=https%3A%2F%2Fexample.org%2Fnews%2Frobots",
        "https://t.umblr.com/redirect?z=https%3A%2F%2Fexample.org%2Fnews%2Frobots&t=x",
        "https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.org%2Fnews%2Frobots%3Ffbclid%3Dx&h=AT0",
        "https://out.reddit.com/t3_abc?url=https%3A%2F%2Fexample.org%2Fnews%2Frobots&token=x&app_name=web",
        "https://l.instagram.com/?u=https%3A%2F%2Fexample.org%2Fnews%2Frobots&e=x",
        "https://www.youtube.com/redirect?event=video&q=https%3A%2F%2Fexample.org%2Fnews%2Frobots",
        "https://link.naver.com/bridge?url=https%3A%2F%2Fexample.org%2Fnews%2Frobots",
        "https://duckduckgo.com/l/?uddg=https%3A%2F%2Fexample.org%2Fnews%2Frobots&rut=x",
        "https://kor01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.org%2Fnews%2Frobots&data=05",
        # One redirector inside another.
        "https://l.facebook.com/l.php?u=https%3A%2F%2Fwww.google.com%2Furl%3Fq%3Dhttps%253A%252F%252Fexample.org%252Fnews%252Frobots",
    ],
)
def test_what_only_leads_to_a_page_is_that_page(url: str) -> None:
    assert canonical_url(url) == PLAIN


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://m.blog.naver.com/PostView.naver?blogId=tea&logNo=223", "https://blog.naver.com/tea/223"),
        ("https://blog.naver.com/PostView.nhn?blogId=tea&logNo=223&redirect=Dlog", "https://m.blog.naver.com/tea/223"),
        (
            "https://n.news.naver.com/mnews/article/001/0012345678?sid=105",
            "https://n.news.naver.com/article/001/0012345678",
        ),
        (
            "https://news.naver.com/main/read.naver?mode=LSD&mid=shm&sid1=105&oid=001&aid=0012345678",
            "https://n.news.naver.com/article/001/0012345678",
        ),
        (
            "https://m.sports.naver.com/kbaseball/article/001/0012345678",
            "https://sports.news.naver.com/news?oid=001&aid=0012345678",
        ),
        ("https://news.v.daum.net/v/20260520090000123", "https://v.daum.net/v/20260520090000123?from=rss"),
        ("https://m.media.daum.net/v/20260520090000123", "https://v.daum.net/v/20260520090000123"),
        ("https://tea.tistory.com/m/12", "https://tea.tistory.com/12"),
        ("https://ko.m.wikipedia.org/wiki/%EC%B0%A8", "https://ko.wikipedia.org/wiki/차"),
        ("https://youtu.be/dQw4w9WgXcQ?si=x&t=3", "https://m.youtube.com/watch?v=dQw4w9WgXcQ&feature=share"),
        ("https://www.youtube.com/shorts/dQw4w9WgXcQ", "https://www.youtube.com/watch?v=dQw4w9WgXcQ"),
        ("https://mobile.twitter.com/tea/status/1?s=20", "https://x.com/tea/status/1"),
        ("https://old.reddit.com/r/tea/comments/1", "https://www.reddit.com/r/tea/comments/1/"),
    ],
)
def test_the_forms_that_a_site_gives_one_page_are_one(one: str, other: str) -> None:
    assert canonical_url(one) == canonical_url(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://feedproxy.google.com/~r/tea/~3/abc", "https://feedproxy.google.com/~r/tea/~3/abd"),
        ("https://news.google.com/rss/articles/abc?oc=5", "https://news.google.com/rss/articles/abd?oc=5"),
        ("https://www.google.com/search?q=https://example.org/", "https://example.org/"),
        ("https://www.google.com/url?q=tea", "https://www.google.com/url?q=cups"),
        ("https://l.facebook.com/l.php?u=javascript:alert(1)", "https://l.facebook.com/l.php?u=mailto:a@example.org"),
        ("https://example.org/share?u=https://example.com/a", "https://example.com/a"),
        ("https://example.org/amplifier", "https://example.org/lifier"),
        (
            "https://news.naver.com/main/read.naver?oid=001&aid=1",
            "https://news.naver.com/main/read.naver?oid=001&aid=2",
        ),
        ("https://cafe.daum.net/tea/1", "https://cafe.daum.net/tea/2"),
        ("https://tea.tistory.com/map", "https://tea.tistory.com/ap"),
        ("https://mars.example.org/a", "https://ars.example.org/a"),
        ("https://v.daum.net/v/20260520090000123", "https://v.daum.net/v/20260520090000124"),
        ("https://example.org/board.php?sid=1", "https://example.org/board.php?sid=2"),
    ],
)
def test_pages_that_differ_stay_apart(one: str, other: str) -> None:
    assert canonical_url(one) != canonical_url(other)


_PIECES = ["a", "B", "/", "//", ".", "..", "amp", "index.html", "?", "&", "=", "%", "%2F", "%2e", "%cc%81", "\u0301"]
_PIECES += ["가", "utm_x", "+", "#", ":", "@", "www.", "m.", "example.org", "%EA%B0%80", "%b0", ";", "[", "]", "\ud800"]


@given(st.text() | st.lists(st.sampled_from(_PIECES)).map("".join))
@example("example.org/%0A\u0300")
@example("example.org/%0A%CC%80")
def test_a_canonical_address_is_its_own_canonical_form(rest: str) -> None:
    for url in (rest, f"http://example.org/{rest}", f"https://{rest}"):
        once = canonical_url(url)
        assert once.isascii()
        assert canonical_url(once) == once


_SITES = ["google.com", "l.facebook.com", "youtube.com", "youtu.be", "tea.tistory.com", "m.blog.naver.com", "x.com"]
_SITES += ["news.naver.com", "v.daum.net", "cdn.ampproject.org", "a-b.cdn.ampproject.org", "en.m.m.wikipedia.org"]
_PARTS = [
    "/url",
    "/amp/s/",
    "/l.php",
    "/c/s/",
    "/m",
    "/amp",
    ".amp",
    ".html",
    "/v/",
    "/redirect",
    "/article/001/00123456",
]
_PARTS += [
    "/PostView.nhn",
    "?",
    "&",
    "=",
    "q",
    "u",
    "url",
    "z",
    "http://",
    "https%3A%2F%2F",
    "%253A",
    "%2F",
    "t=1",
    "+",
]
_PARTS += ["/shorts/dQw4w9WgXcQ", "oid=001", "aid=12", "blogId=a", "logNo=1", "newsid=20260520090000", ";jsessionid=1"]
_PARTS += _SITES


@example("tea.tistory.com", "m/m/12")
@example("google.com", "%2e.amp")
@example("google.com", "a/..;jsessionid=1.amp/amp")
@given(st.sampled_from(_SITES), st.lists(st.sampled_from(_PARTS + _PIECES)).map("".join))
def test_so_is_the_canonical_address_of_every_known_form(site: str, rest: str) -> None:
    once = canonical_url(f"https://{site}/{rest}")
    assert canonical_url(once) == once


_NAMES = st.sampled_from(["id", "p", "page", "ref", "source", "no", "idxno", "q", "article"])


@given(st.dictionaries(_NAMES, st.text("abc019-_", min_size=1, max_size=5), min_size=1, max_size=4), st.data())
def test_whatever_chooses_the_page_is_kept_and_nothing_else(query: dict[str, str], data: st.DataObject) -> None:
    noise = data.draw(st.lists(st.sampled_from(["utm_source=a", "fbclid=b", "gclid=c", "utm_x=d"]), max_size=3))
    pairs = data.draw(st.permutations([*(f"{name}={value}" for name, value in query.items()), *noise]))
    kept = canonical_url(f"https://www.example.org/a?{'&'.join(pairs)}").partition("?")[2]
    assert dict(pair.split("=") for pair in kept.split("&")) == query


@given(
    st.lists(
        st.sampled_from(
            [*"abXY09./-_~?&=#:@,%", "%EA%B0%80", "%ED%9E%A3", "%EB%AF%BC", "%E1%86%A8", "%EF%A4%80", "가", "힣", "é"]
        )
    ).map("".join)
)
def test_the_short_way_says_what_the_long_way_says(rest: str) -> None:
    for host in ("example.org", "www.example.org", "m.news.example.org", "youtube.com"):
        assert _page(f"https://{host}/{rest}") == _decoded(f"https://{host}/{rest}")
