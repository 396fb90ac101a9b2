"""What to make of a look at a source: when to look again, what its silence means, what is worth telling."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.health import (
    AGAIN_AFTER,
    LONGEST,
    Failed,
    Health,
    Look,
    Outage,
    Standing,
    Trouble,
    WasRead,
    a_week,
    after,
    backoff,
    is_due,
    renewed,
    rhythm,
    silent_since,
    standing,
    troubles,
    wrong,
)
from publisher.errors import Fault

NOW = datetime(2026, 5, 28, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SLOW = Failed("gave no whole answer within 20 s", Fault.UNREACHED)
READ = WasRead()

failures = st.builds(
    Failed,
    st.just("why"),
    st.sampled_from(Fault),
    st.none() | st.floats(-1e12, 1e12, allow_nan=False),
)
looks: st.SearchStrategy[Look] = st.one_of(
    failures,
    st.builds(Outage, st.just("no network")),
    st.builds(WasRead, st.none() | st.datetimes(timezones=st.just(UTC)), st.none(), st.sampled_from(["", "https://b"])),
)
waits = st.timedeltas(timedelta(0), 60 * DAY)
chance = st.floats(0, 1)


def looked(*all_looks: tuple[timedelta, Look], health: Health | None = None) -> Health:
    """What is known after looks that came so long after the beginning."""
    health = health or Health()
    for when, look in all_looks:
        health = after(health, look, NOW + when, 0.0)
    return health


# --- when to look again


@given(st.lists(st.tuples(waits, looks, chance), max_size=30))
def test_whatever_happens_a_source_is_asked_within_a_day_unless_it_is_gone(
    story: list[tuple[timedelta, Look, float]],
) -> None:
    health, now = Health(), NOW
    for wait, look, jitter in story:
        now += wait
        health = after(health, look, now, jitter)
        assert (health.fault is None) == (health.reason == "")
        assert health.fault is None or health.failing_since is not None
        assert is_due(health, now + LONGEST) == (health.fault != Fault.GONE)
        assert not is_due(health, now) or health.due_at is None or isinstance(look, Outage)


@given(st.integers(1, 50), st.floats(0, 1e12), chance)
def test_a_wait_is_never_shorter_than_the_server_asks_nor_longer_than_a_day(
    count: int, asked: float, jitter: float
) -> None:
    wait = backoff(count, asked, jitter)
    assert min(asked, LONGEST.total_seconds()) <= wait.total_seconds() <= LONGEST.total_seconds()


@given(st.integers(1, 50), chance, chance)
def test_waits_grow_and_chance_makes_each_at_most_a_quarter_shorter(count: int, one: float, other: float) -> None:
    assert backoff(count, None, 0.0) <= backoff(count + 1, None, 0.0)
    assert backoff(count, None, one) >= backoff(count, None, 0.0) * 0.75
    assert backoff(count, None, max(one, other)) <= backoff(count, None, min(one, other))


@given(st.lists(st.tuples(waits, looks), max_size=10), st.datetimes(timezones=st.just(UTC)))
def test_a_reading_ends_every_trouble(story: list[tuple[timedelta, Look]], newest: datetime) -> None:
    health = after(looked(*story), WasRead(), NOW, 0.5)
    assert (health.failures, health.fault, health.reason, health.due_at) == (0, None, "", None)
    assert is_due(health, NOW)


def test_the_first_failures_are_asked_about_soon_and_the_tenth_after_a_day() -> None:
    health = looked((timedelta(0), SLOW))
    assert health.due_at == NOW + AGAIN_AFTER[0]
    for _ in range(9):
        assert health.due_at
        health = after(health, SLOW, health.due_at, 0.0)
    assert health.failures == 10
    assert backoff(health.failures, None, 0.0) == DAY


def test_a_look_before_its_time_makes_no_wait_longer() -> None:
    once = looked(*[(hours * 24 * HOUR, SLOW) for hours in range(5)])
    again = looked((4 * DAY + HOUR, SLOW), (4 * DAY + 2 * HOUR, SLOW), health=once)
    assert (again.failures, again.due_at) == (once.failures, once.due_at)


def test_a_clock_that_was_set_back_does_not_silence_a_source() -> None:
    health = looked((30 * DAY, SLOW))
    assert is_due(health, NOW)


def test_what_is_gone_is_asked_again_only_when_its_settings_change() -> None:
    gone = looked((timedelta(0), Failed("answered 410", Fault.GONE)))
    assert standing(gone) == Standing.GONE and not is_due(gone, NOW + 365 * DAY)
    assert is_due(renewed(gone), NOW)


def test_an_outage_of_ours_is_not_its_failure() -> None:
    health = looked(*[(day * DAY, Outage("nothing can be reached")) for day in range(9)])
    assert (health.failures, standing(health), troubles(health, NOW + 9 * DAY)) == (0, Standing.FAILING, [])
    assert is_due(health, NOW + 8 * DAY)


# --- silence


def days(*gaps: int) -> list[date]:
    found = [date(2026, 1, 1)]
    for gap in gaps:
        found.append(found[-1] + timedelta(days=gap))
    return found


def test_a_rhythm_takes_a_history() -> None:
    assert rhythm([]) is None
    assert rhythm(days(7, 7, 7, 7)) is None
    assert rhythm(days(7, 7, 7, 7, 7)) == 7 * DAY


def test_many_items_of_one_day_are_one_beat() -> None:
    assert rhythm(days(*[7, 0, 0, 0, 0] * 6)) == 7 * DAY


def test_only_the_last_beats_count() -> None:
    assert rhythm(days(*[1] * 100, *[7] * 20)) == 7 * DAY


@pytest.mark.parametrize(
    ("gap", "pause", "is_silent"),
    [
        (7, 21, False),  # a weekly column that leaves out two weeks
        (7, 28, False),
        (7, 29, True),
        (1, 10, False),  # a daily one over the longest holidays
        (1, 11, True),
        (30, 90, False),
        (30, 121, True),
    ],
)
def test_silence_is_measured_against_its_own_rhythm(gap: int, pause: int, is_silent: bool) -> None:
    newest = NOW - pause * DAY
    assert silent_since(newest, rhythm(days(*[gap] * 8)), NOW) == (newest if is_silent else None)


def test_without_a_history_nothing_is_silent() -> None:
    assert silent_since(NOW - 900 * DAY, None, NOW) is None
    assert silent_since(None, DAY, NOW) is None


@given(st.lists(st.dates(date(2020, 1, 1), date(2026, 5, 28)), max_size=50))
def test_the_order_of_items_makes_no_difference(found: list[date]) -> None:
    assert rhythm(found) == rhythm(reversed(found)) == rhythm([*found, *found])


def test_items_a_week_are_an_average_of_eight_weeks_or_of_all_that_there_is() -> None:
    assert a_week(0, None, NOW) == 0.0
    assert a_week(16, NOW - 400 * DAY, NOW) == 2.0
    assert a_week(3, NOW - 14 * DAY, NOW) == 1.0
    assert a_week(3, NOW - DAY, NOW) == 3.0


# --- what is worth telling


def test_a_failing_source_is_told_after_three_failures_and_a_day() -> None:
    health = looked((timedelta(0), SLOW), (2 * HOUR, SLOW), (4 * HOUR, SLOW))
    assert troubles(health, NOW + 23 * HOUR) == []
    assert troubles(health, NOW + DAY) == [Trouble(Standing.FAILING, NOW)]
    assert troubles(looked((timedelta(0), SLOW), (2 * HOUR, SLOW)), NOW + 9 * DAY) == []


def test_the_trouble_stays_the_same_while_its_reason_changes() -> None:
    health = looked((timedelta(0), SLOW), (DAY, SLOW), (2 * DAY, Failed("answered 503", Fault.PASSING)))
    assert [one.since for one in troubles(health, NOW + 2 * DAY)] == [NOW]
    assert wrong(health) == "answered 503"


def test_what_is_gone_is_told_at_once() -> None:
    health = looked((timedelta(0), Failed("answered 410", Fault.GONE)))
    assert troubles(health, NOW) == [Trouble(Standing.GONE, NOW)]


def test_what_is_silent_and_has_moved_says_both() -> None:
    read = WasRead(NOW - 30 * DAY, 7 * DAY, "https://new.example.org/feed")
    health = looked((timedelta(0), read))
    assert [one.standing for one in troubles(health, NOW)] == [Standing.SILENT, Standing.MOVED]
    assert wrong(health) == (
        "it has moved for good to https://new.example.org/feed; write that address into config.toml; "
        "nothing new since 2026-04-28, and it usually has something every 7 days; look whether it goes on elsewhere"
    )


def test_a_recovery_remembers_which_trouble_it_ended() -> None:
    failed = looked((timedelta(0), SLOW), (DAY, READ))
    assert (failed.recovered_at, failed.recovered_from) == (NOW + DAY, NOW)
    newest = NOW - 30 * DAY
    spoke = looked((timedelta(0), WasRead(newest, DAY)), (DAY, WasRead(NOW + DAY, DAY)), (2 * DAY, WasRead(NOW, DAY)))
    assert (spoke.recovered_at, spoke.recovered_from, spoke.silent_since) == (NOW + DAY, newest, None)


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        (Fault.UNREACHED, Standing.FAILING),
        (Fault.PASSING, Standing.FAILING),
        (Fault.LASTING, Standing.BROKEN),
        (Fault.LOCKED, Standing.LOCKED),
        (Fault.GONE, Standing.GONE),
    ],
)
def test_a_failure_is_called_by_what_kept_it_from_being_read(fault: Fault, word: Standing) -> None:
    assert standing(looked((timedelta(0), Failed("why", fault)))) == word


def test_a_source_is_new_until_it_was_read() -> None:
    assert standing(Health()) == Standing.NEW
    assert standing(looked((timedelta(0), READ))) == Standing.WELL
