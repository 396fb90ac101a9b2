"""What a reader sees before the letter is opened: subject and preheader, and headlines that say a thing twice."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from publisher.domain.issue import Pick
from publisher.domain.urls import canonical_url
from publisher.editorial.similar import Headline, alike, headline_of
from publisher.preflight.finding import Finding, Level
from publisher.preflight.reading import Reading, field_name
from publisher.render.slots import resolved

WIDEST_SUBJECT = 60  # columns; phones show 35 to 45, desktops 60 to 70
PREHEADER = 30, 110  # characters


def subject(reading: Reading) -> Iterator[Finding]:
    """A subject that mail programs cut off."""
    width = columns(resolved(reading.proof["subject"]))
    if width > WIDEST_SUBJECT:
        yield Finding(
            Level.WARNING,
            "subject",
            "subject",
            f"the subject is {width} columns wide, and mail programs show about {WIDEST_SUBJECT}",
            "shorten it, or let its first words tell the most",
        )


def preheader(reading: Reading) -> Iterator[Finding]:
    """No words, too few or too many for the line beside the subject."""
    text = resolved(reading.proof["preheader"]).strip()
    least, most = PREHEADER
    if not text:
        what, todo = "there is no preheader", "say in a sentence what the letter holds beside its subject"
    elif len(text) < least:
        what = f"the preheader has {len(text)} characters, and there is room for {least} to {most}"
        todo = "say a little more; mail programs fill the rest with nothing"
    elif len(text) > most:
        what = f"the preheader has {len(text)} characters, and mail programs show {most} at most"
        todo = "shorten it, or let its first words tell the most"
    else:
        return
    yield Finding(Level.WARNING, "preheader", "preheader", what, todo)


def headlines(reading: Reading) -> Iterator[Finding]:
    """Two picks of the issue that say the same, or lead to the same page."""
    seen: list[tuple[int, Headline, str]] = []
    for pick in reading.issue.picks:
        headline, page = headline_of(pick.headline, pick.attribution), _page(reading, pick)
        for position, other, other_page in seen:
            if not says_the_same(headline, other) and not (page and page == other_page):
                continue
            yield Finding(
                Level.WARNING,
                "headlines",
                field_name(pick, "headline"),
                f"item {pick.position} has the same headline as item {position}"
                if says_the_same(headline, other)
                else f"item {pick.position} leads to the same page as item {position}",
                "take one of the two out, or say what is different",
            )
            break
        seen.append((pick.position, headline, page))


def earlier(reading: Reading) -> Iterator[Finding]:
    """A pick whose story an earlier issue told."""
    told = [(one, headline_of(one.headline)) for one in reading.facts.earlier]
    for pick in reading.issue.picks:
        headline = headline_of(pick.headline, pick.attribution)
        page = _page(reading, pick)
        for one, before in told:
            is_same_page = page != "" and page == one.canonical_url
            if one.item_id != pick.item_id and not is_same_page and not says_the_same(headline, before):
                continue
            yield Finding(
                Level.WARNING,
                "earlier",
                field_name(pick, "headline"),
                f"No. {one.number} had the same page" if is_same_page else f"No. {one.number} told the same story",
                "take it out, or say what is new about it",
            )
            break


def _page(reading: Reading, pick: Pick) -> str:
    """The page that a pick leads to; none for a paragraph of a column, which shares one with the others."""
    item = reading.item(pick)
    if item is not None and item.is_column:
        return ""
    return reading.facts.addresses.get(pick.item_id, "") or canonical_url(pick.url or "")


def says_the_same(one: Headline, other: Headline) -> bool:
    """Whether two headlines are alike and name one thing in the world, unlike "Weekly update"."""
    if one.is_specific and other.is_specific:
        return alike(one, other)
    return bool(one.squeezed) and (one.squeezed, one.numbers) == (other.squeezed, other.numbers) and one.is_specific


def columns(text: str) -> int:
    """The width of a text as terminals and mail lists count it: Hangul and the like have two columns."""
    marks = "Mn", "Me", "Cf"
    return sum(
        0 if unicodedata.category(one) in marks else 2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in unicodedata.normalize("NFC", text)
    )
