"""A column as pasted text, taken apart into lines. It has no pictures: their buttons, captions and credits go."""

from __future__ import annotations

import re
from collections.abc import Iterator

from publisher.editorial.columns.furniture import is_enlarge_button
from publisher.editorial.columns.lines import caption, is_prose, number, sign, source_line
from publisher.editorial.columns.parts import Link, Page, Part
from publisher.editorial.markup import clean
from publisher.editorial.words import literal, literal_start

MAX_TEXT = 1_000_000  # characters that are read
_MAX_LINES = 10_000
_LONGEST_CAPTION = 120


def read_text_page(text: str) -> Page:
    """The lines of the text. A caption is known by its credit, the button above it, or a credit right below it."""
    lines = [clean(line) for line in re.split(r"\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]", text[:MAX_TEXT])[:_MAX_LINES]]
    return Page(tuple(_parts(lines)))


def _parts(lines: list[str]) -> Iterator[Part]:
    has_gap = True
    for index, line in enumerate(lines):
        if not line:
            has_gap = True
            continue
        yield Part(
            text=line,
            body=literal_start(literal(line)),
            hint="caption" if _is_caption(lines, index) else "",
            links=tuple(Link("", url) for url in re.findall(r"https?://[^\s<>()\[\]\"']+", line)),
            has_gap=has_gap,
        )
        has_gap = False


def _is_caption(lines: list[str], index: int) -> bool:
    line = lines[index]
    if source_line(line):
        return False
    if caption(line):
        return True
    if len(line) > _LONGEST_CAPTION:
        return False
    if (
        is_enlarge_button(lines[index - 1] if index else "")
        and not number(line)
        and (sign(line) or ("▲", ""))[0] == "▲"
    ):
        return True
    if is_prose(line):
        return False
    begins = not index or not lines[index - 1]
    after = lines[index + 1] if index + 1 < len(lines) else ""
    return begins and bool(after) and (caption(after) or ("x", ""))[0] == "" and not (sign(line) or number(line))
