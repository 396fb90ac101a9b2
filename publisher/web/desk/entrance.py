"""The way in: a signed link shows a button, the button sets a signed cookie. A look at a link signs nobody in.

There are no passwords yet, so whoever has the link has the desk: it ends after a few days, and so does the cookie. Both
name an editor by a badge, and every request looks at it: who was taken off, added anew or given another role is out at
the next page, and nobody inherits their links. Signing out takes the cookie from this one browser; a copy of it ends
with its time. A list of who is signed in where comes with passwords.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from starlette.responses import RedirectResponse

from publisher.domain.rights import may, needed, right_of
from publisher.domain.token import sign
from publisher.errors import NotAllowed, NotFound
from publisher.mail.identity import ENTER, entered, entry
from publisher.store import editors
from publisher.store.db import Session
from publisher.store.tables import EditorRow
from publisher.web.asked import asked, in_language
from publisher.web.desk.frame import page
from publisher.web.shell import Shell, shell

COOKIE = "desk"
STAYS = timedelta(days=14)
ASK = "whoever runs this publication makes a link with `publisher editors link ADDRESS`"
_SESSION = "session"
_INSIDE = re.compile(r"/desk(?:/[A-Za-z0-9_-]+)*(?:#[a-z-]+)?")

router = APIRouter()


def editor(request: Request) -> EditorRow:
    """The editor who asks, if their role goes so far (domain/rights.py); anybody else gets 401. Raises NotAllowed."""
    here = shell(request)
    with here.publication.database.read() as session:
        found = _guest(session, here) or _editor(session, here, _SESSION, request.cookies.get(COOKIE, ""))
    if found is None:
        # RFC 9110, 15.5.2 wants a challenge; browsers ask nothing for one that they do not know.
        raise HTTPException(401, ASK, headers={"WWW-Authenticate": 'Link realm="desk"'})
    request.state.editor = found
    _allow(request, found)
    return found


Signed = Annotated[EditorRow, Depends(editor)]


@router.get("/enter/{token}")
def enter(request: Request, token: str, to: str = "") -> Response:
    """Whom the link is for, and a button."""
    here = shell(request)
    with here.publication.database.read() as session:
        found = _editor(session, here, ENTER, token)
    return page(request, "enter", status=200 if found else 403, entering=found, to=inside(to))


@router.post("/enter/{token}")
def sign_in(request: Request, token: str, to: Annotated[str, Form()] = "") -> Response:
    here = shell(request)
    with here.publication.database.read() as session:
        found = _editor(session, here, ENTER, token)
    if found is None:
        return page(request, "enter", status=403, entering=None, to="")
    path, _, place = inside(to).partition("#")
    going = f"{path}{in_language(code, ()) if (code := asked(request)) else ''}{f'#{place}' if place else ''}"
    response = RedirectResponse(f"{request.scope.get('root_path', '')}{going}", 303)
    ticket = sign(here.publication.identity().secret, _SESSION, entry(editors.badge(found), here.now() + STAYS))
    response.set_cookie(
        COOKIE,
        ticket,
        max_age=int(STAYS.total_seconds()),
        path=_path(request),
        secure=here.publication.settings.publication.base_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )
    return response


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    response = page(request, "signed-out")
    response.delete_cookie(COOKIE, path=_path(request))
    return response


def inside(to: str) -> str:
    """The path inside the desk that a link asks for, or the desk itself: never another site, never another page."""
    return to if _INSIDE.fullmatch(to) else "/desk"


def _allow(request: Request, asking: EditorRow) -> None:
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    right = right_of(request.method, path)
    if right is None:
        raise LookupError("a route of the desk that no right is known for; put it into ROUTES of domain/rights.py")
    if not may(asking.role, right):
        raise NotAllowed(f"this takes the role {needed(right).value} or one above it, and yours is {asking.role}")


def _editor(session: Session, here: Shell, purpose: str, token: str) -> EditorRow | None:
    badge = entered(here.publication.identity().secret, purpose, token, here.now())
    return editors.by_badge(session, badge) if badge is not None else None


def _guest(session: Session, here: Shell) -> EditorRow | None:
    if not here.guest:
        return None
    try:
        return editors.by_email(session, here.guest)
    except NotFound:
        return None


def _path(request: Request) -> str:
    """The cookie goes to the desk of this publication and nowhere else."""
    return f"{request.scope.get('root_path', '')}/desk"
