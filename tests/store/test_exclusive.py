"""One process at a time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from publisher.errors import Busy
from publisher.store.db import Database, exclusive, open_database, upgrade
from tests.postgres import Postgres, binaries

_HOLDER = """
import os, sys
from pathlib import Path
from publisher.store.db import exclusive, open_database
database = open_database(sys.argv[1], Path("/"))
with exclusive(database, "send"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def _holder(url: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_process_is_told_who_is_at_it(database: Database, database_url: str) -> None:
    with _holder(database_url) as holder:
        with pytest.raises(Busy, match=rf"process {holder.pid} on {os.uname().nodename} since 20"):
            exclusive(database, "send").__enter__()
        with exclusive(database, "collect"):
            pass


def test_a_killed_holder_refuses_nobody(database: Database, database_url: str) -> None:
    with _holder(database_url) as holder:
        holder.kill()
        holder.wait()
        for _ in range(500):
            try:
                with exclusive(database, "send"):
                    break
            except Busy:
                assert database.dialect == "postgresql"  # its server needs a moment to see that the socket is closed
                threading.Event().wait(0.01)
        else:
            pytest.fail("still busy 5 s after the holder was killed")


def test_it_can_be_held_again_after_it_was_let_go(database: Database) -> None:
    for _ in range(2):
        with exclusive(database, "send"), pytest.raises(Busy), exclusive(database, "send"):
            pass


def test_what_was_let_go_is_free_at_once(database: Database) -> None:
    for _ in range(50):  # PostgreSQL ends a closed connection a moment later, on a busy machine after the next try
        with exclusive(database, "send"):
            pass


def test_two_databases_do_not_keep_each_other_waiting(tmp_path: Path, postgres: Postgres) -> None:
    for urls in (["sqlite:///a.db", "sqlite:///b.db"], [postgres.url(postgres.create()) for _ in range(2)]):
        for url in urls:
            upgrade(url, tmp_path)
        first, second = (open_database(url, tmp_path) for url in urls)
        with closing(first), closing(second), exclusive(first, "send"), exclusive(second, "send"):
            pass


def test_where_the_server_is_missing_the_tests_name_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.postgres._DEBIAN", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AssertionError, match="install the Debian package `postgresql`"):
        binaries()
