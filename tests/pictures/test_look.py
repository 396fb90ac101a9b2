"""Which size of a picture a reader's program asks for, and how it stands there: Chromium reads letter and page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from publisher.render.preview import files
from publisher.render.proof import Renderer
from tests.pictures import makers
from tests.render import sample
from tests.web.browser import chromium, looking

SIZES = {one.file_name: one for kept in sample.KEPT.values() for one in (kept, kept.small) if one}
READER = {
    "first_name": "Robin",
    "name": "Robin",
    "email": "robin@example.org",
    "leave_url": "https://example.org/leave",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def surfaces() -> dict[str, bytes]:
    publication, issue = sample.EDITIONS["ko"]
    proof = Renderer(publication, sample.TEMPLATES, (), obtain=lambda urls, now: sample.KEPT).proof(
        issue, sample.AUDIENCE, sample.NOW
    )
    return files(proof, READER, b"")


def answer(route: Route) -> None:
    one = SIZES[route.request.url.rpartition("/")[2]]
    route.fulfill(body=makers.photograph(one.width, one.height), content_type="image/jpeg")


def shown(page: Page) -> list[tuple[int, int, int]]:
    """Of each picture: how wide the file is that was asked for, how wide and high it stands."""
    page.evaluate("document.querySelectorAll('img').forEach(one => one.loading = 'eager')")
    page.wait_for_function("[...document.images].every(one => one.complete && one.naturalWidth)")
    seen = "[...document.images].map(one => [one.currentSrc.split('/').pop(), one.clientWidth, one.clientHeight])"
    return [(SIZES[name].width, width, height) for name, width, height in page.evaluate(seen)]


@pytest.mark.parametrize(
    ("surface", "width", "scale", "file", "stands"),
    [
        ("email.html", 700, 1, 600, (552, 310)),
        ("email.html", 390, 2, 1_104, (350, 197)),
        ("web.html", 390, 3, 1_104, (350, 197)),
        pytest.param("email.html", 700, 2, 1_104, (552, 310), marks=pytest.mark.trial),
        pytest.param("email.html", 390, 1, 600, (350, 197), marks=pytest.mark.trial),
        pytest.param("web.html", 1_000, 1, 1_104, (656, 368), marks=pytest.mark.trial),
        pytest.param("web.html", 390, 1, 600, (350, 197), marks=pytest.mark.trial),
    ],
)
def test_no_more_is_asked_for_than_the_screen_shows(
    browser: Browser,
    surfaces: dict[str, bytes],
    surface: str,
    width: int,
    scale: int,
    file: int,
    stands: tuple[int, int],
) -> None:
    with looking(browser, "ko", "light", width, device_scale_factor=scale) as page:
        page.route("**/pictures/*", answer)
        page.set_content(surfaces[surface].decode())
        assert shown(page) == [(file, *stands)] * len(sample.KEPT)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
