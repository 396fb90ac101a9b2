"""What editors are told by mail, as facts. Each names its `key`: the same news is never told twice to anybody."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.domain.health import Standing

# A send that runs every five minutes is not late by less.
LATE_FROM = timedelta(minutes=5)
# Stands in a stored notice where the link to the desk goes: who reads the database is not signed in by it. No text
# from outside can hold it, because characters of the private use area are dropped from what comes from there.
LINK = "\ue000enter_url\ue001"
APPROVE_LINK = "\ue000approve_url\ue001"  # and where a link goes that approves what is ready
LINK_LASTS = timedelta(days=7)
INVITATION_LASTS = timedelta(days=7)
RESET_LASTS = timedelta(hours=1)
RESET_ASKED_WITHIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class DraftReady:
    """A draft waits for approval; it is planned for `send_at`. `may_approve`: it is told to somebody who may."""

    number: int
    title: str
    headlines: tuple[str, ...]
    send_at: datetime
    digest: str
    may_approve: bool = False
    kind = "draft-ready"

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.number}"


@dataclass(frozen=True, slots=True)
class ChangesAsked:
    """`by` wants a draft changed as `note` says, since `since`; it is told to the people `to`, who wrote it."""

    number: int
    title: str
    by: str
    note: str
    since: datetime | None
    send_at: datetime
    to: tuple[str, ...]
    kind = "changes-asked"

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.number}:{_moment(self.since)}"


@dataclass(frozen=True, slots=True)
class Approved:
    """An issue leaves at `leaves_at`, approved by these people since `since`; until then it can be pulled back."""

    number: int
    title: str
    by: tuple[str, ...]
    leaves_at: datetime
    audience: int
    since: datetime | None = None
    kind = "approved"

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.number}:{_moment(self.since)}:{self.leaves_at.isoformat()}"


@dataclass(frozen=True, slots=True)
class Held:
    """An issue will not leave before somebody looks, for `reason`, since `since`: held again, it is told again."""

    number: int
    title: str
    reason: str
    send_at: datetime
    since: datetime | None = None
    kind = "held"

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.number}:{_moment(self.since)}:{self.reason}"


@dataclass(frozen=True, slots=True)
class Late:
    """An issue left `late_by` after its planned time."""

    number: int
    title: str
    late_by: timedelta
    released_at: datetime
    kind = "late"

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.number}:{self.released_at.isoformat()}"


@dataclass(frozen=True, slots=True)
class Sent:
    """An issue is settled. `deliveries` counts its letters by state, `posts` its posts."""

    number: int
    title: str
    sent_at: datetime
    audience: int
    deliveries: Mapping[str, int]
    posts: Mapping[str, int]
    kind = "sent"

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.number}"


@dataclass(frozen=True, slots=True)
class Skipped:
    """The issue planned for `send_at` is left out on purpose, as was said at `skipped_at`; None for a holiday."""

    send_at: datetime
    reason: str
    skipped_at: datetime | None = None
    kind = "skipped"

    @property
    def key(self) -> str:
        return f"{self.kind}:{_moment(self.send_at)}:{_moment(self.skipped_at)}"


@dataclass(frozen=True, slots=True)
class Needed:
    """Something waits for a person: nobody approved, a stage fails, a channel stopped, nothing to send.

    `what` names it in a word for the subject ("No. 43", "compose", "channel letter"), `reason` says it in a sentence,
    `since` when it began: it is told once for each beginning.
    """

    what: str
    reason: str
    since: datetime
    number: int | None = None
    kind = "needed"

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.what}:{self.since.isoformat()}"


@dataclass(frozen=True, slots=True)
class SourceTrouble:
    """A source cannot be read since `since`, has been silent since then, or lives at `moved_to` now.

    One that fails is told once, however its reason changes, and once more when it says that it is gone for good.
    """

    source: str
    trouble: Standing
    reason: str
    since: datetime
    failures: int = 0
    rhythm: timedelta | None = None
    moved_to: str = ""
    kind = "source-trouble"

    @property
    def key(self) -> str:
        match self.trouble:
            case Standing.MOVED:  # whatever time it is found at: some servers say so every other day
                return f"{self.kind}:{self.source}:moved:{hashlib.sha256(self.moved_to.encode()).hexdigest()[:16]}"
            case Standing.SILENT | Standing.GONE as what:
                return f"{told_of(self.source, self.since)}{what}"
            case Standing.FAILING | Standing.BROKEN | Standing.LOCKED | Standing.NEW | Standing.WELL:
                return f"{told_of(self.source, self.since)}failing"


@dataclass(frozen=True, slots=True)
class SourceWell:
    """A source is well again since `well_at`; its trouble had begun at `since`, and was told."""

    source: str
    since: datetime
    well_at: datetime
    kind = "source-well"

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.source}:{self.since.isoformat()}"


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody may work at the desk from now on, as `role`, and sets a password first; `by` asked them.

    `standing` (`store/editors.py`) is what their link is bound to. It opens nothing once there is a password.
    """

    by: str
    role: str
    standing: str
    at: datetime
    kind = "invitation"

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.standing}:{self.at.isoformat()}"


@dataclass(frozen=True, slots=True)
class ResetAsked:
    """Somebody, perhaps the editor, said that the password is forgotten. It stays until the link has set another."""

    standing: str
    at: datetime
    kind = "password-reset"

    @property
    def key(self) -> str:
        """The same for some minutes: who asks again and again gets one mail."""
        return f"{self.kind}:{self.standing}:{int(self.at.timestamp() // RESET_ASKED_WITHIN.total_seconds())}"


def told_of(source: str, since: datetime) -> str:
    """What the keys of all begin with that is told of a source's trouble since then."""
    return f"{SourceTrouble.kind}:{source}:{since.isoformat()}:"


def _moment(time: datetime | None) -> str:
    return time.isoformat() if time else ""


ToOne = Invited | ResetAsked
"""What is told to one editor, with a link of its own kind."""
WithoutNumber = Skipped | SourceTrouble | SourceWell | ToOne
"""What is about no issue."""
News = DraftReady | ChangesAsked | Approved | Held | Late | Sent | Needed | WithoutNumber


@dataclass(frozen=True, slots=True)
class Notice:
    """News in one language, as it is stored and mailed; `LINK` stands where each editor's own link goes."""

    subject: str
    text: str
    html: str
