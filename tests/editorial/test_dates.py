"""Dates as sources write them."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.editorial.dates import parse_date

SEOUL = ZoneInfo("Asia/Seoul")
MORNING = datetime(2026, 5, 19, 21, 0, tzinfo=UTC)  # 06:00 in Seoul
MIDNIGHT = datetime(2026, 5, 19, 15, 0, tzinfo=UTC)
AFTERNOON = datetime(2026, 5, 20, 6, 20, tzinfo=UTC)  # 15:20 in Seoul


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026.05.20 06:00", MORNING),
        ("2026. 5. 20. 06:00:00", MORNING),
        ("2026년 05월 20일 (수)요일 06:00", MORNING),
        ("2026년 5월 20일 수요일 오전 6시", MORNING),
        ("2026년 5월 20일 오후 3시 20분", AFTERNOON),
        ("2026년5월20일 15시20분", AFTERNOON),
        ("2026-05-20(수) 15:20", AFTERNOON),
        ("2026.05.20(수)15:20", AFTERNOON),
        ("입력 2026.05.20. 오후 3:20", AFTERNOON),
        ("2026-05-20 15:20 입력", AFTERNOON),
        ("2026/5/20 오후 3:20", AFTERNOON),
        ("2026.5.20 3:20 PM", AFTERNOON),
        ("２０２６．０５．２０ ０６：００", MORNING),
        ("2026-05-20(수)", MIDNIGHT),
        ("2026.05.20.", MIDNIGHT),
        ("2026년 5월 20일", MIDNIGHT),
        ("2026-05-20", MIDNIGHT),
        ("20260520", MIDNIGHT),
        ("2026년 5월 20일 오전 12시 30분", MIDNIGHT + timedelta(minutes=30)),
        ("2026년 5월 20일 새벽 12시 반", MIDNIGHT + timedelta(minutes=30)),
        ("2026년 5월 20일 낮 12시", MIDNIGHT + timedelta(hours=12)),
        ("2026년 5월 20일 오후 12:05", MIDNIGHT + timedelta(hours=12, minutes=5)),
        ("2026.05.19 24:00", MIDNIGHT),
        ("2026년 5월 20일 오전 9시", MIDNIGHT + timedelta(hours=9)),
        ("2026-05-20 (수) 09:00", MIDNIGHT + timedelta(hours=9)),
        ("2026-05-20 (수) 09:00 (KST)", MIDNIGHT + timedelta(hours=9)),
        ("2026-05-20 오후 3:20:00", AFTERNOON),
        ("2026-05-20 PM 03:20", AFTERNOON),
        ("입력일시: 2026-05-20 15:20", AFTERNOON),
        ("기사 입력 2026.05.20 15:20", AFTERNOON),
        ("2026년 5월 20일 정오", MIDNIGHT + timedelta(hours=12)),
        ("2026년 5월 19일 밤 12시", MIDNIGHT),
        ("2026년 5월 19일 밤 11시", MIDNIGHT - timedelta(hours=1)),
        ("26년 5월 20일 오전 6시", MORNING),
        ("’26. 5. 20. 06:00", MORNING),
        ("26.05.20 (수) 15:20", AFTERNOON),
        ("수, 20 5월 2026 06:00:00 +0900", MORNING),
        (unicodedata.normalize("NFD", "2026년 5월 20일 오전 6시"), MORNING),
    ],
)
def test_korean_dates_are_on_the_publications_clock(text: str, moment: datetime) -> None:
    assert parse_date(text, SEOUL) == moment


@pytest.mark.parametrize(
    "text",
    [
        "Tue, 19 May 2026 21:00:00 GMT",
        "Tue, 19 May 2026 21:00:00 +0000 (UTC)",
        "Wed, 20 May 2026 06:00:00 +0900",
        "Wed, 20 May 2026 06:00 KST",
        "Wed, 20 May 2026 06:00:00 GMT+9",
        "20 May 26 06:00:00 +09:00",
        "Tue, 19 May 2026 17:00:00 EDT",
        "Tue, 19 May 2026 21:00:00 XYZ",
        "2026-05-19T21:00:00Z",
        "2026-05-19t21:00:00.123z",
        "2026-05-20T06:00+0900",
        "2026-05-20T06:00:00+09:00[Asia/Seoul]",
        "2026-05-20 06:00:00 +0900 KST",
        "20/May/2026:06:00:00 +0900",
        "2026-05-20 06:00:00 +09:00",
        "2026-05-20 06:00:00",
        "20260519T210000Z",
        "Wed May 20 06:00:00 2026",
        "Tue May 19 21:00:00 UTC 2026",
        "May 20, 2026 6:00 AM",
        "Wednesday, May 20th, 2026 at 6:00 a.m.",
        "1779224400",
        "1779224400000",
        "  Wed,  20 May\n2026 06:00:00 +0900 ",
    ],
)
def test_dates_of_the_rest_of_the_world_are_understood(text: str) -> None:
    moment = parse_date(text, SEOUL)
    assert moment is not None and moment.replace(microsecond=0) == MORNING and moment.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "Mon, 01 Jan 0001 00:00:00 +0000",
        "0001-01-01T00:00:00+14:00",
        "1970-01-01T00:00:00Z",
        "1989-12-31T23:59:59Z",
        "9999-12-31T23:59:59-12:00",
        "2026-02-30",
        "2026-05-20T25:00:00Z",
        "2026-05-20T06:00:00+99:00",
        "2026-05-20T06:00:00+09:75",
        "05/06/2026",
        "20 Mai 2026",
        "20.05.26",
        "26.05.20",
        "2026년 5월 20일 밤 1시",
        "3시간 전",
        "어제",
        "5월 20일",
        "May 20",
        "2026.05.20 06:00 2026.05.21",
        "2026.05.20 " * 10_000,
        "1" * 100_000,
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_date(text, SEOUL) is None


def test_a_korean_feed_writes_the_year_first_even_with_two_digits() -> None:
    assert parse_date("26.05.20 06:00", SEOUL, language="ko") == MORNING
    assert parse_date("26-5-20", SEOUL, language="ko") == MIDNIGHT
    assert parse_date("26.05.20 06:00", SEOUL, language="en") is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("방금 전", MIDNIGHT),
        ("3시간 전", MIDNIGHT),
        ("12시간 전", MIDNIGHT - timedelta(days=1)),
        ("2일 전", MIDNIGHT - timedelta(days=2)),
        ("1주 전 등록", MIDNIGHT - timedelta(days=7)),
        ("3 hours ago", MIDNIGHT),
        ("a day ago", MIDNIGHT - timedelta(days=1)),
        ("어제", MIDNIGHT - timedelta(days=1)),
        ("어제 오전 6시", MORNING - timedelta(days=1)),
        ("오늘 06:00", MORNING),
        ("5월 20일 (수) 06:00", MORNING),
        ("May 20, 6:00 AM", MORNING),
        ("12월 30일", datetime(2025, 12, 29, 15, tzinfo=UTC)),
        ("3개월 전", None),
        ("99시간 뒤", None),
        ("9999주 전", None),
        ("2월 30일", None),
    ],
)
def test_what_counts_from_now_needs_to_know_when_that_is(text: str, moment: datetime | None) -> None:
    now = MIDNIGHT + timedelta(hours=11)  # 11:00 in Seoul
    assert parse_date(text, SEOUL, now=now) == moment
    assert parse_date(text, SEOUL) is None


def test_what_counts_back_is_the_same_at_the_next_look() -> None:
    ten = MIDNIGHT + timedelta(hours=10)
    later = [parse_date(f"{hours}시간 전", SEOUL, now=ten + timedelta(hours=hours)) for hours in range(1, 24)]
    assert set(later) == {MIDNIGHT}


def test_a_future_date_stays_as_it_is() -> None:
    assert parse_date("2099-01-01T00:00:00Z", SEOUL) == datetime(2099, 1, 1, tzinfo=UTC)


moments = st.integers(631_238_400, 4_102_444_800).map(  # 1990-01-02 to 2100-01-01
    lambda seconds: datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
)
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(moments, offsets)
def test_every_iso_moment_is_read_back(naive: datetime, offset: timezone) -> None:
    moment = naive.replace(tzinfo=offset)
    assert parse_date(moment.isoformat(), SEOUL) == moment


@given(moments, offsets)
def test_every_mail_date_is_read_back(naive: datetime, offset: timezone) -> None:
    moment = naive.replace(tzinfo=offset)
    assert parse_date(moment.strftime("%a, %d %b %Y %H:%M:%S %z"), SEOUL) == moment


@given(moments)
def test_every_korean_writing_of_a_moment_means_the_same(naive: datetime) -> None:
    naive = naive.replace(second=0)
    moment = naive.replace(tzinfo=SEOUL).astimezone(UTC)
    half, hour = ("오전", naive.hour % 12 or 12) if naive.hour < 12 else ("오후", naive.hour % 12 or 12)
    day = "월화수목금토일"[naive.weekday()]
    for text in (
        f"{naive:%Y.%m.%d %H:%M}",
        f"{naive.year}. {naive.month}. {naive.day}. {half} {hour}:{naive:%M}",
        f"{naive.year}년 {naive.month}월 {naive.day}일 {half} {hour}시 {naive.minute}분",
        f"{naive:%Y-%m-%d}({day}) {naive:%H:%M}",
        f"{naive:%Y년 %m월 %d일} ({day})요일 {naive:%H:%M}",
    ):
        assert parse_date(text, SEOUL) == moment, text


@given(st.one_of(st.text(max_size=200), st.text("0123456789년월일시분오전후 .-/:TZ+APM()수밤정주어제", max_size=60)))
def test_no_text_breaks_the_reader(text: str) -> None:
    for moment in (parse_date(text, SEOUL), parse_date(text, SEOUL, now=MORNING, language="ko")):
        assert moment is None or (moment.tzinfo is UTC and moment.year >= 1990)
