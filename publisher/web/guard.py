"""What holds for every request and every answer: headers, the size of a body, where a change may come from, and that
nobody ever sees a trace.

A request for HEAD is answered as GET is, without the body. A base_url with a path is taken off here, whether a proxy
has done so already or not.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
import time
from typing import Any
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from publisher.errors import PublisherError
from publisher.web import errors

LARGEST_BODY = 64 * 1024
# A form of text needs nine bytes for each Hangul syllable; a picture is as large as cameras make them.
LARGER = (
    (re.compile(r"/desk/issues/[0-9]+/(?:edits|items|columns|columns/looks)"), 1024 * 1024),
    (re.compile(r"/desk/issues/[0-9]+/pictures"), 16 * 1024 * 1024),
)
PATIENCE = 20.0
SLOWEST = 256 * 1024  # bytes a second that the line of somebody who sends much has
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# A mail program's one-click POST may name any origin: the token in the address is its authority (RFC 8058).
DECIDES_ITSELF = "/leave/"
# Browsers take names without a dot, and these, only from the own network: no stranger can point one at us.
_OWN_NETWORK = (".local", ".internal", ".localhost")
_log = logging.getLogger("publisher.web")


def policy(*, images: str = "", styles: str = "", is_still: bool = False) -> str:
    """A Content-Security-Policy: everything from ourselves only, and besides it what is named here.

    `is_still` is for a page that is shown and does nothing: without script and forms.
    """
    acts = "'none'" if is_still else "'self'"
    return (
        f"default-src 'none'; style-src 'self'{styles and ' ' + styles}; script-src {acts}; "
        f"img-src 'self'{images and ' ' + images}; connect-src {acts}; form-action {acts}; frame-src {acts}; "
        "base-uri 'none'; frame-ancestors 'self'"
    )


HEADERS = {
    "Content-Security-Policy": policy(),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    # Not `no-referrer`: with it a browser names no origin for our own forms, and they could not be told from others'.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """The outermost layer of the app. `base_url` is the publication's own address; a body comes within `patience` s."""

    def __init__(self, app: ASGIApp, *, base_url: str, patience: float = PATIENCE) -> None:
        self._app = app
        self._patience = patience
        self._own = urlsplit(base_url)
        self._prefix = self._own.path.rstrip("/")
        headers = HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if self._own.scheme == "https" else {})
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        inner = self._rooted(dict(scope))
        answering = _Answering(send, self._headers, is_head=scope["method"] == "HEAD")
        try:
            if scope["method"] == "HEAD":
                inner["method"] = "GET"
            if inner["path"] == inner.get("root_path", "") != "":
                await RedirectResponse(f"{inner['path']}/", 308)(inner, receive, answering)
                return
            most = _largest(inner)
            self._refuse(inner, most)
            await self._app(inner, _limited(receive, self._patience + most / SLOWEST, most), answering)
        except PublisherError as error:
            await errors.ours(Request(inner), error)(inner, receive, answering)
        except HTTPException as error:
            await errors.answer(Request(inner), error.status_code)(inner, receive, answering)
        except ClientDisconnect:
            return
        except asyncio.CancelledError:
            # The server stops and waits no longer for the rest of this request.
            if answering.has_begun:
                return
            await errors.answer(Request(inner), 503)(inner, receive, answering)
        except Exception:
            # By its route: the address itself may hold somebody's token.
            _log.exception("%s %s failed", scope["method"], getattr(inner.get("route"), "path", "a page"))
            if answering.has_begun:
                raise
            await errors.unexpected(Request(inner))(inner, receive, answering)

    def _rooted(self, scope: dict[str, Any]) -> dict[str, Any]:
        """The scope with base_url's path as its root, unless a mount has made it so."""
        root, path = scope.get("root_path", ""), scope["path"]
        if not self._prefix or root.endswith(self._prefix):
            return scope
        whole = root + self._prefix
        is_whole = path == whole or path.startswith(f"{whole}/")
        return scope | {"root_path": whole, "path": path if is_whole else whole + path.removeprefix(root)}

    def _refuse(self, scope: Scope, most: int) -> None:
        """Raises HTTPException for a change that is too large, or that another site asks for."""
        if scope["method"] in SAFE_METHODS:
            return
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or int(length[:20]) > most:
            raise HTTPException(413)
        if scope["path"].removeprefix(scope.get("root_path", "")).startswith(DECIDES_ITSELF):
            return
        if is_foreign(headers, self._own):
            raise HTTPException(403)


class _Answering:
    """Sends an answer with the headers that every answer has, which it may have replaced, and no body for HEAD."""

    def __init__(self, send: Send, headers: list[tuple[bytes, bytes]], *, is_head: bool) -> None:
        self._send = send
        self._headers = headers
        self._is_head = is_head
        self.has_begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            there = {name for name, _ in message["headers"]}
            more = [header for header in self._headers if header[0] not in there]
            message = {**message, "headers": [*message["headers"], *more]}
        elif self._is_head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)


def _largest(scope: Scope) -> int:
    """How many bytes the body of this request may have."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return next((most for shape, most in LARGER if shape.fullmatch(path)), LARGEST_BODY)


def _limited(receive: Receive, patience: float, most: int = LARGEST_BODY) -> Receive:
    """`receive` that raises HTTPException once a body of unknown length has become too large, or takes too long."""
    read, is_whole, end = 0, False, time.monotonic() + patience

    async def counted() -> Message:
        nonlocal read, is_whole
        if is_whole:  # what may come now is only that the reader has gone
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), max(0.0, end - time.monotonic()))
        except TimeoutError:
            raise HTTPException(408) from None
        is_whole = not message.get("more_body", False)
        read += len(message.get("body", b""))
        if read > most:
            raise HTTPException(413)
        return message

    return counted


def is_foreign(headers: Headers, own: SplitResult) -> bool:
    """Whether a browser says that another site asks for this (Fetch Metadata; Origin, RFC 6454, 7).

    A name that a stranger may own is ours only if it is base_url's: it could have been pointed here (DNS rebinding).
    """
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("none", "same-origin"):
        return True
    origin = headers.get("origin")
    if origin is None or origin == f"{own.scheme}://{own.netloc}":
        return False
    try:
        asking = urlsplit(origin)
        name = asking.hostname
    except ValueError:
        return True
    if asking.netloc == "" or asking.netloc != headers.get("host") or name is None:
        return True
    return not (name == own.hostname or _is_of_own_network(name))


def _is_of_own_network(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." not in name or name.endswith(_OWN_NETWORK)
    return True
