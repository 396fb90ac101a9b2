"""Take the pictures of the pages in docs/pictures/pages/, and write docs/pages.md, which shows them.

    python docs/make_pages.py [PART OF A NAME]

The pages are those of the demo, which is played for it: in Korean and in English, wide by day and narrow by night.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from publisher.demo.edition import Edition  # noqa: E402
from publisher.demo.serve import demo  # noqa: E402
from publisher.web.server import listen  # noqa: E402

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    "--disable-sync",
)
OUT = ROOT / "docs" / "pictures" / "pages"
PAGES = ROOT / "docs" / "pages.md"
LOCALES = {"ko": "ko-KR", "en": "en-GB"}
WIDE, NARROW, TALLEST = 1280, 390, 1280
SCALE = 0.6
GAP, GROUND = 40, "#8f8a80"
EXACT = 64

TITLES = {
    "home": "The demo's front: one week has been played",
    "inbox": "The inbox: every mail as its reader has it",
    "letter": "A letter in the inbox, with the button to leave",
    "notice": "A notice: the draft is ready",
    "timeline": "The timeline: each post with its count",
    "issues": "The public list of issues",
    "issue": "The page of a sent issue",
    "leave": "Leaving: to look changes nothing, the button does",
    "missing": "An address that leads nowhere",
    "desk": "The desk: what comes next, and every issue so far",
    "draft": "A draft on the desk: exactly what goes out",
    "approved": "Approved: it leaves by itself, and can be pulled back",
    "report": "The report of a sent issue",
    "specimens": "The specimens: what every page is made of",
}


def main() -> None:
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    OUT.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        demo(Path(folder), listen("127.0.0.1", 0), lambda name, what: None, lead=timedelta(minutes=21)) as (
            url,
            editions,
        ),
        sync_playwright() as playwright,
    ):
        chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        for edition in editions:
            for name, path in addresses(edition):
                if wanted in name:
                    take(browser, f"{url}{path}", name, edition.script.language)
        browser.close()
    PAGES.write_text("\n".join(lines()) + "\n", encoding="utf-8")


def addresses(edition: Edition) -> Iterator[tuple[str, str]]:
    """The pages in the order in which they are taken: the draft is approved in passing."""
    own = f"/{edition.script.language}"
    letters = len(edition.inbox.mails)
    yield "home", "/"
    yield "inbox", f"{own}/inbox"
    yield "letter", f"{own}/inbox/2"
    yield "notice", f"{own}/inbox/{letters}"
    yield "timeline", f"{own}/timeline"
    yield "issues", f"{own}/"
    yield "issue", f"{own}/issues/{edition.first}"
    yield "leave", urlsplit(edition.publication.identity().leave_url(3)).path
    yield "missing", f"{own}/nothing"
    yield "desk", f"{own}/desk"
    yield "draft", f"{own}/desk/issues/{edition.next}"
    yield "report", f"{own}/desk/issues/{edition.first}"
    yield "specimens", f"{own}/desk/specimens"
    yield "approved", f"{own}/desk/issues/{edition.next}"


def take(browser: Browser, address: str, name: str, language: str) -> None:
    """Wide by day, narrow by night, side by side on one picture."""
    shots = []
    for scheme, width in (("light", WIDE), ("dark", NARROW)):
        context = browser.new_context(
            viewport={"width": width, "height": 600},
            color_scheme=scheme,
            locale=LOCALES[language],  # type: ignore[arg-type]
        )
        page = context.new_page()
        page.goto(address)
        if name == "approved" and page.locator("#approve").count():
            page.locator("#approve").click()
        settle(page)
        shots.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
        context.close()
    join(shots).save(OUT / f"{name}-{language}.png", optimize=True)
    print(f"{name}-{language}.png")


def settle(page: Page) -> None:
    """Until pictures and frames are there, and no taller than the page is."""
    page.wait_for_load_state("networkidle")
    height = page.evaluate("document.documentElement.scrollHeight")
    width = page.evaluate("innerWidth")
    page.set_viewport_size({"width": width, "height": min(height, TALLEST)})
    page.wait_for_timeout(300)


def join(shots: list[Image.Image]) -> Image.Image:
    """On a ground between light and dark, in few colours: drawings and letters need no more."""
    sizes = [(round(shot.width * SCALE), round(shot.height * SCALE)) for shot in shots]
    whole = Image.new("RGB", (sum(w for w, _ in sizes) + GAP * 3 // 2, max(h for _, h in sizes) + GAP), GROUND)
    left = GAP // 2
    for shot, size in zip(shots, sizes, strict=True):
        whole.paste(shot.resize(size, Image.Resampling.LANCZOS), (left, GAP // 2))
        left += size[0] + GAP // 2
    return fewer(whole)


def fewer(picture: Image.Image) -> Image.Image:
    """In 256 colours: those of paper and ink exactly as they are, and what is left for drawings."""
    counted = sorted(picture.getcolors(picture.width * picture.height) or [], reverse=True)
    exact = [channel for _, colour in counted[:EXACT] for channel in colour]  # type: ignore[union-attr]
    drawn = picture.quantize(256 - EXACT, method=Image.Quantize.MAXCOVERAGE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette((exact + drawn)[: 3 * 256])
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


def lines() -> Iterator[str]:
    yield "# Every page, as it looks"
    yield ""
    yield "Taken from the demo by `python docs/make_pages.py`: wide by day, narrow by night, in Korean and in English."
    yield "What they are made of is on the last one, the specimens, which every publication has at `/desk/specimens`."
    for name, title in TITLES.items():
        yield f"\n## {title}\n"
        for language, said in (("ko", "in Korean"), ("en", "in English")):
            yield f"![{title}, {said}](pictures/pages/{name}-{language}.png)"


if __name__ == "__main__":
    main()
