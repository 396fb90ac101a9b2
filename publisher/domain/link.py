"""What became of a look at a link, and when to look again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from publisher.errors import Fault


class LinkState(StrEnum):
    """`open` answered. `dead` is of no use to a reader; `unsure` may work for one: its server lets no programs in, or
    had no answer in time. `refused` was not asked, because it leads into a private network.
    """

    OPEN = "open"
    DEAD = "dead"
    UNSURE = "unsure"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class LinkSeen:
    """The last look at a link; `reason` is why it is not open."""

    state: LinkState
    checked_at: datetime
    reason: str = ""


# How long a look holds. What was not well may be mended any moment.
HOLDS = {LinkState.OPEN: timedelta(days=1), LinkState.REFUSED: timedelta(days=1)}
HOLDS_OTHERWISE = timedelta(hours=1)


def is_due(seen: LinkSeen | None, now: datetime) -> bool:
    """Whether the link is to be looked at (again)."""
    if seen is None:
        return True
    # A clock that was set back must not keep an old look for ever.
    return not timedelta(0) <= now - seen.checked_at < HOLDS.get(seen.state, HOLDS_OTHERWISE)


def state_of(fault: Fault) -> LinkState:
    """What a failed look says of a link: only what lasts, or is gone, is dead for a reader too."""
    match fault:
        case Fault.LASTING | Fault.GONE:
            return LinkState.DEAD
        case Fault.UNREACHED | Fault.PASSING | Fault.LOCKED:
            return LinkState.UNSURE
