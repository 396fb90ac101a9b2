"""Who asks: the session that a cookie names, and whether the editor's role goes so far.

The cookie holds a token, and `store/sessions.py` the rest: when it ends, and whose it is. Each request looks there, so
whoever was signed out, removed or given another role is out at the next page. `signing.py` has the ways in.
"""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, HTTPException, Request, Response

from publisher.domain.audience import masked
from publisher.domain.rights import may, needed, right_of
from publisher.errors import DatabaseError, NotAllowed, NotFound
from publisher.stages import sign_in
from publisher.store import editors, sessions
from publisher.store.db import Session
from publisher.store.tables import EditorRow
from publisher.web.desk.frame import page
from publisher.web.errors import answer
from publisher.web.shell import Shell, shell

ASK = "sign in at /desk/sign-in; whoever runs this publication makes a link with `publisher editors link ADDRESS`"
_log = logging.getLogger("publisher.web")
_INSIDE = re.compile(r"/desk(?:/[A-Za-z0-9_-]+)*(?:#[a-z-]+)?")


class NotSignedIn(HTTPException):
    """Nobody is signed in here, or not any more."""

    def __init__(self) -> None:
        # RFC 9110, 15.5.2 wants a challenge; browsers ask nothing for one that they do not know.
        super().__init__(401, ASK, headers={"WWW-Authenticate": 'Form realm="desk"'})


def editor(request: Request) -> EditorRow:
    """The editor who asks, if their role goes so far (domain/rights.py). Raises NotSignedIn and NotAllowed."""
    found = whoever(request)
    if found is None:
        raise NotSignedIn
    _allow(request, found)
    return found


def whoever(request: Request) -> EditorRow | None:
    """The editor who asks, None for nobody; their pages are in their language from here on."""
    here, now = shell(request), shell(request).now()
    with here.publication.database.read() as session:
        found = _guest(session, here)
        token_hash = "" if found else session_hash(request)
        signed = sessions.find(session, token_hash, now) if token_hash else None
    if signed and now - signed[0].seen_at >= sessions.SEEN_EVERY:
        # A page that somebody looks at waits for no writer that holds the database.
        with suppress(DatabaseError):
            sign_in.seen(here.publication.database, token_hash, now=now)
    request.state.editor = found or (signed[1] if signed else None)
    return found or (signed[1] if signed else None)


Signed = Annotated[EditorRow, Depends(editor)]


async def ask(request: Request, error: Exception) -> Response:
    """Instead of a page, that to sign in on, which leads there; instead of anything else, a line that says so."""
    assert isinstance(error, NotSignedIn)
    asks_for_page = "text/html" in request.headers.get("accept", "")
    if not asks_for_page or request.method != "GET":
        return answer(request, 401, detail=ASK, headers=error.headers)
    to = inside(request.scope["path"].removeprefix(request.scope.get("root_path", "")))
    response = page(request, "sign-in", status=401, to=to, email="", trouble="", wait=None)
    response.headers.update(error.headers or {})
    return response


@dataclass(frozen=True, slots=True)
class Cookie:
    """Where a cookie of ours lives. A browser lets nobody else set one whose name begins with `__Host-`."""

    name: str
    path: str
    is_secure: bool

    @classmethod
    def named(cls, request: Request, name: str) -> Cookie:
        own, root = shell(request).own, request.scope.get("root_path", "")
        if own.scheme != "https":
            return cls(name, f"{root}/desk", False)
        if root:  # another program may live beside us under the same host: it gets no cookie of ours
            return cls(f"__Secure-{name}", f"{root}/desk", True)
        return cls(f"__Host-{name}", "/", True)

    def set(self, response: Response, value: str, seconds: float) -> None:
        response.set_cookie(
            self.name,
            value,
            max_age=int(seconds),
            path=self.path,
            secure=self.is_secure,
            httponly=True,
            samesite="lax",
        )

    def drop(self, response: Response) -> None:
        response.delete_cookie(self.name, path=self.path, secure=self.is_secure, httponly=True, samesite="lax")

    def of(self, request: Request) -> str:
        return request.cookies.get(self.name, "")


def session_cookie(request: Request) -> Cookie:
    return Cookie.named(request, "desk")


def session_hash(request: Request) -> str:
    """What the session of this browser is known by; nothing where it has none."""
    token = session_cookie(request).of(request)
    return sessions.hash_of(token) if token else ""


def inside(to: str) -> str:
    """The path inside the desk that a link asks for, or the desk itself: never another site, never another page."""
    return to if _INSIDE.fullmatch(to) else "/desk"


def _allow(request: Request, asking: EditorRow) -> None:
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    right = right_of(request.method, path)
    if right is None:
        raise LookupError("a route of the desk that no right is known for; put it into ROUTES of domain/rights.py")
    if not may(asking.role, right):
        _log.warning("%s, %s, was refused %s", masked(asking.email), asking.role, right.value)
        raise NotAllowed(f"this takes the role {needed(right).value} or one above it, and yours is {asking.role}")


def _guest(session: Session, here: Shell) -> EditorRow | None:
    if not here.guest:
        return None
    try:
        return editors.by_email(session, here.guest)
    except NotFound:
        return None
