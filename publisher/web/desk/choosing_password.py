"""A password by a link from a mail: the first one, by invitation, or another one for who forgot theirs.

A link is good once (`store/editors.py`, `standing`), and a look at it sets nothing.
"""

from __future__ import annotations

import secrets
from typing import Literal

from fastapi import APIRouter, Request, Response
from starlette.background import BackgroundTask

from publisher.domain.attempts import OF_NETWORK
from publisher.domain.password import SALT_BYTES
from publisher.errors import NotFound, WrongUse
from publisher.mail.identity import INVITE, RESET
from publisher.stages import account, invite
from publisher.web.desk.attempts import attempts, network
from publisher.web.desk.frame import page
from publisher.web.desk.signing import Address, Password, signed_in
from publisher.web.shell import shell

PURPOSES = {"invited": INVITE, "reset": RESET}
Way = Literal["invited", "reset"]

router = APIRouter()


@router.get("/forgotten")
def look(request: Request) -> Response:
    return page(request, "forgotten", is_asked=False, wait=None)


@router.post("/forgotten")
def ask(request: Request, email: Address) -> Response:
    """Says the same to everybody, at once; the mail is written afterwards."""
    here = shell(request)
    if wait := attempts(request).begin({f"reset {network(request)}": OF_NETWORK}, here.now()):
        return page(request, "forgotten", status=429, is_asked=False, wait=wait)
    publication = here.publication
    response = page(request, "forgotten", is_asked=True, wait=None)
    response.background = BackgroundTask(
        invite.forgotten, publication.database, publication.notice_writer, email, now=here.now()
    )
    return response


@router.get("/invited/{token}")
def look_at_invitation(request: Request, token: str) -> Response:
    return _look(request, "invited", token)


@router.post("/invited/{token}")
def accept(request: Request, token: str, password: Password) -> Response:
    return _choose(request, "invited", token, password)


@router.get("/reset/{token}")
def look_at_reset(request: Request, token: str) -> Response:
    return _look(request, "reset", token)


@router.post("/reset/{token}")
def reset(request: Request, token: str, password: Password) -> Response:
    return _choose(request, "reset", token, password)


def _look(request: Request, way: Way, token: str, *, status: int = 200, trouble: str = "") -> Response:
    here = shell(request)
    found = account.by_link(here.publication.database, here.secret, PURPOSES[way], token, now=here.now())
    return page(request, "password", status=status if found else 403, way=way, choosing=found, trouble=trouble)


def _choose(request: Request, way: Way, token: str, password: str) -> Response:
    """They are signed in with it, unless a code is asked for as well: the mail alone is one thing, not two."""
    here = shell(request)
    try:
        editor = account.set_by_link(
            here.publication.database,
            here.secret,
            PURPOSES[way],
            token,
            password,
            publication=here.publication.settings.publication.name,
            salt=secrets.token_bytes(SALT_BYTES),
            now=here.now(),
        )
    except WrongUse as error:
        return _look(request, way, token, status=409, trouble=error.message)
    except NotFound:
        return _look(request, way, token)
    if editor.totp_secret:
        return page(request, "sign-in", to="/desk", email=editor.email, trouble="changed", wait=None)
    return signed_in(request, editor, account.BY_LINK[PURPOSES[way]])
