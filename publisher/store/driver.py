"""A connection of the driver's own, without SQLAlchemy: SQLite through sqlite3, PostgreSQL through psycopg.

Statements are written once, with `:name` for a value, `{ids}` for a list of numbers and `{lists}` for one of texts.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from publisher.errors import DatabaseError
from publisher.store.trouble import PATIENCE_MS, words

_IDS = {"sqlite": "SELECT value FROM json_each(:ids)", "postgresql": "SELECT unnest(CAST(:ids AS bigint[]))"}
_LISTS = {"sqlite": "SELECT value FROM json_each(:lists)", "postgresql": "SELECT unnest(CAST(:lists AS text[]))"}


@dataclass(frozen=True, slots=True)
class Driver:
    """How the driver connects: to SQLite's file at `path`, or to PostgreSQL with psycopg's own arguments.

    Plain values, so that a worker process can be given them. `shown` names the database without its password.
    """

    shown: str
    path: str = ""
    arguments: Mapping[str, Any] | None = None


class Session:
    """One connection, opened when it is needed, and again after it was lost. Used by one thread.

    Every failure of the database is a DatabaseError in readable words.
    """

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self.dialect: Literal["sqlite", "postgresql"] = "sqlite" if driver.path else "postgresql"
        self.connection: Any = None
        self._statements: dict[str, str] = {}

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """A cursor in a transaction that is committed at the end, or rolled back."""
        with self.reading() as cursor:
            cursor.execute("BEGIN IMMEDIATE" if self.dialect == "sqlite" else "BEGIN")
            try:
                yield cursor
                cursor.execute("COMMIT")
            except BaseException:
                with suppress(Exception):  # the first failure is the one to tell
                    cursor.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """A cursor outside of any transaction."""
        try:
            if self.connection is None:
                self.connection = _connected(self._driver)
            cursor = self.connection.cursor()
            try:
                yield cursor
            finally:
                with suppress(Exception):
                    cursor.close()
        except _errors(self._driver) as error:
            self.close()
            path = Path(self._driver.path) if self._driver.path else None
            raise DatabaseError(words(self._driver.shown, path, error)) from error

    def close(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            with suppress(Exception):  # it may be gone already, and nothing depends on it any more
                connection.close()

    def rows(self, cursor: Any, statement: str, given: Mapping[str, Any], *, columns: int) -> list[Any]:
        """All rows that a query gives.

        SQLite gives them as one value: from row to row it would let other threads go first, and wait for them.
        """
        if self.dialect == "postgresql":
            return list(cursor.execute(self.sql(statement), given).fetchall())
        names = ", ".join(f"c{number}" for number in range(columns))
        whole = f"WITH found ({names}) AS ({statement}) SELECT json_group_array(json_array({names})) FROM found"  # noqa: S608
        return list(json.loads(cursor.execute(self.sql(whole), given).fetchone()[0]))

    # --- statements and values, as this driver wants them

    def sql(self, statement: str) -> str:
        made = self._statements.get(statement)
        if made is None:
            made = statement.replace("{ids}", _IDS[self.dialect]).replace("{lists}", _LISTS[self.dialect])
            if self.dialect == "postgresql":
                made = re.sub(r":(\w+)", r"%(\1)s", made)
            self._statements[statement] = made
        return made

    def list(self, values: Sequence[Any]) -> Any:
        return json.dumps(list(values)) if self.dialect == "sqlite" else list(values)

    def moment(self, moment: datetime | None) -> Any:
        """As SQLAlchemy writes it: SQLite has no type for a time, and the two have to agree to the letter."""
        if moment is None or self.dialect == "postgresql":
            return moment
        return _written(moment)

    def time(self, value: Any) -> datetime:
        """What `moment` wrote."""
        if self.dialect == "postgresql":
            assert isinstance(value, datetime)
            return value.astimezone(UTC)
        return _read(value)


@lru_cache(maxsize=64)  # what is answered at once has one time
def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


@lru_cache(maxsize=64)  # and most of what waits is due at one time
def _read(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _connected(driver: Driver) -> Any:
    """A connection that commits when it is told to, and then durably."""
    if driver.path:
        # mode=rw: a file that has gone is never quietly made anew.
        connection = sqlite3.connect(
            f"file:{quote(driver.path)}?mode=rw",
            uri=True,
            timeout=PATIENCE_MS / 1000,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
        return connection
    import psycopg  # 190 ms that SQLite need not pay

    connected = psycopg.connect(**dict(driver.arguments or {}), autocommit=True)
    connected.execute("SELECT set_config('lock_timeout', %s, false)", [f"{PATIENCE_MS}ms"])
    connected.execute(
        "SELECT CASE current_setting('synchronous_commit')"
        " WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END"
    )
    return connected


def _errors(driver: Driver) -> tuple[type[Exception], ...]:
    if driver.path:
        return (sqlite3.Error,)
    import psycopg

    return (psycopg.Error,)
