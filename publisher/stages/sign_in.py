"""Sign in and out: by address and password, with a one-time code where the editor has one set up, or by a link.

A session is a row (`store/sessions.py`); the browser holds its token, and only the token's hash is stored.
"""

from __future__ import annotations

from datetime import datetime
from threading import BoundedSemaphore

from publisher.domain import password as passwords
from publisher.domain import totp
from publisher.domain.audit import Action
from publisher.errors import NotFound, WrongUse
from publisher.store import audit, editors, sessions
from publisher.store.db import Database
from publisher.store.tables import EditorRow

# Each takes 64 MB while it works; whoever comes meanwhile waits.
_AT_ONCE = BoundedSemaphore(2)


def check(database: Database, email: str, password: str) -> EditorRow | None:
    """The editor whose address and password these are. It takes as long for an address that is nobody's."""
    found = _find(database, email)
    with _AT_ONCE:
        is_right = passwords.fits(password, found.password_hash if found else "")
    return found if is_right else None


def check_again(editor: EditorRow, password: str) -> bool:
    """Whether it is this editor's password: asked for before what would lock them out, or let somebody in."""
    with _AT_ONCE:
        return passwords.fits(password, editor.password_hash)


def take_code(database: Database, editor: EditorRow, code: str, key: bytes, *, now: datetime) -> bool:
    """Whether it is a one-time code of theirs that was not taken yet; it is taken now."""
    secret = totp.unlocked(editor.totp_secret, editor.email_key, key)
    step = totp.step_of(secret, code, now, editor.totp_step) if secret else None
    if step is None or editor.id is None:
        return False
    with database.write() as session:
        return editors.take_step(session, editor.id, step)


def begin(database: Database, editor: EditorRow, token: str, *, browser: str, how: str, now: datetime) -> None:
    """They are signed in where `token` is kept from now on. `how` is one of password, code, link."""
    assert editor.id is not None  # it was read from the database
    with database.write() as session:
        sessions.begin(session, sessions.hash_of(token), editor.id, browser, now)
        audit.note(session, editor.email, Action.SIGNED_IN, detail=how, now=now)


def seen(database: Database, token_hash: str, *, now: datetime) -> None:
    """That session was used."""
    with database.write() as session:
        sessions.seen(session, token_hash, now)


def end(database: Database, editor: EditorRow, token_hash: str, *, now: datetime) -> bool:
    """They are signed out of one browser; False where they were not signed in there."""
    assert editor.id is not None  # it was read from the database
    with database.write() as session:
        is_ended = sessions.end(session, editor.id, token_hash)
        if is_ended:
            audit.note(session, editor.email, Action.SIGNED_OUT, now=now)
        return is_ended


def end_others(database: Database, editor: EditorRow, token_hash: str, *, now: datetime) -> None:
    """They are signed out everywhere but there."""
    assert editor.id is not None  # it was read from the database
    with database.write() as session:
        sessions.end_all(session, editor.id, but=token_hash)
        audit.note(session, editor.email, Action.SIGNED_OUT, detail="everywhere else", now=now)


def failed(database: Database, email: str, *, now: datetime) -> None:
    """Somebody gave a wrong password for this address: whoever it belongs to reads it in the trail."""
    found = _find(database, email)
    if found is None:
        return
    with database.write() as session:
        audit.note(session, found.email, Action.SIGN_IN_FAILED, now=now)


def _find(database: Database, email: str) -> EditorRow | None:
    try:
        with database.read() as session:
            return editors.by_email(session, email)
    except (NotFound, WrongUse):
        return None
