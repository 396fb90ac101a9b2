"""The one guarded HTTP client: nothing of Publisher asks the web for anything except through it.

It promises to end in time, to hold at most `max_bytes`, to talk to public addresses only, to be slow with one host, and
to name what went wrong in words. It never opens a file that config.toml does not name, never sends credentials to
another host than theirs, and never shows them.
"""

from __future__ import annotations

import copy
import hashlib
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Self

from publisher import __version__
from publisher.config.settings import Fetching
from publisher.errors import Fault, FetchError, FetchRefused, NotAsked
from publisher.fetch.files import read_file
from publisher.fetch.guard import Cap, Connect, Forbidden, Resolve, WireError, connect_to, dial, resolve_host
from publisher.fetch.robots import CAP as ROBOTS_CAP
from publisher.fetch.robots import Robots
from publisher.fetch.target import Target, shown

if TYPE_CHECKING:
    from publisher.fetch.wire import Answer

__all__ = ["Cap", "Cursor", "Fetcher", "Page", "host_of", "shown"]

MAX_REDIRECTS = 5
LONGEST_WAIT = 30.0
_REDIRECTS = {301, 302, 303, 307, 308}
_FOR_GOOD = {301, 308}
_FAULTS = {401: Fault.LOCKED, 403: Fault.LOCKED, 407: Fault.LOCKED, 410: Fault.GONE}
_ADVICE = {
    401: "; it wants a login: write it into the url, https://NAME:PASSWORD@…, or correct the one that is there",
    403: "; it does not let us in: ask its owner, or correct the login in the url",
    404: "; check the address",
    410: "; it is gone for good and is not asked any more: give it another url, or take it out",
}
_RUN_OVER = "could not be asked before the time of this run was over (collect_timeout under [fetch])"


@dataclass(frozen=True, slots=True)
class Cursor:
    """What an answer left us with, to ask "anything new?" the next time (RFC 9110, conditional requests).

    `digest` is of the content, for servers that do not know whether it is new. `moved_to` is where it lives now, as it
    may be shown, when the server said that it moved for good.
    """

    etag: str = ""
    last_modified: str = ""
    digest: str = ""
    moved_to: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What was at a URL. `url` is the one that answered in the end, without credentials.

    `is_unchanged` when nothing is new since the cursor, as the server says or its bytes show; `content` is empty then.
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
        self._deadline = float("inf")
        self._robots = Robots(settings.user_agent or "Publisher", monotonic)
        self._free_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def get(
        self,
        url: str,
        *,
        cursor: Cursor | None = None,
        may_read_files: bool = False,
        cap: Cap | None = None,
        respects_robots: bool = False,
    ) -> Page:
        """The page at `url`: http(s), or where `may_read_files` also `file:`, relative to the root.

        `cap` is the most that it may have, where that is not `max_bytes` of [fetch]. The time on the wire of all
        attempts and redirects together is at most `timeout`; what is waited between them (the pace of a host, a retry)
        does not count. With `respects_robots` a page that its host's robots.txt excludes is not asked for; pages that
        were found are asked so, and not feeds, which are there for programs and were chosen by somebody.
        Raises FetchRefused where the guard forbids it, else FetchError.
        """
        cursor = cursor or Cursor()
        if url.strip().lower().startswith("file:"):
            if not may_read_files:
                raise FetchRefused(shown(url), "a file is read only where config.toml itself names it")
            place, content = read_file(url.strip(), self._root, self._settings.max_bytes)
            return _compared(Page(place, content, "", Cursor()), cursor)
        target = Target.of(url)
        cap = cap or Cap(self._settings.max_bytes, "max_bytes under [fetch]")
        budget = _Budget(self._monotonic, self._settings.timeout.total_seconds(), self._deadline)
        attempt = 0
        while True:
            try:
                return self._follow(target, cursor, cap, budget, respects_robots=respects_robots)
            except _Passing as failure:
                wait = max(2**attempt * (0.5 + self._jitter()), failure.retry_after or 0.0)
                if attempt >= self._settings.retries or wait > min(LONGEST_WAIT, self._deadline - self._monotonic()):
                    raise
            attempt += 1
            self._wait(wait, budget)

    def for_a_run(self, within: timedelta | None = None) -> Self:
        """The same client, the pace of hosts included, for one run of so long, or else one collection's timeout.

        What the time did not suffice for raises NotAsked.
        """
        one = copy.copy(self)
        one._deadline = self._monotonic() + (within or self._settings.collect_timeout).total_seconds()
        return one

    def at_once(self, most: int) -> int:
        """How many requests one host is asked at the same time, where `most` go on altogether."""
        return 1 if self._settings.spacing else most

    def free_in(self, host: str) -> float:
        """In how many seconds the host may be asked again, 0 for now; never later than the run ends."""
        with self._lock:
            return max(0.0, min(self._free_at.get(host, 0.0), self._deadline) - self._monotonic())

    def _follow(
        self,
        first: Target,
        cursor: Cursor,
        cap: Cap,
        budget: _Budget,
        *,
        respects_robots: bool = False,
        visited: str = "",
    ) -> Page:
        target, moved_to, is_for_good = first, "", True
        for _ in range(MAX_REDIRECTS + 1):
            if target.host != visited:  # hops within one host are one visit
                self._keep_pace(first, target, budget)
            visited = target.host
            if respects_robots:
                self._heed_robots(first, target, budget)
            answer = self._ask(first, target, cursor, cap, budget)
            if answer.status not in _REDIRECTS or not answer.location:
                return self._page(first, target, cursor, answer, moved_to)
            target = target.redirected(answer.location)
            is_for_good = is_for_good and answer.status in _FOR_GOOD
            moved_to = target.shown if is_for_good else moved_to
        raise FetchError(first.shown, f"redirects more than {MAX_REDIRECTS} times")

    def _keep_pace(self, first: Target, target: Target, budget: _Budget) -> None:
        """Wait for this host's turn; turns are handed out under the lock, waited for outside it."""
        host = target.host
        with self._lock:
            now = self._monotonic()
            turn = max(now, self._free_at.get(host, now))
            if turn >= self._deadline:
                raise NotAsked(first.shown, _RUN_OVER)
            self._free_at[host] = turn + self._settings.spacing.total_seconds()
        self._wait(turn - now, budget)

    def _heed_robots(self, first: Target, target: Target, budget: _Budget) -> None:
        def ask(url: str) -> bytes:
            return self._follow(Target.of(url), Cursor(), ROBOTS_CAP, budget, visited=target.host).content

        delay = self._robots.heed(target.url, first.shown, ask)
        with self._lock:
            free_at = self._monotonic() + delay
            self._free_at[target.host] = max(free_at, self._free_at.get(target.host, free_at))

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
            if error.is_late and self._monotonic() >= self._deadline:
                raise NotAsked(first.shown, _RUN_OVER) from error
            slow = f"gave no whole answer within {budget.seconds:.3g} s"
            kind = _Passing if error.may_pass else FetchError
            fault = Fault.UNREACHED if error.may_pass or error.is_late else Fault.LASTING
            reason = _after(first, target, slow if error.is_late else error.reason)
            raise kind(first.shown, reason, fault=fault) from error

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

    def _page(self, first: Target, target: Target, cursor: Cursor, answer: Answer, moved_to: str) -> Page:
        status, headers = answer.status, answer.headers
        new = Cursor(headers.get("ETag", ""), headers.get("Last-Modified", ""), moved_to=moved_to)
        content_type = headers.get("Content-Type", "")
        if status == HTTPStatus.NOT_MODIFIED and (cursor.etag or cursor.last_modified):
            etag, last_modified = new.etag or cursor.etag, new.last_modified or cursor.last_modified
            kept = replace(cursor, etag=etag, last_modified=last_modified, moved_to=moved_to)
            return Page(target.url, b"", content_type, kept, is_unchanged=True)
        if 200 <= status < 300:
            return _compared(Page(target.url, answer.content, content_type, new), cursor)
        reason = f"answered {status}{_phrase(status)}"
        if status != HTTPStatus.TOO_MANY_REQUESTS and status < 500:
            fault = _FAULTS.get(status, Fault.LASTING)
            raise FetchError(first.shown, _after(first, target, reason + _ADVICE.get(status, "")), fault=fault)
        wait = self._retry_after(headers.get("Retry-After", ""))
        if wait is not None:
            reason += f" and asks to come back in {wait:.0f} s"
        raise _Passing(first.shown, _after(first, target, reason), retry_after=wait, fault=Fault.PASSING)

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

    def __init__(self, monotonic: Callable[[], float], seconds: float, deadline: float) -> None:
        self._monotonic = monotonic
        self._deadline = deadline
        self._end = monotonic() + seconds
        self.seconds = min(seconds, max(0.0, deadline - monotonic()))

    @property
    def left(self) -> float:
        return min(self._end, self._deadline) - self._monotonic()

    def extend(self, seconds: float) -> None:
        self._end += seconds


def host_of(url: str) -> str:
    """The host that is asked for `url`; empty for what is no address of the web."""
    try:
        return Target.of(url).host
    except FetchError:
        return ""


def _compared(page: Page, cursor: Cursor) -> Page:
    """The page with a digest of all that it is read from; without its content where that is what it was before."""
    read = f"{page.url}\n{page.content_type}\n".encode(errors="replace")
    digest = hashlib.sha256(read + page.content).hexdigest()
    is_unchanged = digest == cursor.digest
    content = b"" if is_unchanged else page.content
    return replace(page, content=content, cursor=replace(page.cursor, digest=digest), is_unchanged=is_unchanged)


def _after(first: Target, target: Target, reason: str) -> str:
    return reason if target.url == first.url else f"redirects to {target.shown}, which {reason}"


def _phrase(status: int) -> str:
    try:
        return f" ({HTTPStatus(status).phrase.lower()})"
    except ValueError:
        return ""
