"""Who works at the desk: invited by an admin, given another role, removed; and a new password for who forgot theirs.

What mails a link stores a notice, without the link: it is made when the notice leaves (`delivery/notices.py`).
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from publisher.domain.audit import Action
from publisher.domain.notice import Invited, ResetAsked
from publisher.domain.rights import Role
from publisher.errors import NotFound, WrongUse
from publisher.render.notice import NoticeWriter
from publisher.store import audit, editors, notices, sessions
from publisher.store.db import Database, Session
from publisher.store.notices import NewNotice
from publisher.store.tables import EditorRow
from publisher.transfer.addresses import BadAddress, address

LAST_ADMIN = "this is the only admin; give somebody else that role first"


def run(
    database: Database, writer: NoticeWriter, email: str, role: Role, language: str, *, by: EditorRow, now: datetime
) -> str:
    """Add an editor and mail them a link to choose a password; returns the address. Raises WrongUse.

    Who was invited and has no password yet is invited again, as what is said now.
    """
    try:
        kept = address(email).lower()
    except BadAddress as reason:
        raise WrongUse(f"that is not an address: {reason}") from reason
    with database.read() as session, suppress(NotFound):
        if editors.by_email(session, kept).password_hash:
            raise WrongUse("this is an editor already; give them another role in the list")
    with database.write() as session:
        if role != Role.ADMIN and editors.role_of(session, kept) == Role.ADMIN:
            _keep_an_admin(session, editors.by_email(session, kept))
        row = editors.add(session, kept, role.value, now, language or None)
        session.flush()
        audit.note(session, by.email, Action.INVITED, detail=f"{kept} as {role.value}", now=now)
        invited = Invited(by.name or by.email, role.value, editors.standing(row), now)
        _queue(session, writer, invited, row, now)
    return kept


def change_role(database: Database, editor_id: int, role: Role, *, by: str, now: datetime) -> None:
    """They are signed out everywhere. Raises NotFound, and WrongUse for the last admin."""
    with database.write() as session:
        row = _one(session, editor_id)
        if row.role == role.value:
            return
        _keep_an_admin(session, row)
        audit.note(session, by, Action.ROLE_CHANGED, detail=f"{row.email}: {row.role} → {role.value}", now=now)
        editors.change_role(session, row, role.value)


def remove(database: Database, editor_id: int, *, by: str, now: datetime) -> str:
    """Nothing lets them in any more; returns whom. Raises NotFound, and WrongUse for the last admin."""
    with database.write() as session:
        row = _one(session, editor_id)
        _keep_an_admin(session, row)
        audit.note(session, by, Action.EDITOR_REMOVED, detail=row.email, now=now)
        editors.remove(session, row, now)
        return row.email


def sign_out(database: Database, editor_id: int, *, by: str, now: datetime) -> None:
    """They are signed out everywhere, and may sign in again. Raises NotFound."""
    with database.write() as session:
        row = _one(session, editor_id)
        sessions.end_all(session, editor_id)
        audit.note(session, by, Action.SIGNED_OUT, detail=row.email, now=now)


def forgotten(database: Database, writer: NoticeWriter, email: str, *, now: datetime) -> None:
    """Mail a link to choose another password to that address, if it is an editor's. Says nothing of whether it is.

    Who asks again within some minutes gets no second mail.
    """
    try:
        with database.read() as session:
            row = editors.by_email(session, email)
    except (NotFound, WrongUse):
        return
    asked = ResetAsked(editors.standing(row), now)
    with database.write() as session:
        if _queue(session, writer, asked, row, now):
            audit.note(session, row.email, Action.RESET_ASKED, now=now)


def _queue(session: Session, writer: NoticeWriter, news: Invited | ResetAsked, row: EditorRow, now: datetime) -> int:
    language = row.language or writer.language
    notice = writer.write(news, language, now)
    return notices.add(session, [NewNotice(news.key, news.kind, None, row.email, language, notice)], now)


def _one(session: Session, editor_id: int) -> EditorRow:
    row = editors.by_id(session, editor_id)
    if row is None:
        raise NotFound("this is no editor any more")
    return row


def _keep_an_admin(session: Session, row: EditorRow) -> None:
    if row.role == Role.ADMIN and len(editors.admins(session)) == 1:
        raise WrongUse(LAST_ADMIN)
