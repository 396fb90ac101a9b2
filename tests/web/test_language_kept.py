"""Who chooses a language at the foot of a page keeps it on the pages that follow, without cookie or script."""

from __future__ import annotations

import re

import pytest
import requests
from playwright.sync_api import Browser

from publisher.web.asked import going_on, in_language
from tests.web.browser import looking
from tests.web.gallery import gallery


def test_the_language_goes_along(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> None:
    with (
        gallery(tmp_path_factory.mktemp("gallery"), "ko") as pages,
        looking(browser, "ko", "light", 1440, java_script_enabled=False) as page,
    ):
        page.goto(pages["desk"])
        assert page.locator("html").get_attribute("lang") == "ko"
        page.get_by_role("link", name="English").click()
        assert page.locator("html").get_attribute("lang") == "en"
        page.locator("main a[href*='/desk/issues/4']").first.click()
        assert page.locator("html").get_attribute("lang") == "en"
        page.get_by_role("button", name="Pull No. 4 back").click()
        assert page.locator("html").get_attribute("lang") == "en"
        page.get_by_role("link", name="한국어").click()
        assert page.locator("html").get_attribute("lang") == "ko"


@pytest.mark.parametrize(
    ("written", "asking"),
    [
        ('<a href="/desk">', '<a href="/desk?lang=ko">'),
        ('<a class="x" href="/desk?said=done#top">', '<a class="x" href="/desk?said=done&amp;lang=ko#top">'),
        ('<form method="post" action="/desk/approvals">', '<form method="post" action="/desk/approvals?lang=ko">'),
        ('<a href="/desk?lang=en">', '<a href="/desk?lang=en">'),
        ('<a href="/issues/43">', '<a href="/issues/43">'),
        ('<a href="/desk/issues/43">', '<a href="/desk/issues/43?lang=ko">'),
        ('<a href="https://elsewhere.example/desk">', '<a href="https://elsewhere.example/desk">'),
        ('<a href="//elsewhere.example/desk">', '<a href="//elsewhere.example/desk">'),
        ('<a href="#main">', '<a href="#main">'),
        ('<link href="/static/publisher.css">', '<link href="/static/publisher.css">'),
        ("a href=&#34;/desk&#34;", "a href=&#34;/desk&#34;"),
    ],
)
def test_only_ways_to_our_pages_ask_for_it(written: str, asking: str) -> None:
    assert going_on(written, "ko", "") == asking


def test_under_a_path_too() -> None:
    assert going_on('<a href="/en/issues/4"><a href="/en/desk">', "ko", "/en") == (
        '<a href="/en/issues/4"><a href="/en/desk?lang=ko">'
    )


def test_another_language_shows_the_same_page(tmp_path_factory: pytest.TempPathFactory) -> None:
    with gallery(tmp_path_factory.mktemp("gallery"), "ko") as pages:
        older = requests.get(pages["index"], params={"before": "2", "lang": "en"}, timeout=10).text
        link = pages["enter"]
        entering = requests.get(link, params={"to": "/desk/issues/1", "lang": "en"}, timeout=10).text
        entered = requests.post(f"{link}?lang=en", data={"to": "/desk/issues/1"}, timeout=10)
    assert foot(older) == "?before=2&amp;lang=ko"
    assert foot(entering) == "?to=%2Fdesk%2Fissues%2F1&amp;lang=ko"
    assert entered.url.endswith("/desk/issues/1?lang=en")


def test_what_somebody_adds_to_an_address_is_in_no_page_that_is_kept_for_others(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with gallery(tmp_path_factory.mktemp("gallery"), "ko") as pages:
        requests.get(pages["index"], params={"from": "mallory"}, timeout=10)
        assert foot(requests.get(pages["index"], timeout=10).text) == "?lang=en"


def test_what_an_address_asks_for_is_escaped_in_the_way_to_the_other_language() -> None:
    assert in_language("ko", [("to", '"><script>'), ("lang", "en"), ("a", "1&b=2")]) == (
        "?to=%22%3E%3Cscript%3E&a=1%26b%3D2&lang=ko"
    )


def foot(page: str) -> str:
    """Where the way to the other language leads."""
    found = re.search(r'class="at-end" href="([^"]*)"', page)
    assert found, page
    return found[1]


def test_what_is_kept_for_some_is_not_given_to_others(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The list of issues is kept; a link that asks for a language must not reach who did not ask."""
    with gallery(tmp_path_factory.mktemp("gallery"), "ko") as pages:
        asking = requests.get(pages["index"], params={"lang": "ko"}, timeout=10).text
        plain = requests.get(pages["index"], headers={"Accept-Language": "ko"}, timeout=10).text
    assert 'href="/?lang=ko"' in asking
    assert 'href="/"' in plain and "lang=ko" not in plain
