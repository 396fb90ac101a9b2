"""What readers will have, shown on the desk: as real as can be, and harmless whatever stands in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page
from sqlalchemy import text

from publisher.domain.audience import ImportRow
from publisher.stages import edit, enroll
from publisher.web.desk.previews import document
from tests.newsroom import FRIDAY, THURSDAY
from tests.web.browser import LOCALES, looking
from tests.web.desks import Desk, open_desk

SURFACES = "/desk/issues/1/surfaces"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'`{{7*7}}"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path / "publication") as desk:
        yield desk.enters()


def signed_in(page: Page, desk: Desk) -> None:
    page.goto(desk.link())
    page.get_by_role("button").click()


def test_the_letter_is_one_reader_s_with_their_name_in_it(desk: Desk) -> None:
    desk.room.edits(edit.Edit(note="Dear {{first_name|reader}}, good morning."))
    for surface in ("letter", "text"):
        shown = desk.get(f"{SURFACES}/{surface}").text
        assert "Dear Robin, good morning." in shown
        assert "/leave/0." in shown, "its leave link must take nobody off"
        assert "\ue000" not in shown
    assert "Dear reader, good morning." in desk.get(f"{SURFACES}/page").text


@pytest.mark.parametrize("surface", ["letter", "page"])
def test_each_surface_is_shut_in_by_a_policy_of_its_own(desk: Desk, surface: str) -> None:
    headers = desk.get(f"{SURFACES}/{surface}").headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy["sandbox"] == "allow-popups allow-popups-to-escape-sandbox"
    assert policy["default-src"] == "'none'"
    assert policy["form-action"] == "'none'"
    assert policy["frame-ancestors"] == "'self'"
    assert "script-src" not in policy
    assert policy["img-src"] == "'self'"


def test_a_policy_names_the_hosts_of_pictures_and_nothing_that_is_no_host() -> None:
    html = (
        '<img src="https://pictures.example.org:8443/a.jpg"><img alt="x" src="http://127.0.0.1:8000/pictures/b.jpg">'
        '<img src="https://evil.example;script-src *"><img src=\'//a b\'><img src="data:image/png;base64,AA">'
    )
    policy = document(html, "light").headers["Content-Security-Policy"]
    assert "img-src 'self' http://127.0.0.1:8000 https://pictures.example.org:8443;" in policy
    assert "script-src" not in policy


@pytest.mark.parametrize("surface", ["letter", "page"])
def test_the_page_frames_each_surface_in_a_sandbox(desk: Desk, surface: str) -> None:
    frames = re.findall(rf'<iframe [^>]*src="{SURFACES}/{surface}[^>]*>', desk.get("/desk/issues/1").text)
    assert len(frames) == 2
    assert all('sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame for frame in frames)


def test_what_goes_on_the_wire_is_had_as_a_file(desk: Desk) -> None:
    answer = desk.get(f"{SURFACES}/letter.eml")
    assert answer.headers["Content-Type"] == "message/rfc822"
    assert 'filename="issue-1.eml"' in answer.headers["Content-Disposition"]
    assert b"Subject: A harbour counts ships" in answer.content
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in answer.content


def test_a_released_issue_shows_what_was_sealed(desk: Desk) -> None:
    desk.room.approves()
    desk.room.releases()
    with desk.room.database.write() as session:
        session.execute(text("UPDATE pick SET headline = 'Something else' WHERE position = 1"))
    assert "A harbour counts ships" in desk.get(f"{SURFACES}/letter").text
    assert "Something else" not in desk.get(f"{SURFACES}/letter").text


@pytest.mark.parametrize("surface", ["letter", "page"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_is_light_and_dark_is_dark_whatever_the_editor_s_own_machine_prefers(
    desk: Desk, browser: Browser, surface: str, scheme: str
) -> None:
    with looking(browser, "en", scheme, 1440) as page:
        signed_in(page, desk)
        brightness = {}
        for ground in ("light", "dark"):
            page.goto(f"{desk.url}{SURFACES}/{surface}?ground={ground}")
            title = page.locator("h1").first
            color = title.evaluate("element => getComputedStyle(element).color")
            brightness[ground] = sum(map(int, re.findall(r"\d+", color)[:3]))
    assert brightness["light"] < 200 < 600 < brightness["dark"]


def test_the_buttons_choose_surface_width_and_ground_without_a_script(desk: Desk, browser: Browser) -> None:
    with looking(browser, "en", "light", 1440, java_script_enabled=False) as page:
        signed_in(page, desk)
        page.goto(f"{desk.url}/desk/issues/1")
        letter, dark = page.locator("iframe.is-letter.is-light"), page.locator("iframe.is-letter.is-dark")
        wide = letter.bounding_box()
        assert letter.is_visible()
        assert not dark.is_visible()
        page.locator("label[for=at-phone]").click()
        narrow = letter.bounding_box()
        assert wide and narrow
        assert (round(narrow["width"]), wide["width"] > 600) == (406, True)  # 390 and the frame of the phone
        page.locator("label[for=by-night]").click()
        assert dark.is_visible()
        assert not letter.is_visible()
        page.locator("label[for=see-text]").click()
        assert page.locator("pre.is-text").is_visible()
        assert not dark.is_visible()


@pytest.mark.parametrize("language", LOCALES)
def test_nothing_hostile_runs_anywhere_on_the_desk(tmp_path: Path, browser: Browser, language: str) -> None:
    with open_desk(tmp_path / "publication", language=language) as desk:
        hostile_everywhere(desk)
        with looking(browser, language, "light", 1440) as page:
            alarms: list[str] = []

            def alarmed(dialog: Dialog) -> None:
                alarms.append(dialog.message)
                dialog.dismiss()

            page.on("dialog", alarmed)
            signed_in(page, desk)
            for path in ("/desk", "/desk/issues/1", f"{SURFACES}/letter", f"{SURFACES}/page"):
                page.goto(desk.url + path)
                page.wait_for_load_state("networkidle")
                handlers = page.evaluate("document.querySelectorAll('[onerror], [onclick], main script').length")
                assert handlers == 0, path
            page.goto(f"{desk.url}/desk/issues/1")
            for choice in ("by-night", "see-page", "by-day", "see-text"):
                page.locator(f"label[for={choice}]").click()
            page.wait_for_timeout(300)
        assert alarms == []
        raw = desk.enters().get("/desk/issues/1").text
        assert "<script>alert" not in raw
        assert 'href="javascript' not in raw
        assert "{{7*7}}" in raw.replace("&#123;", "{")
        assert "alert(1)" in raw, "it must be shown, not lost, so that this proves something"


def hostile_everywhere(desk: Desk) -> None:
    """An address, a headline, reasons, a flash: whatever comes from outside is as bad as it can be."""
    room = desk.room
    enroll.import_rows(
        room.database, [ImportRow(email='"<script>alert(3)</script>"@example.org')], "weekly", origin="x", now=THURSDAY
    )
    words = HOSTILE.replace("{{7*7}}", "")
    room.edits(edit.Edit(title=words, subject=words, preheader=words, byline=words, note=words, headlines={1: words}))
    room.approves()
    room.releases()
    room.sends(now=FRIDAY)
    with room.database.write() as session:
        for statement in (
            "UPDATE delivery SET state = 'refused', reason = :bad",
            "UPDATE post SET state = 'refused', reason = :bad",
            "UPDATE post SET state = 'accepted', url = 'javascript:alert(4)' WHERE position = 1",
            "UPDATE issue SET state_reason = :bad",
            "UPDATE pick SET reason = :bad, url = 'javascript:alert(5)'",
            "UPDATE candidate SET reason = :bad",
            "UPDATE item SET headline = :bad, source = :bad",
            "INSERT INTO pause (channel, paused_at, reason) VALUES ('out', '2026-05-28', :bad)",
            "INSERT INTO skip (send_at, reason, tells_readers, skipped_by, skipped_at, was_state, was_reason)"
            " VALUES ('2026-06-04 22:30:00', :bad, false, '', '2026-05-28', '', '')",
        ):
            session.execute(text(statement), {"bad": HOSTILE})
