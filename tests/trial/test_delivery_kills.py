"""Signal 9 in the middle of a large send, at full speed: nobody is lost, nobody has it twice, each doubt is listed.

The truth is the log of a sink in another process, which is written before an answer is given.
"""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from publisher.channels.smtp import Options
from tests.newsroom import Newsroom, smtp
from tests.postgres import Postgres, cluster
from tests.trial.killer import Killer, one_of_them
from tests.trial.truth import SinkLog, Truth, sink_log, truth

READERS, KILLS = 100_000, 50
FEWER_READERS, FEWER_KILLS = 30_000, 12
CONNECTIONS = 10
SQLITE = "sqlite:///var/publisher.db"

pytestmark = pytest.mark.trial


@contextmanager
def going_out(folder: Path, url: str, readers: int, more: str = "") -> Iterator[tuple[Newsroom, SinkLog]]:
    """A released issue with so many readers, and the sink that it goes to."""
    with sink_log(folder) as log:
        newsroom = Newsroom.open(folder / "publication", url, smtp(log.port, connections=CONNECTIONS) + more)
        newsroom.writes("A harbour learns to count ships", "Library robots take the night shift", "Bread by forecast")
        newsroom.has_readers(readers)
        newsroom.has_editors("kim@example.org")
        newsroom.composes()
        newsroom.approves()
        newsroom.releases()
        yield newsroom, log
        newsroom.database.close()


def told(what: str, killer: Killer, found: Truth, since: float) -> None:
    print(
        f"\n{what}, {killer.kills} kills, {CONNECTIONS} connections, {found.line()} [{time.monotonic() - since:.0f} s]"
    )


def test_fifty_kills_in_a_hundred_thousand_letters_lose_and_repeat_nothing(tmp_path: Path) -> None:
    began = time.monotonic()
    with going_out(tmp_path, SQLITE, READERS) as (newsroom, log):
        killer = Killer(newsroom.root, log, READERS, random.Random(50))
        killer.kills_again_and_again(KILLS)
        killer.ends()
        found = truth(newsroom, log.arrived(), READERS)
    told("SQLite", killer, found, began)
    found.assert_nobody_is_lost_or_has_it_twice()
    assert found.unknown <= killer.kills * CONNECTIONS


def test_kills_of_workers_of_their_starter_and_of_all_lose_and_repeat_nothing(tmp_path: Path) -> None:
    assert "workers" in Options.model_fields
    began, chance = time.monotonic(), random.Random(2)
    with going_out(tmp_path, SQLITE, FEWER_READERS, "workers = 2\n") as (newsroom, log):
        killer = Killer(newsroom.root, log, FEWER_READERS, chance, one_of_them(chance))
        killer.kills_again_and_again(FEWER_KILLS)
        killer.ends()
        found = truth(newsroom, log.arrived(), FEWER_READERS)
    told("two workers", killer, found, began)
    found.assert_nobody_is_lost_or_has_it_twice()
    assert found.unknown <= killer.kills * CONNECTIONS


def test_a_journal_that_is_lost_leaves_its_block_unknown_and_repeats_nothing(tmp_path: Path) -> None:
    began, chance = time.monotonic(), random.Random(3)
    with going_out(tmp_path, SQLITE, FEWER_READERS) as (newsroom, log):
        killer = Killer(newsroom.root, log, FEWER_READERS, chance)
        deleted = 0

        def lose_the_journal() -> None:
            nonlocal deleted
            if chance.random() < 0.5:
                shutil.rmtree(newsroom.root / "var" / "delivery")
                deleted += 1

        killer.kills_again_and_again(FEWER_KILLS, lose_the_journal)
        killer.ends()
        found = truth(newsroom, log.arrived(), FEWER_READERS)
    told(f"journal lost {deleted} times", killer, found, began)
    assert deleted
    found.assert_nobody_is_lost_or_has_it_twice()
    assert found.unknown > killer.kills * CONNECTIONS  # whole blocks: not one of them was sent again on a guess


def test_a_database_that_stops_and_starts_in_mid_send_loses_and_repeats_nothing(tmp_path: Path) -> None:
    began, chance = time.monotonic(), random.Random(4)
    with cluster() as server, going_out(tmp_path, server.url(server.create()), FEWER_READERS) as (newsroom, log):
        killer = Killer(newsroom.root, log, FEWER_READERS, chance)
        try:
            for left in range(2 * FEWER_KILLS, 0, -2):
                sender = killer.starts()
                killer.waits(sender, left)
                assert log.count() < FEWER_READERS, "it was sent before the database had stopped so often"
                stop(server, chance.choice([signal.SIGINT, signal.SIGQUIT]))
                time.sleep(chance.uniform(0, 2))
                if chance.random() < 0.5:
                    killer.kill(sender)
                start(server)
                killer.waits(sender, left - 1)
                if sender.poll() is None:
                    killer.kill(sender)
            killer.ends()
            found = truth(newsroom, log.arrived(), FEWER_READERS)
        finally:
            server.server.send_signal(signal.SIGQUIT)
            server.server.wait(30)
    told(f"PostgreSQL stopped {FEWER_KILLS} times", killer, found, began)
    found.assert_nobody_is_lost_or_has_it_twice()
    assert found.unknown <= (killer.kills + FEWER_KILLS) * CONNECTIONS


def stop(server: Postgres, how: signal.Signals) -> None:
    """SIGINT ends every connection and then itself; SIGQUIT leaves as in a crash."""
    server.server.send_signal(how)
    server.server.wait(30)


def start(server: Postgres) -> None:
    with (server.folder / "log").open("ab") as log:
        server.server = subprocess.Popen(server.server.args, cwd=server.folder, stdout=log, stderr=log)
    deadline = time.monotonic() + 30
    while True:
        try:
            server.execute(sql.Composed([sql.SQL("SELECT 1")]))
            return
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, (server.folder / "log").read_text(errors="replace")
            time.sleep(0.05)
