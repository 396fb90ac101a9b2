"""Public pages, kept as they were made until something that the public sees has changed.

Readers come all at once, when the letter arrives, and read the same few pages. So one question a second asks the
database whether anything public has changed since; what was made before a change is forgotten. A page is therefore at
most `every` seconds behind, and never behind itself: what was begun before a change is not kept after it.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from publisher.web.shell import shell

MOST = 256
EVERY = 1.0
PATIENCE = 5.0
_VERSION = "version"

T = TypeVar("T")


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
    """The pages of one publication, each made once however many ask for it at once.

    `version` differs as soon as anything public does; it may ask the database.
    """

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
        self._under_way: dict[Hashable, asyncio.Future[Any]] = {}
        self._pages: OrderedDict[Hashable, Made] = OrderedDict()

    async def found(self, key: Hashable) -> Made | None:
        """The page of that key, if it is here and nothing public has changed. Raises what `version` raises."""
        await self._look()
        made = self._pages.get(key)
        if made is not None:
            self._pages.move_to_end(key)
        return made

    async def page(self, key: Hashable, make: Callable[[], Made | None]) -> Made | None:
        """The page of that key; `make` may ask the database, and None is not kept. Raises what either raises."""
        made = await self.found(key)
        if made is not None:
            return made
        pages = self._pages  # those of this version: a page that is made slowly does not outlive a change
        made = await self._once((self._version, key), make)
        if made is not None:
            pages[key] = made
            while len(pages) > self._most:
                pages.popitem(last=False)
        return made

    async def _look(self) -> None:
        """Ask whether anything changed, if it is time to. While one request asks, others go on for a while."""
        began = self._monotonic()
        age = began - self._asked_at
        if age < self._every or (_VERSION in self._under_way and age < PATIENCE):
            return
        version = await self._once(_VERSION, self._ask)
        if version != self._version:
            self._version, self._pages = version, OrderedDict()
        self._asked_at = max(began, self._asked_at)

    async def _once(self, what: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, in a thread; who asks for the same meanwhile waits for the same."""
        under_way = self._under_way.get(what)
        if under_way is None:
            under_way = asyncio.ensure_future(run_in_threadpool(make))
            self._under_way[what] = under_way
            under_way.add_done_callback(lambda done: self._is_done(what, done))
        return cast(T, await asyncio.shield(under_way))  # a reader who goes away takes nothing from the others

    def _is_done(self, what: Hashable, done: asyncio.Future[Any]) -> None:
        del self._under_way[what]
        if not done.cancelled():
            done.exception()  # it was told to those who waited, if any did


class Front:
    """Gives a public page that is kept before anybody looks for its route: twice as many a second as after."""

    def __init__(self, app: ASGIApp, *, kept: Kept) -> None:
        self._app = app
        self._kept = kept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and not scope["query_string"]:
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            if path in ("/", "/feed.atom") or path.startswith("/issues/"):
                request = Request(scope)
                made = await self._kept.found(address(request))
                if made is not None:
                    await given(request, made)(scope, receive, send)
                    return
        await self._app(scope, receive, send)


def address(request: Request) -> tuple[str, str, str]:
    """What a public page is a function of, beside what it asks for after a question mark."""
    return request.scope.get("root_path", ""), request.scope["path"], shell(request).words(request).code


def given(request: Request, made: Made) -> Response:
    """The page, or 304 for who has it already (RFC 9110, 13.1.2)."""
    tag = f'"{made.tag}"'
    headers = {"ETag": tag, "Cache-Control": "public, no-cache", **made.headers}
    known = request.headers.get("if-none-match", "")
    if known and any(one.strip().removeprefix("W/") in (tag, "*") for one in known.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(made.content, media_type=made.media_type, headers=headers)
