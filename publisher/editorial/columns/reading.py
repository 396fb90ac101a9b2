"""From the lines of a page to the column: who, when, title, deks, note, and each item with what is its own."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from publisher.domain.item import ColumnFound, ItemFound
from publisher.domain.urls import canonical_url
from publisher.editorial.columns import lines
from publisher.editorial.columns.entry import Entry, entry_of
from publisher.editorial.columns.furniture import (
    begins_list,
    is_closing,
    is_furniture,
    is_leaving,
    is_rights_notice,
    is_sponsor,
)
from publisher.editorial.columns.headings import divided, is_plain_line
from publisher.editorial.columns.parts import Page, Part, body_of, writer
from publisher.editorial.words import literal, literal_start
from publisher.errors import SourceError

EXPECTED = (
    "expected is a column: a title, then items each under a sub-heading (a heading, a bold line, “■ …”, “1. …”) "
    "with paragraphs of its own"
)
_MAX_DEKS = 3
_MAX_PARTS = 5_000  # a column has some hundred
_TITLE_IS_WITHIN = 40  # lines of pasted text


def read_column(page: Page, zone: ZoneInfo, *, language: str = "") -> ColumnFound:
    """The column that the page is. Raises SourceError that says what was found instead."""
    if not any(part.text for part in page.parts):
        raise SourceError(f"there are no words in it; {EXPECTED}")
    parts = _own_lines(page.parts[:_MAX_PARTS], zone)
    at, series, title = _title(parts, page, zone)
    if not title:
        raise SourceError(f"there is no title above the first paragraph; {EXPECTED}")
    lead = [part for part in parts[: max(at, 0)] if lines.stamps(part.text, zone) or writer(part)]
    parts = [*lead, *parts[at + 1 :]]
    start = _end_of_head(parts, zone)
    below, found = divided(parts[start:])
    parts = [*parts[:start], *below]
    headings = {start + index: words for index, words in found.items()}
    if not headings:
        count = sum(lines.is_prose(part.text) for part in parts)
        raise SourceError(f"“{_short(title)}” has {count} paragraphs and no sub-headings; {EXPECTED}")
    head = _head(parts[: min(headings)], zone, page.head.author)
    entries = _entries(parts, headings, page.head.url, zone)
    if not entries:
        raise SourceError(f"“{_short(title)}” has nothing but advertisements under its sub-headings; {EXPECTED}")
    return _column(page, series, title, head, _with_pictures(entries, head), language)


def column_identity(url: str, series: str, title: str, published_at: datetime | None) -> str:
    """What makes it the same column tomorrow: its canonical URL; else a hash over series, title and day (UTC)."""
    day = published_at.date().isoformat() if published_at else ""
    return canonical_url(url) or f"sha256:{_digest(series, title, day)}"


def item_identity(column: str, headline: str, repeated: int = 0) -> str:
    """What makes it the same item of its column, wherever it stands there: a hash over the headline's words.

    `repeated` tells a headline from the same one before it.
    """
    words = re.sub(r"\W+", " ", headline).strip().casefold()
    return f"{column}#{_digest(words)[:16]}{f'-{repeated + 1}' if repeated else ''}"


@dataclass(slots=True)
class _Head:
    """What is between the title and the first sub-heading."""

    deks: list[str] = field(default_factory=list)
    notes: list[Part] = field(default_factory=list)
    byline: str = ""
    address: str = ""
    published_at: datetime | None = None
    pictures: list[Part] = field(default_factory=list)


def _own_lines(parts: Sequence[Part], zone: ZoneInfo) -> list[Part]:
    """The parts without the furniture of the site, lists of other articles, and what is under the end."""
    own: list[Part] = []
    parts = [piece for part in parts for piece in _meta_pieces(part, zone)]
    signs = _signs_above_paragraphs(parts)
    last_number = 0
    prose, all_prose = 0, sum(lines.is_prose(part.text) for part in parts)
    is_in_list = False
    for part in parts:
        is_head = prose == 0 and (lines.series_and_title(part.text) or lines.stamps(part.text, zone))
        if is_in_list and not is_head and not _ends_list(part, signs, last_number):
            continue
        is_in_list = False
        if part.picture or part.hint == "title" or lines.stamps(part.text, zone) or writer(part):
            own.append(part)
        elif prose * 2 > all_prose and _ends_all(part):
            break
        elif begins_list(part.text):
            is_in_list = True
        elif not is_furniture(part.text):
            own.append(part)
            prose += lines.is_prose(part.text)
            numbered = lines.number(part.text)
            last_number = last_number + 1 if numbered and numbered[0] == last_number + 1 else last_number
    return own


def _ends_all(part: Part) -> bool:
    is_foot = not part.level and (is_rights_notice(part.text) or is_leaving(part.text))
    return is_foot or is_closing(part.text)


_COUNTER = re.compile(
    r"(?:조회|댓글|좋아요|공감)\s?[\d.,]+\s?[만천km]?|제?\s?\d{1,4}호|(?:vol|no|issue)\.?\s?#?\d{1,4}|#\d{1,4}",
    re.IGNORECASE,
)


def _meta_pieces(part: Part, zone: ZoneInfo) -> list[Part]:
    """A line such as "입력 2026.05.22 07:30 | 김하나 기자 | 조회 12" as its pieces, without the counters."""
    texts = [text.strip() for text in re.split(r"\s[|│·∙•/]\s", part.text)] if len(part.text) <= 150 else []
    pieces = [replace(part, text=text, body=literal(text)) for text in texts if text and not _COUNTER.fullmatch(text)]
    is_meta = len(texts) > 1 and any(lines.stamps(text, zone) for text in texts)
    is_all = all(lines.stamps(each.text, zone) or writer(each) or is_furniture(each.text) for each in pieces)
    return pieces if is_meta and is_all else [part]


def _signs_above_paragraphs(parts: Sequence[Part]) -> set[str]:
    """The signs of sub-headings, as against those before lines of a list."""
    found = Counter(
        signed[0]
        for part, following in pairwise(
            part for part in parts if part.text and part.hint != "caption" and not is_furniture(part.text)
        )
        if (signed := lines.sign(part.text)) and lines.is_prose(following.text)
    )
    return {sign for sign, times in found.items() if times > 1}


def _ends_list(part: Part, signs: set[str], last_number: int) -> bool:
    """Does the column go on here? With a paragraph, or a sub-heading like those before the list."""
    if part.picture:
        return False
    numbered, signed = lines.number(part.text), lines.sign(part.text)
    return (
        bool(part.level or (part.is_bold and not part.links))
        or (len(part.text) >= 20 and lines.is_prose(part.text) and not part.links)
        or bool(signed and signed[0] in signs)
        or bool(numbered and last_number and numbered[0] == last_number + 1)
        or bool((writer(part) or ("", ""))[1])
    )


def _title(parts: Sequence[Part], page: Page, zone: ZoneInfo) -> tuple[int, str, str]:
    """Where the title is (-1: only in the page's head), the series and the title."""
    at = next((index for index, part in enumerate(parts) if part.hint == "title"), None)
    if at is None and page.head.title:
        said = _letters(page.head.title)
        at = next((index for index, part in enumerate(parts) if _letters(part.text) == said), -1)
    if at is None:
        at = _title_of_text(parts, zone)
    if at is None:
        return -1, "", ""
    text = parts[at].text if at >= 0 else page.head.title
    series, title = lines.series_and_title(text) or ("", text)
    if series and not title and at + 1 < len(parts):
        at, title = at + 1, parts[at + 1].text
    named = lines.series_and_title(page.head.title)
    if not series and named and named[1] == title:
        series = named[0]
    marked = next(
        (part.text.strip("[]【】 ") for part in parts[: max(at, 0)] if part.hint == "series" or _is_bracketed(part)), ""
    )
    return at, series or marked, title


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()


def _is_bracketed(part: Part) -> bool:
    return (lines.series_and_title(part.text) or ("", "x"))[1] == ""


def _title_of_text(parts: Sequence[Part], zone: ZoneInfo) -> int | None:
    """In pasted text: the first line that begins with a series in brackets, else the first that could be a title."""
    first = next((index for index, part in enumerate(parts) if lines.is_prose(part.text)), len(parts))
    lead = range(min(first, _TITLE_IS_WITHIN))
    for index in lead:
        if (
            lines.series_and_title(parts[index].text)
            and lines.note(parts[index].text) is None
            and not writer(parts[index])
        ):
            return index
    for index in lead:
        part = parts[index]
        is_other = lines.stamps(part.text, zone) or writer(part) or lines.address(part.text) or lines.sign(part.text)
        if is_plain_line(part) and not is_other and len(part.text) >= 8:
            return index
    return None


def _end_of_head(parts: Sequence[Part], zone: ZoneInfo) -> int:
    """After the last line of date or byline that is above the first paragraph: no sub-heading is before it."""
    end = 0
    for index, part in enumerate(parts):
        if lines.stamps(part.text, zone) or writer(part) or lines.address(part.text):
            end = index + 1
        elif (
            part.text
            and part.hint not in ("caption", "dek")
            and (lines.is_prose(part.text) or lines.note(part.text) is not None)
        ):
            break
    return end


def _head(parts: Sequence[Part], zone: ZoneInfo, author: str) -> _Head:
    head = _Head(byline=author if any(part.text == author for part in parts) else "")
    is_note = False
    for part in parts:
        stamps, byline = lines.stamps(part.text, zone), writer(part)
        rest = lines.note(part.text)
        if stamps:
            head.published_at = head.published_at or next((moment for is_later, moment in stamps if not is_later), None)
        elif part.text and part.text == author:
            continue
        elif part.picture or part.hint == "caption" or (lines.caption(part.text) and not is_note):
            head.pictures.append(part)
        elif byline or lines.address(part.text):
            name, address = byline or ("", lines.address(part.text))
            head.byline, head.address = head.byline or name, head.address or address
        elif rest is not None:
            is_note = True
            head.notes += [replace(part, body=_after_label(part, rest))] if rest else []
        elif part.hint == "dek" and not head.notes:
            head.deks.append(_dek(part.text))
        elif is_note or part.hint == "note" or lines.is_prose(part.text):
            head.notes += [part] if lines.is_prose(part.text) or part.follows_break or part.path or is_note else []
        elif not head.notes and is_plain_line(part):
            head.deks.append(_dek(part.text))
    head.deks = [dek for dek in dict.fromkeys(head.deks) if dek][:_MAX_DEKS]
    return head


def _dek(text: str) -> str:
    return re.sub(r"^[-–—·•◦ㆍ▷▶]\s*", "", text)


def _after_label(part: Part, rest: str) -> str:
    """The note's Markdown without its label, with its links and marks where the label can be cut off cleanly."""
    for body in (part.body, re.sub(r"^\*\*(.*?)\*\*", r"\1", part.body)):
        cut = lines.note(body)
        if cut and "**" not in body[: len(body) - len(cut)]:
            return literal_start(cut)
    return literal_start(literal(rest))


def _entries(parts: Sequence[Part], headings: dict[int, str], url: str, zone: ZoneInfo) -> list[Entry]:
    """One for each sub-heading, but for what somebody paid for and what only ends a newsletter."""
    host = urlsplit(url).hostname or ""
    ends = [*list(headings)[1:], len(parts)]
    own = {
        index: [part for part in parts[index + 1 : end] if not lines.stamps(part.text, zone)]
        for index, end in zip(headings, ends, strict=True)
    }
    kept = [index for index in headings if not _is_no_item(parts, index, headings[index])]
    return [
        entry_of(
            headings[index],
            [part for part in own[index] if not is_sponsor(part.text)],
            is_last=index == kept[-1],
            host=host,
            links=parts[index].links,
        )
        for index in kept
    ]


def _is_no_item(parts: Sequence[Part], index: int, words: str) -> bool:
    around = [parts[index - 1].text if index else "", next((part.text for part in parts[index + 1 :] if part.text), "")]
    is_paid = any(map(is_sponsor, [words, *around]))
    return is_paid or is_closing(words) or begins_list(words)


def _with_pictures(entries: list[Entry], head: _Head) -> list[Entry]:
    """The entries with the picture above the first sub-heading in its place.

    Some pages put each picture above its sub-heading, so that it is read as the end of the item before.
    """
    lead = entry_of("", head.pictures, is_last=False, host="").picture
    if entries[0].picture is None or entries[0].is_picture_last:
        pictures = [entry.picture for entry in entries]
        if lead and any(pictures) and all(entry.is_picture_last or not entry.picture for entry in entries):
            pictures = [lead, *pictures[:-1]]
        elif lead and pictures[0] is None:
            pictures[0] = lead
        return [replace(entry, picture=picture) for entry, picture in zip(entries, pictures, strict=True)]
    return entries


def _column(page: Page, series: str, title: str, head: _Head, entries: list[Entry], language: str) -> ColumnFound:
    url = page.head.url
    published_at = page.head.published_at or head.published_at
    identity = column_identity(url, series, title, published_at)
    signed = next((entry for entry in reversed(entries) if entry.byline), None)
    is_signed_below = signed is not None and (bool(signed.address) or not head.byline)
    byline, address = (signed.byline, signed.address) if signed and is_signed_below else (head.byline, head.address)
    address = address or head.address or entries[-1].address
    byline = byline or page.head.author
    language = language or _language(" ".join([title, *(entry.body for entry in entries)]))
    headlines = [entry.headline for entry in entries]
    items = tuple(
        ItemFound(
            identity=item_identity(identity, entry.headline, headlines[:position].count(entry.headline)),
            headline=entry.headline,
            url=entry.url or url or None,
            body=entry.body,
            published_at=published_at,
            language=language,
            byline=entry.byline if entry is not entries[-1] else "",
            picture=entry.picture,
        )
        for position, entry in enumerate(entries)
    )
    return ColumnFound(
        identity=identity,
        series=series,
        title=title,
        deks=tuple(head.deks),
        note=body_of(head.notes),
        byline=byline,
        byline_address=address,
        items=items,
        url=url or None,
        published_at=published_at,
        language=language,
    )


def _language(text: str) -> str:
    """By the letters: Korean texts are full of English names, English ones hold hardly a Korean letter."""
    hangul = len(re.findall("[가-힣]", text))
    latin = len(re.findall("[A-Za-z]", text))
    if not hangul + latin:
        return ""
    return "ko" if hangul * 4 > latin else "en"


def _digest(*words: str) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
