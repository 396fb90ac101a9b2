"""A notice can be read by everybody: axe-core finds nothing, light and dark, narrow and wide, in both languages.

Two looks that have each of these are among the tests, the other six among the longer proofs (`make trial`).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from publisher.domain.notice import LINK
from publisher.render.face import packaged_templates
from publisher.render.notice import NoticeWriter
from tests.newsroom import THURSDAY
from tests.notices.makers import TITLE, a_publication, every_news
from tests.web.browser import chromium, every_look, looking, violations

# Mail programs put a message into a page of their own, which has the landmarks.
OF_PAGES = ("landmark-one-main", "region")
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@every_look(widths=(375, 600))
def test_every_notice_is_for_everybody(browser: Browser, language: str, scheme: str, width: int) -> None:
    writer = NoticeWriter(a_publication(language), packaged_templates(), packaged_templates())
    found = []
    with looking(browser, language, scheme, width) as page:
        for news in every_news(TITLE[language], f"the issue is empty; {LONG}"):
            page.set_content(writer.write(news, language, THURSDAY).html.replace(LINK, "https://example.org/desk"))
            found += [
                f"{news.kind}: {violation}"
                for violation in violations(page)
                if violation.split()[1].rstrip(":") not in OF_PAGES
            ]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                found.append(f"{news.kind}: wider than the window")
    assert not found, "\n".join(found)
