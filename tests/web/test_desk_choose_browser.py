"""Choosing in a real browser: by keyboard alone, and by dragging; the page stays where it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.browser import looking
from tests.web.choosing import STORIES, open_choosing, order_of
from tests.web.desks import KIM, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_choosing(tmp_path / "publication", guest=KIM) as desk:
        yield desk


def waits_for(page: Page, desk: Desk, order: list[int]) -> None:
    expect(page.locator('#acts input[name="order"]')).to_have_value(" ".join(map(str, order)))
    assert order_of(desk) == order


def test_an_issue_is_put_together_without_a_mouse(desk: Desk, browser: Browser) -> None:
    with looking(browser, "en", "light", 1440) as page:
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{desk.url}/desk/issues/2/choose")
        page.evaluate("window.stays = true")
        first, _, third, *others = order_of(desk)

        page.keyboard.press("l")
        expect(page.locator(f"#pick-{first}")).to_be_focused()
        page.keyboard.press("j")
        page.keyboard.press("x")
        waits_for(page, desk, [first, third, *others])
        expect(page.locator(f"#pick-{third}")).to_be_focused()

        page.keyboard.press("Alt+ArrowUp")
        waits_for(page, desk, [third, first, *others])
        brings = page.locator(f"#swap-{third}").get_attribute("value") or ""
        page.keyboard.press("s")
        came = int(brings.rpartition(":")[2])
        waits_for(page, desk, [came, first, *others])
        expect(page.locator(f"#pick-{came}")).to_be_focused()

        page.keyboard.press("2")
        expect(page.locator(".picked .section h3").first).to_have_text("Science")

        page.keyboard.press("h")
        chosen = page.locator("#candidates [data-row].is-current")
        item = int((chosen.get_attribute("id") or "").removeprefix("item-"))
        page.keyboard.press("Enter")
        waits_for(page, desk, [came, first, *others, item])
        assert page.evaluate("window.stays")  # the page was never left

        page.keyboard.press("/")
        expect(page.locator("#q")).to_be_focused()
        page.keyboard.type("pier")
        page.keyboard.press("Enter")
        expect(page.locator("#candidates .headline")).to_have_text([STORIES["harbour"][2]])
        page.locator("body").click(position={"x": 5, "y": 5})
        page.keyboard.press("l")
        page.keyboard.press("e")
        expect(page).to_have_url(f"{desk.url}/desk/issues/2/write?item={came}")
        assert wrong == []


def test_an_item_is_dragged_to_another_place_and_takes_its_heading(desk: Desk, browser: Browser) -> None:
    first, second, *others = order_of(desk)
    with looking(browser, "ko", "dark", 1440) as page:
        page.goto(f"{desk.url}/desk/issues/2/choose")
        page.locator(f"#pick-{first} select").select_option("Work")
        expect(page.locator(".picked .section h3").first).to_have_text("Work")
        box = page.locator(f"#pick-{second} [data-handle]").bounding_box()
        goal = page.locator(f"#pick-{first}").bounding_box()
        assert box
        assert goal
        page.mouse.move(box["x"] + 5, box["y"] + 5)
        page.mouse.down()
        page.mouse.move(goal["x"] + 5, goal["y"] + 4, steps=8)
        page.mouse.up()
        waits_for(page, desk, [second, first, *others])
        expect(page.locator(f"#pick-{second} select")).to_have_value("Work")


def test_all_of_it_works_without_a_script_and_hostile_words_are_text(desk: Desk, browser: Browser) -> None:
    with looking(browser, "en", "light", 390, java_script_enabled=False) as page:
        page.goto(f"{desk.url}/desk/issues/2/choose")
        first, second, *others = order_of(desk)
        page.locator(f"#drop-{first}").click()
        assert order_of(desk) == [second, *others]
        page.locator(".gone summary").click()
        page.get_by_role("button", name="Put it back").click()
        assert order_of(desk) == [second, *others, first]
        page.locator(f"#pick-{second} select").select_option("Work")
        page.locator(f"#section-{second}").click()
        expect(page.locator(".picked .section h3").first).to_have_text("Work")
        page.goto(f"{desk.url}/desk/issues/2/add/by-hand")
        page.fill("#headline", "<img src=x onerror=alert(1)>")
        page.get_by_role("button", name="Add it to No. 2").click()
        expect(page.locator(".picked .headline").last).to_have_text("<img src=x onerror=alert(1)>")
