"""A send that is killed at every boundary of it, and one whose machine loses its power at them.

The sink's log is the truth: it has a line for each letter before the sink says that it has it.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from publisher.delivery.engine import Tally
from publisher.delivery.letters import Job
from tests.newsroom import FRIDAY, THURSDAY, Newsroom, smtp
from tests.trial.truth import SinkLog, sink_log

pytestmark = pytest.mark.trial

READERS = 200
CONNECTIONS = 4
BLOCK = 30
# What a session is given at once (`mail/pool.py`): so many of the block before may still be on their way, and as many
# were at hand when the next block was asked for.
ON_THEIR_WAY = AT_HAND = 3 * CONNECTIONS


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[SinkLog]:
    with ExitStack() as stack:
        yield stack.enter_context(sink_log(tmp_path))


@pytest.fixture
def begun(tmp_path: Path, sink: SinkLog, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A released issue, and the job that sends it, in a file beside its database."""
    url = f"sqlite:///{tmp_path}/publisher.db"
    own = smtp(sink.port).replace("connections = 8", f"connections = {CONNECTIONS}")
    newsroom = Newsroom.open(tmp_path / "publication", url, own)
    newsroom.has_readers(READERS)
    newsroom.has_editors("kim@example.org")
    newsroom.writes("A harbour learns to count ships", "Library robots", "Bread by forecast", now=THURSDAY)
    newsroom.composes(now=THURSDAY)
    newsroom.approves(number=1, now=THURSDAY)
    newsroom.releases(now=FRIDAY)
    jobs: list[Job] = []

    def caught(sending: Any, job: Job, told: Callable[[Tally], None]) -> Tally:
        jobs.append(job)
        return Tally()

    monkeypatch.setattr("publisher.stages.send._run", caught)
    newsroom.sends(now=FRIDAY)
    newsroom.database.close()
    (tmp_path / "job.pickle").write_bytes(pickle.dumps(jobs[0]))
    return tmp_path


def tried(folder: Path, sink: SinkLog, mode: str, *, first: int, step: int, **environment: str) -> list[dict[str, Any]]:
    """What became of the send, for each boundary that it was killed at."""
    command = [sys.executable, "-m", "tests.trial.boundaries"]
    given = [folder / "job.pickle", folder, sink.port, first, step, BLOCK, mode]
    done = subprocess.run(
        [*command, *map(str, given)], env=os.environ | environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_killed_at_every_write_commit_and_send_nobody_is_lost_or_has_it_twice(begun: Path, sink: SinkLog) -> None:
    runs = tried(begun, sink, "process", first=1, step=1)
    print(f"\n{len(runs)} boundaries of {READERS} readers: at most {max(run['unknown'] for run in runs)} unknown")
    assert len(runs) > 4 * READERS
    assert not runs[-1]["died"]
    for run in runs:
        assert run["all"] == READERS == run["accepted"] + run["unknown"], run
        assert run["unknown"] <= CONNECTIONS, run
        assert run["most"] == 1, run
        assert run["accepted"] <= run["arrived"] <= run["accepted"] + run["unknown"], run


def test_without_power_at_any_boundary_at_most_the_claimed_block_is_unknown(begun: Path, sink: SinkLog) -> None:
    library = begun / "forget.so"
    source = Path(__file__).with_name("forget.c")
    compiler = shutil.which("cc")
    assert compiler, "a C compiler is needed: apt-get install gcc libc6-dev"
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)
    runs = tried(
        begun,
        sink,
        "power",
        first=1,
        step=9,
        LD_PRELOAD=str(library),
        FORGET_DIR=str(begun / "work"),
        FORGET_KEPT=str(begun / "kept"),
    )
    most = max(run["unknown"] for run in runs)
    print(f"\n{len(runs)} power cuts over {READERS} readers: at most {most} unknown")
    assert most > CONNECTIONS, "a layer that forgot nothing would show nothing"
    for run in runs:
        assert run["all"] == READERS == run["accepted"] + run["unknown"], run
        assert run["unknown"] <= BLOCK + AT_HAND + ON_THEIR_WAY, run
        assert run["most"] == 1, run
        assert run["accepted"] <= run["arrived"] <= run["accepted"] + run["unknown"], run
