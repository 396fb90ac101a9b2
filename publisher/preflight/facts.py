"""What the checks are told beside the proof. Gathered before (`stages/check.py`): a check never fetches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from publisher.domain.issue import Issue
from publisher.domain.item import Rights
from publisher.domain.link import LinkSeen
from publisher.domain.message import Limits


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What the source of a pick gave, and how much of it may be shown.

    `body` is Markdown. `is_column`: a paragraph of a finished column, which was written for this publication.
    `picture_problem` says why its picture could not be had.
    """

    source: str
    rights: Rights
    headline: str = ""
    body: str = ""
    picture_url: str = ""
    published_at: datetime | None = None
    is_column: bool = False
    picture_problem: str = ""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A pick of an earlier issue."""

    number: int
    item_id: int
    headline: str
    canonical_url: str = ""


@dataclass(frozen=True, slots=True)
class MailDomain:
    """What the DNS says of the sender's domain, each as the records that it gave; None where nobody could look.

    `dkim` maps the name of each key's record to what it holds; it is empty where the relay signs. `signer` is the
    domain that signs where it is another than the sender's.
    """

    spf: tuple[str, ...] | None = None
    dmarc: tuple[str, ...] | None = None
    dkim: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)
    signer: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as checks look at it. `limits` is None for one that mails."""

    name: str
    kind: str
    limits: Limits | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """One issue and what is known around it.

    `leaves_at` is when the letter is planned to leave, `planned` when each post does, by channel and position.
    `unrendered` says why no proof can be made of the newest words: the proof is of older ones then. `is_local`: no
    channel reaches beyond this machine. `letter` is one reader's letter as it would go out, `letter_problem` why there
    is none. `sender` is the sender's address. `items` and `addresses` (canonical URLs) are by an item's id. `links`
    holds the links that somebody looked at; `mail_domain` is None where nobody asked the DNS.
    `jurisdictions` are those of the lists that get the issue.
    """

    issue: Issue
    language: str
    zone: ZoneInfo
    home: str
    sender: str
    postal_address: str
    now: datetime
    leaves_at: datetime
    unrendered: str = ""
    is_local: bool = False
    channels: tuple[Channel, ...] = ()
    jurisdictions: frozenset[str] = frozenset()
    audience: int | None = None
    items: Mapping[int, ItemFacts] = field(default_factory=dict)
    earlier: tuple[Earlier, ...] = ()
    addresses: Mapping[int, str] = field(default_factory=dict)
    planned: Mapping[tuple[str, int], datetime] = field(default_factory=dict)
    letter: bytes = b""
    letter_problem: str = ""
    links: Mapping[str, LinkSeen] = field(default_factory=dict)
    mail_domain: MailDomain | None = None

    def item_at(self, position: int) -> int | None:
        """The item that is picked at that position."""
        return next((pick.item_id for pick in self.issue.picks if pick.position == position), None)
