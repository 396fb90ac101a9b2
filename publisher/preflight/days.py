"""Days that are told from the day of writing ("오는 21일", "tomorrow"), against the day on which they are read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from publisher.preflight.finding import Finding, Level
from publisher.preflight.reading import Reading, field_name, plain
from publisher.render.slots import resolved

_COMING = re.compile(r"(?<![가-힣])(?:오는|다가오는)\s?(?:(?P<month>\d{1,2})월\s?)?(?P<day>\d{1,2})일")
# Not 오늘날, 내일 모레 are no days; "today's" and "the world of tomorrow" are no days either.
_TODAY = re.compile(
    r"(?<![가-힣])오늘(?=[\s,.!?…)”’]|은|부터|도|까지|\s?(?:오전|오후)|$)|\b[Tt]o(?:day|night)\b(?!['’]s)(?!,? we're)"
)
# "What will be ripe tomorrow" is no date: only what happens on a day is.
_EVENT = r"(?:출시|공개|발표|발간|개막|개최|개통|시작|마감|종료|예정|시행|열리|열린|열립|오전|오후|\(\d)"
_HAPPENS = r"(?:launch|releas|announc|unveil|publish|open|start|begin|kick|hold|vote|hearing|deadline|close|end)"
_TOMORROW = re.compile(
    rf"(?<![가-힣])내일(?:은|부터|도|까지)?(?=[^.!?\n]{{0,25}}{_EVENT})|\b{_HAPPENS}\w*\b[^.!?\n]{{0,25}}\b[Tt]omorrow\b(?!['’]s)"
    r"|\b[Tt]omorrow (?:at|morning|afternoon|evening|night)\b"
)
_YESTERDAY = re.compile(r"(?<![가-힣])(?:어제|그저께)(?=[\s,.!?…)”’]|는|부터|도|까지|의|$)|\b[Yy]esterday\b")
_THIS_WEEK = re.compile(r"(?<![가-힣])이번\s?주(?=[\s,.!?…)”’]|에|는|말|부터|까지|$)|\b[Tt]his week\b(?!['’]s)")
_NEXT_WEEK = re.compile(r"(?<![가-힣])다음\s?주(?=[\s,.!?…)”’]|에|는|말|부터|까지|$)|\b[Nn]ext week\b")
_QUOTED = re.compile(r"“[^“”]*”|\"[^\"]*\"|‘[^‘’]*’")


def relative(reading: Reading) -> Iterator[Finding]:
    """Words of a source that were true on the day they were written, and are not when the letter or the post is read.

    The letter is read when the issue leaves, a post when it is due. Days in quotations are the speaker's.
    """
    facts = reading.facts
    leaves = facts.leaves_at.astimezone(facts.zone).date()
    for pick in reading.issue.picks:
        item = reading.item(pick)
        if item is None or item.published_at is None:
            continue
        written = item.published_at.astimezone(facts.zone).date()
        source = reading.source_words(pick)
        for name, words in (("headline", pick.headline), ("body", plain(pick.body)), ("blurb", pick.blurb)):
            for said in _untrue(words, source, written, leaves):
                yield _finding(field_name(pick, name), said, written, "and the letter leaves on", leaves)
    for post in reading.posts:
        due, item_id = facts.planned.get((post.channel, post.position)), facts.item_at(post.position)
        item = facts.items.get(item_id) if item_id is not None else None
        if due is None or item is None or item.published_at is None:
            continue
        written, read = (time.astimezone(facts.zone).date() for time in (item.published_at, due))
        if read == leaves:
            continue  # what is untrue of it is told of the field that it comes from
        source = f"{item.headline}\n\n{plain(item.body)}"
        for said in set(_untrue(post.text, source, written, read)) - set(_untrue(post.text, source, written, leaves)):
            yield _finding(post.where, said, written, "and the post leaves on", read)


def coming(reading: Reading) -> Iterator[Finding]:
    """A day that an editor calls coming, in the note or above the letter, and that is over when it leaves."""
    facts = reading.facts
    leaves = facts.leaves_at.astimezone(facts.zone).date()
    now: datetime = facts.now
    written = now.astimezone(facts.zone).date()
    for field in reading.fields:
        if field.pick is None:
            for said in _over(resolved(field.words), written, leaves):
                yield _finding(field.where, said, written, "and the letter leaves on", leaves)


def _untrue(words: str, source: str, written: date, read: date) -> list[str]:
    """What of `words`, taken over from a source of the day `written`, is untrue on the day `read`."""
    words = _QUOTED.sub("", words)
    found = _over(words, written, read)
    if read != written:
        for pattern in (_TODAY, _TOMORROW, _YESTERDAY):
            found += [match[0] for match in pattern.finditer(words)]
    if _monday(read) != _monday(written):
        for pattern in (_THIS_WEEK, _NEXT_WEEK):
            found += [match[0] for match in pattern.finditer(words)]
    return [said for said in dict.fromkeys(found) if said in source]


def _over(words: str, written: date, read: date) -> list[str]:
    """Days called coming on the day `written` that are over on the day `read`."""
    found = []
    for match in _COMING.finditer(words):
        day = _next(written, int(match["day"]), int(match["month"] or 0))
        if day is not None and day < read:
            found.append(match[0])
    return found


def _next(after: date, day: int, month: int) -> date | None:
    """The first such day on or after that one; None where no month has it."""
    for ahead in range(400):
        candidate = after + timedelta(days=ahead)
        if candidate.day == day and month in (0, candidate.month):
            return candidate
    return None


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _finding(where: str, said: str, written: date, leaves: str, day: date) -> Finding:
    return Finding(
        Level.WARNING,
        "relative-dates",
        where,
        f"“{said}” was written on {written.isoformat()}, {leaves} {day.isoformat()}",
        "name the day itself",
    )
