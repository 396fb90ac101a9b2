"""What waits for a person, as news; and a mark that changes whenever there may be something new to tell."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, func, select

from publisher.config.cron import next_time
from publisher.domain.issue import IssueState
from publisher.domain.notice import Needed, News, Skipped
from publisher.domain.run import RunState
from publisher.store import issues, runs, skips
from publisher.store.pages.schedule import PlannedSend, planned_send
from publisher.store.tables import EditorRow, IssueRow, PauseRow, SkipRow, SourceRow

LASTS = timedelta(days=1)
# What was planned longer ago than this is no news after an outage.
OUTAGE_LASTS = timedelta(days=14)
STAGES = ("collect", "compose", "send")
# Once may be a relay or a disk that blinked.
FAILED_BEFORE_TOLD = 2


def mark(session: Session) -> tuple[Any, ...]:
    """As long as this stays the same there is no other news, but for what the time alone brings."""
    newest = select(IssueRow).order_by(col(IssueRow.id).desc()).limit(5)
    states = [
        (
            row.id,
            row.state,
            row.state_reason,
            row.state_since,
            row.leaves_at,
            row.moved_to,
            row.released_at,
            row.sent_at,
        )
        for row in session.exec(newest)
    ]
    begun = [(row.stage, row.occurrence, row.state, row.attempts) for row in _newest_runs(session)]
    paused = [(row.channel, row.paused_at) for row in session.exec(select(PauseRow))]
    skipped = session.exec(select(func.count(), func.max(SkipRow.skipped_at)).select_from(SkipRow)).one()
    editors = session.exec(select(func.count(), func.max(EditorRow.id)).select_from(EditorRow)).one()
    looks = session.exec(select(func.max(SourceRow.last_read_at), func.sum(SourceRow.failures))).one()
    return tuple(states), tuple(begun), tuple(paused), tuple(skipped), tuple(editors), tuple(looks)


def needed(
    session: Session, *, compose: str, send: str, zone: ZoneInfo, holidays: Collection[date], now: datetime
) -> list[News]:
    """What stops, fails, was missed, or waits for somebody; and the next issue where it is skipped."""
    found = [*_failing(session), *_paused(session), *_missed(session, zone, now)]
    begun = runs.begun_since(session, "send", now - LASTS, now - OUTAGE_LASTS)
    for occurrence in (row.occurrence for row in begun):
        planned = planned_send(session, occurrence, compose=compose, zone=zone, holidays=holidays)
        if next_time(send, zone, planned.compose_at) == planned.send_at:
            found += _waits(session, planned, zone, now)
    coming = planned_send(session, next_time(send, zone, now), compose=compose, zone=zone, holidays=holidays)
    if coming.compose_at <= now and coming.skip_reason:
        found.append(_skipped(session, coming, zone))
    elif coming.number is None and _is_done(session, "compose", coming.compose_at):
        found += _waits(session, coming, zone, now)  # a skip was taken back, and nothing will compose it by itself
    return found


def _newest_runs(session: Session) -> list[Any]:
    return [row for stage in STAGES if (row := runs.newest(session, stage))]


def _failing(session: Session) -> Iterator[News]:
    for row in _newest_runs(session):
        is_failing = row.state == RunState.FAILED and row.attempts >= FAILED_BEFORE_TOLD
        is_left = row.state == RunState.RUNNING and row.attempts >= runs.LEFT_BEFORE_TOLD
        if is_failing or is_left:
            reason = row.reason or "Publisher ended in the middle of it again and again; its log may say why"
            yield Needed(row.stage, reason, runs.failing_since(session, row.stage) or row.started_at)


def _paused(session: Session) -> Iterator[News]:
    for row in session.exec(select(PauseRow).order_by(col(PauseRow.channel))):
        yield Needed(f"channel {row.channel}", row.reason, row.paused_at)


def _missed(session: Session, zone: ZoneInfo, now: datetime) -> Iterator[News]:
    if missed := runs.missed(session, "compose", runs.NOT_RUNNING, now - LASTS):
        yield Needed("compose", f"it was not run while Publisher did not run: {_times(missed, zone)}", missed[0])
    if passed := runs.missed(session, "compose", runs.LINE_CHANGED, now - LASTS):
        times = _times(passed, zone)
        reason = f"its line in config.toml was changed, so it was not run: {times}; run publisher compose"
        yield Needed("compose", reason, passed[0])


def _times(moments: list[datetime], zone: ZoneInfo) -> str:
    return ", ".join(f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" for moment in moments)


def _is_done(session: Session, stage: str, occurrence: datetime) -> bool:
    known = runs.known(session, stage, occurrence)
    return known is not None and known.state == RunState.DONE


def _skipped(session: Session, planned: PlannedSend, zone: ZoneInfo) -> Skipped:
    row = skips.of(session, planned.send_at, zone)
    return Skipped(planned.send_at, planned.skip_reason, row.skipped_at if row else None)


def _waits(session: Session, planned: PlannedSend, zone: ZoneInfo, now: datetime) -> Iterator[News]:
    """The planned time is there, and the issue does not leave by itself."""
    if planned.skip_reason:
        yield _skipped(session, planned, zone)
        return
    if planned.number is None:
        if _is_passed(session, planned):
            return  # that is told of composing
        when = f"{planned.send_at.astimezone(zone):%Y-%m-%d %H:%M}"
        yield Needed("send", f"nothing was composed for {when}; run publisher compose", planned.send_at)
        return
    what = f"No. {planned.number}"
    moved_to = issues.by_number(session, planned.number).moved_to
    if moved_to and moved_to > now:
        return
    if planned.state == IssueState.DRAFT:
        reason = "its planned time is over, and it is not approved"
        yield Needed(what, reason, planned.send_at, planned.number)
    if planned.state == IssueState.HELD and _was_held_before(session, planned):
        reason = f"its planned time is over, and it is held: {planned.state_reason}"
        yield Needed(what, reason, planned.send_at, planned.number)


def _was_held_before(session: Session, planned: PlannedSend) -> bool:
    """Whether it was held before its time; what is held at its time is told by itself."""
    assert planned.number is not None
    issue = issues.by_number(session, planned.number)
    return (issue.state_since or issue.composed_at) < planned.send_at


def _is_passed(session: Session, planned: PlannedSend) -> bool:
    known = runs.known(session, "compose", planned.compose_at)
    return known is not None and known.state == RunState.PASSED
