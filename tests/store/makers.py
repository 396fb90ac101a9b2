"""What several tests of the store begin with."""

from __future__ import annotations

from sqlmodel import col, select

from publisher.store.db import Database
from publisher.store.tables import SourceRow

SQLITE = "sqlite:///var/publisher.db"


def names(database: Database) -> list[str]:
    """The sources in the database: the simplest rows there are."""
    with database.read() as session:
        return list(session.exec(select(SourceRow.name).order_by(col(SourceRow.name))))
