"""Texts for social networks: how long one is, what fits, when it leaves, and the key that names it at every attempt.

The only place that counts or shortens a post. A count is the network's own: X by weight (`weighted.py`), others by
graphemes, code points or UTF-16 units, always of the NFC text with "\\n" as its only line end. Nothing here is ever
over the limit, cut inside a grapheme or a web address, or blank.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import accumulate

import regex  # type: ignore[import-untyped]  # it ships no types; findall gives a list of str here

from publisher.domain import weighted
from publisher.domain.message import Counting, Limits

ELLIPSIS = "…"


def length(text: str, counting: Counting) -> int:
    """How long the network finds `text`."""
    text = normal(text)
    match counting:
        case Counting.X_WEIGHTED:
            return weighted.weight(text)
        case Counting.GRAPHEMES:
            return len(_graphemes(text))
        case Counting.CHARACTERS:
            return len(text)
        case Counting.UTF16:
            return len(text.encode("utf-16-le", "surrogatepass")) // 2


def normal(text: str) -> str:
    """`text` as it is counted and sent: NFC, and "\\n" for every line end."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


def urls(text: str) -> list[tuple[int, int]]:
    """Where X would see web addresses in the normal form of `text`, as (start, end): meant ones and accidents alike."""
    return weighted.urls(normal(text))


def fit(headline: str, blurb: str, link: str | None, limits: Limits, tags: Sequence[str] = ()) -> str:
    """The text of one post: headline, blank line, blurb, and tags and link each on a line of their own.

    Where it is too long the blurb gives way: at the end of a sentence when that keeps a good part of it, else after
    a word, with "…"; then the headline. Tags and link are never touched. Raises ValueError where there is nothing to
    say, or not even tags and link fit.
    """
    headline, blurb, end = _one_line(headline), _lines(blurb), _end(tags, link)

    def fits(headline: str, blurb: str) -> bool:
        return length(_laid_out(headline, blurb, end), limits.counting) <= limits.max_length

    if not (headline or blurb or end):
        raise ValueError("a post needs a headline, a blurb or a link")
    if not fits("", ""):
        if tags:
            raise ValueError(f"tags and link alone are longer than the {limits.max_length} that a post may have")
        raise ValueError(f"the link alone is longer than the {limits.max_length} that a post may have")
    # No text of more than this can fit unless it is mostly addresses; hostile ones are costly to look through.
    most = 8 * limits.max_length + 400
    if not fits(headline[:most], ""):
        headline, blurb = _after_a_word(headline[:most], lambda shorter: fits(shorter, "")), ""
    elif len(blurb) > most or not fits(headline, blurb):
        blurb = _shortened(blurb[:most], lambda shorter: fits(headline, shorter))
    text = _laid_out(headline, blurb, end)
    if not text:
        raise ValueError(f"nothing fits into {limits.max_length}")
    return text


def whole(text: str, link: str | None, tags: Sequence[str] = ()) -> str:
    """The text of a post in an editor's own words, with its tags and link: nothing of it is cut, however long it is."""
    return _laid_out("", _lines(text), _end(tags, link))


def tags_of(text: str) -> tuple[str, ...]:
    """The tags that somebody wrote in a row, with or without `#`, with spaces or commas between; each once.

    A tag is letters, digits and `_`, and not digits alone: what else stands in one ends it for every network.
    """
    words = (re.sub(r"[^\w]", "", word) for word in re.split(r"[\s,]+", normal(text)))
    return tuple(dict.fromkeys(word for word in words if word and not word.isdigit()))


def idempotency_key(issue_number: int, channel: str, position: int, publication: str = "") -> str:
    """32 hexadecimal digits that name one post at every attempt, and no other post.

    `publication` tells installs apart that share an account: its base URL, for instance. It is no secret.
    """
    named = "\0".join((publication, str(issue_number), channel, str(position)))
    return hashlib.sha256(named.encode()).hexdigest()[:32]


def due_times(first_due_at: datetime, count: int, spacing: timedelta) -> list[datetime]:
    """When each of `count` posts leaves, in order: `spacing` apart; 0 means all at once."""
    return [first_due_at + spacing * i for i in range(count)]


# ---- layout -----------------------------------------------------------------------------------------------------


def _laid_out(headline: str, blurb: str, end: str) -> str:
    words = "\n\n".join(part for part in (headline, blurb) if part)
    return "\n".join(part for part in (words, end) if part)


def _end(tags: Sequence[str], link: str | None) -> str:
    lines = (" ".join(f"#{tag}" for tag in tags), normal(link or "").strip())
    return "\n".join(line for line in lines if line)


def _one_line(text: str) -> str:
    return _lines(text).replace("\n\n", " ").replace("\n", " ")


def _lines(text: str) -> str:
    """Every line with its white space folded, at most one blank line between; "" when nothing in it can be seen."""
    if not any(unicodedata.category(character)[0] not in "ZC" for character in text):
        return ""
    lines = [" ".join(line.split()) for line in normal(text).splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


# ---- shortening -------------------------------------------------------------------------------------------------

_Fits = Callable[[str], bool]

# A sentence that keeps less than this part of what a cut after a word would keep is not worth ending at.
_GOOD_PART = 0.4
# After . ! ? (and closing quotes) comes a space and no small letter; the full stops of East Asia need no space.
_NO_END = "".join(rf"(?<!\b{word})" for word in ("[^\\W\\d_]", "Mr", "Mrs", "Ms", "Dr", "Prof", "St", "vs", "No", "cf"))
_SENTENCE_END = re.compile(
    rf"{_NO_END}[.!?]+[\"'”’)\]」』》]*(?=\s+(?![a-z])\S|\s*$)"
    r"|[。！？]+[”’）」』》]*"
)
_DANGLING = " \n,.;:…·-–—/(\"'“‘「『《"


def _shortened(text: str, fits: _Fits) -> str:
    after_word = _after_a_word(text, fits)
    after_sentence = _after_a_sentence(text, fits)
    return after_sentence if len(after_sentence) >= _GOOD_PART * len(after_word) else after_word


def _after_a_sentence(text: str, fits: _Fits) -> str:
    whole = set(accumulate(map(len, _graphemes(text))))
    ends = [match.end() for match in _SENTENCE_END.finditer(text) if match.end() in whole]
    return _longest([text[:end] for end in ends], fits)


def _after_a_word(text: str, fits: _Fits) -> str:
    graphemes = _graphemes(text)
    starts = list(accumulate(graphemes, initial=""))
    gaps = [i for i, grapheme in enumerate(graphemes) if grapheme[0].isspace()]
    kept = _longest([starts[gap] for gap in gaps], fits, _with_ellipsis)
    if kept:
        return kept
    # Not one whole word fits: end inside it, but not inside an address, which would then lead elsewhere.
    word = starts[: gaps[0] + 1] if gaps else starts
    first_address = min((start for start, _ in urls(word[-1])), default=len(word[-1]))
    return _longest([start for start in word if len(start) <= first_address], fits, _with_ellipsis)


def _with_ellipsis(text: str) -> str:
    text = text.rstrip(_DANGLING)
    if not text:
        return ""
    ends_in_address = any(end == len(text) for _, end in urls(text))
    return text + (" " if ends_in_address else "") + ELLIPSIS


def _longest(texts: Sequence[str], fits: _Fits, finished: Callable[[str], str] = str) -> str:
    """The longest of `texts`, which are in order, that fits when it is finished; "" when none does."""
    count = bisect_right(range(len(texts)), False, key=lambda i: not fits(finished(texts[i])))
    return finished(texts[count - 1]) if count else ""


def _graphemes(text: str) -> list[str]:
    found: list[str] = regex.findall(r"\X", text)
    return found
