"""What is remembered of each source between two looks at it."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from publisher.fetch import Cursor
from publisher.store.bulk import insert_new
from publisher.store.tables import SourceRow


def source_row(session: Session, source: str) -> SourceRow | None:
    """What is remembered of a source; None when it was never read."""
    return session.get(SourceRow, source)


def cursor_of(session: Session, source: str) -> Cursor | None:
    """What to ask the source's server "anything new?" with."""
    row = source_row(session, source)
    if row is None or not (row.etag or row.last_modified):
        return None
    return Cursor(etag=row.etag, last_modified=row.last_modified)


def note_success(session: Session, source: str, cursor: Cursor | None, now: datetime) -> None:
    """A reading went well. Without a cursor the one before stays: the server said that nothing is new."""
    row = _remembered(session, source)
    row.first_read_at = row.first_read_at or now
    row.last_read_at = now
    row.failures = 0
    row.last_error = ""
    if cursor is not None:
        row.etag, row.last_modified = cursor.etag, cursor.last_modified


def note_failure(session: Session, source: str, reason: str, now: datetime) -> None:
    """A reading failed; the cursor stays, so nothing is missed the next time."""
    row = _remembered(session, source)
    row.last_read_at = now
    row.failures += 1
    row.last_error = reason


def _remembered(session: Session, source: str) -> SourceRow:
    if source_row(session, source) is None:
        insert_new(session, SourceRow, [SourceRow(name=source).model_dump()])
    return session.get_one(SourceRow, source)
