"""Keep an issue that is going out from going on, and let it go on. What has left has left; what waits stays queued."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from publisher.domain.approval import spoken
from publisher.domain.audit import Action
from publisher.domain.issue import IssueState
from publisher.domain.notice import Needed
from publisher.errors import WrongUse
from publisher.store import audit, issues, outgoing
from publisher.store.db import Database, Session
from publisher.store.tables import IssueRow


def run(database: Database, number: int, *, now: datetime, by: str = "") -> None:
    """An editor pauses an issue that is going out. Raises NotFound, WrongUse."""
    with database.write() as session:
        issue = issues.by_number(session, number)
        if issue.state != IssueState.SENDING:
            raise WrongUse(f"No. {number} is {issue.state}; only an issue that is going out can be paused")
        issues.set_state(session, issue, IssueState.PAUSED, f"paused by {by}" if by else "paused by an editor", now=now)
        audit.note(session, by, Action.PAUSED, number, now=now)


def resume(database: Database, number: int, *, now: datetime, by: str = "") -> None:
    """What waits of a paused issue is due now. Raises NotFound, WrongUse."""
    with database.write() as session:
        issue = issues.by_number(session, number)
        if issue.state != IssueState.PAUSED:
            raise WrongUse(f"No. {number} is {issue.state}, not paused")
        assert issue.id is not None
        issues.set_state(session, issue, IssueState.SENDING, now=now)
        outgoing.make_due(session, issue.id, now)
        audit.note(session, by, Action.RESUMED, number, now=now)


def stale(database: Database, *, grace: timedelta, now: datetime, busy: Collection[str] = ()) -> list[tuple[int, str]]:
    """Pause what was released, and then left lying for longer than the grace; their numbers, and why.

    That is what a machine leaves that was switched off in the middle. Whether such old news still goes out is for an
    editor to say. Channels in `busy` are at work. Call it inside `send.alone`.
    """
    done = []
    with database.read() as session:
        going_out = [(issue.number, _idle_for(session, issue, now, busy)) for issue in outgoing.sending_issues(session)]
    for number, idle in going_out:
        if idle <= grace:
            continue
        with database.write() as session:
            issue = issues.by_number(session, number)
            if issue.state != IssueState.SENDING:
                continue
            reason = (
                f"nothing of it has left for {spoken(idle)}, and the grace is {spoken(grace)}; "
                f"let it go on with `publisher issues resume {number}`"
            )
            issues.set_state(session, issue, IssueState.PAUSED, reason, now=now)
            audit.note(session, "", Action.PAUSED, number, reason, now=now)
            done.append((number, reason))
    return done


def waiting(database: Database) -> list[Needed]:
    """The paused issues, as news for the editors."""
    with database.read() as session:
        return [
            Needed(
                f"No. {issue.number}",
                f"it is paused: {issue.state_reason}",
                issue.state_since or issue.released_at,
                issue.number,
            )
            for issue in outgoing.paused_issues(session)
            if issue.released_at is not None
        ]


def _idle_for(session: Session, issue: IssueRow, now: datetime, busy: Collection[str]) -> timedelta:
    """How long what is due of an issue has waited while nothing of it moved."""
    assert issue.id is not None
    since = outgoing.waits_since(session, issue.id, busy)
    if since is None:
        return timedelta(0)
    return now - max(since, outgoing.last_move(session, issue.id) or since)
