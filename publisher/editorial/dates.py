"""Dates as sources write them, in Korean and in English, to aware UTC.

Only whole, unambiguous forms are read: a day before 1990 is a placeholder, 05/06/2026 could be two days, and what is
not understood is no date. Nothing is guessed, because a wrong date would put an item into the wrong week. What is said
from the reader's side ("3시간 전", "어제") needs to be told when that is.
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

_HALF_FIRST = re.compile(r"\b([AP]\.?M\.?) (\d{1,2}:\d{2}(?::\d{2})?)(?![\d:]|\s*[ap]\.?m)", re.IGNORECASE)
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
_HALF = r"(?:\s*(?P<half>[ap])\.?m\.?)?"
_KOREAN_WORD = r"(?:입력|기사\s?입력|등록|게시|발행|작성|송고|승인|수정|최종\s?수정|업데이트)(?:\s?일시|일시?)?"
_ZONE = (
    r"(?:\s*(?:\(?(?P<place>[a-z]{1,5})\)?)?\s*(?P<offset>[+-]\s?\d{1,2}(?::?\d{2})?)?"
    r"(?:\s*\([a-z\s]*\)|\s[a-z]{1,5}|\[[a-z_]+/[a-z_]+\])?)?"  # behind an offset a name says nothing new
)
_DAY_NAME = r"(?:(?:[a-z]{2,9}\.?|[월화수목금토일](?:요일)?),?\s+)?"
_KOREAN_DAY = r"(?:\s*[(\[]\s*[월화수목금토일](?:요일)?\s*[)\]](?:요일)?|\s*[월화수목금토일](?:요일)?(?=[\s,]|$))?"
_KOREAN_CLOCK = (
    r"(?:(?P<part>오전|오후|새벽|아침|낮|저녁|밤)?\s*"
    r"(?P<hour>\d{1,2})(?:\s*시(?:\s*(?:(?P<minute>\d{1,2})\s*분|(?P<half_past>반)))?(?:\s*(?P<second>\d{1,2})\s*초)?"
    r"|:(?P<minute2>\d{2})(?::(?P<second2>\d{2})(?:[.,]\d+)?)?)|(?P<noon>정오))"
)
_KOREAN_REST = rf"{_KOREAN_DAY}(?:,?\s*{_KOREAN_CLOCK}{_HALF}{_ZONE})?(?:\s*{_KOREAN_WORD})?"
_KOREAN_MONTH = r"\s?(?:월|[./-])\s*(?P<day>\d{1,2})\s?[일.]?"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        # 2026-05-20T06:00:00.5+09:00 (ISO 8601, RFC 3339), and with a blank instead of the T
        rf"(?P<year>\d{{4}})-(?P<month>\d{{2}})-(?P<day>\d{{2}})(?:(?:T|\s+){_CLOCK}{_HALF}{_ZONE})?",
        # Wed, 20 May 2026 06:00:00 +0900 (RFC 822, 5322), 20-May-26, and 수, 20 5월 2026 06:00:00 +0900 of a server
        # whose language is Korean
        rf"{_DAY_NAME}(?P<day>\d{{1,2}})[\s/-](?:(?P<name>[a-z]{{3,9}})\.?,?|(?P<month>\d{{1,2}})월)[\s/-]"
        rf"(?P<year>\d{{4}}|\d{{2}})(?:(?:,?\s+|:){_CLOCK}{_HALF}{_ZONE})?",
        # 입력 2026.05.20. (수) 오후 3:20, 2026년 5월 20일 15시 20분, 2026/5/20
        rf"(?:{_KOREAN_WORD}\s*:?\s*)?(?P<year>\d{{4}})\s?(?:년|[./-])\s*(?P<month>\d{{1,2}}){_KOREAN_MONTH}{_KOREAN_REST}",
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

# 26.05.20 06:00, '26. 5. 20, 26년 5월 20일 오전 9시: the year is first in Korea, the day elsewhere
_SHORT_YEAR = re.compile(
    rf"(?:{_KOREAN_WORD}\s*:?\s*)?['’‘]?(?P<year>\d{{2}})\s?(?:년|[./-])\s*(?P<month>\d{{1,2}}){_KOREAN_MONTH}{_KOREAN_REST}",
    re.IGNORECASE,
)
_THIS_YEAR = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        # 5월 20일 (수) 오전 9시
        rf"(?:{_KOREAN_WORD}\s*:?\s*)?(?P<month>\d{{1,2}})\s?월\s*(?P<day>\d{{1,2}})\s?일{_KOREAN_REST}",
        # May 20, Wed May 20 at 6:00 AM
        rf"{_DAY_NAME}(?P<name>[a-z]{{3,9}})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?:at\s+)?{_CLOCK}{_HALF}{_ZONE})?",
    )
)
_DAYS_BACK = {"오늘": 0, "today": 0, "어제": 1, "yesterday": 1, "그제": 2, "그저께": 2, "엊그제": 2}
_DAY_BACK = re.compile(rf"(?P<word>{'|'.join(_DAYS_BACK)}){_KOREAN_REST}", re.IGNORECASE)
_UNITS = {
    "초": 0, "분": 60, "시간": 3_600, "일": 86_400, "주": 604_800, "주일": 604_800,
    "sec": 0, "second": 0, "min": 60, "minute": 60, "hr": 3_600, "hour": 3_600, "day": 86_400, "week": 604_800,
}  # fmt: skip
_AGO = re.compile(
    rf"(?:{_KOREAN_WORD}\s*:?\s*)?(?:(?P<now>방금(?:\s?전)?|조금\s?전|just now|now)"
    r"|(?P<count>\d{1,4}|an?|한)\s?(?P<unit>초|분|시간|일|주일?|sec|second|min|minute|hr|hour|day|week)s?\s?(?:전|ago))"
    rf"(?:\s*{_KOREAN_WORD})?",
    re.IGNORECASE,
)


def parse_date(text: str, zone: ZoneInfo, *, now: datetime | None = None, language: str = "") -> datetime | None:
    """When `text` says, or None where it says nothing usable. Without a zone of its own it is on the clock of `zone`;
    without a time it is that day's first moment there.

    A year of two digits is read where the text, or its `language`, is Korean. With `now` also days without a year are
    read, and what counts back from now: "3시간 전" gives the day only, so that the next look finds the same.
    """
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text[:_LONGEST])).strip()
    if re.fullmatch(r"\d{10}|\d{13}", text):  # seconds or milliseconds since 1970
        return _usable(datetime.fromtimestamp(int(text[:10]), UTC))
    text = _HALF_FIRST.sub(r"\2 \1", text)
    is_korean = language == "ko" or bool(re.search("[가-힣]|^['’‘]", text))
    for form in (*_FORMS, _SHORT_YEAR) if is_korean else _FORMS:
        match = form.fullmatch(text)
        if match:
            return _moment(_found(match), zone)
    return _counted(text, zone, now) if now else None


def counts_from_now(text: str) -> bool:
    """Does it say another thing at every look, like "3시간 전"?"""
    text = unicodedata.normalize("NFKC", text[:_LONGEST]).strip()
    return bool(_AGO.fullmatch(text) or _DAY_BACK.fullmatch(text))


def _found(match: re.Match[str]) -> dict[str, str]:
    return {name: value for name, value in match.groupdict().items() if value}


def _counted(text: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    """What is said from where the reader stands: without a year, or back from now."""
    here = now.astimezone(zone)
    if match := _AGO.fullmatch(text):
        count = int(match["count"]) if (match["count"] or "").isdecimal() else 1
        seconds = 0 if match["now"] else count * _UNITS[match["unit"].lower()]
        return _on(here - timedelta(seconds=seconds), {}, zone)
    if match := _DAY_BACK.fullmatch(text):
        return _on(here - timedelta(days=_DAYS_BACK[match["word"].lower()]), _found(match), zone)
    for form in _THIS_YEAR:
        if match := form.fullmatch(text):
            years = (_moment({"year": f"{here.year + step}"} | _found(match), zone) for step in (1, 0, -1))
            return next((moment for moment in years if moment and moment <= now + timedelta(days=1)), None)
    return None


def _on(day: datetime, found: dict[str, str], zone: ZoneInfo) -> datetime | None:
    return _moment(found | {"year": f"{day:%Y}", "month": f"{day:%m}", "day": f"{day:%d}"}, zone)


def _moment(found: dict[str, str], zone: ZoneInfo) -> datetime | None:
    month = int(found["month"]) if "month" in found else _MONTHS.get(found["name"][:3].lower(), 0)
    minute = 30 if "half_past" in found else int(found.get("minute") or found.get("minute2") or 0)
    second = min(59, int(found.get("second") or found.get("second2") or 0))  # a leap second is no second of ours
    try:
        hour = _hour(found)
        hour, days = (0, 1) if hour == 24 and minute == 0 else (hour, 0)
        day = datetime(_year(found["year"]), month, int(found["day"]), tzinfo=_zone(found, zone)) + timedelta(days=days)
        return _usable(day.replace(hour=hour, minute=minute, second=second).astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def _hour(found: dict[str, str]) -> int:
    hour = 12 if "noon" in found else int(found.get("hour", 0))
    part = found.get("part", "") or {"a": "오전", "p": "오후"}.get(found.get("half", "").lower(), "")
    if part in ("오후", "낮", "저녁") and hour < 12 and not (part == "낮" and hour == 11):
        return hour + 12
    if part == "밤" and 6 <= hour <= 12:  # 밤 12시 ends the day; 밤 1시 could be two
        return hour + 12
    if part == "밤" and hour < 6:
        raise ValueError("no certain hour")
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
