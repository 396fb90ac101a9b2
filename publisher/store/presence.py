"""Who has which issue open at the desk."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from publisher.store.bulk import put
from publisher.store.tables import EditorRow, PresenceRow


def note(session: Session, issue_id: int, editor_id: int, place: str, now: datetime) -> None:
    """That editor has the issue open now, and is at `place`: a field or a mode."""
    put(session, PresenceRow, {"issue_id": issue_id, "editor_id": editor_id, "place": place, "seen_at": now})


def others(session: Session, issue_id: int, editor_id: int | None, since: datetime) -> list[tuple[EditorRow, str]]:
    """Who else had the issue open since then, and where they were; who came first to the desk first."""
    query = (
        select(EditorRow, PresenceRow.place)
        .join(PresenceRow, col(PresenceRow.editor_id) == col(EditorRow.id))
        .where(PresenceRow.issue_id == issue_id, col(PresenceRow.seen_at) > since)
        .order_by(col(EditorRow.id))
    )
    return [(editor, place) for editor, place in session.exec(query) if editor.id != editor_id]
