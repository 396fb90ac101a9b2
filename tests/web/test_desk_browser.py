"""The editor's minute in a real browser: look, approve, watch it leave."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from publisher.stages import edit
from tests.newsroom import FRIDAY
from tests.web.browser import looking
from tests.web.desks import Desk, open_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path / "publication") as desk:
        desk.now = FRIDAY - timedelta(minutes=16)
        yield desk


def test_an_issue_is_approved_and_goes_out_while_its_page_is_open(desk: Desk, browser: Browser) -> None:
    with looking(browser, "en", "light", 1440) as page:
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.goto(desk.link(to="/desk/issues/1"))
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="Approve No. 1").click()
        expect(page.locator(".countdown time")).to_contain_text("00:1")
        expect(page.get_by_role("button", name="Pull No. 1 back")).to_be_visible()
        desk.now = FRIDAY
        desk.room.releases()
        expect(page.get_by_text("All letters are out").or_(page.get_by_text("It is going out."))).to_be_visible()
        desk.room.sends()
        expect(page.locator(".equation")).to_contain_text("12 readers = 12 accepted")
        expect(page).to_have_title("No. 1 · Sent · Small Bites")
        assert wrong == []


def test_a_page_that_is_overtaken_while_it_is_open_offers_no_approval_any_more(desk: Desk, browser: Browser) -> None:
    with looking(browser, "en", "light", 390) as page:
        page.clock.install()
        page.goto(desk.link(to="/desk/issues/1"))
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("button", name="Approve No. 1")).to_be_visible()
        desk.room.edits(edit.Edit(title="A harbour counts whales"))
        page.clock.fast_forward(25_000)
        expect(page.get_by_text("It has changed since you opened this page")).to_be_visible()
        expect(page.get_by_role("button", name="Approve No. 1")).to_have_count(0)
        page.get_by_role("link", name="Look at what changed, then approve").click()
        expect(page.locator("ins", has_text="whales").first).to_be_visible()


def test_the_same_works_without_a_script(desk: Desk, browser: Browser) -> None:
    with looking(browser, "ko", "dark", 390, java_script_enabled=False) as page:
        page.goto(desk.link(to="/desk/issues/1"))
        page.locator("main form button").click()
        page.locator("#approve").click()
        expect(page.locator(".alert.is-good")).to_be_visible()
        assert desk.room.issue()["state"] == "approved"
        page.locator("#pull-back").click()
        expect(page.locator(".alert.is-good")).to_be_visible()
        assert desk.room.issue()["state"] == "draft"
