"""How long whoever guessed wrong waits before the next guess: a few are free, then it grows, up to a bound.

The bound keeps a stranger from locking somebody out for good; that many guesses a day find no password that is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

FORGOTTEN = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Patience:
    """`free` wrong guesses cost nothing; each one more doubles the wait, from a second to `longest`."""

    free: int
    longest: timedelta

    def wait(self, failures: int) -> timedelta:
        over = failures - self.free
        return timedelta() if over <= 0 else min(timedelta(seconds=2 ** min(over - 1, 20)), self.longest)


# One address, from browsers in which nobody was signed in before; one browser that was; one network.
OF_ADDRESS = Patience(free=5, longest=timedelta(minutes=5))
OF_BROWSER = Patience(free=5, longest=timedelta(minutes=5))
OF_NETWORK = Patience(free=30, longest=timedelta(minutes=1))


@dataclass(frozen=True, slots=True)
class Failures:
    """Wrong guesses in a row, and when the last one was."""

    count: int
    last: datetime

    def left(self, patience: Patience, now: datetime) -> timedelta:
        """How much longer to wait; nothing where the next guess may come now."""
        return max(self.last + patience.wait(self.count) - now, timedelta())

    def again(self, now: datetime) -> Failures:
        return replace(self, count=1 if now - self.last > FORGOTTEN else self.count + 1, last=now)
