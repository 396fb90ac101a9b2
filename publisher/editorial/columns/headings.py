"""Which lines of a page are the sub-headings of its items: a page uses one style throughout."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from publisher.editorial.columns import lines
from publisher.editorial.columns.furniture import begins_list, is_furniture
from publisher.editorial.columns.leads import LONGEST, by_looks, by_marks
from publisher.editorial.columns.parts import Part

_Style = Callable[[Sequence[Part]], dict[int, str]]


def divided(parts: Sequence[Part]) -> tuple[list[Part], dict[int, str]]:
    """The parts, where their sub-headings are, and the words of those without sign or number; empty where none is.

    Of the styles the first with two sub-headings counts: h2 … h6, bold lines, signs, numbers, paragraphs that begin
    with a number or sign, short lines between paragraphs, paragraphs that begin with bold words or a link (`leads`).
    Else it is the first with one.
    """
    signs = dict.fromkeys(signed[0] for signed in map(lines.sign, (part.text for part in parts)) if signed)
    styles: list[_Style] = [
        *(_of_level(level) for level in range(2, 7)),
        _bold,
        *sorted((_of_sign(sign) for sign in signs), key=lambda style: -len(style(parts))),
        _numbered,
        _short,
    ]
    found = [_with_text(style(parts), parts) for style in styles]
    *marked, short = found
    if several := [headings for headings in marked if len(headings) > 1]:
        return list(parts), several[0]
    if led := by_marks(parts):
        return led
    if len(short) > 1:
        return list(parts), short
    return by_looks(parts) or (list(parts), next(filter(None, marked), {}))


def is_plain_line(part: Part) -> bool:
    """May the line be a sub-heading or a dek, as far as it alone can tell?"""
    return (
        not part.picture
        and part.hint not in ("caption", "byline", "date", "title", "series")
        and len(part.text) <= LONGEST
        and lines.note(part.text) is None
        and not (begins_list(part.text) or is_furniture(part.text))
        and not part.path
    )


def _of_level(level: int) -> _Style:
    return lambda parts: _where(parts, lambda part: part.level == level)


def _bold(parts: Sequence[Part]) -> dict[int, str]:
    return _where(parts, lambda part: part.is_bold and not part.level and not part.follows_break)


def _of_sign(sign: str) -> _Style:
    return lambda parts: _where(parts, lambda part: (lines.sign(part.text) or ("", ""))[0] == sign)


def _numbered(parts: Sequence[Part]) -> dict[int, str]:
    """Numbers in their order: 1, 2, 3; whatever else begins with a number is none."""
    found: dict[int, str] = {}
    for index, part in enumerate(parts):
        numbered = lines.number(part.text)
        if numbered and numbered[0] == len(found) + 1 and _may_head(part) and not lines.is_prose(part.text):
            found[index] = numbered[1]
    return found


def _short(parts: Sequence[Part]) -> dict[int, str]:
    """Lines that are no sentences, each right before a paragraph."""
    found: dict[int, str] = {}
    for index, part in enumerate(parts[:-1]):
        following = next(
            (other for other in parts[index + 1 : index + 5] if not other.picture and other.hint != "caption"), part
        )
        is_title = len(part.text) <= 80 and not lines.is_prose(part.text) and not lines.byline(part.text)
        if is_title and _may_head(part) and lines.is_prose(following.text) and not part.follows_break:
            found[index] = _words(part.text)
    return found


def _where(parts: Sequence[Part], is_one: Callable[[Part], bool]) -> dict[int, str]:
    return {index: _words(part.text) for index, part in enumerate(parts) if is_one(part) and _may_head(part)}


def _may_head(part: Part) -> bool:
    return part.is_inside and part.hint not in ("dek", "note") and is_plain_line(part)


def _words(text: str) -> str:
    """The heading without its sign and number."""
    signed = lines.sign(text)
    numbered = lines.number(signed[1] if signed else text)
    words = numbered[1] if numbered else signed[1] if signed else text
    return re.sub(rf"\s*[{lines.SIGNS}]$", "", words).strip()


def _with_text(headings: dict[int, str], parts: Sequence[Part]) -> dict[int, str]:
    """Those that have a paragraph of their own before the next one."""
    found = {}
    ends = [*list(headings)[1:], len(parts)]
    for (index, words), end in zip(headings.items(), ends, strict=False):
        own = (
            part
            for part in parts[index + 1 : end]
            if part.text and part.hint not in ("caption", "byline", "date", "note")
        )
        if words and any(lines.is_prose(part.text) and lines.note(part.text) is None for part in own):
            found[index] = words
    return found
