"""What editors change of their own: password, one-time codes, name, language. Each ends what it makes unsafe."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from publisher.domain import password as passwords
from publisher.domain import totp
from publisher.domain.audit import Action
from publisher.errors import NotFound, WrongUse
from publisher.mail.identity import INVITE, RESET, entered
from publisher.store import audit, editors, sessions
from publisher.store.db import Database
from publisher.store.tables import EditorRow

LONGEST_NAME = 80
BY_LINK = {INVITE: "invitation link", RESET: "reset link"}
LOST = "this link sets no password any more: it was used, or its time is over; ask for a new one"
ONLY_A_LINK = "a code is asked for after a password, and you have none; choose one first"
NO_CODE = "this is not the code that the authenticator shows now; wait for the next one and type that"


def by_link(database: Database, secret: bytes, purpose: str, token: str, *, now: datetime) -> EditorRow | None:
    """The editor whose password that link sets; None for one that was used, has ended, or is nobody's."""
    standing = entered(secret, purpose, token, now)
    if standing is None:
        return None
    with database.read() as session:
        return editors.by_standing(session, standing)


def set_by_link(
    database: Database,
    secret: bytes,
    purpose: str,
    token: str,
    password: str,
    *,
    publication: str,
    salt: bytes,
    now: datetime,
) -> EditorRow:
    """The password is theirs from now on, they are signed out everywhere, and the link is used up. Raises WrongUse."""
    editor = by_link(database, secret, purpose, token, now=now)
    if editor is None:
        raise NotFound(LOST)
    stored = _good(password, (editor.email, editor.name, publication), salt)
    standing = editors.standing(editor)
    with database.write() as session:
        row = editors.by_standing(session, standing)  # anew: two may press the button at once
        if row is None:
            raise NotFound(LOST)
        row.password_hash = stored
        session.add(row)
        sessions.end_all(session, _id(row))
        audit.note(session, row.email, Action.PASSWORD_CHANGED, detail=BY_LINK[purpose], now=now)
        return row


def set_password(
    database: Database,
    email: str,
    password: str,
    *,
    publication: str,
    salt: bytes,
    now: datetime,
    by: str,
    but: str = "",
    drops_codes: bool = False,
) -> None:
    """Another password. They are signed out everywhere but where the session's hash is `but`. Raises WrongUse.

    `by` is who sets it, nothing for the operator; `drops_codes` is for who has lost their authenticator.
    """
    with database.read() as session:
        editor = editors.by_email(session, email)
    stored = _good(password, (editor.email, editor.name, publication), salt)
    with database.write() as session:
        row = editors.by_email(session, email)
        row.password_hash = stored
        if drops_codes and row.totp_secret:
            row.totp_secret = ""
            audit.note(session, by, Action.TOTP_OFF, detail=row.email, now=now)
        session.add(row)
        sessions.end_all(session, _id(row), but=but)
        audit.note(session, by, Action.PASSWORD_CHANGED, detail="" if by == row.email else row.email, now=now)


def codes_on(
    database: Database, editor: EditorRow, secret: str, code: str, *, key: bytes, nonce: bytes, but: str, now: datetime
) -> None:
    """From now on a sign-in asks for a code too. The first one shows that it works. Raises WrongUse.

    Only after a password: whom a link lets in alone would be asked for no code, and believe that they are.
    """
    step = totp.step_of(secret, code, now, 0)
    if step is None:
        raise WrongUse(NO_CODE)
    with database.write() as session:
        row = editors.by_email(session, editor.email)
        if not row.password_hash:
            raise WrongUse(ONLY_A_LINK)
        row.totp_secret, row.totp_step = totp.locked(secret, row.email_key, key, nonce), step
        session.add(row)
        sessions.end_all(session, _id(row), but=but)
        audit.note(session, row.email, Action.TOTP_ON, now=now)


def codes_off(database: Database, email: str, *, by: str, now: datetime) -> None:
    """The password is enough again. Raises NotFound."""
    with database.write() as session:
        row = editors.by_email(session, email)
        row.totp_secret = ""
        session.add(row)
        audit.note(session, by, Action.TOTP_OFF, detail="" if by == row.email else row.email, now=now)


def describe(database: Database, email: str, *, name: str, language: str, has_keys: bool) -> None:
    """What others see of them, what they read, and whether keys do anything. Raises WrongUse."""
    name = " ".join(name.split())
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise WrongUse(f"a name has at most {LONGEST_NAME} characters, none of them a control")
    with database.write() as session:
        row = editors.by_email(session, email)
        row.name, row.language, row.has_keys = name, language, has_keys
        session.add(row)


def exported(database: Database, what: str, *, by: str, now: datetime) -> None:
    """Somebody took a table of it with them: the trail says so."""
    with database.write() as session:
        audit.note(session, by, Action.EXPORTED, detail=what, now=now)


def _good(password: str, about: Sequence[str], salt: bytes) -> str:
    """What is stored of it. Raises WrongUse for one that would be guessed."""
    if reason := passwords.weakness(password, about):
        raise WrongUse(reason)
    return passwords.kept(password, salt)


def _id(row: EditorRow) -> int:
    assert row.id is not None  # it was read from the database
    return row.id
