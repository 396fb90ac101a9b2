"""An issue as a column: its words, its picks and their order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from publisher.domain.message import Picture


class IssueState(StrEnum):
    """`held` is before release, `paused` after."""

    DRAFT = "draft"
    HELD = "held"
    APPROVED = "approved"
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class PostWish:
    """What an editor wants of a pick's post on one channel, where it is not what it would be anyway.

    `text` instead of headline and blurb, `tags` in a row without their `#`, `at` the time that it leaves; `is_off`:
    nothing of this pick is posted there.
    """

    text: str = ""
    tags: str = ""
    at: datetime | None = None
    is_off: bool = False


@dataclass(frozen=True, slots=True)
class Pick:
    """One item placed in an issue, in the editor's words. `position` counts from 1.

    `body` is Markdown, for the letter and the page; `blurb` is plain text, for posts. `attribution` is whom the words
    or the news come from (the source's shown name), `url` where the item itself stands. `section` is the heading that
    it stands under, `sponsor` who paid for it: a letter says so. `posts` is by channel.
    """

    position: int
    item_id: int
    headline: str
    body: str
    blurb: str
    reason: str
    url: str | None = None
    attribution: str = ""
    picture: Picture | None = None
    section: str = ""
    sponsor: str = ""
    posts: Mapping[str, PostWish] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Issue:
    """Everything that rendering needs to know of one issue. `send_at` is the planned time, aware UTC.

    `subject` is the title alone, never with the series or the number.
    """

    number: int
    state: IssueState
    series: str
    title: str
    deks: tuple[str, ...]
    note: str
    byline: str
    byline_address: str
    subject: str
    preheader: str
    language: str
    send_at: datetime
    picks: tuple[Pick, ...]
