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


def test_pages_bear_text_of_twice_its_size_less_motion_and_a_keyboard_and_keep_their_policy(
    browser: Browser, galleries: dict[str, dict[str, str]]
) -> None:
    """WCAG 2.2: 1.4.4 and 1.4.10 (a window of half the width is one at 200 %), 2.3.3, 2.4.3, 2.4.7. The policy of the
    pages forbids inline script and style, and they have none."""
    found: list[str] = []
    with looking(browser, "ko", "light", 720, device_scale_factor=2, reduced_motion="reduce") as page:
        page.on("console", lambda message: found.append(message.text) if told_of(message.text) else None)
        page.on("pageerror", lambda error: found.append(f"{page.url}: {error}"))
        for name, address in galleries["ko"].items():
            page.goto(address)
            wrong = page.evaluate(LOOKED_AT)
            page.keyboard.press("Tab")
            if not name.startswith("surface") and not page.evaluate(IS_SEEN):
                wrong.append("the first step of the keyboard is not seen")
            found += [f"{name}: {what}" for what in wrong]
    assert not found, "\n".join(found)


def told_of(line: str) -> bool:
    return "Content Security Policy" in line or "rror:" in line


LOOKED_AT = """() => {
  const root = document.documentElement, wrong = [];
  if (root.scrollWidth > innerWidth) wrong.push("wider than a window at 200 %");
  if (document.getAnimations().length || getComputedStyle(root).scrollBehavior !== "auto") wrong.push("it moves");
  if (document.querySelector("[tabindex]:not([tabindex='0'], [tabindex='-1'])")) wrong.push("an order of its own");
  root.style.fontSize = "200%";
  if (root.scrollWidth > innerWidth) wrong.push("wider than its window with letters of twice their size");
  root.style.fontSize = "";
  return wrong;
}"""
IS_SEEN = """() => {
  const on = document.activeElement, box = on.getBoundingClientRect(), style = getComputedStyle(on);
  return on !== document.body && box.width > 0 && (style.outlineStyle !== "none" || style.boxShadow !== "none");
}"""


def test_axe_finds_what_is_wrong(browser: Browser) -> None:
    with looking(browser, "en", "light", 390) as page:
        page.set_content('<html lang="en"><title>x</title><main><h1>x</h1><img src="x.png"><input></main></html>')
        assert {violation.split()[1].rstrip(":") for violation in violations(page)} >= {"image-alt", "label"}
