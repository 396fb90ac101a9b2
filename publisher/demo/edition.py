"""One language's edition: a publication of its own in a folder, an inbox, a timeline, and the week played in it.

The week goes through the same stages as a real one; only its clock jumps.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import publisher
from publisher.delivery.engine import Clock
from publisher.demo.clock import DemoTime
from publisher.demo.inbox import Inbox, inbox
from publisher.demo.script import (
    EDITOR,
    GONE,
    HERE,
    PICTURES,
    PLAYED,
    WATCHED,
    Pace,
    Script,
    config,
    mark_pages,
    print_press,
    write_keys,
)
from publisher.demo.timeline import Timeline
from publisher.domain.issue import IssueState
from publisher.scheduler.sending import releasing, sending
from publisher.stages import approve, collect, compose, enroll, init, notify, send
from publisher.store import issues, pictures
from publisher.transfer.plain import read_csv
from publisher.wiring import Publication, load_settings

_MONDAY = datetime(2026, 5, 25, 9)  # noqa: DTZ001  its zone is the edition's own
_POSTS_APART = timedelta(minutes=20)
STEPS = 6

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What one collecting and composing found: how many items, from how many sources, and what came of them."""

    at: datetime
    number: int
    items: int
    sources: int


@dataclass
class Edition:
    """One edition, open. `gathered` has one entry for each week so far, the oldest first."""

    script: Script
    folder: Path
    base_url: str
    time: DemoTime
    inbox: Inbox
    timeline: Timeline
    publication: Publication
    gathered: list[Gathered] = field(default_factory=list)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.script.zone)

    @property
    def clock(self) -> Clock:
        return Clock(self.time.now, random.random)

    @property
    def first(self) -> int:
        """The number of the issue that was played."""
        return self.gathered[0].number

    @property
    def next(self) -> int:
        """The number of the draft that waits."""
        return self.gathered[-1].number


def blank_database(folder: Path) -> Path:
    """A database of a day before the first, made in another process: what migrates keeps 11 MB of this one."""
    folder.mkdir(parents=True, exist_ok=True)
    code = "import sys; from pathlib import Path; from publisher.store import db; db.upgrade(sys.argv[1], Path())"
    path = folder / "blank.db"
    subprocess.run([sys.executable, "-c", code, f"sqlite:///{path}"], check=True)  # noqa: S603  our own words
    return path


@contextmanager
def edition(script: Script, folder: Path, base_url: str, blank: Path) -> Iterator[Edition]:
    """An edition before its first day, until the block ends. `base_url` is where its pages will be.

    `blank` is a database as `blank_database` makes it.
    """
    time = DemoTime(_MONDAY.replace(tzinfo=ZoneInfo(script.zone)))
    with (
        inbox(folder / "inbox", gone=(GONE,), now=time.now) as mail,
        Timeline(name=script.name, shown_at=f"{base_url}/timeline", now=time.now, ends_within=0.5) as timeline,
    ):
        init.run(folder / "publication", random_bytes=lambda count: script.language.encode() * (count // 2))
        write_keys(folder / "publication")
        mark_pages(folder / "publication" / "templates", script)
        shutil.copy(blank, folder / "publication" / "var" / "publisher.db")
        publication = _configure(script, folder, base_url, mail, timeline, PLAYED)
        opened = Edition(script, folder, base_url, time, mail, timeline, publication)
        try:
            yield opened
        finally:
            opened.publication.database.close()


def play(edition: Edition, told: Told) -> None:
    """A week, and the Monday after it, on which a draft waits; `told` hears of each of the STEPS as it begins."""
    told("readers and pictures")
    _enroll(edition)
    told("news")
    _gather(edition, HERE / "week")
    told("approval")
    _approve(edition)
    told("letters")
    edition.time.jump(_at(edition, days=1, hour=7, minute=30))
    releasing(edition.publication, edition.time.now())
    _send(edition)
    told("posts")
    while not _is_sent(edition):  # they are spaced out over two hours: the clock jumps from one to the next
        edition.time.jump(edition.time.now() + _POSTS_APART)
        _send(edition)
    _tell(edition, edition.first)
    told("the next draft")
    edition.time.jump(_at(edition, days=7, hour=9))
    _gather(edition, HERE / "next_week")


def go_live(edition: Edition, lead: timedelta) -> None:
    """`lead` before the next issue is planned; from there the clock runs by itself, at a pace that can be watched."""
    planned = _at(edition, days=8, hour=7, minute=30)
    edition.publication.database.close()
    edition.publication = _configure(
        edition.script, edition.folder, edition.base_url, edition.inbox, edition.timeline, WATCHED
    )
    edition.time.jump(planned - lead)
    edition.time.go()


def _configure(script: Script, folder: Path, base_url: str, mail: Inbox, timeline: Timeline, pace: Pace) -> Publication:
    path = folder / "publication" / "config.toml"
    path.write_text(config(script, base_url, folder / "press", mail.port, timeline.url, pace), encoding="utf-8")
    return Publication(load_settings(path))


def _at(edition: Edition, *, days: int, hour: int, minute: int = 0) -> datetime:
    """A time on the edition's own clock, so many days after the first Monday."""
    day = _MONDAY + timedelta(days=days)
    return day.replace(hour=hour, minute=minute, tzinfo=edition.zone)


def _enroll(edition: Edition) -> None:
    database, now = edition.publication.database, edition.time.now()
    enroll.import_rows(database, read_csv(_sample().read_bytes()).rows, "weekly", origin="sample.csv", now=now)
    enroll.add_editor(database, EDITOR, "admin", now=now)
    with database.write() as session:
        for path in sorted((HERE / "pictures").glob("*.jpg")):
            pictures.put(session, f"{PICTURES}{path.name}", path.read_bytes(), now)


def _gather(edition: Edition, week: Path) -> None:
    publication, now = edition.publication, edition.time.now()
    print_press(edition.script, edition.base_url, week, edition.folder / "press")
    reports = collect.run(publication.database, publication.sources(), publication.fetcher, now=now)
    composed = compose.run(publication.database, publication.settings, publication.renderer, publication.rule, now=now)
    edition.gathered.append(Gathered(now, composed.number, sum(report.new for report in reports), len(reports)))
    _tell(edition, composed.number)


def _approve(edition: Edition) -> None:
    schedule = edition.publication.settings.schedule
    edition.time.jump(edition.time.now() + timedelta(minutes=20))
    approve.run(
        edition.publication.database,
        edition.first,
        by=EDITOR,
        approvals=schedule.approvals,
        cooling_off=schedule.cooling_off,
        identity=edition.publication.identity(),
        grace=schedule.grace,
        now=edition.time.now(),
    )


def _send(edition: Edition) -> None:
    with send.alone(edition.publication.database):
        send.run(sending(edition.publication, edition.clock))


def _is_sent(edition: Edition) -> bool:
    with edition.publication.database.read() as session:
        return issues.by_number(session, edition.first).state == IssueState.SENT


def _tell(edition: Edition, number: int) -> None:
    """Mail the editor what became of an issue."""
    publication = edition.publication
    news = notify.about(publication.database, number)
    notify.tell(publication.database, publication.notice_writer, news, now=edition.time.now())
    with send.alone(publication.database):
        notify.send(
            publication.database,
            publication.notice_channel(),
            publication.identity(),
            worker=publication.worker,
            clock=edition.clock,
        )


def _sample() -> Path:
    """The made-up readers. A wheel has them in the package, a checkout in subscribers/."""
    packaged = HERE / "week" / "sample.csv"
    return packaged if packaged.is_file() else Path(publisher.__file__).parents[1] / "subscribers" / "sample.csv"
