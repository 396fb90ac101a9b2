"""Who works at the desk, as admins see it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from publisher.errors import NotFound
from publisher.store import editors
from publisher.store.sessions import IDLE
from publisher.store.tables import EditorRow, SessionRow


def everybody(session: Session, now: datetime) -> list[dict[str, Any]]:
    """Each editor, in the order they came; `sessions` and `seen_at` of where they are signed in now."""
    signed = (
        select(SessionRow.editor_id, func.count().label("sessions"), func.max(SessionRow.seen_at).label("seen_at"))
        .where(col(SessionRow.ends_at) > now, col(SessionRow.seen_at) > now - IDLE)
        .group_by(col(SessionRow.editor_id))
        .subquery()
    )
    query = (
        select(EditorRow, signed.c.sessions, signed.c.seen_at)
        .outerjoin(signed, signed.c.editor_id == col(EditorRow.id))
        .where(col(EditorRow.removed_at).is_(None))
        .order_by(col(EditorRow.id))
    )
    return [
        {
            "id": row.id,
            "email": row.email,
            "name": row.name,
            "role": row.role,
            "language": row.language,
            "added_at": row.added_at,
            "has_password": bool(row.password_hash),
            "has_codes": bool(row.totp_secret),
            "sessions": count or 0,
            "seen_at": seen_at,
        }
        for row, count, seen_at in session.exec(query)
    ]


def address(session: Session, editor_id: int) -> str:
    """Raises NotFound for who is no editor any more."""
    row = editors.by_id(session, editor_id)
    if row is None:
        raise NotFound("this is no editor any more")
    return row.email
