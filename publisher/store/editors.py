"""The people who approve."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

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


def badge(row: EditorRow) -> str:
    """What links and cookies know an editor by: the id, and a hash over what made them this editor.

    The id alone would not do, since SQLite gives that of a removed editor to the next. A badge ends when its editor is
    removed, added anew or given another role.
    """
    made = [row.id, row.email_key, row.role, row.added_at.astimezone(UTC).isoformat()]
    return f"{row.id}-{hashlib.sha256(json.dumps(made).encode()).hexdigest()[:16]}"


def by_badge(session: Session, shown: str) -> EditorRow | None:
    """The editor whose badge this is today, None for anybody who is not one any more."""
    row = by_id(session, int(shown.partition("-")[0]))
    return row if row is not None and badge(row) == shown else None


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
