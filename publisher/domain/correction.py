"""What was put right on the page of an issue after it had gone out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from publisher.domain.issue import Issue


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction. `words` maps what was changed to its new words.

    What can be changed is called `title`, `note`, `preheader`, `dek:2`, `pick:3:headline`, `pick:3:body`.
    """

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
    deks = tuple(words.get(f"dek:{at}", dek) for at, dek in enumerate(issue.deks, start=1))
    title, note = words.get("title", issue.title), words.get("note", issue.note)
    preheader = words.get("preheader", issue.preheader)
    return replace(issue, title=title, note=note, preheader=preheader, deks=deks, picks=picks)
