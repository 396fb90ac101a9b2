"""What a send shows on a terminal while it goes on: a line for each channel. In a pipe it says nothing."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publisher.delivery.engine import Tally

COUNTED = ("accepted", "refused", "deferred", "unknown", "dropped")
# The rate is that of the last seconds, so that a relay which slows down shows.
OF_LATE = 10.0


@dataclass
class Channel:
    """What one channel has done of what it had to do. It may work off several issues, and posts, one after another."""

    left: int
    begun: float
    done: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    _run: tuple[int, ...] = (0,) * len(COUNTED)
    _marks: deque[tuple[float, int]] = field(default_factory=deque)

    def tells(self, tally: Tally, now: float) -> None:
        """The run that is under way has come so far; one that has done less than before is the next."""
        counts = tuple(getattr(tally, name) for name in COUNTED)
        before = (
            self._run if all(new >= old for new, old in zip(counts, self._run, strict=True)) else (0,) * len(counts)
        )
        for name, new, old in zip(COUNTED, counts, before, strict=True):
            self.done[name] += new - old
        self._run = counts
        self.left = max(0, self.left - (sum(counts) - sum(before)))
        self._marks.append((now, sum(self.done.values())))
        while len(self._marks) > 1 and now - self._marks[0][0] > OF_LATE:
            self._marks.popleft()

    def rate(self, now: float) -> float:
        """Letters or posts in a second of late."""
        since, had = self._marks[0] if self._marks and now - self.begun > OF_LATE else (self.begun, 0)
        return max(0, sum(self.done.values()) - had) / max(0.5, now - since)

    def line(self, now: float) -> str:
        counts = "  ".join(f"{count:,} {name}" for name, count in self.done.items() if count or name == "accepted")
        rate = self.rate(now)
        pace = f"{rate:,.0f}/s" if rate >= 1 or not rate else f"{60 * rate:,.0f}/min"
        to_go = f"  {_span(self.left / rate)} to go" if rate and self.left else ""
        return f"{counts}  {self.left:,} left  {pace}{to_go}"


@contextmanager
def showing(left: Mapping[str, int]) -> Iterator[Callable[[str, Tally], None]]:
    """Where to tell how far each channel has come, from any thread; `left` is what each has to do at the beginning.

    The lines are on standard error and are gone at the end.
    """
    if not sys.stderr.isatty() or not left:
        yield lambda channel, tally: None
        return
    from rich.console import Console  # 0.1 s, and only a terminal needs it
    from rich.live import Live
    from rich.table import Table

    now, guard = time.monotonic(), threading.Lock()
    channels = {name: Channel(count, now) for name, count in left.items()}

    def told(name: str, tally: Tally) -> None:
        with guard:
            channels.setdefault(name, Channel(0, time.monotonic())).tells(tally, time.monotonic())

    def lines() -> Table:
        with guard:
            shown = Table.grid(padding=(0, 2))
            for name, channel in channels.items():
                shown.add_row(name, channel.line(time.monotonic()))
            return shown

    with Live(get_renderable=lines, console=Console(stderr=True), refresh_per_second=4, transient=True):
        yield told


def _span(seconds: float) -> str:
    minutes, second = divmod(round(seconds), 60)
    if not minutes:
        return f"{second} s"
    return f"{minutes} min {second:02} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"
