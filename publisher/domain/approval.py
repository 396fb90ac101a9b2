"""Who sealed which proof, when, and what follows from it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.domain.proof import Proof

AUDIENCE_TOLERANCE = 0.02


@dataclass(frozen=True, slots=True)
class Approval:
    """An editor's approval of the proof with that root digest. A withdrawn one counts for nothing."""

    editor: str
    digest: str
    approved_at: datetime
    withdrawn_at: datetime | None = None


def covering(approvals: Iterable[Approval], digest: str) -> list[Approval]:
    """The approvals that seal exactly this proof, one for each editor, the earliest first."""
    first: dict[str, Approval] = {}
    for approval in sorted(approvals, key=lambda approval: approval.approved_at):
        if approval.digest == digest and approval.withdrawn_at is None:
            first.setdefault(approval.editor, approval)
    return list(first.values())


def planned(send_at: datetime, moved_to: datetime | None) -> datetime:
    """The time that an issue is to leave: its occurrence, unless an editor chose another."""
    return moved_to or send_at


def leaves_at(planned_at: datetime, sealed_at: datetime, cooling_off: timedelta) -> datetime:
    """When an issue may leave: at its planned time, but never before the cooling-off is over."""
    return max(planned_at, sealed_at + cooling_off)


def lacking(approvers: Collection[str], needed: int, writers: Collection[str]) -> str:
    """What an approval by these people lacks, in words; nothing where it is complete.

    Where two or more must approve, one of them at least has not written in the issue: nobody lets their own words out
    together with somebody who did the same.
    """
    if len(approvers) < needed:
        return f"{len(approvers)} of {needed} approvals are given"
    if needed > 1 and all(approver in writers for approver in approvers):
        return "all who approved it have written in it; it needs one who has not"
    return ""


def too_long(proof: Proof) -> list[tuple[str, int, int, int]]:
    """The posts that are longer than their network takes: channel, position, length and limit of each."""
    found = []
    for channel, position, content in proof.posts():
        post = json.loads(content)
        if post["limit"] and post["length"] > post["limit"]:
            found.append((channel, position, post["length"], post["limit"]))
    return found


def asking(by: str, note: str) -> str:
    """Why an issue is a draft again, where somebody asked for changes."""
    return f"changes asked by {by}: {note}"


def asked(reason: str) -> tuple[str, str] | None:
    """Who asked for changes and what for, where that is the reason."""
    found = _ASKED.fullmatch(reason)
    return (found[1], found[2]) if found else None


_ASKED = re.compile(r"changes asked by (\S+): (.+)", re.DOTALL)


def moved_wrongly(to: datetime, now: datetime, following: datetime) -> str:
    """Why an issue cannot be moved to that time, in words; nothing where it can. `following` is the next occurrence."""
    if to <= now:
        return "that time is over already"
    if to >= following:
        return "the next issue is planned before that time"
    return ""


def link_is_used(approvals: Iterable[Approval], digest: str) -> bool:
    """Whether a link to approve that proof is worth nothing any more: somebody's approval of it was taken back."""
    return any(one.digest == digest and one.withdrawn_at is not None for one in approvals)


def too_few(items: int, least: int) -> str:
    """Why an issue of so few items is held, or nothing when there are enough."""
    if items >= least:
        return ""
    return f"only {items} {'item' if items == 1 else 'items'}, and an issue needs at least {least}"


def composed_late(late: timedelta, grace: timedelta) -> str:
    """Why an issue is held that was composed so long after its planned time, or nothing when that is soon enough."""
    return f"composed late by {spoken(late)}, and the grace is {spoken(grace)}" if late > grace else ""


def too_late(late: timedelta, grace: timedelta) -> str:
    """Why an issue must not leave by itself so long after its time, or nothing when that is soon enough."""
    return f"late by {spoken(late)}, and the grace is {spoken(grace)}" if late > grace else ""


def skipped(reason: str) -> str:
    """Why an issue is held whose day is skipped."""
    return f"its day is skipped: {reason}"


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """What release looks at, all taken in the transaction that releases."""

    approvals: int
    approvals_needed: int
    picks: int
    planned_at: datetime
    grace: timedelta
    audience_sealed: int
    audience_now: int


def hold_reason(facts: ReleaseFacts, now: datetime) -> str | None:
    """Why this issue must not be released now, in words for an editor; None when it may go."""
    if facts.approvals < facts.approvals_needed:
        return f"the proof as it stands has {facts.approvals} of {facts.approvals_needed} approvals"
    if facts.picks == 0:
        return "the issue is empty"
    if late := too_late(now - facts.planned_at, facts.grace):
        return late
    moved = abs(facts.audience_now - facts.audience_sealed)
    # One reader more or less is no surprise, however short the list.
    if moved > max(1, facts.audience_sealed * AUDIENCE_TOLERANCE):
        return (
            f"the audience is {facts.audience_now} now and was {facts.audience_sealed} when it was approved, "
            f"more than {AUDIENCE_TOLERANCE:.0%} apart"
        )
    if facts.audience_now == 0:
        return "there are no subscribers to send it to"
    return None


def spoken(span: timedelta) -> str:
    """A length of time in hours and minutes: "7 h 5 min"."""
    minutes = round(span.total_seconds() / 60)
    hours, minutes = divmod(minutes, 60)
    return " ".join(part for part in (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "") if part) or (
        "0 min"
    )
