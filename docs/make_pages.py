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
from publisher.demo.script import EDITOR  # noqa: E402
from publisher.demo.serve import demo  # noqa: E402
from publisher.stages import edit  # noqa: E402
from publisher.web.server import listen  # noqa: E402

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    "--disable-sync",
)
OUT = ROOT / "docs" / "pictures" / "pages"
PAGES = ROOT / "docs" / "pages.md"
LOCALES = {"ko": "ko-KR", "en": "en-GB"}
PREHEADERS = {
    "ko": "등대지기의 수첩, 가로수의 소리, 그리고 모르겠다는 대답",
    "en": "A notebook, a market menu, and trees that are listened to",
}
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
    "choose": "Choose: what there is beside what is in the issue, each with its reason",
    "add": "An item by its address, by hand, or a whole column",
    "write": "Write: the source, my words, and the surface they become",
    "revisions": "Revisions: who wrote what, word by word",
    "draft": "Check: exactly what goes out, what the checks say, and the approval",
    "approved": "Approved: it leaves by itself, and can be pulled back",
    "sent": "A sent issue: where every letter and post stands",
    "report": "The report of a sent issue",
    "sending": "Sending now",
    "sources": "Sources: how each fares, and what to do",
    "subscribers": "Subscribers",
    "subscriber": "One subscriber, with their letters",
    "editors": "Editors and their roles",
    "trail": "The trail: who did what to which issue",
    "settings": "Settings, as config.toml has them",
    "account": "One's own account: name, language, password, one-time codes, where one is signed in",
    "sign-in": "Signing in",
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
    draft = f"{own}/desk/issues/{edition.next}"
    yield "choose", f"{draft}/choose"
    yield "add", f"{draft}/add"
    yield "write", f"{draft}/write"
    rewrite(edition)
    yield "revisions", f"{draft}/revisions"
    yield "draft", draft
    yield "sent", f"{own}/desk/issues/{edition.first}"
    yield "report", f"{own}/desk/issues/{edition.first}/report"
    for name in ("sending", "sources", "subscribers"):
        yield name, f"{own}/desk/{name}"
    yield "subscriber", f"{own}/desk/subscribers/1"
    for name in ("editors", "trail", "settings", "account", "sign-in", "specimens"):
        yield name, f"{own}/desk/{name}"
    yield "approved", f"{own}/desk/issues/{edition.next}"


def rewrite(edition: Edition) -> None:
    """An editor takes another preheader, so that there is a revision to look at."""
    publication = edition.publication
    settings = publication.settings
    means = edit.Means(publication.renderer, publication.rule, settings.sources, settings.issue.min_items)
    words = {"preheader": PREHEADERS[edition.script.language]}
    edit.save(publication.database, edition.next, words, {}, means, by=EDITOR, now=edition.clock.now())


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
