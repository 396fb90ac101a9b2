"""Blocks of text and the lines they become: the shape between HTML, Markdown and plain text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(eq=False, slots=True)
class Box:
    """A quotation or a list item around blocks. `marker` stands before its first line; its width before the others.

    `list_id` tells the items of one list from those of the next; a quotation has none.
    """

    marker: str
    list_id: int | None = None
    is_begun: bool = False

    def prefix(self) -> str:
        if self.list_id is None:
            return self.marker
        if self.is_begun:
            return " " * len(self.marker)
        self.is_begun = True
        return self.marker


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph or piece of code, and the boxes that it is in, outermost first."""

    path: tuple[Box, ...]
    text: str


def quotation() -> Box:
    return Box("> ")


def lay_out(blocks: Iterable[Block]) -> str:
    """The blocks under each other: an empty line between them, but none between the items of one list."""
    lines: list[str] = []
    before: tuple[Box, ...] = ()
    for block in blocks:
        if lines and not _follows_closely(before, block.path):
            lines.append(_gap(before, block.path))
        lines += [("".join(box.prefix() for box in block.path) + line).rstrip() for line in block.text.split("\n")]
        before = block.path
    return "\n".join(lines)


def _follows_closely(before: tuple[Box, ...], path: tuple[Box, ...]) -> bool:
    """Whether a block on `path` begins the next item of the list that `before` is in, or a list inside its item."""
    if not path or path[-1].is_begun or path[-1].list_id is None:
        return False
    item, depth = path[-1], len(path) - 1
    if before == path[:-1]:
        # Inside a paragraph's item CommonMark begins a numbered list at 1 only.
        return depth > 0 and before[-1].list_id is not None and item.marker in ("- ", "1. ")
    return (
        before[:depth] == path[:-1]
        and len(before) > depth
        and before[depth].list_id == item.list_id
        and all(box.list_id is not None for box in before[depth:])
    )


def _gap(before: tuple[Box, ...], path: tuple[Box, ...]) -> str:
    shared = ""
    for one, other in zip(before, path, strict=False):
        if one is not other:
            break
        shared += one.marker if one.list_id is None else " " * len(one.marker)
    return shared.rstrip()
