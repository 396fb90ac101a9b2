"""An editor's own page: name, language, keys, password, one-time codes, and where they are signed in."""

from __future__ import annotations

import secrets
from typing import Annotated, Literal

import segno
from fastapi import APIRouter, Form, Path, Request, Response
from markupsafe import Markup
from starlette.responses import RedirectResponse

from publisher.domain import totp
from publisher.domain.attempts import OF_BROWSER
from publisher.domain.password import SALT_BYTES
from publisher.errors import WrongUse
from publisher.stages import account
from publisher.stages import sign_in as signing
from publisher.store import sessions
from publisher.store.tables import EditorRow
from publisher.web.desk.attempts import attempts, hidden
from publisher.web.desk.entrance import Signed, session_hash
from publisher.web.desk.frame import asked, page
from publisher.web.desk.signing import Password
from publisher.web.shell import shell

NOT_YOURS = "this is not your password; nothing was changed"
TOO_OFTEN = "that was tried too often; wait some minutes"
IN_DEMO = "everybody who looks at a demo is signed in by itself, so it takes no password"
Secret = Annotated[str, Form(pattern=r"^[A-Z2-7]{32}$")]
Which = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]

router = APIRouter(prefix="/account")


@router.get("")
def look(request: Request, editor: Signed, said: str = "") -> Response:
    return account_page(request, editor, said=said)


@router.post("")
def describe(
    request: Request,
    editor: Signed,
    name: Annotated[str, Form(max_length=400)] = "",
    language: Annotated[Literal["", "ko", "en"], Form()] = "",
    has_keys: Annotated[bool, Form()] = False,
) -> Response:
    database = shell(request).publication.database
    try:
        account.describe(database, editor.email, name=name, language=language, has_keys=has_keys)
    except WrongUse as error:
        return account_page(request, editor, trouble=error.message)
    return _done(request, "saved")


@router.post("/password")
def change_password(request: Request, editor: Signed, password: Password, current: Password = "") -> Response:
    """Signed out everywhere else."""
    here = shell(request)
    try:
        _must_know(request, editor, current)
        account.set_password(
            here.publication.database,
            editor.email,
            password,
            publication=here.publication.settings.publication.name,
            salt=secrets.token_bytes(SALT_BYTES),
            now=here.now(),
            by=editor.email,
            but=session_hash(request),
        )
    except WrongUse as error:
        return account_page(request, editor, trouble=error.message)
    return _done(request, "password")


@router.get("/codes")
def look_at_codes(request: Request, editor: Signed) -> Response:
    """A new secret each time; it is theirs once a code of it was typed."""
    return _codes_page(request, editor, totp.written(secrets.token_bytes(totp.SECRET_BYTES)))


@router.post("/codes")
def codes_on(
    request: Request,
    editor: Signed,
    secret: Secret,
    code: Annotated[str, Form(max_length=40)],
    current: Password = "",
) -> Response:
    here = shell(request)
    try:
        _must_know(request, editor, current)
        account.codes_on(
            here.publication.database,
            editor,
            secret,
            code,
            key=here.secret,
            nonce=secrets.token_bytes(totp.NONCE_BYTES),
            but=session_hash(request),
            now=here.now(),
        )
    except WrongUse as error:
        return _codes_page(request, editor, secret, trouble=error.message)
    return _done(request, "codes-on")


@router.post("/codes/removal")
def codes_off(request: Request, editor: Signed, current: Password = "") -> Response:
    here = shell(request)
    try:
        _must_know(request, editor, current)
    except WrongUse as error:
        return account_page(request, editor, trouble=error.message)
    account.codes_off(here.publication.database, editor.email, by=editor.email, now=here.now())
    return _done(request, "codes-off")


@router.post("/sessions/endings")
def end_others(request: Request, editor: Signed) -> Response:
    here = shell(request)
    signing.end_others(here.publication.database, editor, session_hash(request), now=here.now())
    return _done(request, "signed-out")


@router.post("/sessions/{session}/ending")
def end_one(request: Request, editor: Signed, session: Which) -> Response:
    """Signed out there. One that is somebody else's, or has ended, stays as it is."""
    here = shell(request)
    signing.end(here.publication.database, editor, session, now=here.now())
    return _done(request, "signed-out")


def account_page(request: Request, editor: EditorRow, *, said: str = "", trouble: str = "") -> Response:
    """It says what was done, or as `trouble` what was not."""
    here = shell(request)
    assert editor.id is not None  # it was read from the database
    with here.publication.database.read() as session:
        signed = sessions.of(session, editor.id, here.now())
    return page(
        request,
        "account",
        status=409 if trouble else 200,
        sessions=signed,
        this=session_hash(request),
        said=said,
        trouble=trouble,
    )


def _codes_page(request: Request, editor: EditorRow, secret: str, *, trouble: str = "") -> Response:
    uri = totp.uri(secret, editor.email, shell(request).publication.settings.publication.name)
    drawn = segno.make(uri, error="m").svg_inline(scale=4, border=4, svgclass="qr", lineclass="dark", title="QR")
    return page(
        request,
        "codes",
        status=409 if trouble else 200,
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        secret_value=secret,
        uri=uri,
        qr=Markup(drawn),  # noqa: S704 - lines that segno drew
        trouble=trouble,
    )


def _must_know(request: Request, editor: EditorRow, password: str) -> None:
    """Raises WrongUse for whoever found a browser open and does not know the password that is there."""
    if shell(request).guest:
        raise WrongUse(IN_DEMO)
    if not editor.password_hash:
        return
    key = hidden("account", editor.email_key)
    if attempts(request).begin({key: OF_BROWSER}, shell(request).now()):
        raise WrongUse(TOO_OFTEN)
    if not signing.check_again(editor, password):
        raise WrongUse(NOT_YOURS)
    attempts(request).right(key)


def _done(request: Request, said: str) -> Response:
    language = f"&lang={asked(request)}" if asked(request) else ""
    return RedirectResponse(f"{request.scope.get('root_path', '')}/desk/account?said={said}{language}", 303)
