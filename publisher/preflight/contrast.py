"""Whether the letter can be read in light and in dark: each text's colour against the ground that it stands on.

What counts is what the letter itself says: inline styles, and its rules for `prefers-color-scheme:dark`. Programs that
make a dark letter of a light one by themselves are not imitated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

import lxml.html
from cssselect import GenericTranslator, SelectorError, parse
from lxml.html import HtmlElement

from publisher.preflight.finding import Finding, Level
from publisher.preflight.reading import Reading
from publisher.render.slots import resolved

LEAST, LEAST_LARGE = 4.5, 3.0  # WCAG 2.2, 1.4.3
_DARK = re.compile(r"@media[^{]*prefers-color-scheme:\s*dark[^{]*\{")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_NAMES = {"white": (255, 255, 255), "black": (0, 0, 0)}
_PAPER, _INK = (255, 255, 255), (0, 0, 0)

Colour = tuple[int, int, int]
Styles = Mapping[HtmlElement, Mapping[str, Colour]]


def contrast(reading: Reading) -> Iterator[Finding]:
    """Text that can hardly be told from its ground, once for each pair of colours."""
    for mode, ink, ground, ratio in hardly_legible(_shape(resolved(reading.proof["html"]))):
        yield Finding(
            Level.WARNING,
            "contrast",
            "html",
            f"in light mode text of {ink} stands on {ground}: contrast {ratio}, and {LEAST} is the least"
            if mode == "light"
            else f"in dark mode text of {ink} stands on {ground}: contrast {ratio}, and {LEAST} is the least",
            "change one of the two colours in templates/letter.mjml.j2",
        )


def _shape(html: str) -> str:
    """The letter without its words and addresses: what is left decides, and stays the same while somebody types."""
    return _WORDS.sub(">x<", _ADDRESSES.sub("", html))


_WORDS = re.compile(r">\s*[^<\s][^<]*<(?!/style)")
_ADDRESSES = re.compile(r" (?:href|src|srcset|alt|width|height)=\"[^\"]*\"")


@lru_cache(maxsize=8)
def hardly_legible(html: str) -> tuple[tuple[str, str, str, str], ...]:
    """(light or dark, colour, ground, ratio) of each pair that is too close."""
    tree = lxml.html.document_fromstring(html or "<html></html>")
    css = "\n".join(style.text or "" for style in tree.iter("style"))
    dark = _matched(tree, dark_rules(css))
    found: dict[tuple[str, str, str], float] = {}
    for mode, styles in (("light", {}), ("dark", dark)):
        for ink, ground, is_large in _texts(tree, styles):
            ratio = ratio_of(ink, ground)
            if ratio < (LEAST_LARGE if is_large else LEAST):
                found.setdefault((mode, _hex(ink), _hex(ground)), ratio)
    return tuple((*pair, f"{ratio:.1f}") for pair, ratio in found.items())


def dark_rules(css: str) -> list[tuple[str, Mapping[str, Colour]]]:
    """(selector, colours) of every rule in a block for dark mode."""
    rules = []
    for match in _DARK.finditer(css):
        for selectors, declared in _RULE.findall(_block(css, match.end())):
            colours = _declared(declared)
            rules += [(selector.strip(), colours) for selector in selectors.split(",") if colours]
    return rules


def ratio_of(one: Colour, other: Colour) -> float:
    """The contrast of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def colour_of(text: str) -> Colour | None:
    """#rgb, #rrggbb, rgb(…), white or black; None for everything else."""
    text = text.strip().lower().replace("!important", "").strip()
    if found := re.match(r"#([0-9a-f]{6})\b", text):
        red, green, blue = (int(found[1][at : at + 2], 16) for at in (0, 2, 4))
        return red, green, blue
    if found := re.match(r"#([0-9a-f])([0-9a-f])([0-9a-f])\b", text):
        return int(found[1] * 2, 16), int(found[2] * 2, 16), int(found[3] * 2, 16)
    if found := re.match(r"rgb\((\d{1,3}),\s*(\d{1,3}),\s*(\d{1,3})\)", text):
        return int(found[1]), int(found[2]), int(found[3])
    return _NAMES.get(text)


def _block(css: str, start: int) -> str:
    """What stands between the braces that open before `start`."""
    depth = 1
    for match in re.finditer(r"[{}]", css[start:]):
        depth += 1 if match[0] == "{" else -1
        if not depth:
            return css[start : start + match.start()]
    return css[start:]


def _matched(tree: HtmlElement, rules: list[tuple[str, Mapping[str, Colour]]]) -> Styles:
    """What the rules give each element: the more telling selector wins, then the later one."""
    won: dict[HtmlElement, dict[str, tuple[tuple[int, int, int], Colour]]] = {}
    for selector, colours in rules:
        found = _path_of(selector)
        if found is None:
            continue
        path, weight = found
        for element in tree.xpath(path):
            own = won.setdefault(element, {})
            for name, colour in colours.items():
                if name not in own or own[name][0] <= weight:
                    own[name] = weight, colour
    return {element: {name: colour for name, (_, colour) in own.items()} for element, own in won.items()}


@lru_cache(maxsize=200)
def _path_of(selector: str) -> tuple[str, tuple[int, int, int]] | None:
    """The selector as XPath, and its specificity; None for one that is not understood."""
    try:
        [parsed] = parse(selector)
        return GenericTranslator().selector_to_xpath(parsed), parsed.specificity()
    except (SelectorError, ValueError):
        return None


def _texts(tree: HtmlElement, styles: Styles) -> Iterator[tuple[Colour, Colour, bool]]:
    """(colour, ground, whether it is large) of every element that holds text of its own."""
    waiting: list[tuple[HtmlElement, Colour, Colour, bool]] = [(tree, _INK, _PAPER, False)]
    while waiting:
        element, ink, ground, is_large = waiting.pop()
        if not isinstance(element.tag, str) or element.tag in ("head", "script", "style", "img"):
            continue
        style = element.get("style", "")
        if "display:none" in style.replace(" ", ""):
            continue
        own = dict(_declared(style))
        if "background" not in own and (attribute := colour_of(element.get("bgcolor", ""))):
            own["background"] = attribute
        own |= styles.get(element, {})
        ink, ground = own.get("color", ink), own.get("background", ground)
        is_large = is_large or element.tag in ("h1", "h2")
        said = [element.text, *(child.tail for child in element)]
        if any(text and text.strip() for text in said):
            yield ink, ground, is_large
        waiting += [(child, ink, ground, is_large) for child in element]


@lru_cache(maxsize=500)
def _declared(style: str) -> Mapping[str, Colour]:
    """`color` and `background` of a list of declarations, as far as they are plain colours."""
    found: dict[str, Colour] = {}
    for declaration in style.split(";"):
        name, _, value = declaration.partition(":")
        name = name.strip().lower().removesuffix("-color")
        if name in ("color", "background") and (colour := colour_of(value)):
            found[name] = colour
    return found


def _luminance(colour: Colour) -> float:
    red, green, blue = (
        part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
