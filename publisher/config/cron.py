"""Cron lines, as crontab(5) means them, on the clock of a time zone.

Five fields: minute, hour, day of month, month, weekday (0 and 7 are Sunday, or names). Where both the day of month and
the weekday are given, either one is enough. Our own, because APScheduler's `from_crontab` counts weekdays from Monday,
wants both days to agree, fires twice when an hour is repeated, and takes 0.2 s to import; the scheduler asks here.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_PART = re.compile(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\d{1,4}))?", re.ASCII)
# 29 February may be eight years away, across a century that is no leap year.
_HORIZON = 8 * 366 + 2


def next_time(line: str, zone: ZoneInfo, after: datetime) -> datetime:
    """The first time (aware UTC) strictly after `after` that `line` names on the clock of `zone`.

    A local time that does not exist fires once, as much later as the clock jumped. One that happens twice fires the
    first time only, unless the line names every hour. Raises ValueError where `check` has something to say.
    """
    times = _parse(line)
    today = after.astimezone(zone).date()
    for days in range(-1, _HORIZON):
        day = today + timedelta(days=days)
        due = [moment for moment in _moments(times, day, zone) if moment > after]
        if due:
            return min(due)
    raise ValueError(f"{line!r} never happens")


def last_time(line: str, zone: ZoneInfo, at: datetime) -> datetime:
    """The last time (aware UTC) not after `at` that `line` names; the same times that `next_time` gives."""
    times = _parse(line)
    today = at.astimezone(zone).date()
    for days in range(1, -_HORIZON, -1):
        day = today + timedelta(days=days)
        if any(moment <= at for moment in _moments(times, day, zone)):
            # A time of the day before may have been moved into this one, behind what this one has itself.
            both = (*_moments(times, day, zone), *_moments(times, day - timedelta(days=1), zone))
            return max(moment for moment in both if moment <= at)
    raise ValueError(f"{line!r} never happened")


def times_between(line: str, zone: ZoneInfo, after: datetime, before: datetime) -> Iterator[datetime]:
    """Every time strictly between the two, the earliest first."""
    moment = next_time(line, zone, after)
    while moment < before:
        yield moment
        moment = next_time(line, zone, moment)


def check(line: str) -> str | None:
    """What is wrong with this cron line and what to write, or None."""
    try:
        _parse(line)
    except ValueError as error:
        return str(error)
    return None


def same(line: str, other: str) -> bool:
    """Whether the two name the same times, however they are spelt."""
    return line == other or (check(line) is None and check(other) is None and _parse(line) == _parse(other))


@dataclass(frozen=True, slots=True)
class _Times:
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    is_either_day: bool
    is_every_hour: bool

    def falls_on(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return by_day or by_weekday if self.is_either_day else by_day and by_weekday


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()

    def numbers(self, text: str) -> frozenset[int]:
        return frozenset(number for part in text.split(",") for number in self._part(part))

    def _part(self, part: str) -> range | list[int]:
        match = _PART.fullmatch(part)
        if not match or (match["first"] == "*" and match["last"]):
            raise ValueError(f"{part!r} is not {self._wanted()}")
        if match["step"] and not match["last"] and match["first"] != "*":
            raise ValueError(f"{part!r} has a step without a range; write {match['first']}-{self.high}/{match['step']}")
        step = int(match["step"] or 1)
        if step == 0:
            raise ValueError(f"{part!r} has a step of 0; write 1 or more")
        if match["first"] == "*":
            return range(self.low, (6 if self.is_weekday else self.high) + 1, step)
        first, last = self._number(match["first"]), self._number(match["last"] or match["first"])
        if self.is_weekday:
            last += 7 if last < first else 0
            return [number % 7 for number in range(first, last + 1, step)]
        if last < first:
            raise ValueError(f"{part!r} goes backwards; write the smaller {self.name} first")
        return range(first, last + 1, step)

    @property
    def is_weekday(self) -> bool:
        return self.words == _WEEKDAYS

    def _number(self, text: str) -> int:
        if text.upper() in self.words:
            return self.words.index(text.upper()) + (0 if self.is_weekday else 1)
        if not re.fullmatch(r"[0-9]{1,2}", text) or not self.low <= int(text) <= self.high:
            raise ValueError(f"{text!r} is not {self._wanted()}")
        return int(text)

    def _wanted(self) -> str:
        names = f" or {self.words[0]} to {self.words[-1]}" if self.words else ""
        return f"{'an' if self.name == 'hour' else 'a'} {self.name}; write {self.low} to {self.high}{names}"


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("weekday", 0, 7, _WEEKDAYS),
)


@lru_cache(maxsize=64)
def _parse(line: str) -> _Times:
    texts = line.split()
    if len(texts) != len(_FIELDS):
        raise ValueError(
            f"{line!r} is not a cron line of five fields (minute, hour, day of the month, month, weekday); "
            'write one like "0 9 * * THU"'
        )
    minutes, hours, days, months, weekdays = (field.numbers(text) for field, text in zip(_FIELDS, texts, strict=True))
    times = _Times(
        minutes=tuple(sorted(minutes)),
        hours=tuple(sorted(hours)),
        days=days,
        months=months,
        weekdays=weekdays,
        is_either_day=not texts[2].startswith("*") and not texts[4].startswith("*"),
        is_every_hour=len(hours) == 24,
    )
    longest = max(calendar.monthrange(2024, month)[1] for month in months)
    if not times.is_either_day and min(days) > longest:
        raise ValueError(f"{line!r} never happens: none of its months has a day {min(days)}")
    return times


def _moments(times: _Times, day: date, zone: ZoneInfo) -> Iterator[datetime]:
    if not times.falls_on(day):
        return
    for hour in times.hours:
        for minute in times.minutes:
            local = datetime.combine(day, time(hour, minute), zone)
            moment, again = local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)
            yield moment
            if times.is_every_hour and again > moment:  # where a time does not exist, fold=1 is the earlier one
                yield again
