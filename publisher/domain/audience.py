"""Who is due an issue: subscribers of its lists, less those who left or are suppressed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from unicodedata import normalize

import idna


class SubscriberState(StrEnum):
    """`pending` has not confirmed yet, `active` gets letters, `left` does not any more."""

    PENDING = "pending"
    ACTIVE = "active"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class ChannelAudience:
    """The lists that one channel serves. `is_copy`: the channel writes files, so it never counts as mail."""

    channel: str
    lists: tuple[str, ...]
    is_copy: bool = False


@dataclass(frozen=True, slots=True)
class AudienceRule:
    """Active subscribers of these lists who are not suppressed; sealed with the proof.

    An address that several mail channels serve gets the issue from the first of them only.
    """

    channels: tuple[ChannelAudience, ...]

    @property
    def counted(self) -> tuple[ChannelAudience, ...]:
        """The channels whose deliveries make up the audience: all that mail, or the first copy where none does."""
        return tuple(channel for channel in self.channels if not channel.is_copy) or self.channels[:1]

    @property
    def lists(self) -> tuple[str, ...]:
        """The names of the lists that are counted, each once, in order."""
        return tuple(dict.fromkeys(name for channel in self.counted for name in channel.lists))

    def to_text(self) -> str:
        """The rule as the `audience` surface of a proof."""
        return json.dumps([asdict(channel) for channel in self.channels], ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> AudienceRule:
        return cls(
            tuple(ChannelAudience(part["channel"], tuple(part["lists"]), part["is_copy"]) for part in json.loads(text))
        )


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One subscriber as a file or a person names them: a checked address, NFC text, `line` of the file (0: no file)."""

    email: str
    name: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    line: int = 0


def email_key(address: str) -> str:
    """What two spellings of one address have in common: NFC, the domain as lower-case A-labels, the rest case-folded.

    Raises ValueError for what is no address. Strictly a server may tell `Kim@` from `kim@` (RFC 5321, 2.4); none that
    people use does, and writing to the same reader twice is worse.
    """
    local, at, domain = normalize("NFC", address.strip()).rpartition("@")
    if not (at and local and domain):
        raise ValueError("an address has a name, an @ and a domain")
    if domain.isascii():
        domain = domain.lower()
    else:
        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise ValueError("the domain of an address cannot be one") from error
    return f"{normalize('NFC', local.casefold())}@{domain.rstrip('.')}"


def email_hash(key: str) -> str:
    """SHA-256 of an `email_key`, in hexadecimal: what a suppression keeps once the subscriber is erased."""
    return hashlib.sha256(key.encode()).hexdigest()


def masked(address: str) -> str:
    """An address as messages and logs may name it: the first character and the domain."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"
