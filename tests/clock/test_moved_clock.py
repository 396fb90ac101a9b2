"""A real process whose wall clock is moved under it: summer time, steps, a machine that slept.

libfaketime gives the process another wall clock than ours; its monotonic clock stays the real one, as in a machine
whose clock is set. Every minute collect runs, with nothing to read: so the test knows when the process has looked.

Spring and autumn, each zone, and both what is composed and what leaves are among the tests; the other half of the table
is among the longer proofs (`make trial`).
"""

from __future__ import annotations

import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from publisher.config.cron import last_time
from publisher.errors import NotFound
from publisher.store import runs
from publisher.wiring import Publication, load_settings
from tests.clock.process import Process, run
from tests.newsroom import Newsroom

NEW_YORK, LONDON, SEOUL = "America/New_York", "Europe/London", "Asia/Seoul"
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
STORIES = ("A harbour learns to count ships", "Library robots take the night shift", "Bread by forecast")
MISSING = "libfaketime is not installed and the tests need it; install the Debian package `faketime`"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@dataclass
class Moved:
    """A running process and the clock that it sees."""

    newsroom: Newsroom
    clock: Path
    process: Process

    def comes_to(self, moment: datetime) -> None:
        """Set the clock, and wait until the process has worked off all that is due then."""
        for later in (timedelta(0), MINUTE):  # at the second minute the look of the first one has ended
            set_to(self.clock, moment + later)
            self.process.until(self._has_looked(moment + later))

    def has_begun(self) -> bool:
        schedule = self.newsroom.publication.settings.schedule
        with self.newsroom.database.read() as session:
            return runs.line_since(session, "send", schedule.send) is not None

    def _has_looked(self, moment: datetime) -> Callable[[], bool]:
        """Whether it has collected at that minute, which is asked again and again."""
        settings = self.newsroom.publication.settings
        minute = last_time(settings.schedule.collect, settings.publication.timezone, moment)

        def has_looked() -> bool:
            with self.newsroom.database.read() as session:
                known = runs.known(session, "collect", minute)
            return known is not None and known.state == "done"

        return has_looked

    def composed(self) -> int:
        return self.process.log.count("compose: No. ")


def set_to(clock: Path, moment: datetime) -> None:
    """The clock goes on from `moment`."""
    new = clock.with_suffix(".new")
    new.write_text(f"{(moment - datetime.now(UTC)).total_seconds():+.3f}")
    new.replace(clock)


def library() -> Path:
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    assert found, MISSING
    return found[0]


@contextmanager
def moved(newsroom: Newsroom, start: datetime) -> Iterator[Moved]:
    clock = newsroom.root / "clock"
    set_to(clock, start)
    environ = {
        "LD_PRELOAD": str(library()),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_NO_CACHE": "1",
        # Else a wait for the interpreter's lock ends at once, and every thread that wants it spins.
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
    }
    with run(newsroom.root, "--tick", "0.2", **environ) as process:
        hands = Moved(newsroom, clock, process)
        process.until(hands.has_begun)
        yield hands


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "publication"


def opened(folder: Path, zone: str, compose: str, send: str, written: datetime) -> Newsroom:
    """A publication with readers and news, and these lines."""
    first = Newsroom.open(folder, "sqlite:///var/publisher.db")
    first.database.close()
    config = folder / "config.toml"
    lines = f'[schedule]\ncollect = "* * * * *"\ncompose = "{compose}"\nsend = "{send}"'
    text = config.read_text().replace("[schedule]", lines).replace("Asia/Seoul", zone)
    config.write_text(text)
    newsroom = Newsroom(Publication(load_settings(config)))
    newsroom.has_readers(2)
    newsroom.has_editors("kim@example.org")
    newsroom.writes(*STORIES, now=written)
    return newsroom


def always(*case: str) -> ParameterSet:
    return pytest.param(*case)


def rarely(*case: str) -> ParameterSet:
    """One for the longer proofs."""
    return pytest.param(*case, marks=pytest.mark.trial)


# zone, compose line, just before it, when it must not have run yet, when it must have, and once more
@pytest.mark.parametrize(
    ("zone", "line", "start", "not_yet", "then"),
    [
        rarely(NEW_YORK, "30 2 * * SUN", "2026-03-08T01:50-05:00", "2026-03-08T03:20-04:00", "2026-03-08T03:31-04:00"),
        rarely(NEW_YORK, "30 1 * * SUN", "2026-11-01T01:10-04:00", "2026-11-01T01:20-04:00", "2026-11-01T01:31-04:00"),
        always(LONDON, "30 1 * * SUN", "2026-03-29T00:50+00:00", "2026-03-29T02:20+01:00", "2026-03-29T02:31+01:00"),
        rarely(LONDON, "30 1 * * SUN", "2026-10-25T01:10+01:00", "2026-10-25T01:20+01:00", "2026-10-25T01:31+01:00"),
        rarely(SEOUL, "30 2 * * SUN", "2026-03-08T02:10+09:00", "2026-03-08T02:20+09:00", "2026-03-08T02:31+09:00"),
        rarely(SEOUL, "30 1 * * SUN", "2026-11-01T01:10+09:00", "2026-11-01T01:20+09:00", "2026-11-01T01:31+09:00"),
    ],
)
def test_where_the_clock_changes_a_planned_run_is_made_once(
    folder: Path, zone: str, line: str, start: str, not_yet: str, then: str
) -> None:
    newsroom = opened(folder, zone, line, "0 9 * * SUN", at(start) - 10 * HOUR)
    with moved(newsroom, at(start)) as hands:
        hands.comes_to(at(not_yet))
        assert hands.composed() == 0
        hands.comes_to(at(then))
        assert hands.composed() == 1
        for later in (1, 2):  # the repeated hour of autumn among them
            hands.comes_to(at(then) + later * HOUR)
        assert hands.composed() == 1, hands.process.log
    newsroom.database.close()


@pytest.mark.trial
@pytest.mark.parametrize(
    ("zone", "send", "planned"),
    [
        rarely(NEW_YORK, "30 1 * * SUN", "2026-11-01T01:30-04:00"),
        always(NEW_YORK, "30 2 * * SUN", "2026-03-08T03:30-04:00"),
        rarely(LONDON, "30 1 * * SUN", "2026-10-25T01:30+01:00"),
        rarely(LONDON, "30 1 * * SUN", "2026-03-29T02:30+01:00"),
    ],
)
def test_where_the_clock_changes_every_reader_gets_one_letter(folder: Path, zone: str, send: str, planned: str) -> None:
    leaves = at(planned)
    newsroom = opened(folder, zone, "0 12 * * SAT", send, leaves - 20 * HOUR)
    newsroom.composes(now=leaves - 3 * HOUR)
    newsroom.approves(now=leaves - 3 * HOUR)
    with moved(newsroom, leaves - HOUR) as hands:
        hands.comes_to(leaves - 3 * MINUTE)
        assert newsroom.letters() == []
        hands.comes_to(leaves)
        hands.process.until(lambda: newsroom.issue()["state"] == "sent")
        for hours in (1, 2):
            hands.comes_to(leaves + hours * HOUR)
        assert sum("reader" in letter for letter in newsroom.letters()) == 2
        assert "late" not in hands.process.log
    newsroom.database.close()


@pytest.mark.trial
def test_a_clock_that_is_set_back_and_forth_by_an_hour_does_nothing_twice_and_loses_nothing(folder: Path) -> None:
    thursday, friday = at("2026-05-28T09:00+09:00"), at("2026-05-29T07:30+09:00")
    newsroom = opened(folder, SEOUL, "0 9 * * THU", "30 7 * * FRI", thursday - 20 * HOUR)
    with moved(newsroom, thursday - 2 * HOUR) as hands:
        hands.comes_to(thursday)
        assert hands.composed() == 1
        hands.comes_to(thursday - 55 * MINUTE)
        hands.comes_to(thursday)
        hands.comes_to(thursday + HOUR)
        assert hands.composed() == 1
        newsroom.approves(now=thursday + HOUR)
        hands.comes_to(friday)
        hands.process.until(lambda: newsroom.issue()["state"] == "sent")
        hands.comes_to(friday - HOUR)
        hands.comes_to(friday + 5 * MINUTE)
        assert sum("reader" in letter for letter in newsroom.letters()) == 2
        assert hands.process.log.count("released to") == 1
    newsroom.database.close()


@pytest.mark.trial
def test_a_machine_that_slept_over_a_planned_time_makes_up_for_it_and_says_late(folder: Path) -> None:
    thursday = at("2026-05-28T09:00+09:00")
    newsroom = opened(folder, SEOUL, "0 9 * * THU", "30 7 * * FRI", thursday - 20 * HOUR)
    with moved(newsroom, thursday - 10 * MINUTE) as hands:
        hands.process.popen.send_signal(signal.SIGSTOP)
        set_to(hands.clock, thursday + 2 * HOUR)
        time.sleep(0.3)
        hands.process.popen.send_signal(signal.SIGCONT)
        hands.process.says("compose: No. 1 is a draft, planned for Fri 2026-05-29 07:30 KST, late by 2 h")
        assert hands.process.ends(signal.SIGTERM)[0] == 0
    assert newsroom.issue()["state"] == "draft"
    newsroom.database.close()


@pytest.mark.trial
def test_a_machine_that_slept_beyond_the_grace_holds_the_issue(folder: Path) -> None:
    thursday = at("2026-05-28T09:00+09:00")
    newsroom = opened(folder, SEOUL, "0 9 * * THU", "30 7 * * FRI", thursday - 20 * HOUR)
    with moved(newsroom, thursday - 10 * MINUTE) as hands:
        hands.process.popen.send_signal(signal.SIGSTOP)
        set_to(hands.clock, thursday + 7 * HOUR)
        time.sleep(0.3)
        hands.process.popen.send_signal(signal.SIGCONT)
        hands.process.says("compose: No. 1 is held: composed late by 7 h, and the grace is 6 h")
        hands.process.says("notices: 1 accepted")
    assert newsroom.issue()["state"] == "held"
    newsroom.database.close()


def test_a_clock_that_is_hours_wrong_is_in_readyz_until_it_is_right(folder: Path) -> None:
    thursday = at("2026-05-28T09:00+09:00")
    newsroom = opened(folder, SEOUL, "0 9 * * THU", "30 7 * * FRI", thursday - 20 * HOUR)
    with moved(newsroom, thursday - 10 * MINUTE) as hands:
        set_to(hands.clock, thursday - timedelta(days=365))
        hands.process.says("behind the last run")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{hands.process.url}/readyz", timeout=30)
        with refused.value as answer:
            assert answer.code == 503 and b"the clock is " in answer.read()
        hands.comes_to(thursday)
        assert hands.composed() == 1
        with urllib.request.urlopen(f"{hands.process.url}/readyz", timeout=30) as answer:
            assert answer.status == 200
        with pytest.raises(NotFound):
            newsroom.issue(2)
    newsroom.database.close()
