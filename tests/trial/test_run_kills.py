"""`publisher run` is ended in every stage of a week, by a signal that asks and by one that does not.

Restarts finish the week.

Everything that is counted comes from outside the process: the relay's log, and the ledger as `issues show` tells it.
"""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from publisher.errors import NotFound
from publisher.store import notices, runs
from publisher.wiring import Publication, load_settings
from tests.clock.process import Process, run
from tests.newsroom import FRIDAY, THURSDAY, Newsroom, smtp
from tests.peers import Mailbox, mailbox

READERS = 400
CONNECTIONS = 4
STORIES = ("A harbour learns to count ships", "Library robots take the night shift", "Bread by forecast")
STOPS_WITHIN = 5.0


class Week:
    """A week that is interrupted again and again."""

    def __init__(self, newsroom: Newsroom, box: Mailbox, chance: random.Random) -> None:
        self.newsroom, self.box, self.chance = newsroom, box, chance
        self.kills = self.stops = 0

    def interrupts(self, now: datetime, is_over: Callable[[], bool], *, at_most: int) -> None:
        """Run from `now` on, ended at random moments, until that is so; the last process is asked to end."""
        for turn in range(at_most + 1):
            with run(
                self.newsroom.root, "--now", (now + turn * timedelta(seconds=10)).isoformat(), "--tick", "0.1"
            ) as p:
                if turn == at_most:
                    p.until(is_over)
                else:
                    before, more = self.box.count(), self.chance.randint(1, READERS // (at_most + 1))
                    until = time.monotonic() + self.chance.uniform(0, 1.5)
                    while time.monotonic() < until and self.box.count() < before + more and p.popen.poll() is None:
                        time.sleep(0.005)
                self._ends(p, signal.SIGKILL if turn % 2 == 0 and turn < at_most else signal.SIGTERM)

    def _ends(self, process: Process, by: signal.Signals) -> None:
        status, seconds = process.ends(by)
        if by == signal.SIGKILL:
            self.kills += 1
            return
        self.stops += 1
        assert status == 0, process.log
        assert seconds < STOPS_WITHIN, f"{seconds:.1f} s"


def is_composed(newsroom: Newsroom) -> bool:
    try:
        return bool(newsroom.issue()["state"] == "draft")
    except NotFound:
        return False


def has_met_its_lines(newsroom: Newsroom) -> bool:
    with newsroom.database.read() as session:
        return runs.line_since(session, "send", newsroom.publication.settings.schedule.send) is not None


def notices_of(newsroom: Newsroom) -> list[tuple[str, str]]:
    with newsroom.database.read() as session:
        return sorted((row.kind, row.state) for row, _ in notices.newest(session, 100))


@pytest.mark.trial
@pytest.mark.parametrize("seed", [1, 2])
def test_a_week_that_is_interrupted_in_every_stage_loses_nobody_and_sends_nothing_twice(
    tmp_path: Path, database_url: str, seed: int
) -> None:
    with mailbox(tmp_path, delay=0.01) as box:
        newsroom = publication(tmp_path / "publication", database_url, box)
        week = Week(newsroom, box, random.Random(seed))
        week.interrupts(THURSDAY - timedelta(hours=2), lambda: has_met_its_lines(newsroom), at_most=2)
        week.interrupts(THURSDAY + timedelta(minutes=1), lambda: is_composed(newsroom), at_most=4)
        newsroom.approves(now=THURSDAY + timedelta(hours=1))
        week.interrupts(FRIDAY, lambda: newsroom.issue()["state"] == "sent", at_most=10)
        week.interrupts(
            FRIDAY + timedelta(hours=1), lambda: "sent" in {kind for kind, _ in notices_of(newsroom)}, at_most=1
        )
        counts = newsroom.issue()["deliveries"]
        arrived = Counter(recipient for recipient, _, _ in box.letters() if "reader" in recipient)
        print(
            f"\n{newsroom.database.dialect}, seed {seed}: {week.kills} kills, {week.stops} stops; accepted "
            f"{counts['accepted']}, unknown {counts['unknown']}, arrived {len(arrived)}; {notices_of(newsroom)}"
        )
        assert newsroom.issue()["audience"] == READERS and newsroom.issue()["unexplained"] == 0
        assert counts["accepted"] + counts["unknown"] == READERS
        assert counts["unknown"] <= week.kills * CONNECTIONS
        assert counts["accepted"] <= len(arrived) and max(arrived.values()) == 1
        with pytest.raises(NotFound):
            newsroom.issue(2)
        kinds = [kind for kind, _ in notices_of(newsroom)]
        assert kinds.count("draft-ready") == 1 and kinds.count("sent") == 1, kinds
        newsroom.database.close()


def publication(folder: Path, url: str, box: Mailbox) -> Newsroom:
    """With a feed to collect, readers, and an editor."""
    items = "".join(
        f"<item><title>{story}</title><link>https://news.example.org/{number}</link><guid>{number}</guid>"
        f"<description>{story}: what happened, told in a sentence long enough to be read by people.</description>"
        f"<pubDate>Wed, 27 May 2026 06:0{number}:00 +0000</pubDate></item>"
        for number, story in enumerate(STORIES)
    )
    source = '[[source]]\nname = "harbour"\nkind = "feed"\nurl = "file:harbour.xml"\nrights = "own"\n\n'
    Newsroom.open(folder, url, source + smtp(box.port, connections=CONNECTIONS)).database.close()
    (folder / "harbour.xml").write_text(
        f'<rss version="2.0"><channel><title>Harbour</title>{items}</channel></rss>', encoding="utf-8"
    )
    newsroom = Newsroom(Publication(load_settings(folder / "config.toml")))
    newsroom.has_readers(READERS)
    newsroom.has_editors("kim@example.org")
    return newsroom
