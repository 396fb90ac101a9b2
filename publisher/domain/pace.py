"""How fast letters may leave, for a whole channel and for each recipient domain. Pure: every moment is an argument.

A limit, "14/s", is a count in a period. Two things hold to it:

- **Buckets** say how many letters may leave at all. They are kept in the database (`store/pace.py`), and tokens are
  taken before letters leave, so a crash or a restart loses tokens and never gives more: in any window of time no more
  than rate x window + burst.
- A **Spacer** is one session's memory: it has the letters that were granted leave evenly, and no more than the count in
  any period, because a relay that counts in seconds would throttle a burst.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import floor

# The bucket of the whole channel, and the limit of each domain that has none of its own.
WHOLE, EVERY = "", "*"
# How many seconds' worth of tokens a bucket holds: as long as a sender may take between two blocks.
BURST_SECONDS = 5.0
# Clocks of several machines differ by less; one that is further behind was set back.
SKEW_SECONDS = 60.0
# Letters leave this much further apart than the limit says, because a network brings some of them closer together.
WIDER = 1.01
# A sender that was held up for a moment may catch up, by no more than this.
CATCH_UP_SECONDS = 0.25
_MOST_LANES = 5_000
_ALMOST_ONE = 1e-6

_SECONDS = {"s": 1, "min": 60, "h": 3_600, "day": 86_400}
_TEXT = re.compile(r"(\d{1,9})\s*/\s*(s|min|h|day)")


def domain_of(address: str) -> str:
    """The recipient domain of an address, as the names of limits and buckets are written."""
    return address.rpartition("@")[2].lower()


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` letters in `seconds`, both above 0."""

    count: int
    seconds: int

    @classmethod
    def parse(cls, text: object) -> Limit:
        """From "14/s", "600/min", "10000/h" or "50000/day". Raises ValueError in readable words."""
        found = _TEXT.fullmatch(text.strip()) if isinstance(text, str) else None
        if not found:
            raise ValueError(f'{text!r} is not a pace; write a number and s, min, h or day, like "14/s" or "10000/h"')
        if not int(found[1]):
            raise ValueError(f"{text!r} would let nothing leave; leave pace out for no limit")
        return cls(int(found[1]), _SECONDS[found[2]])

    @property
    def rate(self) -> float:
        """Letters in a second."""
        return self.count / self.seconds

    @property
    def burst(self) -> float:
        """How many tokens a bucket holds, at least one."""
        return max(1.0, self.rate * BURST_SECONDS)

    def __str__(self) -> str:
        return f"{self.count}/{next(unit for unit, seconds in _SECONDS.items() if seconds == self.seconds)}"


@dataclass(frozen=True)
class Limits:
    """The limits of one channel. `domains` has lower-case names, and perhaps `EVERY`. It can be pickled."""

    whole: Limit | None = None
    domains: Mapping[str, Limit] = field(default_factory=dict)

    def of(self, domain: str) -> Limit | None:
        """The limit of one recipient domain, in lower case; each domain has a bucket of its own."""
        return self.domains.get(domain) or self.domains.get(EVERY)

    def __bool__(self) -> bool:
        return self.whole is not None or bool(self.domains)

    def buckets(self, domains: Iterable[str]) -> dict[str, Limit]:
        """The buckets that letters to these domains need, `WHOLE` among them, each with its limit."""
        needed = {WHOLE: self.whole} if self.whole else {}
        return needed | {domain: limit for domain in domains if domain and (limit := self.of(domain))}

    def interval(self, domain: str) -> float:
        """Seconds from one letter to this domain to the next; after so long there is a token again."""
        return max((limit.seconds / limit.count for limit in (self.whole, self.of(domain)) if limit), default=0.0)


@dataclass(frozen=True, slots=True)
class Bucket:
    """`tokens` letters may leave, as it was at `at`, aware UTC."""

    tokens: float
    at: datetime

    @classmethod
    def full(cls, limit: Limit, now: datetime) -> Bucket:
        return cls(limit.burst, now)

    def at_time(self, limit: Limit, now: datetime) -> Bucket:
        """What is in it now. A clock that goes back gives nothing.

        A little behind, it is another machine's clock and we wait for it; further behind, it was set and counts anew.
        """
        passed = (now - self.at).total_seconds()
        tokens = min(limit.burst, self.tokens + max(0.0, passed) * limit.rate)
        return Bucket(tokens, now if passed > 0 or passed < -SKEW_SECONDS else self.at)

    def without(self, count: int) -> Bucket:
        return Bucket(self.tokens - count, self.at)

    @property
    def whole_tokens(self) -> int:
        return max(0, floor(self.tokens + _ALMOST_ONE))


def allot(
    buckets: Mapping[str, Bucket], limits: Limits, wanted: Mapping[str, int], now: datetime
) -> tuple[dict[str, int], dict[str, Bucket]]:
    """How many letters to each domain may leave of those that are wanted, and the buckets without them.

    `buckets` has at least those of `limits.buckets(wanted)`. Where the channel has fewer than its domains, each domain
    gets its share.
    """
    needed = limits.buckets(wanted)
    filled = {name: buckets[name].at_time(limit, now) for name, limit in needed.items()}
    granted = {
        domain: min(count, filled[domain].whole_tokens) if domain in needed else count
        for domain, count in wanted.items()
        if count > 0
    }
    if WHOLE in needed:
        granted = _shares(granted, filled[WHOLE].whole_tokens)
        filled[WHOLE] = filled[WHOLE].without(sum(granted.values()))
    for domain, count in granted.items():
        if domain in needed:
            filled[domain] = filled[domain].without(count)
    return granted, filled


class Spacer:
    """When the next letter may leave, in seconds of a monotonic clock. One for each session; it begins at `start`.

    `share` is this session's part of the limits where several processes send at once: 0.5 where there are two.
    """

    def __init__(self, limits: Limits, *, start: float, share: float = 1.0) -> None:
        self._limits, self._start, self._share = limits, start, share
        self._whole = (_Lane(limits.whole, share, start),) if limits.whole else ()
        self._lanes: dict[str, tuple[_Lane, ...]] = {}

    def next_at(self, domain: str) -> float:
        """The moment from which a letter to this domain may leave; it may lie in the past."""
        return max((lane.next_at for lane in self._of(domain)), default=self._start)

    def leaves(self, domain: str, now: float) -> None:
        """A letter to this domain leaves now."""
        for lane in self._of(domain):
            lane.leaves(now)

    def take(self, domain: str, now: float) -> float:
        """0 where a letter to this domain leaves now, which is remembered; else how many seconds it has to wait."""
        wait = self.next_at(domain) - now
        if wait > 0:
            return wait
        self.leaves(domain, now)
        return 0.0

    def _of(self, domain: str) -> tuple[_Lane, ...]:
        lanes = self._lanes.get(domain)
        if lanes is None:
            limit = self._limits.of(domain)
            lanes = (*self._whole, _Lane(limit, self._share, self._start)) if limit else self._whole
            if len(self._lanes) >= _MOST_LANES:
                self._forget_idle()
            self._lanes[domain] = lanes
        return lanes

    def _forget_idle(self) -> None:
        """Domains whose lane would say the same if it were new, by the latest moment that any has seen."""
        now = max(lanes[-1].last for lanes in self._lanes.values() if lanes) if self._limits else 0.0
        self._lanes = {domain: lanes for domain, lanes in self._lanes.items() if lanes and not lanes[-1].is_idle(now)}


class _Lane:
    """Evenly, with a little catching up; and never more than a second's worth within a second."""

    def __init__(self, limit: Limit, share: float, start: float) -> None:
        self._interval = WIDER / (limit.rate * share)
        most = max(1, floor(limit.rate * share))
        self._window = most * self._interval
        self._left: deque[float] = deque(maxlen=most)
        self._even = start

    @property
    def next_at(self) -> float:
        if len(self._left) == self._left.maxlen:
            return max(self._even, self._left[0] + self._window)
        return self._even

    @property
    def last(self) -> float:
        """When the last letter left, or the lane began."""
        return self._left[-1] if self._left else self._even

    def leaves(self, now: float) -> None:
        catch_up = CATCH_UP_SECONDS if self._left else 0.0  # who sent just before us is not known
        self._even = max(self._even, now - catch_up) + self._interval
        self._left.append(now)

    def is_idle(self, now: float) -> bool:
        return max(self._even, self.last + self._window) <= now


def _shares(wanted: Mapping[str, int], there: int) -> dict[str, int]:
    """`there` shared out in proportion to what is wanted; what does not divide goes to the first ones."""
    total = sum(wanted.values())
    if total <= there:
        return dict(wanted)
    granted = {domain: count * there // total for domain, count in wanted.items()}
    rest = there - sum(granted.values())
    for domain, count in wanted.items():
        if rest and granted[domain] < count:
            granted[domain] += 1
            rest -= 1
    return granted
