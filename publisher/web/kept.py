"""Public pages, kept as they were made until something that the public sees has changed.

Readers come all at once, when the letter arrives, and read the same few pages. So one question a second asks the
database whether anything public has changed since; what was made before a change is forgotten. A page is therefore at
most `every` seconds behind, and never behind itself: what was begun before a change is not kept after it.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

MOST = 256
EVERY = 1.0
PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Made:
    """The bytes of one page. `tag` is its ETag, without quotation marks."""

    content: bytes
    media_type: str
    tag: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, page: HTMLResponse) -> Made:
        """A rendered page in one language."""
        content = bytes(page.body)
        headers = {name: page.headers[name] for name in ("Content-Language", "Vary") if name in page.headers}
        return cls(content, "text/html", hashlib.sha256(content).hexdigest()[:32], headers)


class Kept:
    """The pages of one publication. `version` differs as soon as anything public does; it may ask the database."""

    def __init__(
        self,
        version: Callable[[], str],
        *,
        most: int = MOST,
        every: float = EVERY,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = version
        self._most = most
        self._every = every
        self._monotonic = monotonic
        self._version = ""
        self._asked_at = float("-inf")
        self._is_asking = False
        self._pages: OrderedDict[Hashable, Made] = OrderedDict()

    async def page(self, key: Hashable, make: Callable[[], Made | None]) -> Made | None:
        """The page of that key; `make` may ask the database, and None is not kept. Raises what either raises."""
        await self._look()
        pages = self._pages  # those of this version: a page that is made slowly does not outlive a change
        made = pages.get(key)
        if made is not None:
            pages.move_to_end(key)
            return made
        made = await run_in_threadpool(make)
        if made is not None:
            pages[key] = made
            while len(pages) > self._most:
                pages.popitem(last=False)
        return made

    async def _look(self) -> None:
        """Ask whether anything changed, if it is time to. While one request asks, others go on for a while."""
        began = self._monotonic()
        age = began - self._asked_at
        if age < self._every or (self._is_asking and age < PATIENCE):
            return
        self._is_asking = True
        try:
            version = await run_in_threadpool(self._ask)
        finally:
            self._is_asking = False
        if version != self._version:
            self._version, self._pages = version, OrderedDict()
        self._asked_at = began


def given(request: Request, made: Made) -> Response:
    """The page, or 304 for who has it already (RFC 9110, 13.1.2)."""
    tag = f'"{made.tag}"'
    headers = {"ETag": tag, "Cache-Control": "public, no-cache", **made.headers}
    known = request.headers.get("if-none-match", "")
    if known and any(one.strip().removeprefix("W/") in (tag, "*") for one in known.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(made.content, media_type=made.media_type, headers=headers)
