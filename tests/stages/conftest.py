"""A newsroom for each test, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.newsroom import Newsroom

HEADLINES = ("A harbour learns to count ships", "Library robots take the night shift", "Bread, baked by forecast")


@pytest.fixture
def newsroom(tmp_path: Path, database_url: str) -> Iterator[Newsroom]:
    """Three items, three readers and an editor; nothing composed yet."""
    room = Newsroom.open(tmp_path / "publication", database_url)
    room.writes(*HEADLINES)
    room.has_readers(3)
    room.has_editors("kim@example.org", "lee@example.org")
    yield room
    room.database.close()
