"""Looks at sources that editors ask for: each in a thread of its own, so that no page waits for somebody's server."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request

from publisher.stages.collect import SourceReport

WITHIN = timedelta(seconds=60)
AT_ONCE = 4

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """One look. `report` is None as long as it goes on; `trouble` says why it came to nothing."""

    report: SourceReport | None = None
    trouble: str = ""

    @property
    def is_over(self) -> bool:
        return self.report is not None or bool(self.trouble)


class Checks:
    """The newest look at each source. At most AT_ONCE go on at a time; the others wait for their turn."""

    def __init__(self) -> None:
        self._looks: dict[str, Look] = {}
        self._lock = threading.Lock()
        self._turns = threading.Semaphore(AT_ONCE)

    def begin(self, name: str, look: Callable[[], SourceReport]) -> bool:
        """Look at the source now; whether that was begun, and not under way already."""
        with self._lock:
            if name in self._looks and not self._looks[name].is_over:
                return False
            self._looks[name] = Look()
        threading.Thread(target=self._run, args=(name, look), name=f"check {name}", daemon=True).start()
        return True

    def of(self, name: str) -> Look | None:
        return self._looks.get(name)

    @property
    def are_under_way(self) -> bool:
        with self._lock:
            return any(not look.is_over for look in self._looks.values())

    def _run(self, name: str, look: Callable[[], SourceReport]) -> None:
        with self._turns:
            try:
                done = Look(look())
            except Exception:  # the outermost of this thread: told on the page, with its trace in the log
                log.exception("the look at source %s failed", name)
                done = Look(trouble="it failed unexpectedly; the log has the details")
        with self._lock:
            self._looks[name] = done


def checks(request: Request) -> Checks:
    """Those of this app."""
    state = request.app.state
    if not hasattr(state, "checks"):
        state.checks = Checks()
    found = state.checks
    assert isinstance(found, Checks)
    return found
