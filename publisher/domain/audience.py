"""Who is due an issue: subscribers of its lists, less those who left or are suppressed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum


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
