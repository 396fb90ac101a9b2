"""A clock that a test sets, and the works of the scheduler without their threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from publisher.delivery.engine import Clock
from publisher.scheduler.deliver import Delivering
from publisher.scheduler.news import Telling
from publisher.scheduler.planned import Planned
from publisher.store import notices, runs
from tests.newsroom import Newsroom


@dataclass
class Watch:
    """One newsroom with the clock at `now`. `lines` is what was told."""

    newsroom: Newsroom
    now: datetime
    lines: list[str] = field(default_factory=list)
    is_stopping: Callable[[], bool] = lambda: False

    def __post_init__(self) -> None:
        self.starts()

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, lambda: 0.5)

    def starts(self) -> None:
        """A process begins, with nothing in its memory."""
        publication = self.newsroom.publication
        self.planned = Planned(publication, self.clock, self.lines.append, self.is_stopping)
        self.delivering = Delivering(publication, self.clock, self.lines.append, self.is_stopping)
        self.telling = Telling(publication)

    def looks(self, now: datetime | None = None) -> list[str]:
        """One look of every work; what was told, but for the notices that were mailed."""
        self.now = now or self.now
        self.lines.clear()
        self.planned.turn()
        self.telling.turn(self.now)
        self.delivering.turn()
        self.delivering.wait()
        return [line for line in self.lines if not line.startswith("notices: ")]

    def goes_on_until(self, until: datetime, step: timedelta = timedelta(minutes=10)) -> list[str]:
        """Looks again and again until then."""
        told = []
        while self.now < until:
            told += self.looks(min(self.now + step, until))
        return told

    def run_of(self, stage: str, occurrence: datetime) -> str:
        """What the database knows of that run: "done", "failed" …; empty for nothing."""
        with self.newsroom.database.read() as session:
            known = runs.known(session, stage, occurrence)
        return known.state.value if known else ""

    def notices(self) -> list[tuple[str, str]]:
        """(kind, state) of every notice, the oldest first."""
        with self.newsroom.database.read() as session:
            return [(row.kind, row.state) for row, _ in reversed(notices.newest(session, 100))]

    def subjects(self) -> list[str]:
        with self.newsroom.database.read() as session:
            return [row.subject for row, _ in reversed(notices.newest(session, 100))]
