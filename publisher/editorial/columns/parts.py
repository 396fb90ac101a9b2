"""A page taken apart: its lines and pictures in order, before anybody knows which of them belong to the column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from publisher.domain.message import Picture
from publisher.editorial.blocks import Block, Box, lay_out
from publisher.editorial.columns import lines


@dataclass(frozen=True, slots=True)
class Link:
    """A link as a line has it. `url` is http(s) or mailto."""

    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Part:
    """One line of words or one picture.

    `text` is plain and clean, `body` the same as Markdown. `level` is that of a heading. `hint` is what the page's own
    names call it: series, title, dek, byline, date, note or caption. `follows_break` when it goes on a paragraph after
    a line break; `has_gap` when an empty line is before it. `is_inside` when it is in the body of the article.
    """

    text: str = ""
    body: str = ""
    path: tuple[Box, ...] = ()
    level: int = 0
    is_bold: bool = False
    hint: str = ""
    links: tuple[Link, ...] = ()
    picture: Picture | None = None
    follows_break: bool = False
    has_gap: bool = True
    is_inside: bool = True


@dataclass(frozen=True, slots=True)
class Head:
    """What a page says about itself in its head, for machines; each may be missing."""

    url: str = ""
    title: str = ""
    site: str = ""
    author: str = ""
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    parts: tuple[Part, ...]
    head: Head = field(default_factory=Head)


def body_of(parts: Sequence[Part]) -> str:
    """The parts as the Markdown of one body; lines after a break, and short ones in a row, stay in their paragraph."""
    blocks: list[Block] = []
    for before, part in zip([None, *parts], parts, strict=False):
        if before and _continues(before, part):
            blocks[-1] = Block(part.path, f"{blocks[-1].text}\\\n{part.body}")
        else:
            blocks.append(Block(part.path, part.body))
    for box in {box for block in blocks for box in block.path}:
        box.is_begun = False
    return lay_out(blocks)


def _continues(before: Part, part: Part) -> bool:
    if before.path != part.path:
        return False
    is_row = not part.has_gap and not lines.is_prose(before.text) and not lines.is_prose(part.text)
    return part.follows_break or is_row


def writer(part: Part) -> tuple[str, str] | None:
    """The writer that the line names, and the address in it or behind its link, which may be missing."""
    found = lines.byline(part.text)
    if not found and part.hint == "byline" and len(part.text) <= 60 and not lines.address(part.text):
        found = (re.sub(r"^(?i:by)\s+", "", part.text), "")
    if not found:
        return None
    linked = next((link.url[len("mailto:") :] for link in part.links if link.url.startswith("mailto:")), "")
    return found[0], found[1] or lines.address(linked)
