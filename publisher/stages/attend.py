"""An editor has an issue open: what the others at the desk are shown."""

from __future__ import annotations

from datetime import datetime

from publisher.store import issues, presence
from publisher.store.db import Database


def run(database: Database, number: int, editor_id: int, place: str, *, now: datetime) -> None:
    """They are here now, in that field or mode. Raises NotFound."""
    with database.write() as session:
        row = issues.by_number(session, number)
        assert row.id is not None
        presence.note(session, row.id, editor_id, place, now)
