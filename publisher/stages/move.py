"""Let an issue leave at another time than its occurrence. Its content, and its approvals, stay as they are."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from publisher.config.cron import next_time
from publisher.domain.approval import leaves_at, moved_wrongly, planned
from publisher.domain.audit import Action
from publisher.domain.issue import IssueState
from publisher.domain.rights import Right, may, needed
from publisher.errors import ApprovalError, WrongUse
from publisher.store import audit, editors, issues
from publisher.store.db import Database

OPEN = (IssueState.DRAFT, IssueState.HELD, IssueState.APPROVED)


def run(
    database: Database,
    number: int,
    to: datetime | None,
    *,
    by: str,
    line: str,
    zone: ZoneInfo,
    cooling_off: timedelta,
    now: datetime,
) -> datetime:
    """It leaves at `to`, or once it has cooled off; returns when. `line` is the cron line of its occurrences.

    Without a time it leaves at its own occurrence again. Of an approved issue the time was approved too, so whoever
    moves one must be somebody who may approve, and the cooling-off begins anew. Raises ApprovalError, WrongUse.
    """
    with database.write() as session:
        issue = issues.by_number(session, number)
        editor = editors.by_email(session, by)
        if issue.state not in OPEN:
            raise ApprovalError(f"No. {number} is {issue.state} and can no longer be moved")
        is_approved = issue.state == IssueState.APPROVED
        if is_approved and not may(editor.role, Right.APPROVE):
            role = needed(Right.APPROVE).value
            raise ApprovalError(f"No. {number} is approved; moving it now takes the role {role} or one above it")
        following = next_time(line, zone, max(issue.send_at, now))
        to = to or issue.send_at
        if wrong := moved_wrongly(to, now, following):
            raise WrongUse(f"No. {number} was not moved: {wrong}; choose a time between now and then")
        issue.moved_to = None if to == issue.send_at else to
        time = planned(issue.send_at, issue.moved_to)
        if is_approved:
            time = issue.leaves_at = leaves_at(time, now, cooling_off)
        session.add(issue)
        audit.note(session, editor.email, Action.MOVED, number, to.astimezone(zone).isoformat(), now=now)
        return time
