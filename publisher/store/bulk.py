"""Many rows in one statement, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import Table, bindparam, func, update
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
    return _insert(session, rows).on_conflict_do_nothing()


def put(session: Session, rows: type[SQLModel], values: Mapping[str, Any], *, keeps: Collection[str] = ()) -> None:
    """Insert the row, or give the one of that primary key these values; what `keeps` names stays where it has any.

    Objects that the session holds already are not refreshed.
    """
    session.flush()
    table, insert = table_of(rows), _insert(session, rows)
    keys = [column.name for column in table.primary_key]
    changes = {
        name: func.coalesce(table.c[name], insert.excluded[name]) if name in keeps else insert.excluded[name]
        for name in values
        if name not in keys
    }
    session.connection().execute(insert.on_conflict_do_update(index_elements=keys, set_=changes), values)


def _insert(session: Session, rows: type[SQLModel]) -> sqlite.Insert | postgresql.Insert:
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table_of(rows))
    from sqlalchemy.dialects import postgresql  # 50 ms that SQLite need not pay

    return postgresql.insert(table_of(rows))


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
