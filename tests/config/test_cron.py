"""Cron lines on the clocks of three zones, against what crontab(5) says."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.config.cron import check, next_time

SEOUL = ZoneInfo("Asia/Seoul")
NEW_YORK = ZoneInfo("America/New_York")
LONDON = ZoneInfo("Europe/London")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def fires(line: str, zone: ZoneInfo, after: str, until: str) -> list[str]:
    """The local times, with their offset, at which `line` fires in between."""
    found, moment = [], utc(after)
    while (moment := next_time(line, zone, moment)) <= utc(until):
        found.append(moment.astimezone(zone).isoformat(timespec="minutes"))
    return found


def test_the_usual_thursday_is_told_in_utc() -> None:
    found = next_time("0 9 * * THU", SEOUL, utc("2026-05-25T09:00+09:00"))
    assert found == utc("2026-05-28T09:00+09:00")
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("weekday", "date"),
    [
        ("0", "2026-05-31"),
        ("7", "2026-05-31"),
        ("SUN", "2026-05-31"),
        ("1", "2026-05-25"),
        ("4", "2026-05-28"),
        ("thu", "2026-05-28"),
        ("6", "2026-05-30"),
    ],
)
def test_weekdays_count_from_sunday_as_cron_counts_them(weekday: str, date: str) -> None:
    found = next_time(f"0 9 * * {weekday}", SEOUL, utc("2026-05-25T00:00+09:00"))
    assert found.astimezone(SEOUL).isoformat() == f"{date}T09:00:00+09:00"


def test_a_range_of_weekdays_may_go_over_the_weekend() -> None:
    week = fires("0 9 * * FRI-MON", SEOUL, "2026-05-25T10:00+09:00", "2026-06-01T10:00+09:00")
    assert [day[:10] for day in week] == ["2026-05-29", "2026-05-30", "2026-05-31", "2026-06-01"]
    assert week == fires("0 9 * * 5-7,1", SEOUL, "2026-05-25T10:00+09:00", "2026-06-01T10:00+09:00")


def test_steps_of_weekdays_start_on_sunday() -> None:
    week = fires("0 9 * * */2", SEOUL, "2026-05-24T00:00+09:00", "2026-05-30T23:00+09:00")
    assert [day[8:10] for day in week] == ["24", "26", "28", "30"]


def test_a_day_of_the_month_or_a_weekday_is_enough_when_both_are_given() -> None:
    days = fires("0 9 1 * FRI", SEOUL, "2026-05-30T00:00+09:00", "2026-06-06T00:00+09:00")
    assert [day[:10] for day in days] == ["2026-06-01", "2026-06-05"]


def test_the_time_itself_is_not_the_next_time() -> None:
    at = utc("2026-05-28T09:00+09:00")
    assert next_time("0 9 * * THU", SEOUL, at) == at + timedelta(days=7)
    assert next_time("0 9 * * THU", SEOUL, at - timedelta(microseconds=1)) == at


def test_seoul_has_no_summer_time_and_fires_every_day() -> None:
    days = fires("30 2 * * *", SEOUL, "2026-03-01T00:00+09:00", "2026-03-31T23:00+09:00")
    assert len(days) == 31
    assert {day[10:] for day in days} == {"T02:30+09:00"}


@pytest.mark.parametrize(
    ("zone", "line", "day", "at"),
    [
        (NEW_YORK, "30 2 * * *", "2026-03-08", "2026-03-08T03:30-04:00"),
        (LONDON, "30 1 * * *", "2026-03-29", "2026-03-29T02:30+01:00"),
    ],
)
def test_a_time_that_does_not_exist_fires_once_as_much_later(zone: ZoneInfo, line: str, day: str, at: str) -> None:
    assert fires(line, zone, f"{day}T00:00+00:00", f"{day}T23:00+00:00") == [at]


@pytest.mark.parametrize(
    ("zone", "line", "day", "at"),
    [
        (NEW_YORK, "30 1 * * *", "2026-11-01", "2026-11-01T01:30-04:00"),
        (LONDON, "30 1 * * *", "2026-10-25", "2026-10-25T01:30+01:00"),
    ],
)
def test_a_time_that_happens_twice_fires_once(zone: ZoneInfo, line: str, day: str, at: str) -> None:
    assert fires(line, zone, f"{day}T00:00+00:00", f"{day}T23:00+00:00") == [at]


def test_the_first_of_two_equal_times_is_not_repeated_when_asked_between_them() -> None:
    between = utc("2026-11-01T01:45-04:00")
    assert next_time("30 1 * * *", NEW_YORK, between) == utc("2026-11-02T01:30-05:00")


def test_a_moved_time_and_a_real_one_at_the_same_moment_are_one() -> None:
    assert fires("30 2,3 * * *", NEW_YORK, "2026-03-08T00:00-05:00", "2026-03-08T12:00-04:00") == [
        "2026-03-08T03:30-04:00"
    ]


def test_a_moved_time_keeps_its_place_after_the_times_it_was_moved_behind() -> None:
    assert fires("0,30 2-3 * * *", NEW_YORK, "2026-03-08T00:00-05:00", "2026-03-08T12:00-04:00") == [
        "2026-03-08T03:00-04:00",
        "2026-03-08T03:30-04:00",
    ]


def test_a_time_that_does_not_exist_before_midnight_is_moved_into_the_next_day() -> None:
    # Nuuk's clock went from 23:00 on 30 March 2024 to midnight.
    assert fires("30 0,23 * * *", ZoneInfo("America/Nuuk"), "2024-03-30T12:00-02:00", "2024-03-31T22:00-01:00") == [
        "2024-03-31T00:30-01:00"
    ]


def test_a_line_for_every_hour_goes_on_through_the_repeated_hour() -> None:
    every = fires("0 * * * *", NEW_YORK, "2026-11-01T00:30-04:00", "2026-11-01T02:30-05:00")
    assert every == [
        "2026-11-01T01:00-04:00",
        "2026-11-01T01:00-05:00",
        "2026-11-01T02:00-05:00",
    ]


def test_a_leap_day_is_found_across_a_century_that_has_none() -> None:
    found = next_time("0 0 29 2 *", ZoneInfo("UTC"), utc("2096-03-01T00:00+00:00"))
    assert found == utc("2104-02-29T00:00+00:00")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "not a cron line of five fields"),
        ("@weekly", "five fields"),
        ("0 9 * * * 2026", "five fields"),
        ("60 9 * * *", "'60' is not a minute; write 0 to 59"),
        ("0 24 * * *", "'24' is not an hour; write 0 to 23"),
        ("0 9 0 * *", "'0' is not a day of the month; write 1 to 31"),
        ("0 9 * 13 *", "'13' is not a month; write 1 to 12 or JAN to DEC"),
        ("0 9 * * 8", "'8' is not a weekday; write 0 to 7 or SUN to SAT"),
        ("0 9 * * THURSDAY", "'THURSDAY' is not a weekday"),
        ("0 9 * * THU/x", "'THU/x' is not a weekday"),
        ("0 9 * * last", "'last' is not a weekday"),
        ("*/0 * * * *", "'*/0' has a step of 0"),
        ("5/15 * * * *", "write 5-59/15"),
        ("40-20 * * * *", "'40-20' goes backwards"),
        ("*-5 * * * *", "'*-5' is not a minute"),
        ("1,,2 * * * *", "'' is not a minute"),
        ("٣ * * * *", "'٣' is not a minute"),
        ("0 0 31 2,4 *", "never happens: none of its months has a day 31"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_with_what_to_write(line: str, said: str) -> None:
    assert said in (check(line) or "nothing")
    with pytest.raises(ValueError, match=re.escape(said)):
        next_time(line, SEOUL, utc("2026-05-25T09:00+09:00"))


def _field(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high).map(str)
    pair = st.lists(st.integers(low, high), min_size=2, max_size=2, unique=True).map(sorted)
    span = pair.map(lambda ends: f"{ends[0]}-{ends[1]}")
    return st.one_of(st.just("*"), number, span, st.lists(number, min_size=2, max_size=3).map(",".join))


@settings(deadline=None)
@given(
    minute=_field(0, 59),
    hour=_field(0, 23),
    month=_field(1, 12),
    weekday=st.sampled_from(["*", "MON", "TUE-FRI", "SAT,SUN", "WED"]),
    after=st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001  made aware below
)
def test_it_agrees_with_apscheduler_where_no_clock_changes(
    minute: str, hour: str, month: str, weekday: str, after: datetime
) -> None:
    line = f"{minute} {hour} * {month} {weekday}"
    trigger = CronTrigger.from_crontab(line, timezone=UTC)
    moment = after.replace(tzinfo=UTC)
    expected = trigger.get_next_fire_time(None, moment + timedelta(microseconds=1))
    assert next_time(line, ZoneInfo("UTC"), moment) == expected


@settings(deadline=None)
@given(st.text(max_size=30) | st.text("0123456789*/-, aNTU", max_size=30))
def test_any_text_is_either_a_line_or_told_what_is_wrong(text: str) -> None:
    if check(text) is None:
        at = utc("2026-05-25T09:00+09:00")
        assert next_time(text, LONDON, at) > at
