"""An issue as fields: everything that an editor can change, each a name and a text.

Fields are `title`, `subject`, `preheader`, `deks` (a line each), `note`, `byline`, `byline_address` and `order` (the
ids of its items in their order: to move, drop and add is to write another order). Each pick has, by the id of its item,
`pick:ITEM:headline`, `…:body`, `…:blurb`, `…:section`, `…:sponsor`, `…:picture` (its address), `…:alt`, `…:caption`,
`…:credit`, and for each channel `…:post:CHANNEL:text`, `…:tags`, `…:at` (ISO 8601 with an offset) and `…:off` ("off").
What is inherited is empty.

A `mark` stands for what a field said when somebody looked: who saves says what they saw, so nobody overwrites what
they have not seen.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from publisher.domain.issue import Issue, Pick, PostWish
from publisher.domain.message import Picture, without_marks
from publisher.errors import WrongUse

LONGEST = {
    "title": 300,
    "subject": 300,
    "preheader": 300,
    "deks": 2_000,
    "note": 20_000,
    "byline": 200,
    "byline_address": 320,
    "order": 4_000,
    "headline": 500,
    "body": 50_000,
    "blurb": 5_000,
    "section": 80,
    "sponsor": 200,
    "picture": 2_000,
    "alt": 2_000,
    "caption": 2_000,
    "credit": 500,
    "text": 10_000,
    "tags": 500,
    "at": 40,
    "off": 3,
}
MOST_PICKS = 200
# Within them a time can be said in every zone; outside there is no such day somewhere, and nothing could show it.
YEARS = range(1900, 9999)
_ISSUE = ("title", "subject", "preheader", "deks", "note", "byline", "byline_address", "order")
_PICK = ("headline", "body", "blurb", "section", "sponsor", "picture", "alt", "caption", "credit")
_POST = ("text", "tags", "at", "off")
_OF_PICK = re.compile(rf"pick:([1-9][0-9]{{0,17}}):(?:({'|'.join(_PICK)})|post:([A-Za-z0-9_-]+):({'|'.join(_POST)}))")
# One line, whatever is pasted into it.
_MANY_LINES = ("deks", "note", "body", "blurb", "text", "caption", "alt")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field stands: of the issue itself, of the pick of `item`, or of that pick's post on `channel`."""

    name: str
    item: int | None = None
    channel: str = ""


def place(field: str) -> Place:
    """The parts of a field's name. Raises WrongUse for a name that no issue has."""
    if field in _ISSUE:
        return Place(field)
    found = _OF_PICK.fullmatch(field)
    if found is None:
        raise WrongUse(f"an issue has no field {field[:80]!r}")
    return Place(found[2] or found[4], int(found[1]), found[3] or "")


def fields(issue: Issue) -> dict[str, str]:
    """Every field that says something, or that every issue and every pick has."""
    found = {
        "title": issue.title,
        "subject": issue.subject,
        "preheader": issue.preheader,
        "deks": "\n".join(issue.deks),
        "note": issue.note,
        "byline": issue.byline,
        "byline_address": issue.byline_address,
        "order": " ".join(str(pick.item_id) for pick in issue.picks),
    }
    for pick in issue.picks:
        found |= of_pick(pick)
    return found


def of_pick(pick: Pick) -> dict[str, str]:
    """The fields of one pick."""
    picture = pick.picture or Picture("")
    words = {
        "headline": pick.headline,
        "body": pick.body,
        "blurb": pick.blurb,
        "section": pick.section,
        "sponsor": pick.sponsor,
        "picture": picture.url,
        "alt": picture.alt,
        "caption": picture.caption,
        "credit": picture.credit,
    }
    for channel, wish in sorted(pick.posts.items()):
        asked = {"text": wish.text, "tags": wish.tags, "at": _moment(wish.at), "off": "off" if wish.is_off else ""}
        words |= {f"post:{channel}:{name}": value for name, value in asked.items() if value}
    return {f"pick:{pick.item_id}:{name}": value for name, value in words.items()}


def mark(value: str) -> str:
    """Twelve hexadecimal digits that stand for what a field said; of nothing it is empty."""
    return hashlib.sha256(value.encode()).hexdigest()[:12] if value else ""


def clean(field: str, value: str) -> str:
    """The value as it is kept: NFC, no control characters, one line where the field has one.

    Raises WrongUse where it is too long, or is no order, time or address where one is asked for.
    """
    name = place(field).name
    value = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))
    value = without_marks(
        "".join(one for one in value if one in "\n\t" or unicodedata.category(one) not in ("Cc", "Cs"))
    )
    if name not in _MANY_LINES:
        value = " ".join(value.split())
    if len(value) > LONGEST[name]:
        raise WrongUse(f"{field} has {len(value):,} characters, and may have {LONGEST[name]:,}")
    match name:
        case "order":
            order_of(value)
        case "at":
            value = _moment(_time(field, value))
        case "off":
            value = "off" if value else ""
        case "picture" if value and not re.match(r"(?:https?://|upload:[0-9a-f]{64}$)", value):
            raise WrongUse(f"{field} is no address of a picture; it begins with https:// or http://")
    return value


def order_of(value: str) -> tuple[int, ...]:
    """The item ids of an order. Raises WrongUse where it is none, or names an item twice."""
    words = value.split()
    if not all(re.fullmatch("[1-9][0-9]{0,17}", word) for word in words):
        raise WrongUse("an order is the ids of items with spaces between")
    if len(set(words)) < len(words):
        raise WrongUse("an item stands in an issue once")
    if len(words) > MOST_PICKS:
        raise WrongUse(f"an issue holds {MOST_PICKS} items at most")
    return tuple(int(word) for word in words)


def with_fields(issue: Issue, words: Mapping[str, str], added: Mapping[int, Pick] | None = None) -> Issue:
    """The issue with these cleaned values; `added` has the picks that a new order brings in.

    Raises WrongUse for a field that it has not, or an item in the order that is in neither.
    """
    picks = {pick.item_id: pick for pick in issue.picks}
    order = order_of(words["order"]) if "order" in words else tuple(picks)
    for item in order:
        if item not in picks and item not in (added or {}):
            raise WrongUse(f"item {item} is not in No. {issue.number}")
    known = {**(added or {}), **picks}
    own: dict[str, Any] = {}
    for field, value in words.items():
        at = place(field)
        if at.item is None:
            own[field] = value
        elif at.item not in known:
            raise WrongUse(f"item {at.item} is not in No. {issue.number}")
        else:
            known[at.item] = _with(known[at.item], at, value)
    return replace(
        issue,
        **{name: value for name, value in own.items() if name not in ("deks", "order")},
        deks=tuple(line for line in own["deks"].split("\n") if line.strip()) if "deks" in own else issue.deks,
        picks=tuple(replace(_plain(known[item]), position=position) for position, item in enumerate(order, start=1)),
    )


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The fields that say something else; what is not there says nothing."""
    names = dict.fromkeys([*before, *after])
    return [name for name in names if before.get(name, "") != after.get(name, "")]


def _plain(pick: Pick) -> Pick:
    """The pick without what says nothing: the words of no picture, a wish that wishes nothing."""
    picture = pick.picture if pick.picture and pick.picture.url else None
    posts = {channel: wish for channel, wish in sorted(pick.posts.items()) if wish != PostWish()}
    return replace(pick, picture=picture, posts=posts)


def _with(pick: Pick, at: Place, value: str) -> Pick:
    text: dict[str, Any] = {at.name: value}
    if at.channel:
        wish = pick.posts.get(at.channel, PostWish())
        match at.name:
            case "at":
                wish = replace(wish, at=_time("at", value))
            case "off":
                wish = replace(wish, is_off=bool(value))
            case _:
                wish = replace(wish, **text)
        return replace(pick, posts={**pick.posts, at.channel: wish})
    if at.name in ("picture", "alt", "caption", "credit"):
        words = {"url" if at.name == "picture" else at.name: value}
        picture = replace(pick.picture or Picture(""), **words)
        return replace(pick, picture=picture)
    return replace(pick, **text)


def _moment(time: datetime | None) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds") if time else ""


def _time(field: str, value: str) -> datetime | None:
    if not value:
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise WrongUse(f"{field} is no time; write it like 2026-05-29T12:00+09:00") from None
    if time.tzinfo is None:
        raise WrongUse(f"{field} has no zone; write it like 2026-05-29T12:00+09:00")
    if time.year not in YEARS:
        raise WrongUse(f"{field} is no time; write it like 2026-05-29T12:00+09:00")
    return time
