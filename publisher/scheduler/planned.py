"""The stages that run at planned times: a table of cron line → stage, worked off one after the other.

Promise: each planned time is run at most once to its end, by the one process whose row is in the `run` table; the
latest one that was missed is made up for; what fails is tried again, later and later. An idle look writes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from publisher.config.cron import last_time, next_time, times_between
from publisher.domain.approval import spoken
from publisher.domain.issue import IssueState
from publisher.domain.run import Known, RunState, again_after, is_due
from publisher.errors import PublisherError
from publisher.stages import collect, compose
from publisher.store import runs
from publisher.store.pages.schedule import planned_send

if TYPE_CHECKING:
    from publisher.delivery.engine import Clock
    from publisher.store.db import Session
    from publisher.wiring import Publication

MISSED_KEPT = 10

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stage:
    """One line of the table. `run` gives what came of it, in words for the log."""

    name: str
    line: str
    run: Callable[[datetime, datetime], str]
    makes_up: bool = False  # whether every time that was missed is written down, not only the latest


class NotDone(PublisherError):
    """The stage ran and came to nothing; it is tried again."""


@dataclass
class Planned:
    """The table of one publication. `turn` does what is due now. `begun_at` is when it last wrote anything."""

    publication: Publication
    clock: Clock
    told: Callable[[str], None]
    is_stopping: Callable[[], bool]
    begun_at: datetime | None = None
    _settled: dict[str, datetime] = field(default_factory=dict)
    _source_errors: dict[str, str] = field(default_factory=dict)

    def table(self) -> tuple[Stage, ...]:
        schedule = self.publication.settings.schedule
        return (
            Stage("collect", schedule.collect, self._collect),
            Stage("compose", schedule.compose, self._compose, makes_up=True),
            Stage("send", schedule.send, self._planned_send, makes_up=True),
        )

    def turn(self) -> None:
        """Run every stage that is due. One that fails stops none of the others."""
        for stage in self.table():
            if not self.is_stopping():
                self._turn(stage)

    def forget(self) -> None:
        """The database may be another one now: look at everything anew."""
        self._settled.clear()

    def _turn(self, stage: Stage) -> None:
        database, now = self.publication.database, self.clock.now()
        occurrence = last_time(stage.line, self._zone, now)
        if self._settled.get(stage.name) == occurrence:
            return
        with database.read() as session:
            since = runs.line_since(session, stage.name, stage.line)
            known = runs.known(session, stage.name, occurrence)
        if since is None:
            self._meet(stage, occurrence, known, now)
            return
        if not is_due(known, occurrence, since, now):
            if known is None or known.state in (RunState.DONE, RunState.PASSED):
                self._settled[stage.name] = occurrence
            return
        if self._take(stage, occurrence, since, known, now):
            self.begun_at = now
            self._run(stage, occurrence, (known.attempts if known else 0) + 1)

    def _meet(self, stage: Stage, occurrence: datetime, known: Known | None, now: datetime) -> None:
        """From now on this line counts. Where an issue is lost by the change, editors decide, so they are told."""
        with self.publication.database.write() as session:
            is_changed = runs.has_line(session, stage.name)
            runs.meet_line(session, stage.name, stage.line, now)
            if is_changed and known is None and stage.name == "compose" and self._is_wanted(session, occurrence, now):
                runs.pass_over(session, stage.name, occurrence, stage.line, runs.LINE_CHANGED, now)
                self.told(f"compose of {self.local(occurrence)} is passed over: {runs.LINE_CHANGED}")
        self.begun_at = now

    def _is_wanted(self, session: Session, occurrence: datetime, now: datetime) -> bool:
        """Whether composing would have been made up for, and there is no issue that it would have made."""
        schedule = self.publication.settings.schedule
        send_at = next_time(schedule.send, self._zone, occurrence)
        planned = planned_send(session, send_at, compose=schedule.compose, zone=self._zone, holidays=schedule.holidays)
        return now - occurrence <= schedule.grace and planned.number is None and not planned.skip_reason

    def _take(self, stage: Stage, occurrence: datetime, since: datetime, known: Known | None, now: datetime) -> bool:
        """Take the run, after writing down what was missed before it. False where another process has it."""
        worker = self.publication.worker
        with self.publication.database.write() as session:
            if known:
                return runs.begin_again(session, stage.name, occurrence, known, worker, now)
            if stage.makes_up:
                newest = runs.newest(session, stage.name)
                # What is before `since` was not missed; just before it, because a time that is exactly then counts.
                after = max([since - timedelta(seconds=1), *([newest.occurrence] if newest else [])])
                for missed in list(times_between(stage.line, self._zone, after, occurrence))[-MISSED_KEPT:]:
                    runs.pass_over(session, stage.name, missed, stage.line, runs.NOT_RUNNING, now)
                    self.told(f"{stage.name} of {self.local(missed)} was missed: {runs.NOT_RUNNING}")
            return runs.begin(session, stage.name, occurrence, stage.line, worker, now)

    def _run(self, stage: Stage, occurrence: datetime, attempt: int) -> None:
        state, reason, due_at = RunState.DONE, "", None
        try:
            reason = stage.run(occurrence, self.clock.now())
        except PublisherError as error:
            state, reason = RunState.FAILED, error.message
        except Exception as error:  # a stage's own mistake must not cost the week: told, with its trace in the log
            log.exception("%s failed", stage.name)
            state, reason = RunState.FAILED, f"failed unexpectedly ({type(error).__name__}); the log has the details"
        now = self.clock.now()
        if state == RunState.FAILED:
            due_at = now + again_after(attempt)
            self.told(f"{stage.name}: {reason}; tried again {self.local(due_at)}")
        with self.publication.database.write() as session:
            runs.end(
                session,
                stage.name,
                occurrence,
                state,
                now,
                worker=self.publication.worker,
                reason=reason,
                due_at=due_at,
            )

    # --- what each stage does

    def _collect(self, occurrence: datetime, now: datetime) -> str:
        publication = self.publication
        reports = collect.run(publication.database, publication.sources(), publication.fetcher, now=now)
        failed = {report.source: report.error for report in reports if report.error}
        for name, error in failed.items():
            if self._source_errors.get(name) != error:
                self.told(f"source {name}: {error}")
        for name in self._source_errors.keys() - failed.keys():
            self.told(f"source {name} can be read again")
        self._source_errors = failed
        asked = [options.name for options in publication.settings.sources if options.kind != "editor"]
        if asked and len(failed) == len(asked):
            raise NotDone(f"no source can be read; {asked[0]}: {failed.get(asked[0], '')}")
        new, edited = sum(report.new for report in reports), sum(report.edited for report in reports)
        if new or edited:
            self.told(f"collect: {new} new, {edited} edited")
        return f"{new} new, {edited} edited"

    def _compose(self, occurrence: datetime, now: datetime) -> str:
        publication = self.publication
        composed = compose.run(
            publication.database,
            publication.settings,
            publication.renderer,
            publication.rule,
            now=now,
            occurrence=occurrence,
        )
        leaves = self.local(composed.send_at)
        late = f", late by {spoken(now - occurrence)}" if now - occurrence >= timedelta(minutes=1) else ""
        if composed.skip_reason:
            told = f"the issue of {leaves} is skipped: {composed.skip_reason}"
        elif not composed.is_new:
            told = f"No. {composed.number} was composed already"
        elif composed.hold_reason:
            told = f"No. {composed.number} is held: {composed.hold_reason}"
        else:
            told = f"No. {composed.number} is a draft, planned for {leaves}{late}"
        self.told(f"compose: {told}")
        return told

    def _planned_send(self, occurrence: datetime, now: datetime) -> str:
        """Nothing leaves here: only whether there is an issue for this time, and whether it may go."""
        schedule = self.publication.settings.schedule
        with self.publication.database.read() as session:
            planned = planned_send(
                session, occurrence, compose=schedule.compose, zone=self._zone, holidays=schedule.holidays
            )
        if next_time(schedule.send, self._zone, planned.compose_at) != occurrence:
            return "no compose leads to this time"
        if planned.skip_reason:
            return f"skipped: {planned.skip_reason}"
        if planned.number is None:
            self.told(f"send: nothing was composed for {self.local(occurrence)}; run publisher compose")
            return "nothing was composed for this time"
        if planned.state in (IssueState.DRAFT, IssueState.HELD):
            why = f": {planned.state_reason}" if planned.state_reason else ""
            self.told(f"send: No. {planned.number} does not leave, it is {planned.state}{why}")
        return f"No. {planned.number} is {planned.state}"

    @property
    def _zone(self) -> ZoneInfo:
        return self.publication.settings.publication.timezone

    def local(self, moment: datetime) -> str:
        """A time as the log writes it, on the publication's clock."""
        return moment.astimezone(self._zone).strftime("%a %Y-%m-%d %H:%M %Z")
