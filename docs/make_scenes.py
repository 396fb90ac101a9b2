"""Draws the pictures of the demo's second week: `python docs/make_scenes.py`. Needs Chromium (CHROMIUM)."""

# ruff: noqa: E501 - a line of a drawing is as long as its shape
from __future__ import annotations

import math
import os
import random
from pathlib import Path

from playwright.sync_api import sync_playwright

SCENES = Path(__file__).resolve().parents[1] / "publisher" / "demo" / "pictures"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS
        )
        page = browser.new_page(viewport={"width": 1104, "height": 620})
        for name, scene in (("lamp", lamp()), ("tree", tree()), ("market", market()), ("radio", radio())):
            svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1104 620" width="1104" height="620">{scene}</svg>'
            page.set_content(f'<body style="margin:0">{svg}</body>')
            page.screenshot(path=SCENES / f"{name}.jpg", type="jpeg", quality=74)
        browser.close()


def lamp() -> str:
    """A lighthouse above the fog, its keeper at the rail."""
    chance = random.Random(44)  # noqa: S311 - fog
    fog = "".join(
        f'<ellipse cx="{chance.randrange(-60, 1164)}" cy="{470 + 22 * row + chance.randrange(-12, 12)}" '
        f'rx="{chance.randrange(120, 260)}" ry="{chance.randrange(18, 34)}" fill="#f4ece0" opacity="{0.34 + 0.08 * row:.2f}"/>'
        for row in range(7)
        for _ in range(9)
    )
    gulls = "".join(
        f'<path d="M{x} {y} q10 -14 20 0 q10 -14 20 0" fill="none" stroke="#2c3a4f" stroke-width="4" stroke-linecap="round"/>'
        for x, y in ((210, 180), (292, 132), (842, 250), (930, 208))
    )
    bands = "".join(
        f'<path d="M{492 - 5 * i} {262 + 92 * i} h{120 + 10 * i} l6 46 h-{132 + 10 * i}z" fill="#c9422b"/>'
        for i in range(3)
    )
    return f"""
      <defs>
        <linearGradient id="dawn" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#6f8fa8"/><stop offset=".55" stop-color="#c9d2cf"/><stop offset="1" stop-color="#f3e3cc"/></linearGradient>
        <linearGradient id="left" x1="1" y1="0" x2="0" y2="0"><stop offset="0" stop-color="#fff3c4" stop-opacity=".95"/><stop offset="1" stop-color="#fff3c4" stop-opacity="0"/></linearGradient>
        <linearGradient id="right" x1="0" y1="0" x2="1" y2="0"><stop offset="0" stop-color="#fff3c4" stop-opacity=".95"/><stop offset="1" stop-color="#fff3c4" stop-opacity="0"/></linearGradient>
      </defs>
      <rect width="1104" height="620" fill="url(#dawn)"/>
      <path d="M552 176 L0 60 V300z" fill="url(#left)"/><path d="M552 176 L1104 60 V300z" fill="url(#right)"/>
      {gulls}
      <path d="M300 620 q60 -120 170 -128 h170 q120 20 180 128z" fill="#4b5a5e"/>
      <path d="M340 620 q80 -92 150 -96 h120 q30 30 60 96z" fill="#5d6d70"/>
      <path d="M494 240 h116 l34 290 h-184z" fill="#fbf4e6"/>{bands}
      <rect x="524" y="430" width="34" height="52" rx="17" fill="#2c3a4f"/><rect x="540" y="318" width="26" height="34" rx="13" fill="#2c3a4f"/>
      <rect x="472" y="226" width="160" height="16" rx="4" fill="#2c3a4f"/>
      <path d="M480 226 v-34 M512 226 v-34 M592 226 v-34 M624 226 v-34 M476 192 h152" stroke="#2c3a4f" stroke-width="6" fill="none"/>
      <rect x="514" y="136" width="76" height="90" fill="#ffe59a"/><path d="M514 136 v90 M552 136 v90 M590 136 v90" stroke="#2c3a4f" stroke-width="6"/>
      <circle cx="552" cy="178" r="20" fill="#fffbe8"/>
      <path d="M500 136 h104 l-52 -54z" fill="#c9422b"/><rect x="546" y="60" width="12" height="26" fill="#2c3a4f"/>
      <circle cx="610" cy="176" r="11" fill="#e0a878"/><path d="M598 174 q12 -20 25 0z" fill="#2c3a4f"/><path d="M598 226 q0 -38 13 -38 q13 0 13 38z" fill="#2f5d61"/>
      {fog}"""


def tree() -> str:
    """A street tree that is listened to."""
    chance = random.Random(7)  # noqa: S311 - leaves
    leaves = "".join(
        f'<circle cx="{552 + radius * math.cos(angle) * 1.35:.0f}" cy="{196 + radius * math.sin(angle):.0f}" r="{chance.randrange(26, 54)}" '
        f'fill="{chance.choice(("#3f7a4d", "#57915a", "#2f6244", "#7fae6a"))}"/>'
        for radius, angle in ((chance.uniform(0, 150), chance.uniform(0, 6.283)) for _ in range(120))
    )
    waves = "".join(
        f'<path d="M{642 + 30 * i} {430 - 20 * i} q{26 + 6 * i} {24 + 18 * i} 0 {60 + 40 * i}" fill="none" stroke="#c9422b" '
        f'stroke-width="7" stroke-linecap="round" opacity="{0.95 - 0.2 * i:.2f}"/>'
        for i in range(4)
    )
    houses = "".join(
        f'<rect x="{x}" y="{y}" width="{w}" height="{520 - y}" fill="{fill}"/>'
        + "".join(
            f'<rect x="{x + 22 + 52 * c}" y="{y + 30 + 66 * r}" width="28" height="40" rx="3" fill="#fff6df" opacity=".8"/>'
            for c in range(int((w - 20) / 52))
            for r in range(int((500 - y) / 66))
        )
        for x, y, w, fill in (
            (0, 220, 180, "#d98e6a"),
            (180, 150, 150, "#e3b27c"),
            (790, 180, 160, "#c9796a"),
            (950, 240, 154, "#e0a878"),
        )
    )
    return f"""
      <rect width="1104" height="620" fill="#d8e6e2"/><circle cx="900" cy="96" r="52" fill="#fff3c4"/>
      {houses}
      <rect y="508" width="1104" height="112" fill="#8d8577"/><rect y="508" width="1104" height="20" fill="#b9b09e"/>
      <path d="M520 540 q14 -150 -6 -250 h76 q-20 110 -6 250z" fill="#6d4a33"/>
      <path d="M540 330 q-60 -40 -96 -96 M566 320 q70 -40 110 -100" stroke="#6d4a33" stroke-width="22" fill="none" stroke-linecap="round"/>
      {leaves}
      <ellipse cx="552" cy="452" rx="15" ry="34" fill="#3c281b"/>
      <rect x="500" y="478" width="104" height="14" rx="7" fill="#2c3a4f"/><circle cx="602" cy="485" r="17" fill="#c9422b"/><circle cx="602" cy="485" r="7" fill="#fbf4e6"/>
      {waves}
      <path d="M440 540 h224 v24 h-224z" fill="#6f675b"/>
      <circle cx="370" cy="352" r="27" fill="#e0a878"/><path d="M342 350 q2 -36 30 -34 q28 0 26 32 q-28 -16 -56 2z" fill="#e6b23a"/>
      <path d="M332 552 v-96 q0 -68 40 -70 q42 2 40 70 v96z" fill="#2f5d61"/><path d="M398 420 q60 50 102 60" stroke="#2f5d61" stroke-width="24" fill="none" stroke-linecap="round"/><circle cx="506" cy="482" r="13" fill="#e0a878"/>
      <path d="M350 326 q22 -34 50 6" stroke="#2c3a4f" stroke-width="7" fill="none"/><rect x="386" y="338" width="18" height="28" rx="9" fill="#2c3a4f"/>"""


def market() -> str:
    """A market alley at dusk with lanterns and bowls, a menu in many scripts."""
    lanterns = "".join(
        f'<path d="M{x} 0 v{y - 34}" stroke="#2b1d2e" stroke-width="3"/><ellipse cx="{x}" cy="{y}" rx="32" ry="38" fill="{fill}"/>'
        f'<rect x="{x - 15}" y="{y - 44}" width="30" height="9" fill="#2b1d2e"/><rect x="{x - 15}" y="{y + 34}" width="30" height="9" fill="#2b1d2e"/>'
        for x, y, fill in (
            (90, 120, "#e9573b"),
            (250, 84, "#f2a03d"),
            (414, 130, "#e9573b"),
            (700, 96, "#f2a03d"),
            (860, 134, "#e9573b"),
            (1014, 88, "#f2a03d"),
        )
    )
    words = ("국밥", "soup", "汤饭", "sopa", "スープ", "суп", "phở", "supu", "çorba", "شوربة")
    board = "".join(
        f'<text x="{446 if i % 2 == 0 else 596}" y="{258 + 44 * (i // 2)}" font-family="Noto Sans CJK KR, sans-serif" font-size="27" '
        f'font-weight="{700 if i == 0 else 400}" fill="{"#ffd98a" if i == 0 else "#f4ece0"}">{word}</text>'
        for i, word in enumerate(words)
    )
    bowls = "".join(
        f'<path d="M{x - 74} 500 h148 q-8 72 -74 72 q-66 0 -74 -72z" fill="{fill}"/><ellipse cx="{x}" cy="500" rx="74" ry="16" fill="#f7e2b5"/>'
        f'<circle cx="{x - 22}" cy="499" r="7" fill="#57915a"/><circle cx="{x + 14}" cy="503" r="6" fill="#c9422b"/><circle cx="{x + 34}" cy="497" r="5" fill="#57915a"/>'
        + "".join(
            f'<path d="M{x + d} 470 q-16 -26 0 -50 q16 -24 0 -48" fill="none" stroke="#f4ece0" stroke-width="7" stroke-linecap="round" opacity=".45"/>'
            for d in (-30, 0, 30)
        )
        for x, fill in ((170, "#2f5d61"), (934, "#b8341a"))
    )
    return f"""
      <defs><linearGradient id="dusk" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#3a2a4d"/><stop offset="1" stop-color="#a8573f"/></linearGradient></defs>
      <rect width="1104" height="620" fill="url(#dusk)"/>
      <path d="M0 150 h340 v470 H0z" fill="#4b2f45"/><path d="M764 150 h340 v470 h-340z" fill="#4b2f45"/>
      <path d="M0 190 h350 l-24 62 H0z" fill="#e9573b"/><path d="M0 190 h70 l-4 62 H0z M140 190 h70 l-8 62 h-66z M280 190 h70 l-24 62 h-60z" fill="#fbf4e6"/>
      <path d="M754 190 h350 v62 H778z" fill="#2f7d78"/><path d="M824 190 h70 l4 62 h-66z M964 190 h70 l4 62 h-70z" fill="#fbf4e6"/>
      {lanterns}
      <rect x="412" y="196" width="280" height="282" rx="8" fill="#2b1d2e" stroke="#c98f5a" stroke-width="12"/>{board}
      <path d="M452 484 l-34 136 M652 484 l34 136" stroke="#c98f5a" stroke-width="12"/>
      <rect y="566" width="390" height="54" fill="#7a4a35"/><rect x="714" y="566" width="390" height="54" fill="#7a4a35"/>
      {bowls}"""


def radio() -> str:
    """An old radio opened on a repair bench, listened to while it plays."""
    slats = "".join(
        f'<rect x="{322 + 26 * i}" y="246" width="12" height="168" rx="6" fill="#6d4a33"/>' for i in range(9)
    )
    marks = "".join(
        f'<path d="M{610 + 22 * i} 262 v{26 if i % 3 == 0 else 14}" stroke="#6d4a33" stroke-width="4"/>'
        for i in range(10)
    )
    notes = "".join(
        f'<g transform="translate({x} {y}) scale({s})"><ellipse rx="17" ry="12" fill="{fill}" transform="rotate(-20)"/><path d="M15 -4 V-70 q26 6 30 34" fill="none" stroke="{fill}" stroke-width="7"/></g>'
        for x, y, s, fill in (
            (170, 214, 1, "#c9422b"),
            (250, 118, 0.8, "#2f5d61"),
            (884, 200, 0.9, "#2f5d61"),
            (968, 112, 1.1, "#c9422b"),
        )
    )
    tools = "".join(
        f'<rect x="{x}" y="536" width="{w}" height="16" rx="8" fill="{fill}"/><rect x="{x + w - 6}" y="541" width="70" height="6" fill="#8d8577"/>'
        for x, w, fill in ((60, 110, "#c9422b"), (846, 96, "#2f5d61"))
    )
    return f"""
      <rect width="1104" height="620" fill="#f0dfc2"/>
      <circle cx="552" cy="300" r="270" fill="#f7ebd4"/>
      <rect y="486" width="1104" height="134" fill="#a8744a"/><rect y="486" width="1104" height="12" fill="#8a5c38"/>
      <path d="M806 196 L930 30" stroke="#8d8577" stroke-width="7"/><circle cx="932" cy="28" r="10" fill="#8d8577"/>
      <rect x="270" y="194" width="580" height="300" rx="36" fill="#8a4f33"/><rect x="292" y="216" width="536" height="256" rx="24" fill="#c98f5a"/>
      {slats}
      <rect x="592" y="246" width="212" height="60" rx="10" fill="#fff3d4"/>{marks}<path d="M696 250 v52" stroke="#c9422b" stroke-width="6"/>
      <circle cx="644" cy="374" r="44" fill="#6d4a33"/><circle cx="644" cy="374" r="30" fill="#8a4f33"/><path d="M644 374 l18 -24" stroke="#fff3d4" stroke-width="6" stroke-linecap="round"/>
      <circle cx="752" cy="374" r="44" fill="#6d4a33"/><circle cx="752" cy="374" r="30" fill="#8a4f33"/><path d="M752 374 l-22 -18" stroke="#fff3d4" stroke-width="6" stroke-linecap="round"/>
      <rect x="320" y="492" width="70" height="18" fill="#6d4a33"/><rect x="730" y="492" width="70" height="18" fill="#6d4a33"/>
      {notes}{tools}
      <path d="M430 560 q40 -30 80 0 q40 30 80 0 q40 -30 80 0" fill="none" stroke="#2c3a4f" stroke-width="7"/><circle cx="426" cy="560" r="13" fill="#2c3a4f"/><circle cx="676" cy="560" r="13" fill="#2c3a4f"/>"""


if __name__ == "__main__":
    main()
