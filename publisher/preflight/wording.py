"""Words that were not meant to go out, years that are over, and Korean that speaks in two voices."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from publisher.editorial.sentences import sentences
from publisher.preflight.finding import Finding, Level
from publisher.preflight.reading import Field, Reading, field_name, plain
from publisher.render.slots import resolved

# In capitals, alone; TK is also 대구·경북 in Korean, so beside Hangul it counts only in brackets or doubled.
_TO_COME = re.compile(
    r"(?<![\w&./#-])(?:TK(?:TK)+|TODO|FIXME|XXX+|TBD|TBC)(?![\w./])"
    r"|\[\s*TK\s*\]|(?<![\w·&/-])TK(?=[\s:.,;!?)\]]|$)(?!\s*[가-힣])"
    r"|\b[Ll]orem ipsum\b"
    r"|[\[(（<【]\s*(?:추후\s?(?:보완|추가|작성)|확인\s?필요|내용\s?추가|작성\s?(?:중|예정)|수정\s?필요|출처\s?확인)\s*[\])）>】]"
)
_COPYRIGHT = re.compile(r"(?:©|\(c\)|copyright)\s*(?:©\s*)?(?:(?:19|20)\d\d\s*[-–—]\s*)?((?:19|20)\d\d)", re.IGNORECASE)
_DAY = re.compile(
    r"(?P<year>20\d\d)(?:년\s?|[.\-/]\s?)(?P<month>\d{1,2})(?:월\s?|[.\-/]\s?)(?P<day>\d{1,2})"
    r"|(?P<name>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?\s+(?P<day2>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year2>20\d\d)"
)
_THIS_YEAR = re.compile(r"(?:올해|금년|this year)(?:인|,)?\s*\(?((?:19|20)\d\d)년?\)?", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NEAR = 21  # days around the planned one: whoever names such a day a year ago has most likely mistyped its year


def placeholders(reading: Reading) -> Iterator[Finding]:
    """A mark of its writer's that something is still to come; what the source itself says is its text."""
    for field, words in shown_fields(reading):
        source = reading.source_words(field.pick) if field.pick else ""
        for found in dict.fromkeys(match[0] for match in _TO_COME.finditer(words)):
            if found in source:
                continue
            yield Finding(
                Level.WARNING,
                "placeholders",
                field.where,
                f"“{found}” still stands there",
                "write what was to come, or take it out",
            )


def years(reading: Reading) -> Iterator[Finding]:
    """A year that is over, where this one is meant."""
    planned = reading.facts.leaves_at.astimezone(reading.facts.zone)
    for field, words in shown_fields(reading):
        said = [int(match[1]) for form in (_COPYRIGHT, _THIS_YEAR) for match in form.finditer(words)]
        stale = [year for year in said if year < planned.year]
        # Of a day near the planned one only the year before is a slip; an older one is history.
        stale += [year for year in _years_of_days(words, planned.month, planned.day) if year == planned.year - 1]
        for year in dict.fromkeys(stale):
            yield Finding(
                Level.WARNING,
                "years",
                field.where,
                f"it says {year}, and the issue leaves in {planned.year}",
                "correct the year, unless it is meant",
            )


def _years_of_days(words: str, month: int, day: int) -> Iterator[int]:
    """The years of days that are, but for their year, within `_NEAR` days of that day."""
    for match in _DAY.finditer(words):
        there = int(match["month"]) if match["month"] else _MONTHS.index(match["name"].lower()[:3]) + 1
        at = int(match["day"] or match["day2"])
        apart = abs((there - month) * 30.5 + at - day)
        if min(apart, 366 - apart) <= _NEAR:
            yield int(match["year"] or match["year2"])


# ---- Korean that speaks in two voices -----------------------------------------------------------------------------

PLAIN, POLITE = "-다", "-습니다"
# -요 beside -습니다 is how people write who speak to somebody.
_POLITE = re.compile(r"(?:니다|니까|십시오|[가-힣](?:요|죠))[.!?…]*$")
_PLAIN = re.compile(r"[가-힣]다[.!?…]*$")
_QUOTED = re.compile(r"“[^“”]*”|\"[^\"]*\"|‘[^‘’]*’|「[^「」]*」|『[^『』]*』")


def register(reading: Reading) -> Iterator[Finding]:
    """Sentences in -다 beside sentences in -습니다: within one text, or in items that have another voice than most."""
    if not reading.is_korean:
        return
    voices: dict[int, str] = {}
    for pick in reading.issue.picks:
        counts = voices_of(plain(pick.body))
        if len(counts) > 1:
            first, second = sorted(counts, key=lambda voice: -counts[voice])[:2]
            yield Finding(
                Level.WARNING,
                "register",
                field_name(pick, "body"),
                f"the text says {counts[first]}× {first} and {counts[second]}× {second}",
                "let the whole text speak in one voice",
            )
        elif counts:
            voices[pick.position] = next(iter(counts))
    yield from _other_voice(reading, voices)


def _other_voice(reading: Reading, voices: dict[int, str]) -> Iterator[Finding]:
    """One finding for all items that speak otherwise than most."""
    usual = Counter(voices.values()).most_common(1)
    others = [position for position, voice in voices.items() if usual and voice != usual[0][0]]
    if not others:
        return
    first = next(pick for pick in reading.issue.picks if pick.position == others[0])
    yield Finding(
        Level.WARNING,
        "register",
        field_name(first, "body"),
        f"most items say {usual[0][0]}, and these speak otherwise: {', '.join(map(str, others))}",
        "let the whole issue speak in one voice",
    )


@lru_cache(maxsize=500)
def voices_of(text: str) -> dict[str, int]:
    """How many sentences end in each voice, quotations left out."""
    counts: Counter[str] = Counter()
    for sentence in sentences(_QUOTED.sub("", text)):
        sentence = sentence.rstrip('”’")）」』 ')
        if not sentence.endswith((".", "!", "?", "…")) and len(sentence) < 20:
            continue
        for voice, ends in ((POLITE, _POLITE), (PLAIN, _PLAIN)):
            if ends.search(sentence):
                counts[voice] += 1
                break
    return dict(counts)


def shown_fields(reading: Reading) -> Iterator[tuple[Field, str]]:
    """Every field with its words as they are shown, slots filled; posts that an editor worded among them."""
    for field in reading.fields:
        if field.words:
            yield field, resolved(field.words)
    for pick in reading.issue.picks:
        for channel, wish in pick.posts.items():
            if wish.text and not wish.is_off:
                yield Field(field_name(pick, f"post:{channel}:text"), wish.text, pick), wish.text
