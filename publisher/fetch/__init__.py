"""The one guarded HTTP client: nothing of Publisher asks the web for anything except through it.

It promises to end in time, to hold at most `max_bytes`, to talk to public addresses only, to be slow with one host, and
to name what went wrong in words. It never opens a file that config.toml does not name, never sends credentials to
another host than theirs, and never shows them.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from publisher import __version__
from publisher.config.settings import Fetching
from publisher.errors import FetchError, FetchRefused
from publisher.fetch.files import read_file
from publisher.fetch.guard import Cap, Connect, Forbidden, Resolve, WireError, connect_to, dial, resolve_host
from publisher.fetch.target import Target, shown

if TYPE_CHECKING:
    from publisher.fetch.wire import Answer

__all__ = ["Cap", "Cursor", "Fetcher", "Page", "shown"]

MAX_REDIRECTS = 5
LONGEST_WAIT = 30.0
_REDIRECTS = {301, 302, 303, 307, 308}


@dataclass(frozen=True, slots=True)
class Cursor:
    """What a server gave us to ask "anything new?" with (RFC 9110, conditional requests)."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What was at a URL. `url` is the one that answered in the end, without credentials.

    `is_unchanged` when the server said that nothing is new since the cursor; `content` is empty then.
    """

    url: str
    content: bytes
    content_type: str
    cursor: Cursor
    is_unchanged: bool = False


class _Passing(FetchError):
    """A FetchError that another attempt may cure."""


class Fetcher:
    """One for the whole process; it may be used from several threads.

    `resolve` gives the addresses of a host and port, `connect` a socket to one address; `jitter` gives 0 … 1; `wall`
    is the time of day in seconds. `trust` names a file of certificates to believe instead of the usual ones.
    """

    def __init__(
        self,
        settings: Fetching,
        root: Path,
        *,
        resolve: Resolve = resolve_host,
        connect: Connect = connect_to,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
        trust: Path | None = None,
    ) -> None:
        self._settings = settings
        self._root = root
        self._dial = partial(dial, resolve=resolve, connect=connect, may_be_private=settings.private_addresses)
        self._sleep = sleep
        self._monotonic = monotonic
        self._wall = wall
        self._jitter = jitter
        self._trust = trust
        self._free_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def get(
        self, url: str, *, cursor: Cursor | None = None, may_read_files: bool = False, cap: Cap | None = None
    ) -> Page:
        """The page at `url`: http(s), or where `may_read_files` also `file:`, relative to the root.

        `cap` is the most that it may have, where that is not `max_bytes` of [fetch]. The time on the wire of all
        attempts and redirects together is at most `timeout`; what is waited between them (the pace of a host, a retry)
        does not count. Raises FetchRefused where the guard forbids it, else FetchError.
        """
        if url.strip().lower().startswith("file:"):
            if not may_read_files:
                raise FetchRefused(shown(url), "a file is read only where config.toml itself names it")
            place, content = read_file(url.strip(), self._root, self._settings.max_bytes)
            return Page(place, content, "", Cursor())
        target = Target.of(url)
        cap = cap or Cap(self._settings.max_bytes, "max_bytes under [fetch]")
        budget = _Budget(self._monotonic, self._settings.timeout.total_seconds())
        attempt = 0
        while True:
            try:
                return self._follow(target, cursor or Cursor(), cap, budget)
            except _Passing as failure:
                wait = max(2**attempt * (0.5 + self._jitter()), failure.retry_after or 0.0)
                if attempt >= self._settings.retries or wait > LONGEST_WAIT:
                    raise
            attempt += 1
            self._wait(wait, budget)

    def _follow(self, first: Target, cursor: Cursor, cap: Cap, budget: _Budget) -> Page:
        target, host = first, ""
        for _ in range(MAX_REDIRECTS + 1):
            if target.host != host:  # hops within one host are one visit
                self._keep_pace(target.host, budget)
            host = target.host
            answer = self._ask(first, target, cursor, cap, budget)
            if answer.status not in _REDIRECTS or not answer.location:
                return self._page(first, target, cursor, answer)
            target = target.redirected(answer.location)
        raise FetchError(first.shown, f"redirects more than {MAX_REDIRECTS} times")

    def _keep_pace(self, host: str, budget: _Budget) -> None:
        """Wait for this host's turn; turns are handed out under the lock, waited for outside it."""
        with self._lock:
            now = self._monotonic()
            turn = max(now, self._free_at.get(host, now))
            self._free_at[host] = turn + self._settings.spacing.total_seconds()
        self._wait(turn - now, budget)

    def _ask(self, first: Target, target: Target, cursor: Cursor, cap: Cap, budget: _Budget) -> Answer:
        from publisher.fetch.wire import ask  # requests is slow to import, and most commands fetch nothing

        try:
            if budget.left <= 0:
                raise WireError("took too long", is_late=True)
            return ask(
                target,
                self._headers(cursor),
                dial=self._dial,
                seconds=budget.left,
                cap=cap,
                trust=self._trust,
            )
        except Forbidden as error:
            raise FetchRefused(first.shown, _after(first, target, error.reason)) from error
        except WireError as error:
            slow = f"gave no whole answer within {self._settings.timeout.total_seconds():g} s"
            kind = _Passing if error.may_pass else FetchError
            raise kind(first.shown, _after(first, target, slow if error.is_late else error.reason)) from error

    def _headers(self, cursor: Cursor) -> dict[str, str]:
        headers = {
            "User-Agent": self._settings.user_agent or f"Publisher/{__version__}",
            "Accept": "*/*",
            "Accept-Encoding": "gzip, deflate",
            "Connection": "close",
            "If-None-Match": cursor.etag,
            "If-Modified-Since": cursor.last_modified,
        }
        return {name: value for name, value in headers.items() if value and value.isascii() and value.isprintable()}

    def _page(self, first: Target, target: Target, cursor: Cursor, answer: Answer) -> Page:
        status, headers = answer.status, answer.headers
        new = Cursor(headers.get("ETag", ""), headers.get("Last-Modified", ""))
        content_type = headers.get("Content-Type", "")
        if status == HTTPStatus.NOT_MODIFIED and cursor != Cursor():
            kept = Cursor(new.etag or cursor.etag, new.last_modified or cursor.last_modified)
            return Page(target.url, b"", content_type, kept, is_unchanged=True)
        if 200 <= status < 300:
            return Page(target.url, answer.content, content_type, new)
        reason = f"answered {status}{_phrase(status)}"
        if status != HTTPStatus.TOO_MANY_REQUESTS and status < 500:
            advice = "; check the address" if status in (404, 410) else ""
            raise FetchError(first.shown, _after(first, target, reason + advice))
        wait = self._retry_after(headers.get("Retry-After", ""))
        if wait is not None:
            reason += f" and asks to come back in {wait:.0f} s"
        raise _Passing(first.shown, _after(first, target, reason), retry_after=wait)

    def _retry_after(self, value: str) -> float | None:
        """Seconds to wait, from a number or a date (RFC 9110, 10.2.3)."""
        if value.strip().isdecimal():
            return float(value.strip()[:9])
        try:
            return max(0.0, parsedate_to_datetime(value).timestamp() - self._wall())
        except (ValueError, OverflowError):
            return None

    def _wait(self, seconds: float, budget: _Budget) -> None:
        if seconds > 0:
            self._sleep(seconds)
            budget.extend(seconds)


class _Budget:
    """The time that one get may still spend on the wire."""

    def __init__(self, monotonic: Callable[[], float], seconds: float) -> None:
        self._monotonic = monotonic
        self._end = monotonic() + seconds

    @property
    def left(self) -> float:
        return self._end - self._monotonic()

    def extend(self, seconds: float) -> None:
        self._end += seconds


def _after(first: Target, target: Target, reason: str) -> str:
    return reason if target.url == first.url else f"redirects to {target.shown}, which {reason}"


def _phrase(status: int) -> str:
    try:
        return f" ({HTTPStatus(status).phrase.lower()})"
    except ValueError:
        return ""
