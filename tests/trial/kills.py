"""Kill `publisher send` at random moments, and compare the ledger with what the mail server says it accepted."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tests.newsroom import FRIDAY, Newsroom
from tests.peers import Mailbox


@dataclass(frozen=True)
class Outcome:
    """What came of a send that was killed again and again."""

    readers: int
    kills: int
    connections: int
    accepted: int
    unknown: int
    unknown_that_arrived: int
    lost: int
    duplicated: int
    unexplained: int
    seconds: float

    def line(self, engine: str) -> str:
        return (
            f"{engine:11} {self.readers} readers, {self.kills} kills, {self.connections} connections: "
            f"accepted {self.accepted}, unknown {self.unknown} (of which {self.unknown_that_arrived} had arrived), "
            f"lost {self.lost}, duplicated {self.duplicated}, unexplained {self.unexplained}  "
            f"[{self.seconds:.0f} s]"
        )

    def assert_kept_its_promise(self) -> None:
        assert self.lost == 0
        assert self.duplicated == 0
        assert self.unexplained == 0
        assert self.unknown <= self.kills * self.connections
        assert self.accepted + self.unknown == self.readers


def kill_again_and_again(
    newsroom: Newsroom, box: Mailbox, *, readers: int, kills: int, connections: int, chance: random.Random
) -> Outcome:
    """Send a released issue to its end through `kills` kills.

    Everything that is counted comes from outside our process: the server's log, and `issues show --csv`.
    """
    begun = time.monotonic()
    done = 0
    while done < kills:
        before = box.count()
        sender = _send(newsroom.root)
        # Wait for a random part of this kill's share, so that every stage from start-up to the last letter is hit.
        # Its share of what is left, and a margin, so that there is something left to kill until the last one.
        share = max(1, readers - before - 20 * connections) // (kills - done + 1)
        goal = before + chance.randint(0, share * 3 // 2) if chance.random() < 0.9 else before
        pause = chance.uniform(0, 0.02) if goal > before else chance.uniform(0, 1.0)
        while box.count() < goal and sender.poll() is None:
            time.sleep(0.01)
        time.sleep(pause)
        if sender.poll() is not None:
            assert sender.returncode == 0, sender.communicate()[1]
            break
        sender.send_signal(signal.SIGKILL)
        sender.communicate()
        done += 1
    # A row that a slow start took back is due at that start's "now", seconds after FRIDAY: the last one begins later.
    last = _send(newsroom.root, FRIDAY + timedelta(hours=1))
    _, told = last.communicate(timeout=600)
    assert last.returncode == 0, told
    return _compare(newsroom, box, readers, done, connections, time.monotonic() - begun)


def _send(root: Path, now: datetime = FRIDAY) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "publisher", "send", "--now", now.isoformat()]
    return subprocess.Popen(command, cwd=root, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def _compare(newsroom: Newsroom, box: Mailbox, readers: int, kills: int, connections: int, seconds: float) -> Outcome:
    arrived = Counter(recipient for recipient, _, _ in box.letters())
    states = _states(newsroom.root)
    issue = newsroom.issue()
    assert len({leave for _, _, leave in box.letters()}) == len(arrived), "two readers have the same leave link"
    return Outcome(
        readers=readers,
        kills=kills,
        connections=connections,
        accepted=sum(state == "accepted" for state in states.values()),
        unknown=sum(state == "unknown" for state in states.values()),
        unknown_that_arrived=sum(state == "unknown" and arrived[email] > 0 for email, state in states.items()),
        lost=sum(state == "accepted" and not arrived[email] for email, state in states.items()) + readers - len(states),
        duplicated=sum(count > 1 for count in arrived.values()),
        unexplained=abs(issue["unexplained"]) + len(arrived.keys() - states.keys()),
        seconds=seconds,
    )


def _states(root: Path) -> dict[str, str]:
    """Each reader's state, as `issues show --csv` tells it."""
    import csv
    import io

    command = [sys.executable, "-m", "publisher", "issues", "show", "1", "--csv"]
    told = subprocess.run(command, cwd=root, text=True, capture_output=True, check=True).stdout
    return {row["email"]: row["state"] for row in csv.DictReader(io.StringIO(told))}
