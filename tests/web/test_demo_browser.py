"""The demo as a newcomer goes through it in Chromium: once with script, once without, in one process.

Its posts follow each other faster than a newcomer's do, who has a few seconds to read each. At a newcomer's pace it is
among the longer proofs (`make trial`), and so are six of the eight looks at its pages: the two that are left have each
language, ground and width.
"""

from __future__ import annotations

import re
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

from publisher.demo import edition as editions_of_the_demo
from publisher.demo import serve
from publisher.demo.edition import Edition
from publisher.demo.script import WATCHED
from publisher.store.pages import issue as issues
from publisher.store.pages import subscriber as subscribers
from publisher.web.server import listen
from tests.web.browser import LOCALES, PATIENCE, every_look, looking, violations

HOSTILE = """<!doctype html><base href="http://evil.example/" target="_self">
<script>parent.x = 1; top.location = "/gone"</script>
<p id="bad">mail <img src="http://evil.example/x.png" onerror="top.x = 1"> <a href="javascript:top.x = 1">press</a></p>
<form action="http://evil.example/" method="post"><input name="a"><button>send</button></form>
<iframe src="http://evil.example/"></iframe><meta http-equiv="refresh" content="0;url=http://evil.example/">"""


Played = tuple[str, dict[str, Edition]]


@contextmanager
def playing(folder: Path) -> Iterator[Played]:
    """The demo, a few seconds before its next issues are planned."""
    with (
        listen("127.0.0.1", 0) as listening,
        serve.demo(folder, listening, lambda name, what: None, lead=timedelta(seconds=20)) as (url, editions),
    ):
        yield url, {edition.script.language: edition for edition in editions}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """In a hurry."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(editions_of_the_demo, "WATCHED", replace(WATCHED, spacing="1s"))
        patch.setattr(serve, "_LOOK_EVERY", timedelta(seconds=0.5))
        with playing(tmp_path_factory.mktemp("demo")) as played:
            yield played


@pytest.fixture(scope="module")
def unhurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """As a newcomer has it."""
    with playing(tmp_path_factory.mktemp("demo")) as played:
        yield played


at_every_pace = pytest.mark.parametrize("pace", ["played", pytest.param("unhurried", marks=pytest.mark.trial)])


def visitor(browser: Browser, language: str, *, scripted: bool) -> tuple[BrowserContext, list[str]]:
    """A new browser, and every address that it asks for outside of this machine or that a page may not."""
    context = browser.new_context(locale=LOCALES[language], java_script_enabled=scripted)
    context.set_default_timeout(PATIENCE)
    outside: list[str] = []

    def note(request: Request) -> None:
        if urlsplit(request.url).hostname != "127.0.0.1":
            outside.append(request.url)

    context.on("request", note)
    return context, outside


def issue(edition: Edition, number: int) -> dict[str, Any]:
    with edition.publication.database.read() as session:
        return issues.one(session, number)


def state_of(edition: Edition, address: str) -> str:
    with edition.publication.database.read() as session:
        found = subscribers.one(session, address)
    assert found
    return str(found["state"])


def recipient(edition: Edition, page: Page) -> str:
    """Whose mail is open."""
    number = int(re.sub(r"\D", "", urlsplit(page.url).path.rpartition("/")[2]))
    return edition.inbox.mails[number - 1].recipient


@at_every_pace
def test_a_newcomer_sees_the_week_approves_the_next_issue_and_watches_it_arrive(
    browser: Browser, request: pytest.FixtureRequest, pace: str
) -> None:
    url, editions = request.getfixturevalue(pace)
    edition = editions["ko"]
    context, outside = visitor(browser, "ko", scripted=True)
    page = context.new_page()
    page.goto(url)
    expect(page.locator("table.week tbody tr")).to_have_count(5)
    mine = page.locator("section.edition", has=page.locator("#edition-ko"))

    mine.get_by_role("link", name="받은편지함의 뉴스레터").click()
    picture = page.frame_locator("iframe").locator("img").first
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 500
    page.get_by_role("link", name="타임라인").click()
    expect(page.locator("article.post")).to_have_count(6)
    expect(page.locator("article.post .count").first).to_contain_text("/ 280")
    page.get_by_role("link", name="데모 첫 화면").click()
    mine.get_by_role("link", name="웹 페이지").click()
    expect(page.locator("p.demo")).to_contain_text("데모입니다")
    page.goto(url)
    mine.get_by_role("link", name="결과 보고").click()
    expect(page.get_by_text("basil.thornbury@example.com").first).to_be_visible()

    timeline, inbox = context.new_page(), context.new_page()
    timeline.goto(f"{url}/ko/timeline")
    inbox.goto(f"{url}/ko/inbox")
    letters = inbox.locator(".mails li", has_not_text="editor@example.org")
    before = letters.count()
    page.goto(url)
    mine.get_by_role("link", name="초안을 살펴보고 승인하기").click()
    page.get_by_role("button", name="44호 승인", exact=True).click()
    expect(page.get_by_role("button", name="44호 승인 회수")).to_be_visible()
    page.goto(url)
    expect(mine.get_by_text("6 / 6")).to_be_visible()
    sent = issue(edition, edition.next)
    # Neither of these pages is loaded again: they look by themselves.
    expect(letters).to_have_count(before + sent["deliveries"]["accepted"])
    expect(timeline.locator("article.post")).to_have_count(12)
    expect(timeline.locator("article.post").first).to_contain_text("라디오")
    expect(mine.locator(".state.is-good")).to_be_visible()
    everybody = sent["deliveries"]["accepted"] + sent["deliveries"]["refused"]
    assert (sent["unexplained"], sent["deliveries"]["refused"]) == (0, 1)
    assert everybody == sent["audience"] >= 10
    assert outside == []
    context.close()


@pytest.mark.trial
def test_a_reader_leaves_by_the_letters_link_and_another_by_the_mail_programs_button(
    browser: Browser, played: Played
) -> None:
    url, editions = played
    edition = editions["ko"]
    context, outside = visitor(browser, "ko", scripted=True)
    page = context.new_page()
    page.goto(f"{url}/ko/inbox/2")
    one = recipient(edition, page)
    with context.expect_page() as opened:
        page.frame_locator("iframe").get_by_role("link", name="구독 해지").click()
    leaving = opened.value
    assert urlsplit(leaving.url).path.startswith("/ko/leave/")
    assert state_of(edition, one) == "active"
    leaving.get_by_role("button", name="구독 해지").click()
    expect(leaving.get_by_role("heading", name="구독이 해지되었습니다")).to_be_visible()
    assert state_of(edition, one) == "left"
    page.reload()
    expect(page.get_by_text(f"{one} 주소의 구독을 해지했습니다.")).to_be_visible()

    page.goto(f"{url}/ko/inbox/3")
    other = recipient(edition, page)
    page.get_by_role("button", name="클릭 한 번으로 구독 해지").click()
    expect(page.get_by_text(f"{other} 주소의 구독을 해지했습니다.")).to_be_visible()
    assert state_of(edition, other) == "left"
    assert outside == []
    context.close()


@pytest.mark.trial
@at_every_pace
def test_all_of_it_goes_without_script(browser: Browser, request: pytest.FixtureRequest, pace: str) -> None:
    url, editions = request.getfixturevalue(pace)
    edition = editions["en"]
    context, outside = visitor(browser, "en", scripted=False)
    page = context.new_page()
    page.goto(url)
    mine = page.locator("section.edition", has=page.locator("#edition-en"))
    mine.get_by_role("link", name="The letter in the inbox").click()
    expect(page.frame_locator("iframe").get_by_role("heading").first).to_be_visible()
    for way in ("Plain text", "Headers", "Raw"):
        page.get_by_role("link", name=way).click()
        expect(page.get_by_role("link", name=way)).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="Letter", exact=True).click()
    left = recipient(edition, page)
    page.get_by_role("button", name="Unsubscribe with one click").click()
    expect(page.get_by_text(f"{left} is unsubscribed.")).to_be_visible()
    assert state_of(edition, left) == "left"

    with context.expect_page() as opened:
        page.goto(f"{url}/en/inbox/4")
        page.frame_locator("iframe").get_by_role("link", name="Unsubscribe").click()
    opened.value.get_by_role("button", name="Unsubscribe").click()
    expect(opened.value.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    assert state_of(edition, recipient(edition, page)) == "left"

    page.goto(f"{url}/en/inbox?to=editor@example.org")
    expect(page.locator(".mails li .to").first).to_have_text("editor@example.org")
    assert set(page.locator(".mails li .to").all_inner_texts()) == {"editor@example.org"}
    page.goto(url)
    mine.get_by_role("link", name="Look at the draft and approve it").click()
    page.get_by_role("button", name="Approve No. 44").click()
    page.goto(url)
    # The page loads itself again every few seconds.
    expect(mine.get_by_text("10 / 10")).to_be_visible()
    page.goto(f"{url}/en/timeline")
    expect(page.locator("article.post")).to_have_count(12)
    page.goto(f"{url}/en/inbox")
    expect(page.get_by_role("link", name=re.compile("lighthouse keeper")).first).to_be_visible()
    assert outside == []
    context.close()


def test_a_hostile_mail_stays_in_its_frame(browser: Browser, played: Played) -> None:
    url, editions = played
    edition = editions["en"]
    with smtplib.SMTP("127.0.0.1", edition.inbox.port) as relay:
        relay.sendmail(
            "x@example.org",
            ["y@example.org"],
            "Subject: <script>top.x = 1</script>\nFrom: <b>me\nX-<i>: <u>\nContent-Type: text/html\n"
            "List-Unsubscribe: <http://192.0.2.1/leave/1>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n\n"
            f"{HOSTILE}",
        )
    number = len(edition.inbox.mails)
    context, _ = visitor(browser, "en", scripted=True)
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    context.route(re.compile("evil|192"), refuse)
    page = context.new_page()
    page.goto(f"{url}/en/inbox")
    assert page.evaluate("window.x") is None
    for view in ("letter", "text", "headers", "source"):
        page.goto(f"{url}/en/inbox/{number}?view={view}")
        assert page.evaluate("window.x") is None
    page.goto(f"{url}/en/inbox/{number}")
    frame = page.frame_locator("iframe.mail")
    expect(frame.locator("#bad")).to_be_visible()
    frame.get_by_role("button", name="send").click()
    frame.get_by_role("link", name="press").click()
    page.wait_for_timeout(500)
    assert page.evaluate("window.x") is None
    assert page.url == f"{url}/en/inbox/{number}"
    page.get_by_role("button", name="Unsubscribe with one click").click()
    expect(page.get_by_text("Unsubscribing did not work.")).to_be_visible()
    assert asked == []
    context.close()


@pytest.mark.trial
@every_look(of_two=False)
def test_every_page_of_the_demo_is_for_everybody(
    browser: Browser, played: Played, language: str, scheme: str, width: int
) -> None:
    url, editions = played
    desk = [f"desk/issues/{number}" for number in (editions[language].first, editions[language].next)]
    paper = "press/baram/column/43" if language == "ko" else "press/windmere/night-bus"
    ways = ["inbox", "inbox/2", "inbox/2?view=text", "inbox/2?view=headers", "inbox/2?view=source", "timeline", paper]
    ways += desk
    found = []
    with looking(browser, language, scheme, width, bypass_csp=True) as page:
        for address in (url, *(f"{url}/{language}/{way}" for way in ways)):
            page.goto(address)
            found += [f"{address}: {violation}" for violation in violations(page)]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                found.append(f"{address}: wider than the window")
    assert not found, "\n".join(found)


def test_every_page_says_that_it_is_a_demo(browser: Browser, played: Played) -> None:
    url, _ = played
    with looking(browser, "en", "light", 1440) as page:
        for way in ("", "en", "en/inbox", "en/inbox/2", "en/timeline", "en/issues/43", "en/desk", "en/desk/issues/44"):
            page.goto(f"{url}/{way}")
            expect(page.get_by_text("This is a demo.").first).to_be_visible()
        page.goto(f"{url}/en/nothing")
        expect(page.get_by_text("This is a demo.").first).to_be_visible()
