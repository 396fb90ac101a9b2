"""What a host asks of programs that read its pages (robots.txt, RFC 9309): which to leave alone, and how slowly to go.

Its rules are kept for a day at most. A host that has none lets everything be read; one that cannot say now is left
alone for some minutes.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from publisher.errors import Fault, FetchError, NotAsked
from publisher.fetch.guard import Cap

if TYPE_CHECKING:
    from protego import Protego

KEPT = 86_400.0
KEPT_FAILURE = 600.0
LONGEST_DELAY = 10.0  # seconds between two pages of a host; a longer wish would cost the others their turn
CAP = Cap(512_000, "what is read of a robots.txt")  # RFC 9309, 2.5
_REFUSED = "is not read, because robots.txt of {host} asks programs to leave it alone; ask its owner, or take it out"
_UNKNOWN = "is not read now, because robots.txt of {host} cannot be had: {reason}"


@dataclass(frozen=True, slots=True)
class Rules:
    """What one host said. `problem` is why it could not be asked; then nothing of it is read."""

    until: float
    said: Protego | None = None
    problem: str = ""
    fault: Fault = Fault.UNREACHED


class Robots:
    """The rules of every host that was asked, for one name of ours. It may be used from several threads."""

    def __init__(self, user_agent: str, monotonic: Callable[[], float]) -> None:
        self._name = re.match(r"[A-Za-z_-]*", user_agent)[0] or "Publisher"  # type: ignore[index]  # it matches always
        self._monotonic = monotonic
        self._rules: dict[str, Rules] = {}
        self._lock = threading.Lock()

    def heed(self, url: str, shown: str, ask: Callable[[str], bytes]) -> float:
        """How many seconds the host wants between two pages. Raises FetchError for a page that it wants left alone.

        `ask` gives the content of its robots.txt, or raises FetchError.
        """
        parts = urlsplit(url)
        host = parts.hostname or ""
        rules = self._of(urlunsplit((parts.scheme, parts.netloc, "/robots.txt", "", "")), ask)
        if rules.problem:
            raise FetchError(shown, _UNKNOWN.format(host=host, reason=rules.problem), fault=rules.fault)
        if rules.said is None:
            return 0.0
        if not rules.said.can_fetch(url, self._name):
            raise FetchError(shown, _REFUSED.format(host=host), fault=Fault.LOCKED)
        return min(max(rules.said.crawl_delay(self._name) or 0.0, 0.0), LONGEST_DELAY)

    def _of(self, place: str, ask: Callable[[str], bytes]) -> Rules:
        with self._lock:
            known = self._rules.get(place)
        now = self._monotonic()
        if known is None or known.until <= now:
            known = _asked(place, ask, now)
            with self._lock:
                self._rules[place] = known
        return known


def _asked(place: str, ask: Callable[[str], bytes], now: float) -> Rules:
    from protego import Protego  # only sources that are pages need it

    try:
        content = ask(place)
    except NotAsked:
        raise
    except FetchError as error:
        if error.fault in (Fault.UNREACHED, Fault.PASSING):  # RFC 9309, 2.3.1.4: that is no permission
            return Rules(now + KEPT_FAILURE, problem=error.reason, fault=error.fault)
        return Rules(now + KEPT)
    return Rules(now + KEPT, said=Protego.parse(content.decode("utf-8", "replace")))
