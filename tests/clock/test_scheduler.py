"""The clock with its threads: it starts, stops, says what keeps it from working, and goes on when that is over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from publisher.delivery.engine import Clock
from publisher.errors import Busy
from publisher.scheduler.clock import NO_DATABASE, Scheduler
from publisher.scheduler.waker import Waker
from publisher.store import runs
from publisher.store.db import exclusive, open_database
from publisher.store.hold import lock_number
from tests.newsroom import FRIDAY, THURSDAY, Newsroom
from tests.postgres import Postgres

TICK = timedelta(milliseconds=50)
SOON = timedelta(seconds=10)
STORIES = ("A harbour learns to count ships", "Library robots take the night shift", "Bread by forecast")


@dataclass
class Running:
    """A scheduler at work; the test sets its clock. `lost` is set when another process took over."""

    newsroom: Newsroom
    now: datetime
    lines: list[str] = field(default_factory=list)
    lost: threading.Event = field(default_factory=threading.Event)

    def has_composed(self) -> bool:
        from publisher.errors import PublisherError

        with suppress(PublisherError):
            return bool(self.newsroom.issue())
        return False


@contextmanager
def running(newsroom: Newsroom, now: datetime) -> Iterator[tuple[Running, Scheduler]]:
    hands = Running(newsroom, now)
    clock = Clock(lambda: hands.now, lambda: 0.5)
    with exclusive(newsroom.database, "run") as held:
        scheduler = Scheduler(
            newsroom.publication, clock, tick=TICK, told=hands.lines.append, held=held, on_lost=hands.lost.set
        )
        scheduler.start()
        try:
            yield hands, scheduler
        finally:
            assert scheduler.stop(SOON)


def eventually(is_so: Callable[[], object]) -> None:
    """However slow the machine is, but not for ever."""
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline, "it did not come about within a minute"
        time.sleep(0.02)


@pytest.fixture
def newsroom(tmp_path: Path, database_url: str) -> Iterator[Newsroom]:
    opened = Newsroom.open(tmp_path / "publication", database_url)
    opened.has_editors("kim@example.org")
    opened.writes(*STORIES, now=THURSDAY - timedelta(hours=20))
    yield opened
    opened.database.close()


def test_it_composes_when_its_clock_says_so_and_stops_when_asked(newsroom: Newsroom) -> None:
    with running(newsroom, THURSDAY - timedelta(hours=1)) as (hands, scheduler):
        eventually(lambda: knows_its_lines(newsroom))
        hands.now = THURSDAY + timedelta(seconds=1)
        eventually(hands.has_composed)
        assert scheduler.troubles() == []
    count = threading.active_count()
    assert not any("Scheduler" in thread.name for thread in threading.enumerate()), count
    assert "Thu 2026-05-28 09:00 KST  compose: No. 1 is a draft, planned for Fri 2026-05-29 07:30 KST" in hands.lines


def knows_its_lines(newsroom: Newsroom) -> bool:
    schedule = newsroom.publication.settings.schedule
    with newsroom.database.read() as session:
        return bool(runs.line_since(session, "send", schedule.send))


def test_a_clock_that_is_hours_behind_does_nothing_and_says_so(newsroom: Newsroom) -> None:
    ahead = THURSDAY + timedelta(days=3)
    with newsroom.database.write() as session:
        runs.meet_line(session, "compose", "0 9 * * THU", ahead - timedelta(days=9))
        assert runs.begin(session, "collect", ahead, "0 */2 * * *", "one", ahead)
    with running(newsroom, THURSDAY + timedelta(minutes=1)) as (hands, scheduler):
        eventually(scheduler.troubles)
        [trouble] = scheduler.troubles()
        assert trouble.startswith("the clock is 71 h 59 min behind the last run, which began at Sun 2026-05-31 09:00")
        assert "--trust-clock" in trouble
        assert not hands.has_composed()
        hands.now = ahead + timedelta(minutes=1)
        eventually(lambda: not scheduler.troubles())
        assert len([line for line in hands.lines if "behind the last run" in line]) == 1  # said once


def test_what_a_wrong_clock_wrote_can_be_forgotten(newsroom: Newsroom) -> None:
    ahead = THURSDAY + timedelta(days=300)
    with newsroom.database.write() as session:
        runs.meet_line(session, "compose", "0 9 * * THU", ahead)
        assert runs.begin(session, "collect", ahead, "0 */2 * * *", "one", ahead)
        assert runs.begin(session, "collect", THURSDAY, "0 */2 * * *", "one", THURSDAY)
    with newsroom.database.write() as session:
        assert runs.forget_after(session, THURSDAY + timedelta(hours=1)) == 2
    with newsroom.database.read() as session:
        assert runs.latest_start(session) == THURSDAY


def test_a_sqlite_file_that_vanishes_and_returns(tmp_path: Path) -> None:
    newsroom = Newsroom.open(tmp_path / "publication", "sqlite:///var/publisher.db")
    newsroom.writes(*STORIES, now=THURSDAY - timedelta(hours=20))
    folder, away = newsroom.root / "var", newsroom.root / "away"
    with running(newsroom, THURSDAY - timedelta(hours=1)) as (hands, scheduler):
        eventually(lambda: knows_its_lines(newsroom))
        folder.rename(away)
        eventually(lambda: scheduler.troubles() == [NO_DATABASE])
        hands.now = THURSDAY + timedelta(minutes=1)
        time.sleep(0.3)
        assert not folder.exists()  # nothing was made anew in its place
        away.rename(folder)
        eventually(hands.has_composed)
        eventually(lambda: not scheduler.troubles())
        with pytest.raises(Busy), exclusive(newsroom.database, "run"):
            pass
    newsroom.database.close()


@pytest.fixture
def on_postgres(tmp_path: Path, postgres: Postgres) -> Iterator[tuple[Newsroom, str]]:
    name = postgres.create()
    newsroom = Newsroom.open(tmp_path / "publication", postgres.url(name))
    newsroom.writes(*STORIES, now=THURSDAY - timedelta(hours=20))
    yield newsroom, name
    newsroom.database.close()
    postgres.drop(name)


def lets_in(postgres: Postgres, name: str, *, everybody: bool) -> None:
    """Let connections in to that database or not; those that are open are ended either way."""
    allowed = sql.SQL("true" if everybody else "false")
    postgres.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(sql.Identifier(name), allowed))
    postgres.execute(
        sql.SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}").format(sql.Literal(name))
    )


def test_a_postgresql_that_vanishes_and_returns(on_postgres: tuple[Newsroom, str], postgres: Postgres) -> None:
    newsroom, name = on_postgres
    with running(newsroom, THURSDAY - timedelta(hours=1)) as (hands, scheduler):
        eventually(lambda: knows_its_lines(newsroom))
        lets_in(postgres, name, everybody=False)
        eventually(lambda: scheduler.troubles() == [NO_DATABASE])
        hands.now = THURSDAY + timedelta(minutes=1)
        lets_in(postgres, name, everybody=True)
        eventually(hands.has_composed)
        eventually(lambda: not scheduler.troubles())
        other = open_database(newsroom.publication.settings.database.url, newsroom.root)
        with pytest.raises(Busy), exclusive(other, "run"):  # the lock was taken again with the connection
            pass
        other.close()
        assert not hands.lost.is_set()


def test_who_lost_the_lock_to_another_while_the_database_was_away_ends(
    on_postgres: tuple[Newsroom, str], postgres: Postgres
) -> None:
    newsroom, name = on_postgres
    with (
        psycopg.connect(host=str(postgres.folder), user="publisher", dbname=name, autocommit=True) as other,
        running(newsroom, THURSDAY - timedelta(hours=1)) as (hands, _),
    ):
        eventually(lambda: knows_its_lines(newsroom))
        # Another process waits for the lock, and has it the moment in which our connection is lost.
        waiting = threading.Thread(target=other.execute, args=["SELECT pg_advisory_lock(%s)", [lock_number("run")]])
        waiting.start()
        eventually(lambda: is_waiting(postgres, name, other.info.backend_pid))
        end_others(postgres, name, other.info.backend_pid)
        waiting.join(60)
        hands.now = THURSDAY + timedelta(minutes=1)
        eventually(hands.lost.is_set)
        assert not hands.has_composed()
    assert any("run is already running on this database" in line for line in hands.lines)


def is_waiting(postgres: Postgres, name: str, pid: int) -> bool:
    with psycopg.connect(host=str(postgres.folder), user="publisher", dbname=name) as connection:
        found = connection.execute("SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted", [pid])
        return found.fetchone() is not None


def end_others(postgres: Postgres, name: str, pid: int) -> None:
    postgres.execute(
        sql.SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {} AND pid <> {}").format(
            sql.Literal(name), sql.Literal(pid)
        )
    )


def test_a_work_that_fails_is_in_the_troubles_and_stops_none_of_the_others(newsroom: Newsroom) -> None:
    secret = newsroom.root / "var" / "secret"
    words = secret.read_text()
    newsroom.composes(now=THURSDAY - timedelta(hours=2))
    newsroom.has_readers(1)
    newsroom.approves(now=THURSDAY - timedelta(hours=2))
    secret.unlink()
    with running(newsroom, FRIDAY - timedelta(hours=1)) as (hands, scheduler):
        eventually(lambda: knows_its_lines(newsroom))
        hands.now = FRIDAY
        eventually(lambda: any(trouble.startswith("sending: ") for trouble in scheduler.troubles()))
        assert len([line for line in hands.lines if "sending: " in line]) == 1
        secret.write_text(words)
        eventually(lambda: not scheduler.troubles())
        assert any(line.endswith("sending: goes on") for line in hands.lines)


def test_a_waker_is_not_put_to_sleep_by_a_clock_that_is_set_back_nor_driven_mad_by_one_set_forward() -> None:
    import time_machine

    woken: list[datetime] = []
    waker = Waker([lambda: woken.append(datetime.now(tz=THURSDAY.tzinfo))], TICK)
    with time_machine.travel(THURSDAY) as traveller:
        waker.start()
        eventually(lambda: len(woken) > 2)
        traveller.move_to(THURSDAY - timedelta(days=1))
        before = len(woken)
        eventually(lambda: len(woken) > before + 2)
        traveller.move_to(THURSDAY + timedelta(days=4000))
        before = len(woken)
        eventually(lambda: len(woken) > before + 2)
        assert len(woken) < before + 100
        waker.stop()
