"""When a planned run is due: pure decisions, and the last planned time that they are about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.config.cron import last_time, next_time, times_between
from publisher.domain.run import (
    AGAIN_AFTER,
    BEHIND_AT_MOST,
    Known,
    RunState,
    again_after,
    behind_by,
    is_due,
    left_until,
)

NOW = datetime(2026, 5, 28, 0, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(days=30)
ZONES = [ZoneInfo(name) for name in ("Asia/Seoul", "America/New_York", "Europe/London", "America/Nuuk", "Etc/UTC")]
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  made aware
LINES = st.sampled_from(
    [
        "0 9 * * THU",
        "30 7 * * FRI",
        "0 */2 * * *",
        "* * * * *",
        "30 1 * * *",
        "30 2 * * *",
        "0,30 0-3,23 * * SUN",
        "15 2 29 2 *",
        "0 0 1 * *",
    ]
)


@settings(deadline=None)
@given(LINES, st.sampled_from(ZONES), MOMENTS)
def test_the_last_time_is_the_one_after_which_nothing_comes_until_now(line: str, zone: ZoneInfo, at: datetime) -> None:
    last = last_time(line, zone, at)
    assert last <= at < next_time(line, zone, last)
    assert next_time(line, zone, last - timedelta(microseconds=1)) == last


@pytest.mark.parametrize(
    ("zone", "line", "at", "last"),
    [
        ("America/New_York", "30 2 * * *", "2026-03-08T03:30-04:00", "2026-03-08T03:30-04:00"),
        ("America/New_York", "30 2 * * *", "2026-03-08T03:29-04:00", "2026-03-07T02:30-05:00"),
        ("America/New_York", "30 1 * * *", "2026-11-01T01:45-05:00", "2026-11-01T01:30-04:00"),
        ("Europe/London", "30 1 * * *", "2026-03-29T02:30+01:00", "2026-03-29T02:30+01:00"),
        ("Europe/London", "30 1 * * *", "2026-10-25T01:31+00:00", "2026-10-25T01:30+01:00"),
        ("America/Nuuk", "30 23 * * *", "2024-03-31T00:45-01:00", "2024-03-31T00:30-01:00"),
        ("Asia/Seoul", "0 9 * * THU", "2026-05-28T09:00+09:00", "2026-05-28T09:00+09:00"),
    ],
)
def test_the_last_time_where_the_clock_changes(zone: str, line: str, at: str, last: str) -> None:
    assert last_time(line, ZoneInfo(zone), datetime.fromisoformat(at)) == datetime.fromisoformat(last)


@settings(deadline=None, max_examples=50)
@given(st.sampled_from(ZONES), MOMENTS, st.integers(0, 40))
def test_who_looks_every_hour_finds_each_time_once_and_no_other(zone: ZoneInfo, begin: datetime, days: int) -> None:
    line, end = "30 1 * * *", begin + timedelta(days=days)
    seen = {last_time(line, zone, begin + timedelta(hours=hour)) for hour in range(days * 24 + 1)}
    named = set(times_between(line, zone, begin, end + timedelta(microseconds=1)))
    assert seen - {last_time(line, zone, begin)} == named


def test_what_was_planned_before_the_first_start_is_not_due() -> None:
    assert not is_due(None, NOW - timedelta(seconds=1), since=NOW, now=NOW)
    assert is_due(None, NOW, since=NOW, now=NOW)


@given(st.sampled_from([RunState.DONE, RunState.PASSED]), MOMENTS, st.none() | MOMENTS)
def test_what_is_done_is_never_due_again(state: RunState, now: datetime, due_at: datetime | None) -> None:
    assert not is_due(Known(state, 1, due_at), EARLIER, since=EARLIER, now=now)


@given(st.sampled_from([RunState.FAILED, RunState.RUNNING]), st.integers(1, 20), st.integers(-48, 48))
def test_what_failed_is_due_again_soon_wherever_the_clock_is_set(state: RunState, tries: int, hours: int) -> None:
    due_at = NOW + (again_after(tries) if state == RunState.FAILED else left_until(tries, NOW) - NOW)
    moved = NOW + timedelta(hours=hours)
    soon = [moved + timedelta(minutes=minute) for minute in range(61)]
    assert any(is_due(Known(state, tries, due_at), EARLIER, since=EARLIER, now=moment) for moment in soon)


def test_what_failed_waits_longer_each_time_and_an_hour_at_most() -> None:
    waits = [again_after(tries) for tries in range(1, 9)]
    assert waits == sorted(waits) and waits[0] == timedelta(minutes=1) and waits[-1] == AGAIN_AFTER[-1]
    assert not is_due(Known(RunState.FAILED, 1, NOW + waits[0]), EARLIER, since=EARLIER, now=NOW)


def test_what_a_dead_process_left_is_taken_up_at_once_but_not_again_and_again() -> None:
    assert left_until(1, NOW) == NOW
    assert left_until(2, NOW) == NOW + timedelta(minutes=1)


@given(MOMENTS, st.timedeltas(timedelta(days=-400), timedelta(days=400)))
def test_a_clock_is_believed_unless_it_is_hours_behind(latest: datetime, ahead: timedelta) -> None:
    behind = behind_by(latest + ahead, latest)
    assert (behind is None) == (-ahead <= BEHIND_AT_MOST)
    assert behind is None or behind == -ahead
    assert behind_by(latest, None) is None
