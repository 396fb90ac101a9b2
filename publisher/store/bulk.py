"""Many rows in one statement, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import Table, bindparam, update
from sqlalchemy.dialects import sqlite
from sqlmodel import Session, SQLModel

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

# SQLite takes at most 32,766 values in one statement, PostgreSQL 65,535.
CHUNK = 5_000

Value = TypeVar("Value")


def table_of(rows: type[SQLModel]) -> Table:
    """The table behind a class of rows, for statements that make no objects."""
    return cast(Table, vars(rows)["__table__"])


def chunks(values: Sequence[Value], size: int = CHUNK) -> Iterator[Sequence[Value]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def insert_unless_there(session: Session, rows: type[SQLModel]) -> sqlite.Insert | postgresql.Insert:
    """INSERT that does nothing where any UNIQUE has the row already; one that is not committed yet is waited for."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table_of(rows)).on_conflict_do_nothing()
    from sqlalchemy.dialects import postgresql  # 50 ms that SQLite need not pay

    return postgresql.insert(table_of(rows)).on_conflict_do_nothing()


def insert_new(session: Session, rows: type[SQLModel], values: Sequence[Mapping[str, Any]]) -> None:
    """Insert what is not there yet by any UNIQUE of the table; all of `values` have the same keys."""
    if not values:
        return
    session.flush()
    session.connection().execute(insert_unless_there(session, rows), list(values))


def update_by_id(session: Session, rows: type[SQLModel], values: Sequence[Mapping[str, Any]]) -> None:
    """Set the other values of the rows with those ids; all of `values` have the same keys, `id` among them.

    Objects that the session holds already are not refreshed.
    """
    if not values:
        return
    session.flush()
    table = table_of(rows)
    names = [name for name in values[0] if name != "id"]
    statement = (
        update(table).where(table.c.id == bindparam("of_id")).values({name: bindparam(f"new_{name}") for name in names})
    )
    named = [{"of_id": row["id"]} | {f"new_{name}": row[name] for name in names} for row in values]
    session.connection().execute(statement, named)
