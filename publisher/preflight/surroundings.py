"""What does not change between the issues that are checked."""

from __future__ import annotations

from dataclasses import dataclass

from publisher.config.settings import ListOptions, Settings
from publisher.mail.writer import Identity
from publisher.preflight.facts import Channel


@dataclass(frozen=True)
class Surroundings:
    """What checks have to know of the publication. `is_local`: no channel of it reaches beyond this machine."""

    settings: Settings
    lists: tuple[ListOptions, ...]
    identity: Identity
    channels: tuple[Channel, ...]
    is_local: bool
