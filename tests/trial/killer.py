"""Kill `publisher send`, and what it started, at random moments of one send, until it has an end."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.delivery_room import children
from tests.newsroom import FRIDAY
from tests.trial.truth import SinkLog

A_MINUTE = timedelta(minutes=1)


class Killer:
    """`victims(sender)` chooses which processes of a running send go first; `kills` counts all of them."""

    def __init__(
        self,
        root: Path,
        log: SinkLog,
        readers: int,
        chance: random.Random,
        victims: Callable[[int], Sequence[int]] = lambda sender: [sender],
    ) -> None:
        self.kills = 0
        self._root, self._log, self._readers, self._chance, self._victims = root, log, readers, chance, victims
        self._turn = 0

    def kills_again_and_again(self, times: int, between: Callable[[], None] = lambda: None) -> None:
        """Start and kill it so many times; `between` a kill and the next start, that is done."""
        for left in range(times, 0, -1):
            sender = self.starts()
            self.waits(sender, left)
            assert sender.poll() is None, f"it ended with {sender.returncode} and {left} kills to go"
            self.kill(sender)
            between()

    def kill(self, sender: subprocess.Popen[bytes]) -> None:
        """The victims first; whoever they are, the sender follows them soon."""
        first = self._victims(sender.pid)
        self._kill(first)
        if sender.pid not in first:
            time.sleep(self._chance.uniform(0, 0.3))
            self._kill([sender.pid])
        sender.wait()

    def starts(self) -> subprocess.Popen[bytes]:
        """Each start is a minute later than the one before it, so that what was put back is due."""
        self._turn += 1
        return send(self._root, FRIDAY + self._turn * A_MINUTE)

    def waits(self, sender: subprocess.Popen[bytes], left: int) -> None:
        """Until a random moment of this turn's share of what is left; in one turn of ten, of its start."""
        before = self._log.count()
        if self._chance.random() < 0.1:
            time.sleep(self._chance.uniform(0, 1.5))
            return
        share = max(2, (self._readers - before) // (left + 1))
        goal = before + self._chance.randint(1, share)
        while self._log.count() < goal and sender.poll() is None:
            time.sleep(0.002)
        time.sleep(self._chance.uniform(0, 0.01))

    def ends(self) -> None:
        """The send comes to its end, undisturbed."""
        last = send(self._root, FRIDAY + timedelta(hours=2))
        assert last.wait(600) == 0, (self._root / "send.log").read_text()

    def _kill(self, processes: Sequence[int]) -> None:
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
                self.kills += 1


def send(root: Path, now: datetime) -> subprocess.Popen[bytes]:
    """What it prints goes to `send.log`."""
    command = [sys.executable, "-m", "publisher", "send", "--now", now.isoformat()]
    with (root / "send.log").open("ab") as told:
        return subprocess.Popen(command, cwd=root, stdout=told, stderr=told)


def one_of_them(chance: random.Random) -> Callable[[int], list[int]]:
    """The sender alone, one of its workers, or all of them."""

    def victims(sender: int) -> list[int]:
        workers = children(sender)
        match chance.randrange(3):
            case 1 if workers:
                return [chance.choice(workers)]
            case 2:
                return [sender, *workers]
        return [sender]

    return victims
