"""Words as Markdown: every character literal, only the marks that we mean."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

STRONG, EM, CODE = "**", "*", "`"


@dataclass(frozen=True, slots=True)
class Run:
    """Words that look alike: `mark` is STRONG, EM, CODE or nothing, `href` a safe absolute URL or nothing."""

    text: str
    mark: str = ""
    href: str = ""


def markdown_line(runs: Iterable[Run]) -> str:
    """The runs as one line of Markdown in NFC, white space folded."""
    pieces = [Run(" "), *_with_links(_spaced(runs)), Run(" ")]
    line = ""
    written = [" "]
    for at in range(1, len(pieces) - 1):
        written.append(_written(pieces[at], before=written[-1][-1], after=_first(pieces[at + 1])))
    line = "".join(written[1:])
    return literal_start(line)


def literal(text: str, is_linked: bool = False) -> str:
    """`text` with whatever CommonMark would read as markup escaped; brackets only where they could make a link."""
    text = re.sub(r"[\\`*<]", r"\\\g<0>", text)
    text = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", text)
    text = re.sub(r"&(?=#?\w{1,32};)", r"\\&", text)
    # Elsewhere than in a link [words] in brackets stay as they are; a bracket that could open or close a link does not.
    return re.sub(r"[\[\]]" if is_linked else r"\[(?![^\[\]]*\](?![(:\[]))|\](?=[(:\[])", r"\\\g<0>", text)


def literal_start(line: str) -> str:
    """A line of Markdown made to begin with words, not with the mark of a list, heading, quotation, rule or fence."""
    if re.match(r"[-+](\s|$)|--+\s*$|=+\s*$|#|>|~~~", line):
        return "\\" + line
    return re.sub(r"^(\d{1,9})([.)])(?=\s|$)", r"\1\\\2", line)


def fenced(code: str) -> str:
    """`code` as a block of its own."""
    fence = "`" * max(3, _longest_ticks(code) + 1)
    return f"{fence}\n{code}\n{fence}"


def _spaced(runs: Iterable[Run]) -> Iterator[Run]:
    """Runs of words, and between them single spaces without a mark; none at the ends."""
    is_space_due = False
    is_begun = False
    for run in _merged(runs):
        text = unicodedata.normalize("NFC", re.sub(r"\s+", " ", run.text))
        is_space_due = is_space_due or text.startswith(" ")
        if text.strip(" "):
            if is_begun and is_space_due:
                yield Run(" ", "", run.href)
            yield replace(run, text=text.strip(" "))
            is_begun, is_space_due = True, text.endswith(" ")


def _merged(runs: Iterable[Run]) -> Iterator[Run]:
    for (mark, href), alike in groupby(runs, key=lambda run: (run.mark, run.href)):
        yield Run("".join(run.text for run in alike), mark, href)


def _with_links(runs: Iterable[Run]) -> Iterator[Run | str]:
    """The runs, with the brackets of links as plain strings between them."""
    for href, group in groupby(runs, key=lambda run: run.href):
        linked = list(group)
        if href and linked[0].text == " ":
            yield linked.pop(0)
        if href and linked:
            yield "["
            yield from linked
            yield f"]({_destination(href)})"
        else:
            yield from linked


def _first(piece: Run | str) -> str:
    """How a piece will begin, seen from one before it: where two marks would touch, the second is left out."""
    if isinstance(piece, str):
        return piece[0]
    return CODE if piece.mark == CODE else piece.text[0]


def _written(piece: Run | str, before: str, after: str) -> str:
    if isinstance(piece, str):
        return piece
    # In a link, code cannot be escaped: with "]:" in it the line could be read as the definition of a link.
    if piece.mark == CODE and not (piece.href and "]" in piece.text):
        return _code(piece.text)
    if piece.mark == CODE:
        return literal(piece.text, is_linked=True)
    if piece.mark:
        return _emphasised(piece, before, after)
    words = literal(piece.text, bool(piece.href))
    # "!" before a link would make it a picture.
    return f"{words[:-1]}\\!" if after == "[" and words.endswith("!") else words


def _code(text: str) -> str:
    ticks = "`" * (_longest_ticks(text) + 1)
    pad = " " if "`" in (text[0], text[-1]) else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def _longest_ticks(text: str) -> int:
    return max((len(ticks) for ticks in re.findall("`+", text)), default=0)


def _emphasised(run: Run, before: str, after: str) -> str:
    """The words between marks that CommonMark takes for marks.

    A mark between punctuation and a letter is none: **"인용"**은. There the punctuation moves outside: "**인용**"은.
    """
    head, words, tail = "", run.text, ""
    if _moves(words[0], before) or _moves(words[-1], after):
        marks = _punctuation(words)
        words = words.lstrip(marks)
        head = run.text[: len(run.text) - len(words)]
        words = words.rstrip(marks)
        tail = run.text[len(head) + len(words) :]
    inner = literal(words, bool(run.href))
    if words and words == words.strip() and (head or before)[-1] != "*":
        inner = run.mark + inner + run.mark
    return literal(head, bool(run.href)) + inner + literal(tail, bool(run.href))


def _moves(end: str, outside: str) -> bool:
    return _is_edge(end) and not _is_edge(outside)


def _punctuation(words: str) -> str:
    return "".join({char for char in words if _is_edge(char) and not char.isspace()})


def _is_edge(char: str) -> bool:
    """Whether a mark may stand between this character and punctuation: it is a space, punctuation or a symbol."""
    return char.isspace() or unicodedata.category(char)[0] in "PS"


def _destination(href: str) -> str:
    """A URL as the target of a link: what would end it is escaped, what it means stays."""
    # The octets of a URL are its identity: one that is not in NFC keeps them, percent-encoded.
    outside = "" if unicodedata.is_normalized("NFC", href) else "\x80-\U0010ffff"
    encoded = re.sub(rf"[\x00-\x20<>\\`\"^{{|}}\s{outside}]", lambda match: _percent(match[0]), href)
    return re.sub(r"&(?=#?\w{1,32};)|[()]", r"\\\g<0>", encoded)


def _percent(char: str) -> str:
    return "".join(f"%{octet:02X}" for octet in char.encode())
