"""What the tests of the store may ask for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from publisher.store.db import Database, open_database, upgrade
from tests.store.makers import SQLITE


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    upgrade(SQLITE, tmp_path)
    with closing(open_database(SQLITE, tmp_path)) as database:
        yield database
