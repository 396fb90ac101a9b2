"""What waits for a person, as news; and a mark that changes whenever there may be something new to tell."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, func, select

from publisher.config.cron import last_time, next_time
from publisher.domain.issue import IssueState
from publisher.domain.notice import Needed, News, Skipped
from publisher.domain.run import RunState
from publisher.store import issues, runs, skips
from publisher.store.pages.schedule import PlannedSend, planned_send
from publisher.store.tables import ApprovalRow, EditorRow, IssueRow, PauseRow, SkipRow

LASTS = timedelta(days=1)
STAGES = ("collect", "compose", "send")
# Once may be a relay or a disk that blinked.
FAILED_BEFORE_TOLD = 2


def mark(session: Session) -> tuple[Any, ...]:
    """As long as this stays the same there is no other news, but for what the time alone brings."""
    newest = select(IssueRow).order_by(col(IssueRow.id).desc()).limit(5)
    states = [(row.id, row.state, row.state_reason, row.released_at, row.sent_at) for row in session.exec(newest)]
    begun = [(row.stage, row.occurrence, row.state, row.attempts) for row in _newest_runs(session)]
    paused = [(row.channel, row.paused_at) for row in session.exec(select(PauseRow))]
    skipped = session.exec(select(func.count(), func.max(SkipRow.skipped_at)).select_from(SkipRow)).one()
    editors = session.exec(select(func.count(), func.max(EditorRow.id)).select_from(EditorRow)).one()
    return tuple(states), tuple(begun), tuple(paused), tuple(skipped), tuple(editors)


def needed(
    session: Session, *, compose: str, send: str, zone: ZoneInfo, holidays: Collection[date], now: datetime
) -> list[News]:
    """What stops, fails, was missed, or waits for somebody; and the next issue where it is skipped."""
    found = [*_failing(session), *_paused(session), *_missed(session, zone, now)]
    newest = runs.newest(session, "send")
    if newest and newest.occurrence > now - LASTS:
        planned = planned_send(session, newest.occurrence, compose=compose, zone=zone, holidays=holidays)
        if next_time(send, zone, planned.compose_at) == planned.send_at:
            found += _waits(session, planned, zone)
    coming = next_time(send, zone, now)
    why = skips.why(session, coming, zone, holidays)
    if why and last_time(compose, zone, coming - timedelta(microseconds=1)) <= now:
        found.append(Skipped(coming, why))
    return found


def _newest_runs(session: Session) -> list[Any]:
    return [row for stage in STAGES if (row := runs.newest(session, stage))]


def _failing(session: Session) -> Iterator[News]:
    for row in _newest_runs(session):
        if row.state == RunState.FAILED and row.attempts >= FAILED_BEFORE_TOLD:
            yield Needed(row.stage, row.reason, runs.failing_since(session, row.stage) or row.started_at)


def _paused(session: Session) -> Iterator[News]:
    for row in session.exec(select(PauseRow).order_by(col(PauseRow.channel))):
        yield Needed(f"channel {row.channel}", row.reason, row.paused_at)


def _missed(session: Session, zone: ZoneInfo, now: datetime) -> Iterator[News]:
    missed = runs.missed(session, "compose", now - LASTS)
    if missed:
        times = ", ".join(f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" for moment in missed)
        yield Needed("compose", f"it was not run while Publisher did not run: {times}", missed[0])


def _waits(session: Session, planned: PlannedSend, zone: ZoneInfo) -> Iterator[News]:
    """The planned time is there, and the issue does not leave by itself."""
    if planned.skip_reason:
        return
    if planned.number is None:
        when = f"{planned.send_at.astimezone(zone):%Y-%m-%d %H:%M}"
        yield Needed("send", f"nothing was composed for {when}; run publisher compose", planned.send_at)
        return
    what = f"No. {planned.number}"
    if planned.state == IssueState.DRAFT:
        reason = "its planned time is over, and it is not approved"
        yield Needed(what, reason, planned.send_at, planned.number)
    if planned.state == IssueState.HELD and _was_held_before(session, planned):
        reason = f"its planned time is over, and it is held: {planned.state_reason}"
        yield Needed(what, reason, planned.send_at, planned.number)


def _was_held_before(session: Session, planned: PlannedSend) -> bool:
    """Whether it was composed and held before its time; what is held at its time is told by itself."""
    assert planned.number is not None
    issue = issues.by_number(session, planned.number)
    withdrawn = select(func.count()).where(
        ApprovalRow.issue_id == issue.id, col(ApprovalRow.withdrawn_at) >= planned.send_at
    )
    return issue.composed_at < planned.send_at and session.exec(withdrawn).one() == 0
