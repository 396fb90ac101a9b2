"""What is no article is an error that says what it is."""

from __future__ import annotations

import pytest

from publisher.errors import SourceError
from tests.editorial.pages.makers import HEADLINE, TEXT, article, ld, meta, page, read

LINKS = "".join(f"<h2><a href='/news/{n}'>The heron that would not move, part {n}</a></h2>" for n in range(12))


def shown(title: str, text: str, head: str = "") -> str:
    """A page that shows but these words."""
    return page(head, title=title, before=f"<h1>{title}</h1>", text=text)


FEED = "<?xml version='1.0'?><rss version='2.0'><channel/></rss>"
SCRIPT = "<title>App</title><div id='root'></div><script>render()</script>"
PASSWORD = "<form><input type='password'></form>"
LISTING = ld({"@type": "CollectionPage"})


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("", "is empty"),
        ("   \n", "is empty"),
        (b"%PDF-1.7 ...", "is a PDF"),
        ("just words", "is no HTML"),
        (FEED, 'is a feed, not a page; read it with kind = "feed"'),
        ("<feed xmlns='http://www.w3.org/2005/Atom'></feed>", "is a feed"),
        (SCRIPT, "is filled by a script in the browser"),
        (page(text=""), "has no text of its own"),
        (shown("404 Not Found", "<p>Go home.</p>"), "is an error page"),
        (shown("페이지를 찾을 수 없습니다", "<p>주소를 확인해 주세요.</p>"), "is an error page"),
        (shown("Just a moment...", "<p>Enable JavaScript to continue</p>"), "whether a person is there"),
        (shown("로그인", PASSWORD), "asks for a login"),
        (shown("Sign in to continue reading", "<p>Or join.</p>"), "asks for a login"),
        (shown("News", LINKS), "is a list of articles"),
        (shown("Rivers", LINKS, LISTING), "is a list of articles"),
        (page(title="", before=""), "has no headline"),
    ],
)
def test_a_page_that_is_no_article_says_what_it_is(html: str | bytes, reason: str) -> None:
    with pytest.raises(SourceError) as failure:
        read(html)
    assert reason in failure.value.message


def test_what_a_server_calls_a_picture_is_none() -> None:
    with pytest.raises(SourceError, match="is image/png, not a page"):
        read(b"\x89PNG", content_type="image/png")


def test_an_article_about_errors_or_logins_is_an_article() -> None:
    for headline in ("404: the number that nobody found", "Why you should never log in twice", "로그인이 사라진다"):
        assert read(page(title=headline, before=f"<h1>{headline}</h1>", text=TEXT * 3)).headline == headline


def test_a_page_without_text_is_what_it_says_of_itself() -> None:
    told = "A film of nine minutes about an otter that came back to the river"
    item = read(page(meta(og__description=told, og__type="video.other"), text=""))
    assert (item.headline, item.dek, item.body) == (HEADLINE, told, "")


def test_a_teaser_before_a_wall_is_what_there_is() -> None:
    wall = "<div class='wall'><h2>Sign in to read on</h2><form><input type='password'></form></div>"
    item = read(page(ld(article(headline=HEADLINE, isAccessibleForFree=False)), text=TEXT + wall))
    assert "thirty-one years" in item.body and "Sign in" not in item.body
