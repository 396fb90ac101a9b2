"""The buckets of `domain/pace.py` in the database, where every process that sends on a channel takes its tokens.

It speaks through the driver alone, because worker processes import no SQLAlchemy: `connection` is one of sqlite3 or of
psycopg, in a writing transaction of the caller's. What is reserved counts as spent as soon as that is committed; so
reserve in the transaction that claims the letters, before the first leaves. A sender that dies loses what it had
reserved, which is the safe side; one that ends well gives back what it did not need.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from publisher.domain.pace import WHOLE, Bucket, Limit, Limits, allot

# Every bucket that nothing was taken from for so long is full: the slowest limit there is, 1/day, has filled it.
FULL_AFTER = timedelta(days=1)
_AT_ONCE = 500  # names in one statement

_READ = "SELECT domain, tokens, at FROM pace WHERE channel = ? AND domain IN (NAMES) ORDER BY domain"
_BEGIN = "INSERT INTO pace (channel, domain, tokens, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_WRITE = "UPDATE pace SET tokens = ?, at = ? WHERE channel = ? AND domain = ?"
_ADD = "UPDATE pace SET tokens = tokens + ? WHERE channel = ? AND domain = ?"
_FORGET = "DELETE FROM pace WHERE channel = ? AND at < ?"


def reserve(connection: Any, channel: str, limits: Limits, wanted: Mapping[str, int], now: datetime) -> dict[str, int]:
    """Take tokens for so many letters to each domain; returns for how many there were some.

    Domains are in lower case (`domain_of`). What was not granted is asked for again `limits.interval(domain)` seconds
    later. Without limits everything is granted and nothing is written.
    """
    needed = limits.buckets(wanted)
    if not needed:
        return {domain: count for domain, count in wanted.items() if count > 0}
    granted, after = allot(_taken(connection, channel, needed, now), limits, wanted, now)
    _write(connection, channel, after)
    return granted


def available(connection: Any, channel: str, limits: Limits, now: datetime) -> int | None:
    """How many letters to any domain the channel may send now: no more need be claimed. None for any number."""
    if limits.whole is None:
        return None
    [bucket] = _taken(connection, channel, {WHOLE: limits.whole}, now).values()
    return bucket.at_time(limits.whole, now).whole_tokens


def give_back(connection: Any, channel: str, unused: Mapping[str, int], now: datetime) -> None:
    """Put back what was granted and not needed: these letters certainly did not leave.

    Buckets that are full by `now` are forgotten; one that is not there is full.
    """
    back = [(count, channel, domain) for domain, count in sorted(unused.items()) if count > 0 and domain != WHOLE]
    if total := sum(count for count in unused.values() if count > 0):
        back.insert(0, (total, channel, WHOLE))
    cursor = connection.cursor()
    if back:
        cursor.executemany(_sql(connection, _ADD), back)
    cursor.execute(_sql(connection, _FORGET), (channel, _stored(connection, now - FULL_AFTER)))


def _taken(connection: Any, channel: str, needed: Mapping[str, Limit], now: datetime) -> dict[str, Bucket]:
    """These buckets, ours until the end of the transaction. One that was never used is full.

    First those that are missing are made, then all are locked, each in the order of their names: whoever waits for one
    that another makes holds none that the other waits for.
    """
    names, found = sorted(needed), dict[str, Bucket]()
    while missing := sorted(needed.keys() - found.keys()):  # again where one was forgotten just now
        there = dict(_read(connection, channel, names))
        full = [(channel, name, needed[name].burst, _stored(connection, now)) for name in missing if name not in there]
        if full:
            connection.cursor().executemany(_sql(connection, _BEGIN), full)
        found = dict(_read(connection, channel, names, locks=True))
    return found


def _read(connection: Any, channel: str, names: Sequence[str], *, locks: bool = False) -> Iterator[tuple[str, Bucket]]:
    """In the order of their names, so that two processes never wait for each other in a circle."""
    locking = "" if _is_sqlite(connection) else ' COLLATE "C" FOR UPDATE' if locks else ""
    for begin in range(0, len(names), _AT_ONCE):
        some = names[begin : begin + _AT_ONCE]
        query = _sql(connection, _READ.replace("NAMES", ", ".join("?" * len(some))) + locking)
        for domain, tokens, at in connection.execute(query, (channel, *some)).fetchall():
            yield domain, Bucket(tokens, _moment(at))


def _write(connection: Any, channel: str, buckets: Mapping[str, Bucket]) -> None:
    rows = [(bucket.tokens, _stored(connection, bucket.at), channel, name) for name, bucket in sorted(buckets.items())]
    connection.cursor().executemany(_sql(connection, _WRITE), rows)


def _is_sqlite(connection: Any) -> bool:
    return isinstance(connection, sqlite3.Connection)


def _sql(connection: Any, statement: str) -> str:
    """psycopg marks a value otherwise than sqlite3."""
    return statement if _is_sqlite(connection) else statement.replace("?", "%s")


def _stored(connection: Any, moment: datetime) -> Any:
    """As SQLAlchemy writes it on SQLite, which knows no moments (`tables/base.py`)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f") if _is_sqlite(connection) else moment


def _moment(stored: Any) -> datetime:
    return datetime.fromisoformat(stored).replace(tzinfo=UTC) if isinstance(stored, str) else stored.astimezone(UTC)
