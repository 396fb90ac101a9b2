"""Chromium, which looks at the pages as people do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    "--disable-sync",
)
LOCALES = {"ko": "ko-KR", "en": "en-GB"}
SCHEMES = ("light", "dark")
WIDTHS = (390, 1440)
PATIENCE = 60_000  # milliseconds that a busy machine may take


def every_look(widths: Sequence[int] = WIDTHS, *, of_two: bool = True) -> pytest.MarkDecorator:
    """Every `language` on each ground (`scheme`) at every `width`: two looks, which have each of them, always, or one;
    the others in the longer proofs."""
    narrow, wide = min(widths), max(widths)
    always = (("ko", "light", narrow), ("en", "dark", wide))[: 1 + of_two]
    looks = product(LOCALES, SCHEMES, widths)
    return pytest.mark.parametrize(
        ("language", "scheme", "width"),
        [pytest.param(*look, marks=() if look in always else pytest.mark.trial) for look in looks],
    )


@contextmanager
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@contextmanager
def looking(browser: Browser, language: str, scheme: Any, width: int, **more: Any) -> Iterator[Page]:
    """A window of that width. `more` goes to the browser's context, like `bypass_csp=True`."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, locale=LOCALES[language], **more
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    yield page
    context.close()


def axe() -> str:
    """The script of axe-core, which finds what people with other eyes, ears and hands would stumble over."""
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """What axe-core finds on the page that is open, each with its rule and where; not inside of frames."""
    page.evaluate(axe())
    found = page.evaluate("() => axe.run(document, {iframes: false, resultTypes: ['violations']})")
    return [
        f"{violation['impact']} {violation['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
