"""A program: run one send again and again, each time from the same beginning, and kill it one boundary later.

A boundary lies before and after everything that another could see of it: a line of the journal, a commit, a journal
begun anew, octets handed to the relay. Each run is a fork, so that a thousand of them take minutes. It prints a line of
JSON for each run: at which boundary it died, and what its successor found.

    python -m tests.trial.boundaries JOB FOLDER PORT FIRST STEP BLOCK MODE     MODE: process, or power

BLOCK is how many rows are claimed at once: few, so that many blocks make up so small a send.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import signal
import sqlite3
import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from publisher.channels.smtp import Smtp
from publisher.delivery import engine, letters
from publisher.delivery import journal as journals
from publisher.delivery.engine import Clock
from publisher.delivery.letters import Job
from publisher.delivery.recovery import recover
from publisher.store import driver
from publisher.store.db import open_database
from publisher.store.driver import Driver

DATABASE = "publisher.db"


class Boundaries:
    """Counts them, and dies at one of them."""

    def __init__(self, fatal: int) -> None:
        self._left = fatal

    def passed(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def around(self) -> Iterator[None]:
        self.passed()
        yield
        self.passed()


class _Cursor:
    """The driver's, with a boundary around each commit."""

    def __init__(self, cursor: Any, boundaries: Boundaries) -> None:
        self._cursor, self._boundaries = cursor, boundaries

    def execute(self, statement: str, *given: Any) -> Any:
        if statement != "COMMIT":
            return self._cursor.execute(statement, *given)
        with self._boundaries.around():
            return self._cursor.execute(statement)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


class _Connection(sqlite3.Connection):
    boundaries: Boundaries

    def cursor(self, *given: Any) -> Any:
        return _Cursor(super().cursor(*given), self.boundaries)


def main() -> None:
    job_path, folder, port, first, step, block, mode = sys.argv[1:]
    engine.MOST_CLAIMED = int(block)
    job: Job = pickle.loads(Path(job_path).read_bytes())
    options = job.channel._options.model_copy(update={"port": int(port)})  # type: ignore[attr-defined]
    job = replace(job, channel=Smtp(options, root=Path(folder)))
    log = Path(folder) / "accepted.log"
    fatal = int(first)
    while True:
        at = log.stat().st_size if log.exists() else 0
        has_died = _dies(job, Path(folder), fatal, mode)
        found = _succeeds(job, Path(folder), mode)
        arrived = Counter(re.findall(rb"<([^>]+)>", log.read_bytes()[at:]))
        told = {"boundary": fatal, "died": has_died, "arrived": len(arrived), "most": max(arrived.values())}
        print(json.dumps(told | found), flush=True)
        if not has_died:
            return
        fatal += int(step)


def _dies(job: Job, folder: Path, fatal: int, mode: str) -> bool:
    """Whether the run came to that boundary."""
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(folder / "kept", ignore_errors=True)
    work.mkdir()
    (folder / "kept").mkdir()
    shutil.copy(folder / DATABASE, work / DATABASE)
    shutil.copy(folder / DATABASE, folder / "kept" / DATABASE)
    child = os.fork()
    if child == 0:
        try:
            _run(_here(job, work), Boundaries(fatal))
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    if mode == "power":
        # Everything that was not synced has never been written; the machine starts again.
        shutil.rmtree(work)
        (folder / "kept").rename(work)
        (folder / "kept").mkdir()
    return os.WIFSIGNALED(status)


def _succeeds(job: Job, folder: Path, mode: str) -> dict[str, Any]:
    """Settle what is left, send what is to be sent, and say how everybody stands."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            if mode == "power":
                journals.boot = lambda: "another"
            found = _settled(_here(job, folder / "work"))
            os.write(writing, json.dumps(found).encode())
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        result: dict[str, Any] = json.loads(told.read())
    os.waitpid(child, 0)
    return result


def _settled(job: Job) -> dict[str, Any]:
    later = job.released_at + timedelta(minutes=1)
    database = open_database(f"sqlite:///{job.driver.path}", Path("/"))
    recover(database, job.journals, later)
    with sqlite3.connect(job.driver.path) as connection:
        unknown = connection.execute("SELECT count(*) FROM delivery WHERE state = 'unknown'").fetchone()[0]
    letters.run(job, Clock(lambda: later, lambda: 0.5), lambda: False, lambda tally: None)
    with sqlite3.connect(job.driver.path) as connection:
        states = dict(connection.execute("SELECT state, count(*) FROM delivery GROUP BY state").fetchall())
    return {"unknown": unknown, "accepted": states.get("accepted", 0), "all": sum(states.values()), "states": states}


def _here(job: Job, work: Path) -> Job:
    return replace(job, driver=Driver("the trial's", path=str(work / DATABASE)), journals=work / "journals")


def _run(job: Job, boundaries: Boundaries) -> None:
    """The send, with a boundary around everything that it does to the outside."""
    import socket

    _Connection.boundaries = boundaries
    connect, write_all, send, move = sqlite3.connect, journals._write_all, socket.socket.send, Path.replace

    def connected(*given: Any, **named: Any) -> Any:
        return connect(*given, **named, factory=_Connection)

    def written(file: int, octets: bytes) -> None:
        with boundaries.around():
            write_all(file, octets)

    def sent(one: socket.socket, *given: Any) -> int:
        with boundaries.around():
            return send(one, *given)

    def moved(path: Path, target: Path) -> Path:
        with boundaries.around():
            return move(path, target)

    driver.sqlite3.connect = connected  # type: ignore[attr-defined]
    journals._write_all = written
    socket.socket.send = sent  # type: ignore[method-assign, assignment]
    Path.replace = moved  # type: ignore[method-assign, assignment]
    letters.run(job, Clock(lambda: job.released_at, lambda: 0.5), lambda: False, lambda tally: None)


if __name__ == "__main__":
    main()
