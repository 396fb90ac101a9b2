"""The demo's own time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class DemoTime:
    """Stands still and jumps while the week is played; after `go` it runs on by itself, as fast as any clock."""

    def __init__(self, start: datetime) -> None:
        self._start = start.astimezone(UTC)
        self._begun: float | None = None

    def now(self) -> datetime:
        if self._begun is None:
            return self._start
        return self._start + timedelta(seconds=time.monotonic() - self._begun)

    def jump(self, to: datetime) -> None:
        """It is `to` now, and stays so. Raises ValueError for what has passed."""
        if to < self._start or self._begun is not None:
            raise ValueError(f"the demo's clock cannot go back to {to}")
        self._start = to.astimezone(UTC)

    def go(self) -> None:
        if self._begun is None:
            self._begun = time.monotonic()
