"""Sentences that were stored in English, told in another language.

Reasons are kept in the database in English, made by f-strings all over the program. A catalogue (`ko/reasons.po`) holds
their patterns: `the audience is {now} now and was {then}`. What a placeholder caught is put into the translation as it
is; one named `reason`, `span`, `day`, `where` or `state` holds words of its own, which are told first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from publisher.language.particles import with_particles

LONGEST = 1000  # characters; what is longer is no reason of ours
_DEEPEST = 4  # sentences within sentences
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_PLACE = re.compile(r"(?:\S+: ){0,2}?\S*[./:]\S*: ")  # what a reason is about: an address, or a file and its folder
_SENTENCES = re.compile(r"(?:reason|span|day|where|state)\d?")


@dataclass(frozen=True)
class Reasons:
    """The patterns of one language, the most telling first."""

    exact: Mapping[str, str]
    patterns: tuple[tuple[re.Pattern[str], str], ...]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Reasons:
        """From (English, translation) pairs, both with the same `{placeholders}`."""
        known = dict(pairs)
        by_weight = sorted((english for english in known if "{" in english), key=_literal_length, reverse=True)
        return cls(
            {english: said for english, said in known.items() if "{" not in english},
            tuple((_pattern(english), known[english]) for english in by_weight),
        )

    def tell(self, text: str, depth: int = 0) -> str:
        """The sentence in this language; one that is not known stays as it is."""
        if len(text) > LONGEST or depth > _DEEPEST:
            return text
        parts = text.split("; ")
        told = [self._whole(part, depth) for part in parts]
        if all(told):  # several reasons, joined in English; sentences of their own elsewhere
            return ". ".join(told)
        if whole := self._whole(text, depth):
            return whole
        if place := _PLACE.match(text):
            reason = text[place.end() :]
            if (said := self.tell(reason, depth + 1)) != reason:
                return place[0] + said
        return ". ".join(said or part for said, part in zip(told, parts, strict=True)) if any(told) else text

    def _whole(self, text: str, depth: int) -> str:
        if text in self.exact:
            return self.exact[text]
        for pattern, said in self.patterns:
            if caught := pattern.fullmatch(text):
                values = {
                    name: self.tell(value, depth + 1) if _SENTENCES.fullmatch(name) else value
                    for name, value in caught.groupdict().items()
                }
                return with_particles(_PLACEHOLDER.sub(lambda slot, values=values: values[slot[1]], said))  # type: ignore[misc]
        return ""


def _literal_length(english: str) -> int:
    return len(_PLACEHOLDER.sub("", english))


def _pattern(english: str) -> re.Pattern[str]:
    pieces = _PLACEHOLDER.split(english)
    caught = "".join(f"(?P<{piece}>.+?)" if index % 2 else re.escape(piece) for index, piece in enumerate(pieces))
    return re.compile(caught, re.DOTALL)
