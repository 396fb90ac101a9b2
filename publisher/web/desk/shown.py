"""What the desk's pages show, worked out from what the store knows: no request, no SQL."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from publisher.config.cron import next_time
from publisher.config.settings import Schedule
from publisher.domain.approval import lacking, leaves_at, planned
from publisher.domain.message import SLOT
from publisher.stages.resolve import PROBABLY_THERE
from publisher.store.tables import SkipRow

AHEAD = 4
A_SECOND_MORE = 200_000


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an issue stands, for somebody who looks at the proof `digest`.

    `every` says how many seconds later it is worth looking again; 0 when nothing will change by itself. `to_go` is how
    long the letters that are due will take at the rate of late, where there is one. `probably_there` is the share of
    unknown letters that did arrive. `lacks` says what the approvals that are given lack, nothing where they are enough.
    """

    digest: str
    is_changed: bool
    needed: int
    has_approved: bool
    lacks: str
    planned_at: datetime
    would_leave: datetime
    every: int
    letters: int
    letters_done: int
    posts: int
    posts_done: int
    to_go: timedelta | None
    undecided: int
    probably_there: float


def standing(issue: Mapping[str, Any], digest: str, editor: str, schedule: Schedule, now: datetime) -> Standing:
    """What the head of an issue's page says to `editor`."""
    done = ("accepted", "refused", "unknown", "dropped")
    return Standing(
        digest=digest,
        is_changed=digest != issue["digest"],
        needed=schedule.approvals,
        has_approved=editor in issue["approved_by"],
        lacks=lacking(issue["approved_by"], schedule.approvals, issue["writers"]),
        planned_at=planned(issue["send_at"], issue["moved_to"]),
        would_leave=leaves_at(planned(issue["send_at"], issue["moved_to"]), now, schedule.cooling_off),
        every=every(issue, now),
        letters=sum(issue["deliveries"].values()),
        letters_done=sum(issue["deliveries"][state] for state in done),
        posts=len(issue["posts"]),
        posts_done=sum(post["state"] in done for post in issue["posts"]),
        to_go=to_go(issue),
        undecided=sum(issue["undecided"].values()),
        probably_there=PROBABLY_THERE / 100,
    )


def tag(issue: Mapping[str, Any], language: str, digest: str) -> str:
    """Names what a fragment shows: the same tag, nothing new. The time that passes is not in it."""
    return hashlib.sha256(repr((language, digest, sorted(issue.items()))).encode()).hexdigest()[:20]


def width(text: str) -> int:
    """How many columns a line takes; Hangul takes two for each syllable."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def spoken(text: str) -> str:
    """A surface's own text, with its slots as editors write them."""
    return SLOT.sub(lambda mark: "{{" + mark[1] + ("|" + mark[2] if mark[2] else "") + "}}", text)


def ahead(
    schedule: Schedule, zone: Any, issues: Sequence[Mapping[str, Any]], skips: Sequence[SkipRow], now: datetime
) -> list[dict[str, Any]]:
    """The next planned times: which issue each has by now, or why it is left out."""
    made = {issue["send_at"]: issue for issue in issues}
    skipped = {skip.send_at: skip for skip in skips}
    planned, time = [], now
    for _ in range(AHEAD):
        time = next_time(schedule.send, zone, time)
        skip = skipped.get(time)
        is_holiday = time.astimezone(zone).date() in schedule.holidays
        planned.append(
            {
                "send_at": time,
                "made_at": _composed(schedule, zone, time, now),
                "issue": made.get(time),
                "is_skipped": skip is not None or is_holiday,
                "is_holiday": is_holiday and skip is None,
                "reason": skip.reason if skip else "",
            }
        )
    return planned


def _composed(schedule: Schedule, zone: Any, send_at: datetime, now: datetime) -> datetime | None:
    """When the draft for `send_at` is made: the last compose time before it that is still to come."""
    found, time = None, max(now, send_at - timedelta(days=31))
    while (time := next_time(schedule.compose, zone, time)) < send_at:
        found = time
    return found


def to_come(letters: Mapping[str, int]) -> int:
    """How many letters have no end yet and are not put off."""
    return letters["queued"] + letters["claimed"] + letters["sending"]


def to_go(issue: Mapping[str, Any]) -> timedelta | None:
    """How long the letters that are due will take at the rate of late, where there is one."""
    left = to_come(issue["deliveries"])
    return timedelta(seconds=left / issue["rate"]) if left and issue["rate"] else None


def every(issue: Mapping[str, Any], now: datetime) -> int:
    """After how many seconds it is worth looking at an issue again; 0 when nothing will change by itself."""
    match issue["state"]:
        case "sending":
            letters = issue["deliveries"]
            # Counting a large list takes a moment, which the sender could use.
            return 1 + sum(letters.values()) // A_SECOND_MORE if to_come(letters) else 5
        case "approved":
            return 2 if issue["leaves_at"] and issue["leaves_at"] - now < timedelta(minutes=20) else 20
        case "draft" | "held" | "paused":
            return 20
        case _:
            return 0
