"""When two headlines say the same thing.

A false "same" hides a story from the editor, a false "different" shows it twice: so every rule here errs towards
different. Translations are never the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from unicodedata import normalize

LIKENESS = 0.8  # Dice coefficient of character bigrams; "OpenCode" for "OpenClaw" in a short headline has 0.84
MOST_EXTRA = 0.25  # of the longer headline's words may be missing from the shorter one
SPECIFIC_LENGTH = 12  # letters (a Hangul syllable is two) below which words may be an everyday title


@dataclass(frozen=True, slots=True)
class Headline:
    """A headline as it is compared: word stems without particles and filler, and the numbers in it, in order.

    `is_specific` when the words name one thing in the world, unlike "Weekly update" or "v1.2".
    """

    stems: tuple[str, ...]
    numbers: tuple[str, ...]
    squeezed: str
    is_specific: bool


def headline_of(text: str, attribution: str = "") -> Headline:
    """What of a headline is compared. A closing "| Attribution" or "- Attribution" is not part of it."""
    folded = normalize("NFKC", text).casefold().strip()
    name = normalize("NFKC", attribution).casefold().strip()
    if name and folded.endswith(name) and (before := _BEFORE_NAME.search(folded[: -len(name)])):
        folded = folded[: before.start()]
    folded = _THOUSANDS.sub("", _TAG.sub("", folded))
    stems = tuple(stem for word in _WORD.findall(folded) if (stem := _stem(word)) and not _is_filler(stem))
    return Headline(stems, tuple(_NUMBER.findall(folded)), "".join(stems), _is_specific(stems))


def alike(one: Headline, other: Headline) -> bool:
    """Do the two say the same? Never with another number or version, another order,
    or when each has a word of its own.,

    Otherwise they do when only spacing, particles, tags and filler differ, or when one has up to a quarter more words
    than the other (`MOST_EXTRA`), none of them turning the meaning, at a likeness of at least `LIKENESS`.
    """
    if not one.stems or not other.stems or one.numbers != other.numbers:
        return False
    if one.squeezed == other.squeezed:
        return True
    longer, shorter = sorted((one.stems, other.stems), key=len, reverse=True)
    extra = set(longer) - set(shorter)
    if len(extra) > MOST_EXTRA * len(longer) or tuple(stem for stem in longer if stem not in extra) != shorter:
        return False
    return not extra & _TURNING and dice(bigrams(one.squeezed), bigrams(other.squeezed)) >= LIKENESS


def bigrams(text: str) -> frozenset[str]:
    """The pairs of neighbouring characters; of a single character, itself."""
    return frozenset(text[at : at + 2] for at in range(max(1, len(text) - 1)))


def dice(one: frozenset[str], other: frozenset[str]) -> float:
    """Twice what both have, over what they have together: 0 to 1."""
    together = len(one) + len(other)
    return 2 * len(one & other) / together if together else 0.0


def least_shared(count: int) -> int:
    """How many of a headline's `count` stems an alike headline has at least."""
    return count - int(MOST_EXTRA * count)


def is_everyday(stem: str) -> bool:
    """Is it a word that titles of quite different things share?"""
    return stem in _EVERYDAY


_BEFORE_NAME = re.compile(r"\s[-|–—·:]\s+$")
_TAG = re.compile(r"^(?:\s*[\[【][^\]】]{1,12}[\]】])+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_WORD = re.compile(r"[^\W_](?:[/&][^\W_])+(?![^\W_])|[^\W_]+(?:[.'’][^\W_]+)*[+#]*")
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_POSSESSIVE = re.compile(r"['’]s?$")
_ENGLISH_ENDING = re.compile(r"(?<=[a-z]{4})(?:ing|ed|es|e|s)$")
# Longest first: "에서는" before "에서" before "는".
# fmt: off
_PARTICLES = (
    "에서는", "으로는", "으로", "에서", "에게", "까지", "부터", "에는", "에도", "로서", "로써", "이라", "라고",
    "이다", "에의", "은", "는", "이", "가",
    "을", "를", "의", "에", "도", "와", "과", "로", "만",
)
# fmt: on
_PARTICLE = re.compile(rf"(?<=\w\w)(?:{'|'.join(_PARTICLES)})$")
# fmt: off
_FILLER = frozenset((
    "a", "an", "the", "of", "in", "on", "at", "to", "for", "from", "by", "with", "and", "or", "as", "is", "are",
    "be", "it", "its", "our", "your", "their", "this", "that", "now", "new", "all", "introduc", "announc", "launch",
    "unveil", "releas", "debut", "reveal", "present", "meet",
))
# fmt: on
_KOREAN_FILLER = ("출시", "공개", "발표", "소개", "선보")
# fmt: off
_EVERYDAY = frozenset((
    "version", "ver", "v", "updat", "changelog", "note", "weekly", "daily", "monthly", "digest", "new", "news",
    "issu", "episod", "newsletter", "roundup", "recap", "week", "today", "버전", "업데이트", "소식", "뉴스", "주간",
    "이번", "오늘",
    "이번주", "한주", "모음", "정리", "변경",
))
_TURNING = frozenset((
    "not", "no", "never", "without", "delay", "cancel", "deni", "refus", "reject", "withdraw", "stop", "end",
    "fail", "review", "against", "연기", "취소", "부인", "거부", "반박", "철회", "중단", "실패", "종료", "무산",
    "않", "안", "없", "반대",
))
# fmt: on


def _stem(word: str) -> str:
    if not word.isascii():
        word = _PARTICLE.sub("", word)
    if "'" in word or "’" in word:
        word = _POSSESSIVE.sub("", word)
    return _ENGLISH_ENDING.sub("", word)


def _is_filler(stem: str) -> bool:
    return stem in _FILLER or (len(stem) <= 5 and stem.startswith(_KOREAN_FILLER))


def _is_specific(stems: Iterable[str]) -> bool:
    telling = [stem for stem in stems if stem not in _EVERYDAY]
    has_number = any(any(c.isdigit() for c in stem) for stem in telling)
    length = sum(1 if c.isascii() else 2 for stem in telling for c in stem)
    return len(telling) >= 2 and (has_number or length >= SPECIFIC_LENGTH)
