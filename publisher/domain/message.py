"""What is sent, what the wire may answer, and the slots that each reader's letter fills.

Sources of the rules: RFC 5321 for letters; each network's own page for its limits (beside the channel).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Letter(NamedTuple):  # which takes a third of the time to make that a frozen dataclass does, for each reader
    """One reader's letter, ready for the wire. `content` is RFC 5322 with CRLF line ends.

    `is_sound`: its writer made sure that both addresses are as the wire has them, and that `content` is seven bits
    wide, ends every line in CRLF, and begins none with a dot. The wire looks through the others itself.
    """

    delivery_id: int
    return_path: str
    recipient: str
    message_id: str
    content: bytes
    is_sound: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to show beside an item. `url` is http(s); the words are NFC and may be empty."""

    url: str
    alt: str = ""
    caption: str = ""
    credit: str = ""


@dataclass(frozen=True, slots=True)
class SocialPost:
    """One post, ready for its network. `key` is the same for every attempt at this post.

    `length` is counted as the network counts it and never exceeds `limit`. What was there before `not_before` is
    another post, even with the same words.
    """

    key: str
    text: str
    length: int
    limit: int
    language: str
    link: str | None = None
    picture: Picture | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The other side has it. `receipt` is its own id for it, `url` where it can be seen."""

    receipt: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The other side will not have this one, ever; the reason is about this reader or this text."""

    reason: str
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Deferred:
    """Certainly not delivered; trying later may help. `retry_after` is in seconds, when it said so."""

    reason: str
    code: int | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been delivered: the answer was lost after the last byte had left."""

    reason: str


SendResult = Accepted | Refused | Deferred | Unknown


class Counting(StrEnum):
    """How a network counts the length of a text; `domain/post.py` does the counting."""

    X_WEIGHTED = "x-weighted"
    GRAPHEMES = "graphemes"
    CHARACTERS = "characters"
    UTF16 = "utf-16"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one post on a channel may hold."""

    max_length: int
    counting: Counting
    pictures: int = 0


# A slot stands in rendered text as U+E000 name U+E002 default U+E001. Characters of the private use area are dropped
# from everything that comes from outside, so no text of a source or an editor can ever be taken for a slot.
_OPEN, _CLOSE, _BAR = "\ue000", "\ue001", "\ue002"
SLOT = re.compile(f"{_OPEN}([a-z_]+){_BAR}([^{_OPEN}{_CLOSE}{_BAR}]*){_CLOSE}")
READER_SLOTS = ("first_name", "name", "email")
LINK_SLOTS = ("leave_url",)


def slot(name: str, default: str = "") -> str:
    """The mark in rendered text that is replaced by one reader's value, or by `default` where they have none."""
    if name not in READER_SLOTS + LINK_SLOTS:
        raise ValueError(f"no such slot: {name}")
    return f"{_OPEN}{name}{_BAR}{without_marks(default)}{_CLOSE}"


def without_marks(text: str) -> str:
    """`text` without the characters that mark a slot."""
    return re.sub(f"[{_OPEN}{_CLOSE}{_BAR}]", "", text)
