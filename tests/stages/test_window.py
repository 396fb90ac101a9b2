"""The window of a week, on the publication's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from publisher.stages.compose import window_start

SEOUL, NEW_YORK = ZoneInfo("Asia/Seoul"), ZoneInfo("America/New_York")
WEEK = timedelta(days=7)


def test_the_window_begins_at_midnight_where_the_publication_is() -> None:
    now = datetime(2026, 5, 25, 0, 0, tzinfo=UTC)  # Monday 09:00 in Seoul
    assert window_start(now, WEEK, SEOUL) == datetime(2026, 5, 17, 15, 0, tzinfo=UTC)


def test_a_sunday_in_utc_that_is_monday_in_seoul_is_in_the_week() -> None:
    now = datetime(2026, 5, 25, 0, 0, tzinfo=UTC)
    sunday_night = datetime(2026, 5, 17, 20, 0, tzinfo=UTC)
    assert sunday_night >= window_start(now, WEEK, SEOUL)


def test_a_change_of_the_clock_makes_no_gap() -> None:
    after_spring = datetime(2026, 3, 12, 13, 0, tzinfo=UTC)  # summer time began on 8 March
    assert window_start(after_spring, WEEK, NEW_YORK) == datetime(2026, 3, 5, 5, 0, tzinfo=UTC)
