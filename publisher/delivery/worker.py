"""A worker as a process of its own: `python -m publisher.delivery.worker`, started by `run_all`.

The job comes through its standard input, which then stays open: when it ends, the one who started it has stopped or is
dead, and the worker stops. What it has done so far it says on its standard output, a line of JSON each.
"""

from __future__ import annotations

import gc
import json
import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from publisher.delivery.engine import Clock, Tally
from publisher.delivery.letters import Job, run, together
from publisher.errors import DatabaseError, PublisherError

_LOOK_EVERY = 0.2


@dataclass(frozen=True)
class _Order:
    """What is handed over: the job, what time it is, and what chance begins with."""

    job: Job
    now: datetime
    seed: float


def run_all(jobs: Sequence[Job], clock: Clock, is_stopping: Callable[[], bool], told: Callable[[Tally], None]) -> Tally:
    """A process for each job, until all have ended. Raises DatabaseError, RenderError as `letters.run`."""
    workers = [_Worker(_Order(job, clock.now(), clock.jitter())) for job in jobs]
    seen = Tally()
    try:
        while any(worker.is_running for worker in workers):
            if is_stopping():
                for worker in workers:
                    worker.stop()
            time.sleep(_LOOK_EVERY)
            tally = together([worker.tally for worker in workers])
            if tally != seen:
                seen = tally
                told(tally)
    finally:
        for worker in workers:
            worker.stop()
        for worker in workers:
            worker.wait()
    failed = next((worker.failure for worker in workers if worker.failure), None)
    if failed:
        raise failed
    return together([worker.tally for worker in workers])


class _Worker:
    """One process, as its starter sees it."""

    def __init__(self, order: _Order) -> None:
        self.tally = Tally()
        self.failure: PublisherError | None = None
        self._has_ended_well = False
        self._process = subprocess.Popen(
            [sys.executable, "-m", "publisher.delivery.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it has died; `wait` says so
            pickle.dump(order, self._process.stdin)
            self._process.stdin.flush()

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        """Ask it to end soon."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()

    def wait(self) -> None:
        self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()
        if not self._has_ended_well and self.failure is None:
            # Its journal is here, and what it had claimed is settled by the next send.
            self.failure = PublisherError(f"a worker process ended with status {self._process.returncode}")

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            if "failure" in said:
                kind = DatabaseError if said["is_database"] else PublisherError
                self.failure = kind(said["failure"])
            else:
                self._has_ended_well = said.pop("is_done")
                self.tally = Tally(**said)


def main() -> None:
    """The worker's side."""
    for ignored in (signal.SIGINT, signal.SIGTERM):  # meant for the starter, which closes our input
        signal.signal(ignored, signal.SIG_IGN)
    gc.freeze()  # what was imported stays, and need not be looked through for garbage
    order: _Order = pickle.load(sys.stdin.buffer)  # noqa: S301  from the process that started us, and nobody else
    stopping = threading.Event()
    threading.Thread(target=_wait_for_the_end, args=(stopping,), daemon=True).start()
    began, chance = time.monotonic(), random.Random(order.seed)  # noqa: S311  of retries, not of secrets

    def now() -> datetime:
        return order.now + timedelta(seconds=time.monotonic() - began)

    try:
        tally = run(order.job, Clock(now, chance.random), stopping.is_set, _say)
    except PublisherError as error:
        _print({"failure": error.message, "is_database": isinstance(error, DatabaseError)})
        sys.exit(1)
    _say(tally, is_done=True)


def _say(tally: Tally, *, is_done: bool = False) -> None:
    _print(asdict(tally) | {"is_done": is_done})


def _print(said: dict[str, object]) -> None:
    with suppress(BrokenPipeError):  # nobody listens any more; the input has ended too
        print(json.dumps(said), flush=True)


def _wait_for_the_end(stopping: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 1024):  # not through `sys.stdin`, whose lock would outlive this process
        pass
    stopping.set()


if __name__ == "__main__":
    main()
