"""What a check found: how much it matters, where it stands, and what to do about it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """`blocking` stops approval, `warning` must have been seen by whoever approves, `note` is only told."""

    BLOCKING = "blocking"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that an editor should know before approval.

    `check` is the name of the check, `where` the field of `domain/draft.py` that mends it ("subject", "pick:17:alt",
    "pick:17:post:x:text") or, where no field does, the surface it stands on ("html", "text", "page", "audience",
    "sender"). `what` and `todo` are English sentences without a full stop; `language/reasons.py` tells them in others.
    """

    level: Level
    check: str
    where: str
    what: str
    todo: str

    @property
    def mark(self) -> str:
        """Ten hexadecimal digits that name this finding, for as long as it says the same thing."""
        said = "\0".join((self.level, self.check, self.where, self.what))
        return hashlib.sha256(said.encode()).hexdigest()[:10]

    @property
    def item_id(self) -> int | None:
        """The item that it is about, where it is about one."""
        parts = self.where.split(":")
        return int(parts[1]) if parts[0] == "pick" and len(parts) > 1 and parts[1].isdecimal() else None


def blocking(findings: Iterable[Finding]) -> list[Finding]:
    """Those that stop approval."""
    return [finding for finding in findings if finding.level is Level.BLOCKING]


def seen_mark(findings: Iterable[Finding]) -> str:
    """What an approve form carries of the findings that its editor has before them: marks, separated by spaces."""
    return " ".join(sorted({finding.mark for finding in findings if finding.level is not Level.NOTE}))


def unseen(findings: Sequence[Finding], seen: str) -> list[Finding]:
    """What whoever sent the mark `seen` had not before them; a finding that is gone since needs no second look."""
    known = set(seen.split())
    return [finding for finding in findings if finding.level is not Level.NOTE and finding.mark not in known]
