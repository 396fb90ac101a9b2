"""How fast letters may leave: buckets that never give too much, and letters that leave evenly."""

from __future__ import annotations

import pickle
from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.domain.pace import CATCH_UP_SECONDS, WHOLE, Bucket, Limit, Limits, Spacer, allot, domain_of

START = datetime(2026, 5, 29, 7, 30, tzinfo=UTC)
LIMITS = st.builds(Limit, st.integers(1, 100_000), st.sampled_from([1, 60, 3_600, 86_400]))


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("14/s", Limit(14, 1)),
        ("600/min", Limit(600, 60)),
        (" 10000 / h ", Limit(10_000, 3_600)),
        ("50000/day", Limit(50_000, 86_400)),
    ],
)
def test_a_pace_is_a_count_in_a_period(text: str, limit: Limit) -> None:
    assert Limit.parse(text) == limit
    assert Limit.parse(str(limit)) == limit


@pytest.mark.parametrize(
    "text", ["", "14", "14/sec", "14/m", "-1/s", "1.5/s", "14/s/s", "²/s", 14, None, "9999999999/s"]
)
def test_what_is_no_pace_is_refused_with_an_example(text: object) -> None:
    with pytest.raises(ValueError, match="write a number and s, min, h or day"):
        Limit.parse(text)


def test_a_pace_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="would let nothing leave"):
        Limit.parse("0/s")


@settings(deadline=None)
@given(LIMITS, st.lists(st.tuples(st.floats(0, 100_000), st.integers(0, 5_000), st.booleans()), max_size=60))
def test_no_window_gets_more_than_rate_times_window_and_burst(
    limit: Limit, asked: list[tuple[float, int, bool]]
) -> None:
    """Whatever is wanted whenever, given back or not; for every window that begins and ends with a grant."""
    bucket, now = Bucket.full(limit, START), START
    times: list[float] = []
    sums = [0]
    for later, wanted, gives_back in asked:
        now += seconds(later)
        bucket = bucket.at_time(limit, now)
        count = min(wanted, bucket.whole_tokens)
        bucket = bucket.without(count)
        if gives_back:
            bucket, count = bucket.without(-(count // 2)), count - count // 2
        times.append((now - START).total_seconds())
        sums.append(sums[-1] + count)
    for first, begin in enumerate(times):
        for last in range(first, len(times)):
            window = times[last] - begin
            assert sums[last + 1] - sums[first] <= limit.rate * window + limit.burst + 0.001


@given(LIMITS, st.lists(st.floats(-7_200, 0), min_size=1, max_size=30))
def test_a_clock_that_goes_back_gives_nothing(limit: Limit, steps: list[float]) -> None:
    bucket, now = Bucket(0.0, START), START
    for step in steps:
        now += seconds(step)
        bucket = bucket.at_time(limit, now)
        assert bucket.tokens == 0


@given(LIMITS, st.lists(st.floats(-29.9, 29.9), max_size=60))  # no two of them are as far apart as a clock that was set
def test_clocks_that_differ_a_little_give_no_more_than_the_one_that_is_ahead(
    limit: Limit, offsets: list[float]
) -> None:
    """Two machines whose clocks are not the same take turns."""
    bucket, given_, latest = Bucket(0.0, START), 0, START
    for offset in offsets:
        now = START + seconds(60 + offset)
        latest = max(latest, now)
        bucket = bucket.at_time(limit, now)
        given_ += bucket.whole_tokens
        bucket = bucket.without(bucket.whole_tokens)
    assert given_ <= limit.rate * (latest - START).total_seconds() + 0.001


def test_a_clock_that_was_set_back_by_an_hour_holds_nobody_up() -> None:
    limit = Limit(10, 1)
    back = START - timedelta(hours=1)
    bucket = Bucket(0.0, START).at_time(limit, back)
    assert bucket.at_time(limit, back + seconds(1)).whole_tokens == 10


def test_an_unused_bucket_holds_a_burst_and_no_more() -> None:
    limit = Limit(10, 1)
    assert Bucket(0.0, START).at_time(limit, START + timedelta(days=9)).tokens == limit.burst == 50
    assert Bucket(999.0, START).at_time(limit, START).tokens == 50


def test_each_domain_has_its_own_bucket_and_the_channel_one_for_all() -> None:
    limits = Limits(Limit(20, 1), {"gmail.com": Limit(2, 1), "*": Limit(1, 1)})
    buckets = {name: Bucket.full(limit, START) for name, limit in limits.buckets(["gmail.com", "a.kr", "b.kr"]).items()}
    granted, after = allot(buckets, limits, {"gmail.com": 30, "a.kr": 30, "b.kr": 3}, START)
    assert granted == {"gmail.com": 10, "a.kr": 5, "b.kr": 3}
    assert after[WHOLE].tokens == 100 - 18
    assert (after["gmail.com"].tokens, after["a.kr"].tokens, after["b.kr"].tokens) == (0, 0, 2)


def test_what_the_channel_has_is_shared_out_among_its_domains() -> None:
    limits = Limits(Limit(2, 1))
    granted, after = allot(
        {WHOLE: Bucket.full(limits.buckets([])[WHOLE], START)}, limits, {"a.kr": 90, "b.kr": 10}, START
    )
    assert granted == {"a.kr": 9, "b.kr": 1}
    assert after[WHOLE].tokens == 0


@given(
    st.dictionaries(st.sampled_from(["a.kr", "b.kr", "c.kr", "gmail.com"]), st.integers(0, 500)),
    st.none() | LIMITS,
    st.dictionaries(st.sampled_from(["a.kr", "gmail.com", "*"]), LIMITS),
)
def test_nobody_is_granted_more_than_wanted_or_than_there_is(
    wanted: dict[str, int], whole: Limit | None, domains: dict[str, Limit]
) -> None:
    limits = Limits(whole, domains)
    before = {name: Bucket.full(limit, START) for name, limit in limits.buckets(wanted).items()}
    granted, after = allot(before, limits, wanted, START)
    assert all(0 <= count <= wanted[domain] for domain, count in granted.items())
    assert all(bucket.tokens >= -0.001 for bucket in after.values())
    if not whole:
        assert all(granted[name] == wanted[name] for name in wanted if wanted[name] and not limits.of(name))


def test_after_the_interval_there_is_a_token_again() -> None:
    limits = Limits(Limit(10, 3_600), {"gmail.com": Limit(1, 60)})
    assert limits.interval("gmail.com") == limits.interval("a.kr") == 360
    empty = Bucket(0.0, START)
    assert empty.at_time(Limit(10, 3_600), START + seconds(limits.interval("a.kr"))).whole_tokens == 1


def test_limits_go_to_worker_processes() -> None:
    limits = Limits(Limit(2, 1), {"gmail.com": Limit(1, 60)})
    assert pickle.loads(pickle.dumps(limits)) == limits
    assert limits and not Limits()


def test_a_domain_is_compared_in_lower_case() -> None:
    assert domain_of('"a@b"@GMail.com') == "gmail.com"


def departures(spacer: Spacer, domains: list[str], stalls: dict[int, float]) -> list[tuple[float, str]]:
    """When letters to these domains leave, one after the other; before the n-th the sender is busy for so long."""
    now, left = 0.0, []
    for number, domain in enumerate(domains):
        now += stalls.get(number, 0.0)
        while wait := spacer.take(domain, now):
            now += wait
        left.append((now, domain))
    return left


def most_within(times: list[float], window: float) -> int:
    return max(bisect_left(times, time + window) - number for number, time in enumerate(times))


@settings(deadline=None)
@given(
    st.integers(1, 300),
    st.dictionaries(st.integers(0, 1_500), st.floats(0, 3), max_size=20),
)
def test_no_second_sees_more_letters_than_the_pace_however_the_sender_stalls(
    count: int, stalls: dict[int, float]
) -> None:
    left = departures(Spacer(Limits(Limit(count, 1)), start=0.0), ["a.kr"] * min(5 * count, 1_500), stalls)
    assert most_within([time for time, _ in left], 1.0) <= count


@pytest.mark.parametrize("pace", ["14/s", "200/s", "600/min", "10000/h", "100/h"])
def test_letters_leave_evenly_at_99_percent_of_the_pace(pace: str) -> None:
    limit = Limit.parse(pace)
    times = [time for time, _ in departures(Spacer(Limits(limit), start=0.0), ["a.kr"] * 400, {})]
    assert 0.98 * limit.rate <= 399 / (times[-1] - times[0]) <= limit.rate
    gaps = [after - before for before, after in pairwise(times)]
    assert max(gaps) - min(gaps) < 0.001
    assert most_within(times, limit.seconds) <= limit.count


def test_a_short_stall_is_made_up_for_and_a_long_one_is_not() -> None:
    for stall, lost in ((0.2, 0.0), (2.0, 2.0 - CATCH_UP_SECONDS)):
        left = departures(Spacer(Limits(Limit(200, 1)), start=0.0), ["a.kr"] * 2_000, {500: stall})
        assert left[-1][0] == pytest.approx(1_999 * 1.01 / 200 + lost, abs=0.02)


def test_a_slow_domain_waits_and_says_until_when_others_do_not() -> None:
    spacer = Spacer(Limits(Limit(100, 1), {"gmail.com": Limit(1, 1)}), start=10.0)
    assert spacer.take("gmail.com", 10.0) == 0.0
    assert spacer.take("gmail.com", 10.5) == pytest.approx(0.51)
    assert spacer.next_at("gmail.com") == pytest.approx(11.01)
    assert spacer.take("a.kr", 10.5) == 0.0


def test_two_sessions_with_half_a_share_each_keep_the_pace_together() -> None:
    limits = Limits(Limit(14, 1))
    both: list[float] = []
    for _ in range(2):
        both += [time for time, _ in departures(Spacer(limits, start=0.0, share=0.5), ["a.kr"] * 100, {})]
    assert most_within(sorted(both), 1.0) <= 14


def test_a_new_session_never_begins_with_a_burst() -> None:
    """Who sent just before it may have used up the second."""
    left = departures(Spacer(Limits(Limit(10, 1)), start=50.0), ["a.kr"] * 5, {0: 500.0})
    assert most_within([time for time, _ in left], 0.1) == 1


def test_domains_that_rest_are_forgotten() -> None:
    spacer = Spacer(Limits(None, {"*": Limit(1, 1)}), start=0.0)
    for number in range(20_000):
        spacer.leaves(f"d{number}.kr", float(number))
    assert len(spacer._lanes) <= 5_001
    assert spacer.take("d19999.kr", 19_999.5) > 0


def test_without_limits_nothing_waits() -> None:
    spacer = Spacer(Limits(), start=0.0)
    assert [spacer.take("a.kr", 0.0) for _ in range(100)] == [0.0] * 100
