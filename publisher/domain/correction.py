"""What was put right on the page of an issue after it had gone out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from publisher.domain.issue import Issue

WORDS_OF_ISSUE = ("title", "note")
WORDS_OF_PICK = ("headline", "body")


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction. `words` maps each field (`title`, `note`, `pick:3:headline`, `pick:3:body`) to its new words."""

    at: datetime
    explanation: str
    words: Mapping[str, str]

    @property
    def positions(self) -> tuple[int, ...]:
        """The picks that it put right, in their order."""
        return tuple(sorted({int(field.split(":")[1]) for field in self.words if field.startswith("pick:")}))


def corrected(issue: Issue, corrections: Sequence[Correction]) -> Issue:
    """`issue` with the words of every correction, in their order: a later one has the last word."""
    words: dict[str, str] = {}
    for correction in corrections:
        words |= correction.words
    picks = tuple(
        replace(
            pick,
            headline=words.get(f"pick:{pick.position}:headline", pick.headline),
            body=words.get(f"pick:{pick.position}:body", pick.body),
        )
        for pick in issue.picks
    )
    return replace(issue, title=words.get("title", issue.title), note=words.get("note", issue.note), picks=picks)
