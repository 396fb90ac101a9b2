"""Planned runs of stages: who runs which, what came of it, and since when a cron line is gone by."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, or_, update
from sqlmodel import Session, col, select

from publisher.config.cron import same
from publisher.domain.run import Known, RunState, left_until
from publisher.store.bulk import insert_unless_there, table_of
from publisher.store.tables import LineRow, RunRow

NOT_RUNNING = "Publisher was not running"
LINE_CHANGED = "its line in config.toml was changed"
# Begun a third time, because the process ended in the middle of it twice.
LEFT_BEFORE_TOLD = 3


def line_since(session: Session, stage: str, line: str) -> datetime | None:
    """Since when does the clock go by this line of the stage, however it is spelt? None where it has not met it yet."""
    row = session.get(LineRow, stage)
    return row.since if row and same(row.line, line) else None


def has_line(session: Session, stage: str) -> bool:
    """Whether the clock went by any line of the stage before."""
    return session.get(LineRow, stage) is not None


def meet_line(session: Session, stage: str, line: str, now: datetime) -> None:
    """From now on the clock goes by this line."""
    session.merge(LineRow(stage=stage, line=line, since=now))


def known(session: Session, stage: str, occurrence: datetime) -> Known | None:
    """What is known of the run of that occurrence, if anything is."""
    row = session.get(RunRow, (stage, occurrence), populate_existing=True)
    return Known(RunState(row.state), row.attempts, row.due_at) if row else None


def newest(session: Session, stage: str) -> RunRow | None:
    """The run of the stage that was planned last."""
    query = select(RunRow).where(RunRow.stage == stage).order_by(col(RunRow.occurrence).desc()).limit(1)
    return session.exec(query.execution_options(populate_existing=True)).first()


def begin(session: Session, stage: str, occurrence: datetime, line: str, worker: str, now: datetime) -> bool:
    """Take the run of that occurrence; False where another process has taken it already."""
    row = RunRow(stage=stage, occurrence=occurrence, line=line, worker=worker, attempts=1, started_at=now)
    row.due_at = left_until(1, now)
    statement = insert_unless_there(session, RunRow).returning(table_of(RunRow).c.stage)
    return session.connection().execute(statement, row.model_dump()).first() is not None


def begin_again(session: Session, stage: str, occurrence: datetime, before: Known, worker: str, now: datetime) -> bool:
    """Take a run that failed or was left, as it was known `before`; False where another process was quicker."""
    attempts = before.attempts + 1
    taken = session.connection().execute(
        update(table_of(RunRow))
        .where(
            col(RunRow.stage) == stage,
            col(RunRow.occurrence) == occurrence,
            col(RunRow.state) == before.state.value,
            col(RunRow.attempts) == before.attempts,
        )
        .values(state=RunState.RUNNING.value, attempts=attempts, worker=worker, due_at=left_until(attempts, now))
        .returning(col(RunRow.stage))
    )
    return taken.first() is not None


def end(
    session: Session,
    stage: str,
    occurrence: datetime,
    state: RunState,
    now: datetime,
    *,
    worker: str,
    reason: str = "",
    due_at: datetime | None = None,
) -> None:
    """Write what came of a run that is still this worker's."""
    session.connection().execute(
        update(table_of(RunRow))
        .where(
            col(RunRow.stage) == stage,
            col(RunRow.occurrence) == occurrence,
            col(RunRow.state) == RunState.RUNNING.value,
            col(RunRow.worker) == worker,
        )
        .values(state=state.value, finished_at=now, due_at=due_at, reason=reason)
    )


def pass_over(session: Session, stage: str, occurrence: datetime, line: str, reason: str, now: datetime) -> None:
    """Write that a run was not made, and why; one that is there already stays as it is."""
    row = RunRow(stage=stage, occurrence=occurrence, line=line, started_at=now, finished_at=now, reason=reason)
    row.state = RunState.PASSED.value
    session.connection().execute(insert_unless_there(session, RunRow), row.model_dump())


def latest_start(session: Session) -> datetime | None:
    """When did the clock last begin anything? It never goes far behind that."""
    begun = session.exec(select(func.max(RunRow.started_at))).one()
    met = session.exec(select(func.max(LineRow.since))).one()
    return max((moment for moment in (begun, met) if moment), default=None)


def forget_after(session: Session, now: datetime) -> int:
    """Forget what a clock that was wrong wrote of times to come; returns how much it was."""
    runs = session.connection().execute(delete(table_of(RunRow)).where(col(RunRow.started_at) > now)).rowcount
    lines = session.connection().execute(delete(table_of(LineRow)).where(col(LineRow.since) > now)).rowcount
    return runs + lines


def failing_since(session: Session, stage: str) -> datetime | None:
    """When did the failures of the stage begin that have gone on until now? A run left again and again is one."""
    last_done = (
        select(func.max(RunRow.occurrence))
        .where(RunRow.stage == stage, RunRow.state == RunState.DONE.value)
        .scalar_subquery()
    )
    query = select(func.min(RunRow.started_at)).where(
        RunRow.stage == stage,
        or_(col(RunRow.state) == RunState.FAILED.value, is_left_again()),
        (col(RunRow.occurrence) > last_done) | last_done.is_(None),
    )
    return session.exec(query).one()


def is_left_again() -> ColumnElement[bool]:
    """Which runs are tried once more after their process ended in the middle of them, and not the first time?"""
    return and_(col(RunRow.state) == RunState.RUNNING.value, col(RunRow.attempts) >= LEFT_BEFORE_TOLD)


def begun_since(session: Session, stage: str, since: datetime, planned_since: datetime) -> list[RunRow]:
    """Runs that were begun or found missed after `since`, and planned after `planned_since`, the earliest first."""
    query = select(RunRow).where(
        RunRow.stage == stage, col(RunRow.started_at) > since, col(RunRow.occurrence) > planned_since
    )
    return list(session.exec(query.order_by(col(RunRow.occurrence)).execution_options(populate_existing=True)))


def missed(session: Session, stage: str, reason: str, since: datetime) -> list[datetime]:
    """Which planned times were passed over for that reason, as was found after `since`? The earliest first."""
    query = select(RunRow.occurrence).where(
        RunRow.stage == stage,
        RunRow.state == RunState.PASSED.value,
        RunRow.reason == reason,
        col(RunRow.started_at) > since,
    )
    return list(session.exec(query.order_by(col(RunRow.occurrence))))
