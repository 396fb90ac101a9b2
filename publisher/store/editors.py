"""The people who work at the desk. Who was removed stays as a row, and is found by nobody who looks for an editor."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from publisher.domain.audience import email_key, masked
from publisher.domain.rights import Role
from publisher.errors import NotFound, WrongUse
from publisher.store import sessions
from publisher.store.bulk import insert_new
from publisher.store.tables import EditorRow


def add(session: Session, email: str, role: str, now: datetime, language: str | None = None) -> EditorRow:
    """A new editor, or another role for one who is there, under any spelling of the address.

    Without a `language` they keep what they had; a new editor has the publication's. Another role signs them out. Who
    was removed begins anew, with none of what they had.
    """
    key = _key(email)
    new = EditorRow(email=email.strip(), email_key=key, role=role, added_at=now)
    insert_new(session, EditorRow, [new.model_dump(exclude={"id"})])
    row = _by_key(session, key)
    assert row is not None  # it was there, or was written just now
    if row.removed_at is not None:
        row.removed_at, row.added_at, row.language = None, now, ""
    if row.role != role:
        change_role(session, row, role)
    if language is not None:
        row.language = language
    session.add(row)
    return row


def by_email(session: Session, email: str) -> EditorRow:
    """The editor with that address, however it is spelt. Raises NotFound."""
    row = _by_key(session, _key(email))
    if row is None or row.removed_at is not None:
        raise NotFound(f"{masked(email)} is not an editor; add them with `publisher editors add`")
    return row


def role_of(session: Session, email: str) -> str | None:
    """The role of the editor with that address, None where nobody has it."""
    row = _by_key(session, _key(email))
    return row.role if row is not None and row.removed_at is None else None


def by_id(session: Session, editor_id: int) -> EditorRow | None:
    """The editor with that id, None where there is none any more."""
    row = session.get(EditorRow, editor_id)
    return row if row is not None and row.removed_at is None else None


def badge(row: EditorRow) -> str:
    """What links know an editor by: the id, and a hash over what made them this editor.

    A badge ends when its editor is removed, added anew or given another role.
    """
    return f"{row.id}-{_hash(*_made(row))}"


def by_badge(session: Session, shown: str) -> EditorRow | None:
    """The editor whose badge this is today, None for anybody who is not one any more."""
    row = by_id(session, int(shown.partition("-")[0]))
    return row if row is not None and badge(row) == shown else None


def standing(row: EditorRow) -> str:
    """What invitations and resets know an editor by: a badge that ends with the password that they have, or have not.

    So a link that sets a password is good once, by what it is and not by a mark that somebody must remember to set.
    """
    return f"{row.id}-{_hash(*_made(row), row.password_hash)}"


def by_standing(session: Session, shown: str) -> EditorRow | None:
    """The editor who stands so today, else None."""
    row = by_id(session, int(shown.partition("-")[0]))
    return row if row is not None and standing(row) == shown else None


def list_editors(session: Session) -> list[EditorRow]:
    """Every editor, in the order they came."""
    return list(session.exec(select(EditorRow).where(col(EditorRow.removed_at).is_(None)).order_by(col(EditorRow.id))))


def change_role(session: Session, row: EditorRow, role: str) -> None:
    """Give another role; they are signed out everywhere."""
    row.role = role
    session.add(row)
    if row.id is not None:
        sessions.end_all(session, row.id)


def admins(session: Session) -> list[EditorRow]:
    """Every admin. Until the transaction ends nobody else takes a role from one."""
    query = select(EditorRow).where(EditorRow.role == Role.ADMIN.value, col(EditorRow.removed_at).is_(None))
    return list(session.exec(query.with_for_update()))


def remove(session: Session, row: EditorRow, now: datetime) -> None:
    """They are no editor any more, and whatever let them in is gone."""
    assert row.id is not None  # it was read from the database
    row.removed_at, row.password_hash, row.totp_secret, row.name = now, "", "", ""
    session.add(row)
    sessions.end_all(session, row.id)


def take_step(session: Session, editor_id: int, step: int) -> bool:
    """A one-time code of that time step was shown: True the first time, also where two show it at once."""
    taken = update(EditorRow).where(col(EditorRow.id) == editor_id, col(EditorRow.totp_step) < step)
    return bool(session.connection().execute(taken.values(totp_step=step)).rowcount)


def _made(row: EditorRow) -> list[object]:
    return [row.id, row.email_key, row.role, row.added_at.astimezone(UTC).isoformat()]


def _hash(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _by_key(session: Session, key: str) -> EditorRow | None:
    return session.exec(select(EditorRow).where(EditorRow.email_key == key)).one_or_none()


def _key(email: str) -> str:
    try:
        return email_key(email)
    except ValueError as error:
        raise WrongUse(f"that is not an address: {error}") from error
