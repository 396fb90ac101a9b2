"""Buckets in the database: what is reserved is spent, whoever dies; through the driver of each database alone."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import make_url

from publisher.domain.pace import Limit, Limits
from publisher.store import pace
from publisher.store.db import Database
from tests.makers import NOW

LIMITS = Limits(Limit(20, 1), {"gmail.com": Limit(2, 1), "*": Limit(10, 1)})
FULL = 100  # what the channel's bucket holds: five seconds' worth


@contextmanager
def driver(database: Database) -> Iterator[Any]:
    """A connection of the driver in a writing transaction, as a worker process has it."""
    url = database.place.url
    if database.place.path:
        connection: Any = sqlite3.connect(database.place.path, isolation_level=None, timeout=30)
    else:
        import psycopg

        connection = psycopg.connect(
            make_url(url).set(drivername="postgresql").render_as_string(False), autocommit=True
        )
    try:
        connection.execute("BEGIN IMMEDIATE" if database.place.path else "BEGIN")
        yield connection
        connection.execute("COMMIT")
    finally:
        connection.close()


def reserve(database: Database, wanted: dict[str, int], after: float = 0.0, limits: Limits = LIMITS) -> dict[str, int]:
    with driver(database) as connection:
        return pace.reserve(connection, "letter", limits, wanted, NOW + timedelta(seconds=after))


def test_what_is_reserved_is_gone_until_its_time_has_come_again(database: Database) -> None:
    assert reserve(database, {"a.kr": 500}) == {"a.kr": 50}
    assert reserve(database, {"a.kr": 500}) == {"a.kr": 0}
    assert reserve(database, {"a.kr": 500}, after=0.5) == {"a.kr": 5}
    assert reserve(database, {"b.kr": 9, "gmail.com": 99}, after=0.5) == {"b.kr": 9, "gmail.com": 10}


def test_the_channels_own_limit_is_shared_by_all_domains(database: Database) -> None:
    domains = {f"d{number}.kr": 50 for number in range(600)}
    granted = reserve(database, domains)
    assert sum(granted.values()) == FULL
    assert sum(reserve(database, domains, after=1.0).values()) == 20


def test_another_channel_has_buckets_of_its_own(database: Database) -> None:
    reserve(database, {"a.kr": 500})
    with driver(database) as connection:
        assert pace.reserve(connection, "other", LIMITS, {"a.kr": 500}, NOW) == {"a.kr": 50}


def test_without_limits_everything_is_granted_and_nothing_written(database: Database) -> None:
    assert reserve(database, {"a.kr": 5_000, "b.kr": 0}, limits=Limits()) == {"a.kr": 5_000}
    with driver(database) as connection:
        assert connection.execute("SELECT count(*) FROM pace").fetchone()[0] == 0


def test_what_was_not_needed_comes_back(database: Database) -> None:
    reserve(database, {"a.kr": 50, "b.kr": 50})
    with driver(database) as connection:
        pace.give_back(connection, "letter", {"a.kr": 30, "b.kr": 0}, NOW)
    assert reserve(database, {"a.kr": 50, "b.kr": 50}) == {"a.kr": 30, "b.kr": 0}


def test_a_transaction_that_is_not_committed_has_taken_nothing(database: Database) -> None:
    try:
        with driver(database) as connection:
            pace.reserve(connection, "letter", LIMITS, {"a.kr": 50}, NOW)
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert reserve(database, {"a.kr": 50}) == {"a.kr": 50}


def test_how_many_the_channel_has_can_be_asked_without_taking_any(database: Database) -> None:
    with driver(database) as connection:
        assert pace.available(connection, "letter", Limits(), NOW) is None
        assert pace.available(connection, "letter", LIMITS, NOW) == FULL
    reserve(database, {"a.kr": 40})
    with driver(database) as connection:
        assert pace.available(connection, "letter", LIMITS, NOW) == FULL - 40


def test_buckets_that_are_full_again_are_forgotten_at_the_end_of_a_run(database: Database) -> None:
    reserve(database, {f"d{number}.kr": 1 for number in range(50)})
    with driver(database) as connection:
        pace.give_back(connection, "letter", {}, NOW + timedelta(hours=23))
        assert connection.execute("SELECT count(*) FROM pace").fetchone()[0] == 51
        pace.give_back(connection, "letter", {}, NOW + timedelta(hours=25))
        assert connection.execute("SELECT count(*) FROM pace").fetchone()[0] == 0


def test_several_workers_at_once_never_take_more_than_there_is(database: Database) -> None:
    taken: list[int] = []

    def work(domains: tuple[str, ...]) -> None:
        for number in range(10):
            granted = reserve(database, dict.fromkeys(domains, 7), after=number / 10)
            taken.append(sum(granted.values()))

    together([lambda: work(("a.kr", "b.kr")), lambda: work(("b.kr", "a.kr")), lambda: work(("c.kr",))])
    assert FULL <= sum(taken) <= FULL + 0.9 * 20


def test_who_waits_for_a_bucket_that_another_makes_holds_none_that_the_other_needs(database: Database) -> None:
    if database.dialect == "sqlite":
        return  # one writes at a time there
    reserve(database, {"c.kr": 1})  # the channel's own bucket is there, and that of a.kr is not
    with driver(database) as connection:
        connection.execute("INSERT INTO pace (channel, domain, tokens, at) VALUES ('letter', 'a.kr', 50, %s)", [NOW])
        waiting = threading.Thread(target=reserve, args=(database, {"a.kr": 1}))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
        assert pace.reserve(connection, "letter", LIMITS, {"a.kr": 1}, NOW) == {"a.kr": 1}
    waiting.join(30)
    assert not waiting.is_alive()


def together(works: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


def test_a_pace_is_kept_across_restarts_however_often(database: Database) -> None:
    """Each begins, reserves a block and dies: what all of them were granted is within rate x window + burst."""
    granted = sum(sum(reserve(database, {"a.kr": 40}, after=number * 0.2).values()) for number in range(50))
    assert granted <= 50 + 10 * 49 * 0.2 + 0.001


def test_worker_processes_pay_for_no_sqlalchemy() -> None:
    heavy = ("sqlalchemy", "sqlmodel", "pydantic")
    code = f"import sys, publisher.store.pace; print([name for name in sys.modules if name in {heavy}])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
