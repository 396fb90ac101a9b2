"""What was planned: runs of stages, the lines that plan them, weeks left out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from publisher.domain.run import RunState
from publisher.store.tables.base import Moment, moment, one_of


class RunRow(SQLModel, table=True):
    """One planned run of a stage. Its key decides between two schedulers: who writes the row runs the stage.

    `occurrence` is the planned time, `line` the cron line that named it. A run that failed is `failed` until `due_at`;
    `passed` was not run, for `reason`.
    """

    __tablename__ = "run"
    __table_args__ = (one_of("state", RunState),)

    stage: str = Field(primary_key=True)
    occurrence: datetime = Field(sa_column=Column(Moment(), primary_key=True), default=None)
    line: str
    state: str = RunState.RUNNING.value
    worker: str = ""
    attempts: int = 0
    started_at: datetime = moment()
    finished_at: datetime | None = moment(null=True)
    due_at: datetime | None = moment(null=True)
    reason: str = ""


class LineRow(SQLModel, table=True):
    """Since when the clock goes by this cron line of a stage: what it named before that is nothing that was missed."""

    __tablename__ = "line"

    stage: str = Field(primary_key=True)
    line: str
    since: datetime = moment()


class SkipRow(SQLModel, table=True):
    """The issue planned for `send_at` is left out on purpose. Readers are told only where `tells_readers`.

    Where an issue was cancelled by it, `was_state` and `was_reason` are what it is again when the skip is taken back.
    """

    __tablename__ = "skip"

    send_at: datetime = Field(sa_column=Column(Moment(), primary_key=True), default=None)
    reason: str = ""
    tells_readers: bool = False
    skipped_by: str = ""
    skipped_at: datetime = moment()
    was_state: str = ""
    was_reason: str = ""
