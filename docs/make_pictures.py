"""Draws the sample's pictures, and takes pictures of the sample letter and page: `python docs/make_pictures.py`.

Needs Chromium (CHROMIUM, else /usr/bin/chromium) and a CJK font. Nothing is fetched: the pictures of the letter are
answered from publisher/demo/pictures.
"""

# ruff: noqa: E501 - a line of a drawing is as long as its shape
from __future__ import annotations

import base64
import math
import os
import random
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Route, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from publisher.render import preview  # noqa: E402 - the checkout is put on the path first
from publisher.render.proof import Renderer  # noqa: E402
from tests.render import sample  # noqa: E402

SCENES = ROOT / "publisher" / "demo" / "pictures"
SHOTS = ROOT / "docs" / "pictures"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
READERS = {
    "ko": {"first_name": "지우", "name": "김지우", "email": "jiwoo@example.org"},
    "en": {"first_name": "Robin", "name": "Robin Hale", "email": "robin@example.org"},
}


def main() -> None:
    only = set(sys.argv[1:]) or {"scenes", "shots"}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS
        )
        if "scenes" in only:
            draw_scenes(browser)
        if "shots" in only:
            take_shots(browser)
        browser.close()


def draw_scenes(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1104, "height": 620})
    for name, scene in (("bus", bus()), ("library", library()), ("berry", berry()), ("pool", pool())):
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1104 620" width="1104" height="620">{scene}</svg>'
        page.set_content(f'<body style="margin:0">{svg}</body>')
        page.screenshot(path=SCENES / f"{name}.jpg", type="jpeg", quality=74)


def take_shots(browser: Browser) -> None:
    for language, (publication, issue) in sample.EDITIONS.items():
        proof = Renderer(publication, sample.TEMPLATES, ()).proof(issue, sample.AUDIENCE, sample.NOW)
        reader = READERS[language] | {"leave_url": f"{publication.base_url}/leave/sample"}
        files = preview.files(proof, reader, b"")
        for shot, name, width, scheme in (
            ("letter-light", "email.html", 700, "light"),
            ("letter-dark", "email.html", 700, "dark"),
            ("letter-phone", "email.html", 390, "light"),
            ("page-light", "web.html", 1000, "light"),
            ("page-dark", "web.html", 390, "dark"),
        ):
            kind, _, variant = shot.partition("-")
            target = SHOTS / f"{kind}-{language}-{variant}.png"
            photograph(browser, files[name].decode(), target, width, scheme)


def photograph(browser: Browser, html: str, target: Path, width: int, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    context.route("**/*", answer)
    page = context.new_page()
    page.set_content(html, wait_until="load")
    # Pictures far below the window are loaded only when asked for.
    page.evaluate("Promise.all([...document.images].map(i => (i.loading = 'eager', i.decode())))")
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        raise SystemExit(f"{target.name}: {wide} px wide in a window of {width}")
    page.screenshot(path=target, full_page=True)
    context.close()
    compress(browser, target)


def answer(route: Route) -> None:
    """The letter's pictures from the disk; nothing else is there."""
    picture = SCENES / route.request.url.rsplit("/", 1)[-1]
    if picture.is_file():
        route.fulfill(body=picture.read_bytes(), content_type="image/jpeg")
    else:
        route.abort()


def compress(browser: Browser, target: Path) -> None:
    """The same picture as a PNG of 256 colours: a quarter of the size."""
    page = browser.new_page()
    page.set_content("")
    width, height, palette, pixels = page.evaluate(
        _FEWER_COLOURS, base64.b64encode(target.read_bytes()).decode("ascii")
    )
    page.close()
    indices = base64.b64decode(pixels)
    rows = b"".join(b"\0" + indices[y * width : (y + 1) * width] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", bytes(palette)), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    target.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
            for kind, body in chunks
        )
    )


# The canvas counts colours in boxes of 6 bits a channel. The palette takes, 256 times, the box that is missed most: by
# how far it is from what is chosen, and how often it occurs.
_FEWER_COLOURS = """
async png => {
  const picture = new Image();
  picture.src = "data:image/png;base64," + png;
  await picture.decode();
  const {width, height} = picture, canvas = new OffscreenCanvas(width, height), pen = canvas.getContext("2d");
  pen.drawImage(picture, 0, 0);
  const {data} = pen.getImageData(0, 0, width, height);
  const box = i => (data[i] >> 2) << 12 | (data[i + 1] >> 2) << 6 | data[i + 2] >> 2;
  const boxes = new Map();
  for (let i = 0; i < data.length; i += 4) {
    const sum = boxes.get(box(i)) ?? [0, 0, 0, 0];
    for (let c = 0; c < 3; c++) sum[c] += data[i + c];
    sum[3]++;
    boxes.set(box(i), sum);
  }
  for (const sum of boxes.values()) for (let c = 0; c < 3; c++) sum[c] = Math.round(sum[c] / sum[3]);
  const chosen = [], far = new Map(), nearest = new Map();
  for (const key of boxes.keys()) far.set(key, Infinity);
  while (chosen.length < 256) {
    let worst = null, most = 0;
    for (const [key, sum] of boxes) {
      const missed = Math.min(far.get(key), 1e6) * Math.sqrt(sum[3]);
      if (missed > most) [worst, most] = [sum, missed];
    }
    if (!worst) break;
    for (const [key, [r, g, b]] of boxes) {
      const distance = (worst[0] - r) ** 2 + (worst[1] - g) ** 2 + (worst[2] - b) ** 2;
      if (distance < far.get(key)) { far.set(key, distance); nearest.set(key, chosen.length); }
    }
    chosen.push(worst);
  }
  let pixels = "";
  for (let i = 0; i < data.length; i += 4) pixels += String.fromCharCode(nearest.get(box(i)));
  return [width, height, chosen.flatMap(sum => sum.slice(0, 3)), btoa(pixels)];
}
"""


def bus() -> str:
    chance = random.Random(43)  # noqa: S311 - stars
    stars = "".join(
        f'<circle cx="{chance.randrange(1104)}" cy="{chance.randrange(330)}" r="{chance.choice((1, 1.4, 2))}" '
        f'fill="#f7e9cf" opacity="{chance.uniform(0.25, 0.9):.2f}"/>'
        for _ in range(90)
    )
    windows = "".join(
        f'<rect x="{388 + 74 * i}" y="372" width="62" height="58" rx="6" fill="#ffd98a"/>' for i in range(5)
    )
    people = "".join(
        f'<circle cx="{418 + 74 * i}" cy="404" r="11" fill="#8c4a2c"/>'
        f'<path d="M{402 + 74 * i} 430 q16 -26 32 0z" fill="#8c4a2c"/>'
        for i in (0, 2, 3)
    )
    houses = "".join(
        f'<rect x="{x}" y="{y}" width="{w}" height="{560 - y}" fill="#1b2745"/>'
        + "".join(
            f'<rect x="{x + 14 + 26 * c}" y="{y + 18 + 34 * r}" width="10" height="14" fill="#f3b95f" '
            f'opacity="{chance.choice((0, 0, 0.85))}"/>'
            for c in range(int((w - 20) / 26))
            for r in range(4)
        )
        for x, y, w in ((0, 370, 96), (104, 330, 80), (190, 390, 110), (850, 350, 92), (950, 310, 74), (1030, 372, 80))
    )
    return f"""
      <defs>
        <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#0f1a37"/><stop offset=".72" stop-color="#33406b"/><stop offset="1" stop-color="#7a5c74"/></linearGradient>
        <radialGradient id="halo"><stop offset="0" stop-color="#fff1cf" stop-opacity=".5"/><stop offset="1" stop-color="#fff1cf" stop-opacity="0"/></radialGradient>
        <linearGradient id="beam" x1="0" y1="0" x2="1" y2="0"><stop offset="0" stop-color="#ffe3a0" stop-opacity=".75"/><stop offset="1" stop-color="#ffe3a0" stop-opacity="0"/></linearGradient>
      </defs>
      <rect width="1104" height="620" fill="url(#sky)"/>{stars}
      <circle cx="842" cy="140" r="150" fill="url(#halo)"/><circle cx="842" cy="140" r="62" fill="#fdf0d2"/>
      <circle cx="824" cy="124" r="11" fill="#efdcb4"/><circle cx="864" cy="158" r="16" fill="#efdcb4"/><circle cx="852" cy="108" r="6" fill="#efdcb4"/>
      <path d="M0 420 Q260 300 560 392 T1104 350 V620 H0z" fill="#25315a"/>
      {houses}
      <path d="M0 520 Q420 470 1104 512 V620 H0z" fill="#121a30"/>
      <path d="M0 566 H1104" stroke="#e9c98d" stroke-width="4" stroke-dasharray="52 38" opacity=".55"/>
      <path d="M800 452 L1104 420 V540 L800 486z" fill="url(#beam)"/>
      <rect x="360" y="344" width="446" height="170" rx="24" fill="#d3492a"/><rect x="360" y="452" width="446" height="14" fill="#f6e7cf"/>
      {windows}{people}
      <rect x="756" y="372" width="40" height="82" rx="6" fill="#ffe7b0"/><rect x="650" y="352" width="140" height="15" rx="7" fill="#1b2745"/>
      <rect x="792" y="470" width="14" height="16" rx="4" fill="#fff3cf"/>
      <circle cx="452" cy="514" r="36" fill="#0b1020"/><circle cx="452" cy="514" r="15" fill="#8d93a6"/>
      <circle cx="716" cy="514" r="36" fill="#0b1020"/><circle cx="716" cy="514" r="15" fill="#8d93a6"/>
      <rect x="206" y="372" width="7" height="180" fill="#d9d3c4"/><circle cx="209" cy="360" r="27" fill="#f6e7cf"/><circle cx="209" cy="360" r="17" fill="#d3492a"/>
      <circle cx="262" cy="442" r="15" fill="#f0c39a"/><path d="M238 552 v-62 q0 -30 24 -30 t24 30 v62z" fill="#f6e7cf"/>
      <circle cx="306" cy="458" r="13" fill="#d99e75"/><path d="M286 552 v-48 q0 -28 20 -28 t20 28 v48z" fill="#5f86a8"/>
    """


def library() -> str:
    chance = random.Random(7)  # noqa: S311 - books
    shades = ("#b8341a", "#e0a15c", "#2f5d62", "#f2e3c6", "#7c8f6b", "#1f3440", "#d9794f")

    def row(y: int, start: int) -> Iterator[str]:
        x = start
        while x < 1080:
            width, height = chance.randrange(20, 44), chance.randrange(94, 138)
            fill = chance.choice(shades)
            band = "#f7ecd8" if fill != "#f2e3c6" else "#b8341a"
            yield f'<rect x="{x}" y="{y - height}" width="{width}" height="{height}" rx="2" fill="{fill}"/>'
            yield f'<rect x="{x + 5}" y="{y - height + 18}" width="{width - 10}" height="5" fill="{band}" opacity=".8"/>'
            x += width + 3

    books = "".join("".join(row(y, 640)) for y in (190, 360, 530))
    shelves = "".join(f'<rect x="622" y="{y}" width="482" height="14" fill="#8a5a3c"/>' for y in (190, 360, 530))
    bars = ""
    for i in range(58):
        t = i / 57
        height = 12 + 150 * abs(math.sin(i * 0.61) * math.sin(i * 0.23 + 0.6)) * (0.35 + 0.65 * math.sin(math.pi * t))
        x = 226 + i * 6.5
        fill = "#b8341a" if i % 9 else "#1f3440"
        bars += f'<rect x="{x:.1f}" y="{318 - height:.1f}" width="3.8" height="{2 * height:.1f}" rx="1.9" fill="{fill}" opacity="{1 - 0.35 * t:.2f}"/>'
    return f"""
      <rect width="1104" height="620" fill="#f3e6cf"/>
      <rect x="622" width="482" height="620" fill="#5e3c29"/><rect x="622" width="482" height="620" fill="#000" opacity=".12"/>
      {books}{shelves}
      <rect y="560" width="1104" height="60" fill="#d9c19a"/><rect x="622" y="544" width="482" height="76" fill="#8a5a3c"/>
      <circle cx="124" cy="252" r="62" fill="#e2b18a"/>
      <path d="M62 246 q-6 -74 62 -76 q70 2 64 78 q-14 -40 -64 -42 q-48 2 -62 40z" fill="#d8d3ca"/>
      <circle cx="124" cy="166" r="22" fill="#d8d3ca"/>
      <path d="M24 560 q0 -214 100 -222 q100 8 100 222z" fill="#2f5d62"/>
      <path d="M104 292 h40 v50 q-20 16 -40 0z" fill="#d29f77"/>
      <path d="M94 344 q30 40 60 0 l-8 -12 h-44z" fill="#f7ecd8"/>
      <path d="M148 262 q9 6 20 0" stroke="#7d4a32" stroke-width="4" fill="none" stroke-linecap="round"/>
      <path d="M146 236 q8 -7 16 0" stroke="#7d4a32" stroke-width="4" fill="none" stroke-linecap="round"/>
      {bars}
    """


def berry() -> str:
    chance = random.Random(12)  # noqa: S311 - berries

    def fruit(x: float, y: float, size: float, fill: str) -> str:
        seeds = "".join(
            f'<ellipse cx="{dx}" cy="{dy}" rx="1.7" ry="2.7" fill="#ffe3a6"/>'
            for dx, dy in ((-11, -4), (0, -7), (11, -4), (-6, 7), (6, 7), (0, 19))
        )
        leaf = '<path d="M-22 -18 q10 -12 22 -4 q12 -8 22 4 q-10 10 -22 5 q-12 5 -22 -5z" fill="#3f7146"/>'
        return (
            f'<path d="M{x:.0f} {y - 82 * size:.0f} q6 {30 * size:.0f} 0 {62 * size:.0f}" stroke="#5d8a4d" stroke-width="3" fill="none"/>'
            f'<g transform="translate({x:.0f} {y:.0f}) scale({size})">'
            f'<path d="M-25 -14 q25 -16 50 0 q4 30 -25 52 q-29 -22 -25 -52z" fill="{fill}"/>{seeds}{leaf}</g>'
        )

    rows = ""
    for depth, (y, size, step) in enumerate(((226, 0.5, 60), (342, 0.8, 92), (548, 1.4, 138))):
        rows += f'<rect y="{y - 92 * size:.0f}" width="1104" height="{24 * size:.0f}" fill="#efe6d2"/>'
        rows += f'<rect y="{y - 72 * size:.0f}" width="1104" height="{5 * size:.0f}" fill="#cdbf9f"/>'
        for i in range(-1, 1104 // step + 2):
            x = i * step + (depth % 2) * step / 2 + chance.uniform(-10, 10)
            for _ in range(3):
                lx, ly = x + chance.uniform(-38, 38) * size, y - chance.uniform(92, 116) * size
                green = chance.choice(("#4f8a4f", "#3f7146", "#6da35c"))
                rows += f'<ellipse cx="{lx:.0f}" cy="{ly:.0f}" rx="{30 * size:.0f}" ry="{17 * size:.0f}" fill="{green}" transform="rotate({chance.randrange(-30, 30)} {lx:.0f} {ly:.0f})"/>'
            fill = chance.choice(("#cf2f2a", "#d8402f", "#cf2f2a", "#e98f6a", "#dfe3b4"))
            rows += fruit(x, y + chance.uniform(-6, 16) * size, size, fill)
    arches = "".join(
        f'<path d="M{552 - w} 300 Q{552 - w} {300 - 1.02 * w * 0.62:.0f} 552 {300 - w * 0.62:.0f} Q{552 + w} {300 - 1.02 * w * 0.62:.0f} {552 + w} 300" fill="none" stroke="#fffdf6" stroke-width="{max(3, w / 70):.0f}" opacity=".8"/>'
        for w in (90, 150, 230, 340, 490)
    )
    return f"""
      <defs><linearGradient id="glow" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#bfe0e6"/><stop offset=".5" stop-color="#fbeccb"/><stop offset="1" stop-color="#d9e0b0"/></linearGradient></defs>
      <rect width="1104" height="620" fill="url(#glow)"/><circle cx="552" cy="186" r="70" fill="#fff6d8"/>{arches}
      <path d="M0 300 H1104 V620 H0z" fill="#a9bd84" opacity=".55"/>{rows}
    """


def pool() -> str:
    lanes = "".join(
        f'<g transform="translate(0 {150 + 110 * i})">'
        + "".join(
            f'<circle cx="{x}" cy="{5 * math.sin(x / 60 + i):.1f}" r="6" fill="{"#f6efe0" if (x // 18) % 4 else "#d3492a"}"/>'
            for x in range(0, 1104, 18)
        )
        + "</g>"
        for i in range(4)
    )
    light = "".join(
        f'<path d="M{x} {y} q28 -13 56 0 t56 0" stroke="#d8f4f1" stroke-width="3.5" fill="none" stroke-linecap="round" opacity="{0.25 + 0.35 * ((x * 7 + y) % 10) / 10:.2f}"/>'
        for y in range(120, 600, 37)
        for x in range((y * 53) % 170 - 60, 1104, 176)
    )
    steam = "".join(
        f'<ellipse cx="{x}" cy="{y}" rx="{rx}" ry="{ry}" fill="#fff" opacity="{o}" filter="url(#soft)"/>'
        for x, y, rx, ry, o in (
            (180, 110, 200, 60, 0.75),
            (470, 80, 250, 70, 0.65),
            (820, 120, 260, 66, 0.75),
            (640, 220, 210, 40, 0.3),
            (250, 300, 180, 34, 0.25),
            (940, 330, 180, 36, 0.25),
        )
    )
    return f"""
      <defs><linearGradient id="deep" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#8fd0d0"/><stop offset="1" stop-color="#1c7f93"/></linearGradient>
      <filter id="soft" x="-50%" y="-50%" width="200%" height="200%"><feGaussianBlur stdDeviation="26"/></filter></defs>
      <rect width="1104" height="620" fill="#efe2c9"/><rect y="70" width="1104" height="550" fill="url(#deep)"/>
      <rect y="62" width="1104" height="14" fill="#fbf5e8"/>{light}{lanes}
      <g transform="translate(668 316) rotate(-8)"><path d="M-150 16 q-30 10 -62 4" stroke="#f3c7a0" stroke-width="20" fill="none" stroke-linecap="round"/><path d="M-10 6 q58 -58 124 -22" stroke="#f3c7a0" stroke-width="21" fill="none" stroke-linecap="round"/><ellipse cx="-66" cy="10" rx="92" ry="30" fill="#f3c7a0"/><path d="M-150 10 q44 -32 92 -26 v52 q-50 4 -92 -26z" fill="#1f3440"/><circle cx="44" cy="8" r="29" fill="#d3492a"/><path d="M62 24 q12 -8 8 -26 l-12 -2z" fill="#f3c7a0"/></g>
      {steam}
    """


if __name__ == "__main__":
    main()
