"""Writing in a real browser: it saves itself, never in the middle of a syllable, never over somebody else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Locator, Page, expect

from publisher.web import app
from publisher.web.server import serving
from publisher.web.shell import Shell
from tests.pictures.makers import photograph
from tests.web.browser import looking
from tests.web.desks import KIM, LEE, Desk, open_desk

WRITE = "/desk/issues/1/write"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path / "publication") as desk:
        yield desk


@contextmanager
def writing(browser: Browser, desk: Desk, *, who: str = KIM, language: str = "en") -> Iterator[Page]:
    """The page of the first item, open in a browser of that editor's; nothing may go wrong in it."""
    with looking(browser, language, "light", 1440) as page:
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        cookies = desk.enters(who).browser.cookies
        page.context.add_cookies([{"name": one.name, "value": one.value or "", "url": desk.url} for one in cookies])
        page.goto(desk.url + WRITE)
        yield page
        assert wrong == []


def field(page: Page, name: str) -> Locator:
    return page.locator(f'[data-field$="{name}"]')


def is_saved(page: Page) -> None:
    expect(page.locator("[data-saving]")).to_have_text("Saved")


def words(desk: Desk, name: str) -> Any:
    return desk.room.issue()["picks"][0][name]


def until(page: Page, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)


def test_what_is_typed_saves_itself_and_the_surface_follows(desk: Desk, browser: Browser) -> None:
    with writing(browser, desk) as page:
        letter = page.frame_locator(".seen.is-letter iframe:not([data-coming])").locator("body")
        expect(letter).to_contain_text("A harbour counts ships")
        field(page, "headline").fill("A harbour counts whales")
        is_saved(page)
        expect(letter).to_contain_text("A harbour counts whales")
        expect(page.locator("[data-shows$=headline]")).to_have_text("A harbour counts whales")
        expect(page.locator("[data-post]")).to_contain_text("A harbour counts whales")
        assert words(desk, "headline") == "A harbour counts whales"
        page.keyboard.press("Control+z")
        until(page, lambda: words(desk, "headline") == "A harbour counts ships")


def test_a_post_inherits_until_it_has_a_text_of_its_own_and_again_after_that(desk: Desk, browser: Browser) -> None:
    with writing(browser, desk) as page:
        own = field(page, "post:out:text")
        inherited = own.get_attribute("placeholder")
        assert inherited
        assert inherited.startswith("A harbour counts ships")
        page.get_by_role("button", name="Write on from the inherited text").click()
        own.press("End")
        own.press_sequentially(" Yes.")
        is_saved(page)
        expect(page.locator("[data-count] span")).not_to_have_text("")
        expect(page.locator("[data-post]")).to_contain_text("Yes.")
        page.get_by_role("button", name="Back to inherited").click()
        expect(page.locator("[data-post]")).not_to_contain_text("Yes.")
        expect(own).to_have_value("")


def composes(keyboard: CDPSession, syllables: str) -> None:
    """What a Korean keyboard tells the page while these letters become one syllable."""
    for letters in syllables:
        keyboard.send("Input.imeSetComposition", {"text": letters, "selectionStart": 1, "selectionEnd": 1})


def test_nothing_is_saved_while_a_syllable_is_composed(desk: Desk, browser: Browser) -> None:
    with writing(browser, desk, language="ko") as page:
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url) if request.url.endswith("/edits") else None)
        headline, keyboard = field(page, "headline"), page.context.new_cdp_session(page)
        headline.fill("")
        until(page, lambda: len(sent) == 1)
        page.wait_for_timeout(600)
        page.evaluate("() => document.addEventListener('compositionend', () => window.ended = true)")
        composes(keyboard, "ㅎ하한")
        page.wait_for_timeout(700)
        assert (len(sent), page.evaluate("window.ended")) == (1, None)
        assert headline.input_value() == "한"
        keyboard.send("Input.insertText", {"text": "한"})
        composes(keyboard, "ㄱ그글")
        page.wait_for_timeout(700)
        assert len(sent) == 1, "the next syllable began at once"
        assert headline.input_value() == "한글"
        keyboard.send("Input.insertText", {"text": "글"})
        until(page, lambda: words(desk, "headline") == "한글")
        expect(headline).to_have_value("한글")


def test_keys_are_silent_in_a_field_and_while_a_syllable_is_composed(desk: Desk, browser: Browser) -> None:
    with writing(browser, desk) as page:
        page.keyboard.press("j")
        expect(page.locator("[aria-current=page] .place")).to_have_text("2")
        page.keyboard.press("KeyE")
        expect(field(page, "headline")).to_be_focused()
        page.keyboard.press("End")
        page.keyboard.type("jk?")
        expect(field(page, "headline")).to_have_value("The bakery bakes by forecastjk?")
        is_saved(page)
        page.keyboard.press("Escape")
        page.keyboard.press("k")
        expect(page.locator("[aria-current=page] .place")).to_have_text("1")
        page.wait_for_load_state()
        page.keyboard.press("Shift+Slash")
        expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def test_two_browsers_that_write_different_fields_do_not_disturb_each_other(desk: Desk, browser: Browser) -> None:
    with writing(browser, desk) as kim, writing(browser, desk, who=LEE) as lee:
        field(lee, "blurb").fill("Lee’s blurb")
        is_saved(lee)
        field(kim, "headline").fill("Kim’s headline")
        is_saved(kim)
        expect(field(kim, "blurb")).to_have_value("Lee’s blurb")
        expect(kim.locator(".other")).to_contain_text("lee")
        expect(kim.locator('[data-of$=blurb][data-other="lee"]')).to_be_visible()
        assert (words(desk, "headline"), words(desk, "blurb")) == ("Kim’s headline", "Lee’s blurb")
        lee.evaluate("attend()")
        expect(field(lee, "headline")).to_have_value("Kim’s headline")
        expect(field(lee, "blurb")).to_be_focused()


@pytest.mark.parametrize(("choice", "kept"), [("Keep mine", "Kim’s"), ("Take theirs", "Lee’s")])
def test_two_who_write_one_field_are_both_shown_and_one_chooses(
    desk: Desk, browser: Browser, choice: str, kept: str
) -> None:
    lee = desk.enters(LEE)
    with writing(browser, desk) as page:
        item = desk.room.issue()["picks"][0]["item"]
        lee.post("/desk/issues/1/edits", data={f"word.pick:{item}:headline": "Lee’s"})
        field(page, "headline").fill("Kim’s")
        conflict = page.locator(".conflict")
        expect(conflict).to_contain_text(LEE)
        expect(conflict).to_contain_text("Lee’s")
        assert words(desk, "headline") == "Lee’s"
        expect(field(page, "headline")).to_have_value("Kim’s")
        conflict.get_by_role("button", name=choice).click()
        expect(field(page, "headline")).to_have_value(kept)
        expect(conflict).to_have_count(0)
        until(page, lambda: words(desk, "headline") == kept)


def test_a_server_that_restarts_in_mid_edit_loses_nothing(desk: Desk, browser: Browser, tmp_path: Path) -> None:
    def again(port: int) -> Any:
        return serving(app.create(Shell(desk.room.publication, lambda: desk.now, guest=KIM)), port=port)

    with looking(browser, "en", "light", 1440) as page:
        with again(0) as address:
            page.goto(address + WRITE)
            port = int(address.rpartition(":")[2])
        field(page, "headline").fill("Written while nobody answers")
        expect(page.locator("[data-saving]")).to_contain_text("Your words are kept in this browser")
        with again(port):
            expect(page.locator("[data-saving]")).to_contain_text("The server is back")
            assert words(desk, "headline") == "Written while nobody answers"
        field(page, "headline").fill("And the page was closed")
        expect(page.locator("[data-saving]")).to_contain_text("Your words are kept in this browser")
        page.goto("about:blank")
        with again(port) as address:
            page.goto(address + WRITE)
            expect(field(page, "headline")).to_have_value("And the page was closed")
            until(page, lambda: words(desk, "headline") == "And the page was closed")
            page.wait_for_function("() => localStorage.length === 0")


def test_a_picture_is_uploaded_without_leaving_the_page_and_a_bad_one_says_why(desk: Desk, browser: Browser) -> None:
    with writing(browser, desk) as page:
        field(page, "headline").fill("Not saved yet")
        page.locator("#file").set_input_files({"name": "no.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
        page.get_by_role("button", name="Upload it").click()
        expect(page.locator("[data-upload-error]")).to_contain_text("The file cannot be used, it is not a JPEG")
        page.locator("#file").set_input_files(
            {"name": "ships.jpg", "mimeType": "image/jpeg", "buffer": photograph(1200, 800)}
        )
        page.get_by_role("button", name="Upload it").click()
        expect(page.locator(".pictures .is-chosen img")).to_be_visible()
        expect(field(page, "headline")).to_have_value("Not saved yet")
        field(page, "alt").fill("Ships at the quay")
        is_saved(page)
        page.get_by_role("button", name="No picture").click()
        expect(page.locator(".pictures .is-chosen")).to_have_count(0)
        assert words(desk, "headline") == "Not saved yet"
