"""The tokens keep what they promise, and no rule or page goes round them."""

from __future__ import annotations

import re
from itertools import product

import pytest

from publisher.web.shell import PAGES

STATIC = PAGES.parent / "static"
TOKENS = (STATIC / "tokens.css").read_text(encoding="utf-8")
PAIR = re.compile(r"--([a-z0-9-]+): (#[0-9a-f]{6})")

READ = 4.5  # WCAG 2.2, 1.4.3
SEEN = 3.0  # WCAG 2.2, 1.4.11


def colours(scheme: str) -> dict[str, str]:
    light, _, dark = TOKENS.partition("@media (prefers-color-scheme: dark)")
    found = dict(PAIR.findall(light))
    return found | (dict(PAIR.findall(dark)) if scheme == "dark" else {})


def contrast(one: str, other: str) -> float:
    """As WCAG 2.2 has it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_contrast_is_counted_as_the_standard_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read(scheme: str) -> None:
    named = colours(scheme)
    pairs = [
        *product(("ink", "text", "soft", "accent", "good", "warn", "bad"), ("paper", "tint")),
        *product(("ink", "text"), ("good-wash", "warn-wash", "bad-wash")),
        *((tone, f"{tone}-wash") for tone in ("good", "warn", "bad")),
        ("on-accent", "accent"),
        ("on-strip", "strip"),
    ]
    assert {pair: contrast(*(named[name] for name in pair)) for pair in pairs if _contrast(named, pair) < READ} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_edges_and_marks_can_be_seen(scheme: str) -> None:
    named = colours(scheme)
    pairs = [*product(("edge", "accent"), ("paper", "tint"))]
    assert {pair: _contrast(named, pair) for pair in pairs if _contrast(named, pair) < SEEN} == {}


def _contrast(named: dict[str, str], pair: tuple[str, str]) -> float:
    return contrast(named[pair[0]], named[pair[1]])


def test_a_dark_colour_stands_for_every_light_one() -> None:
    dark = TOKENS.partition("@media (prefers-color-scheme: dark)")[2]
    assert {name for name, _ in PAIR.findall(dark)} == set(colours("light"))


def test_rules_take_their_colours_from_tokens() -> None:
    """Paper is white and ink black in print, and a letter stands on the ground of its mail program."""
    for path in sorted(STATIC.glob("*.css")):
        if path.name == "tokens.css":
            continue
        text = re.sub(
            r"/\*.*?\*/|@media print \{.*|\.(?:look\.is-light|look\.is-dark|seen|seen\.is-dark) \{[^}]*\}",
            "",
            path.read_text(),
            flags=re.DOTALL,
        )
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?!\w)", re.sub(r"#(see|at|by)-\w+", "", text)) == [], path.name


def test_every_token_that_is_used_is_there() -> None:
    known = set(re.findall(r"--([a-z0-9-]+):", TOKENS))
    for path in sorted(STATIC.glob("*.css")):
        assert set(re.findall(r"var\(--([a-z0-9-]+)", path.read_text())) <= known, path.name


def test_no_page_brings_style_or_script_of_its_own() -> None:
    """The policy of the pages forbids both, so a browser would leave them out without a word."""
    for path in sorted(PAGES.rglob("*.j2")):
        text = path.read_text(encoding="utf-8")
        found = re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]* src=)", text)
        assert found == [], path.name


def test_nothing_comes_from_elsewhere() -> None:
    for path in [*STATIC.glob("*.css"), *STATIC.glob("*.svg"), *PAGES.rglob("*.j2")]:
        text = path.read_text(encoding="utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert re.findall(r"@import|url\(['\"]?(?:https?:)?//|(?:src|href)=\"https?://", text) == [], path.name
