"""What really arrived, by the word of the mail server, against what the ledger says of each reader."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.delivery_peers import Missing, Sink, null_sink, own_sink, tool
from tests.newsroom import Newsroom


class SinkLog:
    """A running sink and its log: one line "RCPT TO:<…>" for each letter, written before the sink said 250."""

    def __init__(self, port: int, path: Path) -> None:
        self.port = port
        self._path = path
        self._counted = self._at = 0

    def count(self) -> int:
        """How many letters so far. Only what is new is read, so that it may be asked all the time."""
        if self._path.exists():
            with self._path.open("rb") as log:
                log.seek(self._at)
                new = log.read()
            self._at += len(new)
            self._counted += new.count(b"\n")
        return self._counted

    def arrived(self) -> Counter[str]:
        """How many letters each reader has had; a notice to an editor is no letter."""
        lines = self._path.read_text(encoding="ascii").splitlines() if self._path.exists() else []
        recipients = (line.partition("<")[2].partition(">")[0] for line in lines)
        return Counter(email for email in recipients if email.startswith("reader"))


@contextmanager
def sink_log(folder: Path) -> Iterator[SinkLog]:
    """A sink that has never had a letter, in a process of its own."""
    path = folder / "accepted.log"
    with _fastest(path) as sink:
        yield SinkLog(sink.port, path)


def _fastest(log: Path) -> AbstractContextManager[Sink]:
    try:
        tool("nullsink")
    except Missing:
        return own_sink("--log", log)
    return null_sink(log)


@dataclass(frozen=True)
class Truth:
    """The ledger and the server's log side by side."""

    readers: int
    accepted: int
    unknown: int
    unknown_that_arrived: int
    lost: int
    duplicated: int
    silent: int  # arrived, and the ledger says neither accepted nor unknown
    unexplained: int

    def line(self) -> str:
        return (
            f"{self.readers:,} readers: accepted {self.accepted:,}, unknown {self.unknown:,} (of which "
            f"{self.unknown_that_arrived:,} had arrived), lost {self.lost}, duplicated {self.duplicated}, "
            f"silent {self.silent}, unexplained {self.unexplained}"
        )

    def assert_nobody_is_lost_or_has_it_twice(self) -> None:
        assert self.lost == 0
        assert self.duplicated == 0
        assert self.silent == 0
        assert self.unexplained == 0
        assert self.accepted + self.unknown == self.readers


def truth(newsroom: Newsroom, arrived: Counter[str], readers: int) -> Truth:
    """Everything that is counted comes from outside our process: the server's word, and `issues show --csv`."""
    states = ledger(newsroom.root)
    return Truth(
        readers=readers,
        accepted=sum(state == "accepted" for state in states.values()),
        unknown=sum(state == "unknown" for state in states.values()),
        unknown_that_arrived=sum(state == "unknown" and arrived[email] > 0 for email, state in states.items()),
        lost=sum(state == "accepted" and not arrived[email] for email, state in states.items()) + readers - len(states),
        duplicated=sum(count > 1 for count in arrived.values()),
        silent=sum(states.get(email) not in ("accepted", "unknown") for email in arrived),
        unexplained=abs(newsroom.issue()["unexplained"]),
    )


def ledger(root: Path) -> dict[str, str]:
    """Each reader's state, as `issues show --csv` tells it."""
    command = [sys.executable, "-m", "publisher", "issues", "show", "1", "--csv"]
    told = subprocess.run(command, cwd=root, text=True, capture_output=True, check=True).stdout
    return {row["email"]: row["state"] for row in csv.DictReader(io.StringIO(told))}
