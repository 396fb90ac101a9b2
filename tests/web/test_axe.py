"""Nobody is left out: axe-core finds nothing on any page, light and dark, narrow and wide, in both languages.

Two looks that have each of these are among the tests, the other six among the longer proofs (`make trial`). The pages
that only the demo has are looked at in `test_demo_browser.py`, where the demo is played already.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.web.browser import every_look, looking, violations
from tests.web.gallery import gallery

# What mail programs want of a letter (tables for layout, no landmarks) is not what they want of a page.
OF_LETTERS = ("landmark-one-main", "region", "page-has-heading-one")


@pytest.fixture(scope="module")
def galleries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, str]]]:
    folder = tmp_path_factory.mktemp("gallery")
    with gallery(folder / "ko", "ko") as korean, gallery(folder / "en", "en") as english:
        yield {"ko": korean, "en": english}


@every_look()
def test_every_page_is_for_everybody(
    browser: Browser, galleries: dict[str, dict[str, str]], language: str, scheme: str, width: int
) -> None:
    found = []
    with looking(browser, language, scheme, width, bypass_csp=True) as page:
        for name, address in galleries[language].items():
            page.goto(address)
            found += [
                f"{name}: {violation}"
                for violation in violations(page)
                if not (name.startswith("surface") and violation.split()[1].rstrip(":") in OF_LETTERS)
            ]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                found.append(f"{name}: wider than the window")
    assert not found, "\n".join(found)


def test_axe_finds_what_is_wrong(browser: Browser) -> None:
    with looking(browser, "en", "light", 390) as page:
        page.set_content('<html lang="en"><title>x</title><main><h1>x</h1><img src="x.png"><input></main></html>')
        assert {violation.split()[1].rstrip(":") for violation in violations(page)} >= {"image-alt", "label"}


def test_no_page_breaks_its_own_policy(browser: Browser, galleries: dict[str, dict[str, str]]) -> None:
    """The policy of the pages forbids inline script and style, and they have none."""
    said: list[str] = []
    with looking(browser, "en", "light", 1440) as page:
        page.on("console", lambda message: said.append(f"{page.url}: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
        for address in galleries["en"].values():
            page.goto(address)
    assert [line for line in said if "Content Security Policy" in line or "rror:" in line] == []
