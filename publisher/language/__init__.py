"""What pages, notices and messages say in each language: English as written in the code, Korean from a catalogue.

Catalogues are gettext files (`ko/messages.po`), read when they are first needed; nothing is compiled beforehand. Dates,
times, counts and spans are written as the language writes them (CLDR, through Babel).
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import cached_property, lru_cache
from importlib.resources import files

from babel.core import Locale, negotiate_locale
from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from babel.support import NullTranslations, Translations

from publisher.language.reasons import Reasons

LANGUAGES = ("en", "ko")


@dataclass(frozen=True)
class Language:
    """One language. `code` is one of LANGUAGES."""

    code: str

    @cached_property
    def _catalogue(self) -> NullTranslations:
        if self.code == "en":
            return NullTranslations()
        source = files("publisher.language") / self.code / "messages.po"
        compiled = io.BytesIO()
        with source.open("rb") as file:
            write_mo(compiled, read_po(file, locale=self.code))
        compiled.seek(0)
        return Translations(compiled)

    @cached_property
    def _reasons(self) -> Reasons:
        with (files("publisher.language") / self.code / "reasons.po").open("rb") as file:
            return Reasons.of((str(message.id), str(message.string)) for message in read_po(file) if message.id)

    @cached_property
    def _meanings(self) -> dict[str, str]:
        with (files("publisher.language") / self.code / "settings.po").open("rb") as file:
            return {str(message.id): str(message.string) for message in read_po(file) if message.id}

    @cached_property
    def locale(self) -> Locale:
        return Locale.parse("en_GB" if self.code == "en" else "ko_KR")

    def gettext(self, message: str) -> str:
        return self._catalogue.ugettext(message)

    def ngettext(self, one: str, many: str, count: int) -> str:
        return self._catalogue.ungettext(one, many, count)

    def tell(self, text: str) -> str:
        """A sentence that was stored in English, like why an issue is held; what is not known stays as it is."""
        return text if self.code == "en" else self._reasons.tell(text)

    def meaning(self, text: str) -> str:
        """The line that says what a setting means, which the settings have in English."""
        return text if self.code == "en" else self._meanings.get(text, text)

    def number(self, value: float) -> str:
        return format_decimal(value, locale=self.locale)

    def percent(self, share: float) -> str:
        return format_percent(share, locale=self.locale)

    def share(self, part: int, whole: int) -> str:
        """A part of a whole, exact enough that what is there is never nothing: "0.04 %"."""
        share = part / whole if whole else 0.0
        return format_percent(share, "0.##%" if 0 < share < 0.01 else "0.#%", locale=self.locale)

    def day(self, day: date | datetime) -> str:
        """A day in full: "Friday, 29 May 2026", "2026년 5월 29일 금요일"."""
        return format_date(day, "full", locale=self.locale)

    def moment(self, time: datetime, zone: tzinfo) -> str:
        """A time on the clock of `zone`: "Fri 29 May 2026, 07:30"."""
        pattern = "EEE d MMM y, HH:mm" if self.code == "en" else "y년 M월 d일 (EEE) HH:mm"
        return format_datetime(time.astimezone(zone), pattern, locale=self.locale)

    def clock(self, time: datetime, zone: tzinfo) -> str:
        """The time of the day alone: "07:30"."""
        return format_time(time.astimezone(zone), "HH:mm", locale=self.locale)

    def soon(self, time: datetime, zone: tzinfo, now: datetime) -> str:
        """A time to come with its zone and how far away it is: "Fri 07:30 KST, in 21 hr"."""
        is_near = abs(time - now) < timedelta(days=6)
        pattern = ("EEE HH:mm" if is_near else "EEE d MMM HH:mm") if self.code == "en" else "M월 d일(EEE) HH:mm"
        local = time.astimezone(zone)
        away = format_timedelta(time - now, add_direction=True, format="short", threshold=1.5, locale=self.locale)
        return f"{format_datetime(local, pattern, locale=self.locale)} {local.tzname()}, {away}"

    def span(self, span: timedelta) -> str:
        """A length of time in one unit: "21 hours"."""
        return format_timedelta(span, threshold=1.5, locale=self.locale)


@lru_cache
def language(code: str) -> Language:
    """The language of that code; English for one that is not known."""
    return Language(code if code in LANGUAGES else "en")


def preferred(accept_language: str, otherwise: str) -> str:
    """The code that a browser's Accept-Language asks for (RFC 9110, 12.5.4), or `otherwise`."""
    asked = re.findall(r"([A-Za-z-]{2,20})(?:\s*;\s*q=([01](?:\.\d{0,3})?))?", accept_language[:200])
    ranked = sorted(asked, key=lambda pair: -float(pair[1] or 1))
    wanted = [code for code, weight in ranked if float(weight or 1) > 0]
    return negotiate_locale(wanted, LANGUAGES, sep="-") or otherwise
