"""Wrong guesses at a way in, counted in the memory of this process: who guesses again and again waits longer each time.

A restart forgets them. That gives a guesser a few more tries, and nobody a row in the database for each of theirs.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock

from starlette.requests import Request

from publisher.domain.attempts import Failures, Patience

MOST = 20_000


@dataclass
class Attempts:
    """What was guessed at, each by a key, the longest untouched first. Any thread may ask."""

    _failures: OrderedDict[str, Failures] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def begin(self, keys: Mapping[str, Patience], now: datetime) -> timedelta:
        """How long to wait; nothing where the guess may be made now, which counts as wrong until `right` is told.

        So a hundred guesses that come at once are not all the first one.
        """
        with self._lock:
            there = {key: self._failures[key] for key in keys if key in self._failures}
            left = max((failures.left(keys[key], now) for key, failures in there.items()), default=timedelta())
            if left:
                return left
            for key in keys:
                failures = there.get(key)
                self._failures[key] = failures.again(now) if failures else Failures(1, now)
                self._failures.move_to_end(key)
            while len(self._failures) > MOST:
                self._failures.popitem(last=False)
            return timedelta()

    def right(self, *keys: str) -> None:
        """The guess was right: what was guessed at is forgotten."""
        with self._lock:
            for key in keys:
                self._failures.pop(key, None)

    def one_less(self, key: str) -> None:
        """The guess was right, and says nothing of others that share the key."""
        with self._lock:
            if failures := self._failures.get(key):
                self._failures[key] = replace(failures, count=failures.count - 1)


def attempts(request: Request) -> Attempts:
    """Those of the app that this request came to."""
    found = request.app.state.attempts
    assert isinstance(found, Attempts)
    return found


def network(request: Request) -> str:
    """The key of where a request comes from: an IPv4 address, or the /64 that a household has of IPv6."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return f"network {host[:64]}"
    if address.version == 6:
        return f"network {ipaddress.ip_network((address, 64), strict=False)}"
    return f"network {address}"


def hidden(what: str, text: str) -> str:
    """A key for `text`, which is not kept."""
    return f"{what} {hashlib.sha256(text.encode(errors='replace')).hexdigest()[:32]}"
