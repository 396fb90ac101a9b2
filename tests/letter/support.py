"""What mail programs make of a letter: its features, and which of them caniemail.com says a program does not know.

Only the programs that most people read with are asked. A raw list says little, because MJML itself uses much that some
program does not know and works around it: what counts is what a letter has beyond MJML's bare skeleton.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import lxml.html
from mjml import mjml2html

TOOLS = Path(__file__).parents[1] / "tools"
CANIEMAIL = TOOLS / "node_modules" / "caniemail" / "data" / "caniemail.json"
PROGRAMS = (
    *(("gmail", platform) for platform in ("desktop-webmail", "ios", "android")),
    *(("outlook", platform) for platform in ("windows", "outlook-com", "macos", "ios", "android")),
    *(("apple-mail", platform) for platform in ("macos", "ios")),
    ("yahoo", "desktop-webmail"),
    ("samsung-email", "android"),
)
_HEADINGS = re.compile(r"h[1-6]")
_LISTS = ("ul", "ol", "dl")

SKELETON = """<mjml lang="en">
<mj-head><mj-title>Words</mj-title><mj-attributes><mj-all font-family="serif" /></mj-attributes></mj-head>
<mj-body background-color="#fefefe">
<mj-section background-color="#fefefe" padding="1px" border-top="1px solid red">
<mj-group><mj-column width="50%"><mj-text align="right">Words</mj-text></mj-column>
<mj-column><mj-divider /></mj-column></mj-group></mj-section>
<mj-section><mj-column><mj-text>Words</mj-text><mj-image src="https://example.org/a.png" alt="A" />
</mj-column></mj-section>
</mj-body></mjml>"""


def beyond_skeleton(html: str) -> dict[str, set[str]]:
    """The features of a letter that bare MJML has not, and the programs that do not know each."""
    bare = features(str(mjml2html(SKELETON)))
    return {name: unknown for name in sorted(features(html) - bare) if (unknown := unknown_to(name))}


def features(html: str) -> set[str]:
    """What a letter uses, by the names of caniemail.com."""
    tree = lxml.html.document_fromstring(re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL))
    found = set(_of_elements(tree))
    styles = [style.text or "" for style in tree.iter("style")]
    for css in [*styles, *(element.get("style", "") for element in tree.iter() if isinstance(element.tag, str))]:
        found |= set(_of_css(css))
    return found & set(_stats())


def unknown_to(feature: str) -> set[str]:
    """The programs whose newest version does not know a feature, not even in part."""
    found = set()
    for family, platform in PROGRAMS:
        versions = _stats()[feature].get(family, {}).get(platform, {})
        if versions and list(versions.values())[-1].startswith("n"):
            found.add(f"{family} {platform}")
    return found


def _of_elements(tree: lxml.html.HtmlElement) -> Iterator[str]:
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        yield "html-h1-h6" if _HEADINGS.fullmatch(element.tag) else f"html-{element.tag}"
        if element.tag in _LISTS:
            yield "html-lists"
        yield from (f"html-{name}" for name in element.attrib)
        if element.tag == "meta" and element.get("name") == "color-scheme":
            yield "html-meta-color-scheme"
        if element.tag == "img":
            yield f"image-{element.get('src', '').rpartition('.')[2].replace('jpeg', 'jpg')}"


def _of_css(css: str) -> Iterator[str]:
    for name, value in re.findall(r"([a-z-]+)\s*:\s*([^;{}]*)", css):
        yield f"css-{name}"
        yield f"css-{name}-{value.strip().split(' ')[0]}"
        yield from (f"css-function-{function}" for function in re.findall(r"\b(clamp|min|max|light-dark)\(", value))
        yield from (f"css-unit-{unit}" for unit in re.findall(r"(?<![#\w])[\d.]+(em|rem|ch|vw|vh|pt)\b", value))
        if "!important" in value:
            yield "css-important"
    for condition in re.findall(r"@media([^{]*)\{", css):
        yield "css-at-media"
        yield from (f"css-at-media-{name}" for name in re.findall(r"(prefers-[a-z-]+|hover|orientation)", condition))
    if "@supports" in css:
        yield "css-at-supports"
    if "@import" in css:
        yield "css-at-import"
    if "@font-face" in css:
        yield "css-at-font-face"
    yield from (
        f"css-pseudo-class-{name}" for name in re.findall(r"[\w\])]:((?:first|last|nth)-[a-z-]+|hover|not|has)", css)
    )


@cache
def _stats() -> dict[str, dict[str, dict[str, dict[str, str]]]]:
    known = json.loads(CANIEMAIL.read_text(encoding="utf-8"))["data"]
    return {feature["slug"]: feature["stats"] for feature in known}
