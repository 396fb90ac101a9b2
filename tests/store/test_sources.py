"""What is remembered of a source between two looks at it."""

from __future__ import annotations

from datetime import timedelta

from publisher.fetch import Cursor
from publisher.store import sources
from publisher.store.db import Database
from tests.makers import NOW

DAY = timedelta(days=1)


def test_a_cursor_is_kept_until_the_source_gives_another(database: Database) -> None:
    with database.write() as session:
        assert sources.cursor_of(session, "news") is None
        sources.note_success(session, "news", Cursor("etag", "date"), NOW)
    with database.write() as session:
        sources.note_failure(session, "news", "timed out", NOW + DAY)
        sources.note_failure(session, "news", "timed out again", NOW + 2 * DAY)
    with database.read() as session:
        row = sources.source_row(session, "news")
        assert row is not None
        assert (row.failures, row.last_error, row.last_read_at) == (2, "timed out again", NOW + 2 * DAY)
        assert sources.cursor_of(session, "news") == Cursor("etag", "date")
    with database.write() as session:
        sources.note_success(session, "news", None, NOW + 3 * DAY)
    with database.read() as session:
        row = sources.source_row(session, "news")
        assert row is not None
        assert (row.failures, row.last_error, row.first_read_at) == (0, "", NOW)
        assert sources.cursor_of(session, "news") == Cursor("etag", "date")
