"""Two texts compared word by word, in Korean as in English."""

from __future__ import annotations

import difflib
import re
from collections import Counter

# Beyond this many words a comparison would take too long to wait for.
MOST_WORDS = 4_000
# Of each word, how often it stands in the one text times how often in the other: of a column some ten thousand. Where
# the same few words come again and again, a comparison that looks at each pair of them takes minutes.
MOST_PAIRS = 60_000
_PIECE = re.compile(r"\w+\s*|[^\w\s]\s*|\s+")


def difference(before: str, after: str) -> list[tuple[str, str]]:
    """Stretches of both texts in their order: (" ", what is in both), ("-", what went), ("+", what came).

    All of "-" and " " together is `before`, all of "+" and " " is `after`.
    """
    if before == after:
        return [(" ", before)] if before else []
    old, new = _PIECE.findall(before), _PIECE.findall(after)
    if len(old) + len(new) > MOST_WORDS:
        return [(sign, text) for sign, text in (("-", before), ("+", after)) if text]
    found: list[tuple[str, str]] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(
        None, old, new, autojunk=_pairs(old, new) > MOST_PAIRS
    ).get_opcodes():
        if kind == "equal":
            found.append((" ", "".join(old[a:b])))
            continue
        found += [(sign, text) for sign, text in (("-", "".join(old[a:b])), ("+", "".join(new[c:d]))) if text]
    return found


def _pairs(old: list[str], new: list[str]) -> int:
    counted = Counter(new)
    return sum(times * counted[word] for word, times in Counter(old).items())
