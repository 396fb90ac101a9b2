"""Numbers, names and quotations in a text: what an editor compares with the source, word for word.

It decides nothing and changes nothing. Numbers are the same when they are worth the same ("12만" and "120,000"),
whatever is counted; money and shares only in their own unit. Names are those that can be told by how they are written:
capitals in the middle of a sentence, Latin letters among Korean ones, a word before a title, a word that ends
like an institution.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from publisher.editorial.sentences import sentences

# Beyond this a text is no news, and marking it would take an editor's time.
LONGEST = 60_000
_ADDRESS = re.compile(r"https?://[^\s<>\")\]]+")


class Kind(StrEnum):
    """What a mark is about."""

    NUMBER = "number"
    NAME = "name"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a text: plain where `kind` is None. `is_new`: the other text has nothing like it."""

    text: str
    kind: Kind | None = None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class _Mark:
    start: int
    end: int
    kind: Kind
    key: str


def stretches(text: str, other: str | None = None) -> list[Stretch]:
    """The whole text in pieces, marked; beside `other`, what is not in that is new. Their texts together are `text`."""
    found, at = [], 0
    is_known = _knows(other) if other is not None else lambda mark: True
    for mark in _marks(text):
        if mark.start > at:
            found.append(Stretch(text[at : mark.start]))
        found.append(Stretch(text[mark.start : mark.end], mark.kind, not is_known(mark)))
        at = mark.end
    return found + ([Stretch(text[at:])] if at < len(text) else [])


def new(text: str, other: str) -> list[Stretch]:
    """What is marked in the text and is nowhere in the other, each once, in its order."""
    found = {(one.kind, one.text): one for one in stretches(text, other) if one.is_new}
    return list(found.values())


def _knows(other: str) -> Callable[[_Mark], bool]:
    keys = {(mark.kind, mark.key) for mark in _marks(other)}
    folded = _folded(other)

    def is_known(mark: _Mark) -> bool:
        if mark.kind is Kind.NUMBER:
            return (mark.kind, mark.key) in keys
        return mark.key in folded

    return is_known


def _marks(text: str) -> list[_Mark]:
    """All marks in the order of the text; of two that overlap the one that begins first."""
    if len(text) > LONGEST:
        return []
    # What stands in an address says nothing: blanks in its place keep every other letter where it is.
    words = _ADDRESS.sub(lambda address: " " * len(address[0]), text)
    every = sorted([*_quotes(words), *_numbers(words), *_names(words)], key=lambda mark: (mark.start, -mark.end))
    found: list[_Mark] = []
    for mark in every:
        if not found or mark.start >= found[-1].end:
            found.append(mark)
    return found


# ---- quotations -------------------------------------------------------------------------------------------------

_QUOTE = re.compile(
    r"“([^“”\n]{2,400})”|(?<![^\s(\[>])\"(?=\S)([^\"\n]{2,400})\"|‘([^‘’\n]{2,200})’(?![A-Za-z])|「([^「」\n]{2,400})」|『([^『』\n]{2,400})』"
)


def _quotes(text: str) -> Iterator[_Mark]:
    for match in _QUOTE.finditer(text):
        words = next(group for group in match.groups() if group)
        yield _Mark(match.start(), match.end(), Kind.QUOTE, _folded(words))


# ---- numbers ----------------------------------------------------------------------------------------------------

# fmt: off
_TIMES = {
    "조": 10**12, "억": 10**8, "만": 10**4, "천": 10**3, "백": 10**2,
    "trillion": 10**12, "billion": 10**9, "million": 10**6, "thousand": 10**3, "bn": 10**9, "m": 10**6, "k": 10**3,
}
_UNITS = {
    "%": "%", "퍼센트": "%", "percent": "%", "per cent": "%", "프로": "%",
    "달러": "$", "dollars": "$", "dollar": "$", "$": "$", "원": "₩", "won": "₩", "₩": "₩",
    "유로": "€", "euros": "€", "euro": "€", "€": "€", "엔": "¥", "yen": "¥", "¥": "¥", "£": "£", "pounds": "£",
}
# fmt: on
_ONE = r"\d[\d,]*(?:\.\d+)?"
_KOREAN_TIMES = r"[조억만천백]+"
_LATIN_TIMES = r"(?:trillion|billion|million|thousand|bn|[mk](?![a-z]))"
_UNIT = (
    r"%|퍼센트|프로(?![가-힣])|달러|원(?![가-힣]{2})|유로|엔(?![가-힣]{2})"
    r"|per\s?cent|dollars?|won\b|euros?|yen\b|pounds"
)
_NUMBER = re.compile(
    rf"(?<![\w.])(?P<before>[$₩€¥£])?\s?(?P<figures>{_ONE}(?:\s?(?:{_KOREAN_TIMES})(?:\s?{_ONE}\s?(?:{_KOREAN_TIMES}))*"
    rf"|\s?{_LATIN_TIMES})?)(?:\s?(?P<after>{_UNIT}))?",
    re.IGNORECASE,
)
_PART = re.compile(rf"({_ONE})\s?({_KOREAN_TIMES}|{_LATIN_TIMES})?", re.IGNORECASE)


def _numbers(text: str) -> Iterator[_Mark]:
    for match in _NUMBER.finditer(text):
        worth = sum((_worth(part[1], part[2] or "") for part in _PART.finditer(match["figures"])), Decimal(0))
        unit = match["before"] or re.sub(r"\s", " ", (match["after"] or "").lower())
        start = match.start() + (len(match[0]) - len(match[0].lstrip()))
        yield _Mark(start, match.end(), Kind.NUMBER, f"{worth.normalize():f}{_UNITS.get(unit, '')}")


def _worth(figures: str, times: str) -> Decimal:
    worth = Decimal(figures.replace(",", "")[:30])
    for one in [times.lower()] if times.lower() in _TIMES else times:
        worth *= _TIMES[one]
    return worth


# ---- names ------------------------------------------------------------------------------------------------------

_CAPITAL = r"[A-Z](?:[A-Za-z0-9À-ɏ&'’.-]*[A-Za-z0-9À-ɏ])?"
_LATIN = re.compile(rf"(?<![A-Za-z0-9À-ɏ]){_CAPITAL}(?:\s(?:of|the|and|de|van|von|for)(?=\s[A-Z])|\s{_CAPITAL})*")
_TITLED = re.compile(
    r"(?<![가-힣])([가-힣]{2,4}|[A-Z][\w.-]+(?: [A-Z][\w.-]+)*)\s"
    r"(?=(?:대표|장관|차관|교수|의원|대통령|총리|회장|부회장|사장|부사장|위원장|원장|박사|연구원|기자|감독|선수|시장|지사|국장|센터장|씨)"
    r"(?:이사)?(?:은|는|이|가|을|를|의|와|과|도|께서|에게|,|\.|\s|$))"
)
_INSTITUTION = re.compile(
    r"(?<![가-힣\w])[가-힣A-Za-z0-9]{1,12}(?:대학교|대학원|연구소|연구원|전자|그룹|은행|재단|위원회|협회|공사|증권|병원|신문|방송|부처|도서관|박물관)"
)
_NO_NAMES = frozenset(
    (
        "I",
        "A",
        "The",
        "It",
        "He",
        "She",
        "We",
        "They",
        "You",
        "This",
        "That",
        "In",
        "On",
        "At",
        "But",
        "And",
        "So",
        "If",
    )
)


def _names(text: str) -> Iterator[_Mark]:
    # Among Korean words Latin letters are a name wherever they stand.
    begin = set() if re.search("[가-힣]", text) else _beginnings(text)
    for match in _LATIN.finditer(text):
        words = match[0]
        # Any word has a capital where a sentence begins: it takes a second one, or one inside, to be a name there.
        is_plain = match.start() in begin and " " not in words and words[1:].islower()
        if words not in _NO_NAMES and len(words) > 1 and not is_plain:
            yield _Mark(match.start(), match.end(), Kind.NAME, _folded(words))
    for match in _TITLED.finditer(text):
        yield _Mark(match.start(1), match.end(1), Kind.NAME, _folded(match[1]))
    for match in _INSTITUTION.finditer(text):
        yield _Mark(match.start(), match.end(), Kind.NAME, _folded(match[0]))


def _beginnings(text: str) -> set[int]:
    """Where a sentence begins, after what opens it."""
    found, at = set(), 0
    for sentence in sentences(text):
        at = text.find(sentence, at)
        found.add(at + len(sentence) - len(sentence.lstrip("\"'“‘「『(*_#>- ")))
        at += len(sentence)
    return found


def _folded(text: str) -> str:
    """The text as it is looked for: without spaces, marks and capitals."""
    text = unicodedata.normalize("NFKC", text).casefold()
    return "".join(one for one in text if unicodedata.category(one)[0] in "LNS")
