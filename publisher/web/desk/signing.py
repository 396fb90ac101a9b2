"""The ways in and out: address and password, then a one-time code where there is one, or a signed link. A look at any
of these pages signs nobody in.

Links of notices and of `publisher editors link` sign in who has no password yet. To everybody else they are only the
way to a page, which asks for the password.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from starlette.background import BackgroundTask
from starlette.responses import RedirectResponse

from publisher.domain import attempts as patience
from publisher.domain.attempts import Patience
from publisher.domain.audience import email_key
from publisher.domain.token import sign
from publisher.mail.identity import ENTER, entered, entry
from publisher.stages import sign_in as signing
from publisher.store import editors, sessions
from publisher.store.tables import EditorRow
from publisher.web.asked import asked, in_language
from publisher.web.desk.attempts import attempts, hidden, network
from publisher.web.desk.browsers import browser_of
from publisher.web.desk.entrance import Cookie, inside, session_cookie, session_hash, whoever
from publisher.web.desk.frame import page
from publisher.web.shell import shell

SECOND, KNOWN = "second", "known"
SECOND_LASTS = timedelta(minutes=5)
KNOWN_LASTS = timedelta(days=365)
Address = Annotated[str, Form(max_length=320)]
Password = Annotated[str, Form(max_length=2_000)]
To = Annotated[str, Form(max_length=300)]

router = APIRouter()


@router.get("/sign-in")
def look(request: Request, to: str = "") -> Response:
    if whoever(request) is not None:
        return to_page(request, to)
    return page(request, "sign-in", to=inside(to), email="", trouble="", wait=None)


@router.post("/sign-in")
def sign_in(request: Request, email: Address, password: Password, to: To = "") -> Response:
    """The same answer, after the same time, whether nobody has that address or its password is another one."""
    here = shell(request)
    keys = _keys(request, email)
    if wait := attempts(request).begin(keys, here.now()):
        return _wait(request, wait, email=email, to=to)
    found = signing.check(here.publication.database, email, password)
    if found is None:
        response = page(request, "sign-in", status=401, to=inside(to), email=email, trouble="wrong", wait=None)
        response.headers["WWW-Authenticate"] = 'Form realm="desk"'
        response.background = BackgroundTask(signing.failed, here.publication.database, email, now=here.now())
        return response
    _was_right(request, keys)
    if not found.totp_secret:
        return signed_in(request, found, "password", to)
    step = sign(here.secret, SECOND, entry(editors.standing(found), here.now() + SECOND_LASTS))
    going = RedirectResponse(f"{request.scope.get('root_path', '')}/desk/sign-in/code?to={inside(to)}", 303)
    Cookie.named(request, "desk-step").set(going, step, SECOND_LASTS.total_seconds())
    return going


@router.get("/sign-in/code")
def look_for_code(request: Request, to: str = "") -> Response:
    """Asks for a code in the browser that gave the password; anywhere else, for the password."""
    if _halfway(request) is None:
        return page(request, "sign-in", status=401, to=inside(to), email="", trouble="", wait=None)
    return page(request, "code", to=inside(to), trouble="", wait=None)


@router.post("/sign-in/code")
def give_code(request: Request, code: Annotated[str, Form(max_length=40)], to: To = "") -> Response:
    here, found = shell(request), _halfway(request)
    if found is None:
        return page(request, "sign-in", status=401, to=inside(to), email="", trouble="late", wait=None)
    keys = {hidden("code", found.email_key): patience.OF_BROWSER}
    if wait := attempts(request).begin(keys, here.now()):
        return page(request, "code", status=429, to=inside(to), trouble="", wait=wait)
    if not signing.take_code(here.publication.database, found, code, here.secret, now=here.now()):
        response = page(request, "code", status=401, to=inside(to), trouble="wrong", wait=None)
        response.background = BackgroundTask(signing.failed, here.publication.database, found.email, now=here.now())
        return response
    attempts(request).right(*keys)
    return signed_in(request, found, "password and code", to)


@router.get("/enter/{token}")
def enter(request: Request, token: str, to: str = "") -> Response:
    """Whom the link is for, and a button; for who has a password, the way to the page."""
    found = _of_link(request, token)
    if found is not None and found.password_hash:
        signed = whoever(request)
        if signed is not None:
            return to_page(request, to)
        return page(request, "sign-in", to=inside(to), email=found.email, trouble="", wait=None)
    return page(request, "enter", status=200 if found else 403, entering=found, to=inside(to))


@router.post("/enter/{token}")
def enter_by_link(request: Request, token: str, to: To = "") -> Response:
    found = _of_link(request, token)
    if found is None:
        return page(request, "enter", status=403, entering=None, to="")
    if found.password_hash:
        return page(request, "sign-in", status=401, to=inside(to), email=found.email, trouble="", wait=None)
    return signed_in(request, found, "link", to)


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    here, found = shell(request), whoever(request)
    if found is not None and not here.guest:
        signing.end(here.publication.database, found, session_hash(request), now=here.now())
        request.state.editor = None
    response = page(request, "signed-out")
    session_cookie(request).drop(response)
    return response


def signed_in(request: Request, found: EditorRow, how: str, to: str = "") -> Response:
    """They are signed in in this browser, under a token that nobody had before; the session that was there ends."""
    here, now = shell(request), shell(request).now()
    database, before = here.publication.database, whoever(request)
    if before is not None and (old := session_hash(request)):
        signing.end(database, before, old, now=now)
    token = secrets.token_urlsafe(32)
    browser = browser_of(request.headers.get("user-agent", ""))
    signing.begin(database, found, token, browser=browser, how=how, now=now)
    response = to_page(request, to)
    session_cookie(request).set(response, token, sessions.LASTS.total_seconds())
    Cookie.named(request, "desk-step").drop(response)
    known = sign(here.secret, KNOWN, entry(editors.badge(found), now + KNOWN_LASTS))
    Cookie.named(request, "desk-known").set(response, known, KNOWN_LASTS.total_seconds())
    return response


def to_page(request: Request, to: str) -> Response:
    """The page inside the desk that was asked for, in the language that was asked for."""
    path, _, place = inside(to).partition("#")
    going = f"{path}{in_language(code, ()) if (code := asked(request)) else ''}{f'#{place}' if place else ''}"
    return RedirectResponse(f"{request.scope.get('root_path', '')}{going}", 303)


def _of_link(request: Request, token: str) -> EditorRow | None:
    here = shell(request)
    badge = entered(here.secret, ENTER, token, here.now())
    if badge is None:
        return None
    with here.publication.database.read() as session:
        return editors.by_badge(session, badge)


def _halfway(request: Request) -> EditorRow | None:
    """Who gave the right password in this browser a moment ago."""
    here = shell(request)
    standing = entered(here.secret, SECOND, Cookie.named(request, "desk-step").of(request), here.now())
    if standing is None:
        return None
    with here.publication.database.read() as session:
        found = editors.by_standing(session, standing)
    return found if found is not None and found.totp_secret else None


def _keys(request: Request, email: str) -> Mapping[str, Patience]:
    """What a guess counts against. A browser in which that editor was signed in before has a count of its own, so that
    a stranger who guesses at the address keeps nobody out of their own browser."""
    try:
        address = email_key(email)
    except ValueError:
        address = email.strip().lower()
    here, known = shell(request), Cookie.named(request, "desk-known").of(request)
    badge = entered(here.secret, KNOWN, known, here.now())
    if badge is not None:
        with here.publication.database.read() as session:
            owner = editors.by_badge(session, badge)
        if owner is not None and owner.email_key == address:
            return {hidden("browser", known.lower()): patience.OF_BROWSER}  # in capitals it is the same token
    return {hidden("address", address): patience.OF_ADDRESS, network(request): patience.OF_NETWORK}


def _was_right(request: Request, keys: Mapping[str, Patience]) -> None:
    counted = attempts(request)
    for key in keys:
        if key.startswith("network"):
            counted.one_less(key)
        else:
            counted.right(key)


def _wait(request: Request, wait: timedelta, *, email: str, to: str) -> Response:
    response = page(request, "sign-in", status=429, to=inside(to), email=email, trouble="", wait=wait)
    response.headers["Retry-After"] = str(max(1, round(wait.total_seconds())))
    return response
