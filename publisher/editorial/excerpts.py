"""How much of an item's own text a letter may show."""

from __future__ import annotations

import re
from collections.abc import Iterator

from publisher.domain.item import Rights
from publisher.editorial.clutter import is_clutter
from publisher.editorial.markup import plain
from publisher.editorial.rank import cut, repeats
from publisher.editorial.sentences import sentences
from publisher.editorial.words import literal, literal_start

PARAGRAPHS = 2
LIMIT = 280


def excerpt(body: str, rights: Rights, headline: str = "", *, limit: int = LIMIT) -> str:
    """The letter's paragraphs for an item: Markdown in, Markdown out, never more than `rights` allow.

    Own and licensed text stays whole. Of other text the first two paragraphs that tell something, of about `limit`
    characters as they are read, whole sentences where one fits: headings, code, buttons, credits and what only repeats
    `headline` are passed over, and a paragraph that must be shortened loses its links. Of link-only text nothing.
    """
    if rights is Rights.LINK_ONLY:
        return ""
    if rights in (Rights.OWN, Rights.LICENSED):
        return body.strip()
    shown: list[str] = []
    room = limit
    for paragraph in _paragraphs(body):
        words = plain(paragraph).strip()
        if not words or repeats(words, headline) or all(is_clutter(sentence) for sentence in sentences(words)):
            continue
        if len(words) <= room:
            shown.append(_LONE_ITEM.sub("", paragraph))
            room -= len(words)
        else:
            if shortened := _shortened(words, headline, room, is_first=not shown):
                shown.append(literal_start(literal(shortened)))
            break
        if len(shown) == PARAGRAPHS:
            break
    return "\n\n".join(shown)


def prose(body: str) -> str:
    """The plain words of a Markdown text without its code, headings, tables and quotations: what blurbs are taken from.

    Somebody's words lifted out of their quotation marks would be told as ours.
    """
    told = (paragraph for paragraph in _paragraphs(body) if not paragraph.startswith(">"))
    return "\n\n".join(words for paragraph in told if (words := plain(paragraph).strip()))


_LONE_ITEM = re.compile(r"^(?:[-*+]|\d{1,3}[.)])[ \t]+(?=[^\n]*\Z)")
_FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})")
_NOT_PROSE = re.compile(r" {4}|\t|[ ]{0,3}(?:#{1,6}\s|(?:[-*_][ \t]*){3,}$|\[[^\]]+\]:|\|)|\*\*[^*]+\*\*\s*$")


def _paragraphs(body: str) -> Iterator[str]:
    """The blocks of prose, lists and quotations in a Markdown text, one after the other."""
    fence = ""
    for block in re.split(r"\n[ \t]*\n\s*?(?=\S|[ \t]+\S)", body.strip("\n")):
        opening = _FENCE.match(block)
        if fence or opening:
            fence = _open_fence(block, fence)
        elif not _NOT_PROSE.match(block):
            yield block.strip()


def _open_fence(block: str, fence: str) -> str:
    """The mark of the code block that is still open after `block`; none when it has been closed."""
    for line in block.split("\n"):
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
    return fence


def _shortened(words: str, headline: str, room: int, is_first: bool) -> str:
    """The first sentences that fit; where none does and nothing is shown yet, the first one cut."""
    whole = ""
    told = [sentence for sentence in sentences(words) if not is_clutter(sentence) and not repeats(sentence, headline)]
    for sentence in told:
        longer = f"{whole} {' '.join(sentence.split())}".strip()
        if len(longer) > room:
            break
        whole = longer
    if whole or not is_first or not told:
        return whole
    return cut(" ".join(told[0].split()), room)
