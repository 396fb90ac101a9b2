"""Dates as sources write them, in Korean and in English, to aware UTC.

Only whole, unambiguous forms are read: a day before 1990 is a placeholder, 05/06/2026 could be two days, and what is
not understood is no date. Nothing is guessed, because a wrong date would put an item into the wrong week.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_EARLIEST_YEAR = 1990
_LONGEST = 120

_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_ZONES = {  # hours; names as in RFC 822, and those of our readers. An unknown name counts as UTC (RFC 5322, 4.3).
    "kst": 9, "jst": 9, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
    "cet": 1, "cest": 2, "bst": 1,
}  # fmt: skip

_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
_HALF = r"(?:\s*(?P<half>[ap])\.?m\.?)?"
_KOREAN_WORD = r"(?:입력|기사입력|등록|게시|발행|작성|수정|최종수정|업데이트)"
_ZONE = r"(?:\s*(?:\(?(?P<place>[a-z]{1,5})\)?)?\s*(?P<offset>[+-]\s?\d{1,2}(?::?\d{2})?)?(?:\s*\([a-z\s]*\))?)?"
_DAY_NAME = r"(?:[a-z]{2,9}\.?,?\s+)?"
_KOREAN_DAY = r"(?:\s*[(\[]\s*[월화수목금토일](?:요일)?\s*[)\]](?:요일)?|\s*[월화수목금토일](?:요일)?(?=[\s,]|$))?"
_KOREAN_CLOCK = (
    r"(?P<part>오전|오후|새벽|아침|낮|저녁)?\s*"
    r"(?P<hour>\d{1,2})(?:\s*시(?:\s*(?:(?P<minute>\d{1,2})\s*분|(?P<half_past>반)))?(?:\s*(?P<second>\d{1,2})\s*초)?"
    r"|:(?P<minute2>\d{2})(?::(?P<second2>\d{2})(?:[.,]\d+)?)?)"
)
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        # 2026-05-20T06:00:00.5+09:00 (ISO 8601, RFC 3339), and with a blank instead of the T
        rf"(?P<year>\d{{4}})-(?P<month>\d{{2}})-(?P<day>\d{{2}})(?:(?:T|\s+){_CLOCK}{_HALF}{_ZONE})?",
        # Wed, 20 May 2026 06:00:00 +0900 (RFC 822, 5322), 20-May-26
        rf"{_DAY_NAME}(?P<day>\d{{1,2}})[\s-](?P<name>[a-z]{{3,9}})\.?,?[\s-](?P<year>\d{{4}}|\d{{2}})"
        rf"(?:,?\s+{_CLOCK}{_HALF}{_ZONE})?",
        # 입력 2026.05.20. (수) 오후 3:20, 2026년 5월 20일 15시 20분, 2026/5/20
        rf"(?:{_KOREAN_WORD}\s*:?\s*)?(?P<year>\d{{4}})\s?(?:년|[./-])\s*(?P<month>\d{{1,2}})\s?(?:월|[./-])\s*(?P<day>\d{{1,2}})"
        rf"\s?[일.]?{_KOREAN_DAY}(?:,?\s*{_KOREAN_CLOCK}{_HALF}{_ZONE})?(?:\s*{_KOREAN_WORD})?",
        # May 20, 2026 6:00 AM
        rf"{_DAY_NAME}(?P<name>[a-z]{{3,9}})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})"
        rf"(?:,?\s+(?:at\s+)?{_CLOCK}{_HALF}{_ZONE})?",
        # Wed May 20 06:00:00 KST 2026 (asctime, date)
        rf"{_DAY_NAME}(?P<name>[a-z]{{3}})\s+(?P<day>\d{{1,2}})\s+{_CLOCK}\s+(?:(?P<place>[a-z]{{1,5}})\s+)?"
        r"(?P<year>\d{4})",
        # 20260520, 20260520T060000Z, 20260520060000
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
        rf"(?:T?(?P<hour>\d{{2}})(?P<minute>\d{{2}})(?P<second>\d{{2}})?{_ZONE})?",
    )
)


def parse_date(text: str, zone: ZoneInfo) -> datetime | None:
    """When `text` says, or None where it says nothing usable. Without a zone of its own it is on the clock of `zone`;
    without a time it is that day's first moment there.
    """
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text[:_LONGEST])).strip()
    if re.fullmatch(r"\d{10}|\d{13}", text):  # seconds or milliseconds since 1970
        return _usable(datetime.fromtimestamp(int(text[:10]), UTC))
    for form in _FORMS:
        match = form.fullmatch(text)
        if match:
            return _moment({name: value for name, value in match.groupdict().items() if value}, zone)
    return None


def _moment(found: dict[str, str], zone: ZoneInfo) -> datetime | None:
    month = int(found["month"]) if "month" in found else _MONTHS.get(found["name"][:3].lower(), 0)
    hour = _hour(found)
    minute = 30 if "half_past" in found else int(found.get("minute") or found.get("minute2") or 0)
    second = min(59, int(found.get("second") or found.get("second2") or 0))  # a leap second is no second of ours
    days = 0
    if hour == 24 and minute == 0:
        hour, days = 0, 1
    try:
        day = datetime(_year(found["year"]), month, int(found["day"]), tzinfo=_zone(found, zone)) + timedelta(days=days)
        return _usable(day.replace(hour=hour, minute=minute, second=second).astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def _hour(found: dict[str, str]) -> int:
    hour = int(found.get("hour", 0))
    part = found.get("part", "") or {"a": "오전", "p": "오후"}.get(found.get("half", "").lower(), "")
    if part in ("오후", "낮", "저녁") and hour < 12 and not (part == "낮" and hour == 11):
        return hour + 12
    if part in ("오전", "새벽", "아침") and hour == 12:
        return 0
    return hour


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    return year + (2000 if year < 70 else 1900)  # RFC 5322, 4.3, with the feeds' century


def _zone(found: dict[str, str], zone: ZoneInfo) -> tzinfo:
    offset = found.get("offset", "").replace(":", "").replace(" ", "")
    name = found.get("place", "").lower()
    if offset:
        digits = offset[1:]
        hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
        if minutes > 59:
            raise ValueError("no such offset")
        ahead = timedelta(hours=hours, minutes=minutes)
        return timezone(-ahead if offset[0] == "-" else ahead)
    if name:
        return timezone(timedelta(hours=_ZONES.get(name, 0)))
    return zone


def _usable(moment: datetime) -> datetime | None:
    return moment if moment.year >= _EARLIEST_YEAR else None
