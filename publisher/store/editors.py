"""The people who approve."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from publisher.domain.audience import email_key, masked
from publisher.errors import NotFound, WrongUse
from publisher.store.bulk import insert_new
from publisher.store.tables import EditorRow


def add(session: Session, email: str, role: str, now: datetime, language: str | None = None) -> EditorRow:
    """A new editor, or another role for one who is there, under any spelling of the address.

    Without a `language` they keep what they had; a new editor has the publication's.
    """
    key = _key(email)
    new = EditorRow(email=email.strip(), email_key=key, role=role, added_at=now)
    insert_new(session, EditorRow, [new.model_dump(exclude={"id"})])
    row = _by_key(session, key)
    assert row is not None  # it was there, or was written just now
    row.role = role
    if language is not None:
        row.language = language
    session.add(row)
    return row


def by_email(session: Session, email: str) -> EditorRow:
    """The editor with that address, however it is spelt. Raises NotFound."""
    row = _by_key(session, _key(email))
    if row is None:
        raise NotFound(f"{masked(email)} is not an editor; add them with `publisher editors add`")
    return row


def by_id(session: Session, editor_id: int) -> EditorRow | None:
    """The editor with that id, None where there is none any more."""
    return session.get(EditorRow, editor_id)


def list_editors(session: Session) -> list[EditorRow]:
    """Every editor, in the order they came."""
    return list(session.exec(select(EditorRow).order_by(col(EditorRow.id))))


def _by_key(session: Session, key: str) -> EditorRow | None:
    return session.exec(select(EditorRow).where(EditorRow.email_key == key)).one_or_none()


def _key(email: str) -> str:
    try:
        return email_key(email)
    except ValueError as error:
        raise WrongUse(f"that is not an address: {error}") from error
