"""An editor's Thursday, whole: ten items, three swapped, a blurb rewritten, looked at, approved; it leaves and arrives.

With the mouse and again with the keyboard alone, in Korean and in English. What it took is printed (`pytest -s`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from publisher.store import issues
from publisher.web import app
from publisher.web.server import serving
from publisher.web.shell import Shell
from tests.newsroom import FOLDER, FRIDAY, Newsroom
from tests.web.browser import looking
from tests.web.desks import Desk
from tests.web.hands import Hands
from tests.web.site import reopened

KIM = "kim@example.org"
STORIES = {
    "en": (
        *("A harbour counts ships", "The bakery bakes by forecast", "Robots take the night shift", "A bus that waits"),
        *("The library lends its roof", "Ducks are counted twice", "A clock is mended", "Rain falls upwards in Leeds"),
        *("The ferry learns to wait", "A choir sings for bees", "Old maps find new rivers", "Snow is delivered"),
        *("A lamp reads aloud", "The tram has a poet"),
    ),
    "ko": (
        *("항구가 배를 센다", "빵집은 예보대로 굽는다", "로봇이 밤을 지킨다", "기다려 주는 버스"),
        *("도서관이 지붕을 빌려준다", "오리를 두 번 센 저수지", "동네 시계를 고쳤다", "비가 거꾸로 내린 마을"),
        *("나룻배가 기다림을 배운다", "벌에게 노래하는 합창단", "옛 지도가 찾은 강", "눈을 배달합니다"),
        *("소리 내어 읽는 등불", "전차에 시인이 탔다"),
    ),
}
BLURBS = {"en": "What the harbour master told us", "ko": "항구 사람들에게 직접 물었다"}
NAMES = {"en": "The Weekly Bite", "ko": "한입 뉴스"}


@pytest.fixture
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    language = request.param
    url, name = "sqlite:///var/publisher.db", NAMES[language]
    room = Newsroom.open(tmp_path / "publication", url, FOLDER, language=language, name=name, per_source=20)
    config = room.root / "config.toml"
    config.write_text(config.read_text(encoding="utf-8").replace("[issue]", "[issue]\nitems = 10"), encoding="utf-8")
    room = reopened(room)
    room.has_editors(KIM)
    room.has_readers(12)
    room.writes(*STORIES[language])
    room.composes()
    times = [FRIDAY - timedelta(minutes=16)]
    with serving(app.create(Shell(room.publication, lambda: times[0], guest=KIM))) as address:
        yield Desk(room, address, times)
    room.database.close()


def order(desk: Desk) -> list[int]:
    return [pick["item"] for pick in desk.room.issue()["picks"]]


def language_of(desk: Desk) -> str:
    return desk.room.publication.settings.publication.language


def swapped(desk: Desk, before: list[int], count: int) -> None:
    """So many of the ten are others by now, and nothing else has moved."""
    assert sum(old != new for old, new in zip(before, order(desk), strict=True)) == count


def arrives(desk: Desk, hands: Hands) -> None:
    """What was approved leaves at its time; every reader has the letter, with the blurb in its post."""
    language = language_of(desk)
    issue = desk.room.issue()
    assert issue["state"] == "approved"
    desk.now = FRIDAY
    desk.room.releases()
    desk.room.sends()
    expect(hands.page.locator(".equation")).to_contain_text("12")
    assert len(desk.room.letters()) == 12
    texts = [post["text"] for post in desk.room.issue()["posts"]]
    assert any(BLURBS[language] in text for text in texts)
    assert desk.room.issue()["state"] == "sent"


@pytest.mark.parametrize("desk", ["en", pytest.param("ko", marks=pytest.mark.trial)], indirect=True)
def test_with_the_mouse(desk: Desk, browser: Browser, capsys: pytest.CaptureFixture[str]) -> None:
    language = language_of(desk)
    with looking(browser, language, "light", 1440) as page:
        wrong = troubles(page)
        page.goto(f"{desk.url}/desk/issues/1/choose")
        hands, before = Hands(page), order(desk)
        for item in before[1:4]:
            hands.click(page.locator(f"#swap-{item}"))
            expect(page.locator(f"#pick-{item}")).to_have_count(0)
        swapped(desk, before, 3)
        hands.click(page.locator(f"#pick-{before[0]} .headline a"))
        blurb = page.locator(f'[data-field="pick:{before[0]}:blurb"]')
        hands.click(blurb)
        hands.press("Control+a")
        hands.writes(BLURBS[language])
        saved(page, desk)
        hands.click(page.locator(".issue-head nav a").nth(2))
        hands.click(page.locator("#approve"))
        expect(page.locator("#pull-back")).to_be_visible()
        with capsys.disabled():
            print("\n" + hands.told(f"the journey by mouse, {language}"))
        arrives(desk, hands)
        assert wrong == []


@pytest.mark.parametrize("desk", ["ko", pytest.param("en", marks=pytest.mark.trial)], indirect=True)
def test_with_the_keyboard_alone(desk: Desk, browser: Browser, capsys: pytest.CaptureFixture[str]) -> None:
    language = language_of(desk)
    with looking(browser, language, "dark", 1440) as page:
        wrong = troubles(page)
        page.goto(f"{desk.url}/desk/issues/1/choose")
        hands, before = Hands(page), order(desk)
        into_the_issue(hands, before[0])
        for place in (1, 2, 3):
            hands.press("j")
            expect(row(page, place)).to_have_class("is-current")
            item = before[place]
            hands.press("s")
            expect(page.locator(f"#pick-{item}")).to_have_count(0)
        swapped(desk, before, 3)
        hands.press("k", 3)
        expect(row(page, 0)).to_have_class("is-current")
        hands.press("e")
        expect(page).to_have_url(re.compile(rf"item={before[0]}\b"))
        blurb = page.locator(f'[data-field="pick:{before[0]}:blurb"]')
        hands.press("e")
        hands.tabs_to(blurb)
        hands.press("Control+a")
        hands.writes(BLURBS[language])
        saved(page, desk)
        hands.press("Escape")
        hands.press("a")
        expect(page.locator("#approve")).to_be_visible()
        hands.tabs_to(page.locator("#approve"))
        hands.press("Enter")
        expect(page.locator("#pull-back")).to_be_visible()
        with capsys.disabled():
            print("\n" + hands.told(f"the journey by keyboard, {language}"))
        assert hands.clicks == 0
        arrives(desk, hands)
        assert wrong == []


def row(page: Page, place: int) -> Locator:
    return page.locator(".picked > [data-item]").nth(place)


def into_the_issue(hands: Hands, first: int) -> None:
    """From the candidates to the list beside them."""
    hands.press("l")
    expect(hands.page.locator(f"#pick-{first}")).to_have_class("is-current")


def saved(page: Page, desk: Desk) -> None:
    """The blurb is stored, and the letter beside it follows."""
    language = language_of(desk)
    expect(page.locator("[data-saving]")).not_to_be_empty()
    page.wait_for_function("() => !document.querySelector('[data-saving].is-busy')")
    for _ in range(100):
        if any(BLURBS[language] in post["text"] for post in desk.room.issue()["posts"]) and rendered(desk):
            return
        page.wait_for_timeout(100)
    raise AssertionError("the blurb is in no post")


def rendered(desk: Desk) -> bool:
    with desk.room.database.read() as session:
        return not issues.by_number(session, 1).unrendered


def troubles(page: Page) -> list[str]:
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    return wrong
