"""The real week of May 2026: twenty feeds, a thousand readers, a real SMTP server, an X that enforces X's limits."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from publisher.demo.timeline import Fault, Timeline
from publisher.domain.message import Counting
from publisher.domain.post import length
from tests.newsroom import FRIDAY, X_KEYS, Newsroom, smtp, x
from tests.peers import mailbox

MONDAY = "2026-05-25T09:00+09:00"
READERS = 1_000


def publisher(root: Path, *words: str) -> str:
    """Run the command as a person would; returns what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "publisher", *words],
        cwd=root,
        text=True,
        capture_output=True,
        env=os.environ | {variable: name for name, variable in X_KEYS.items()},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def feeds(folder: Path) -> str:
    return "".join(
        f'[[source]]\nname = "{path.name.partition(".")[0].lower()}"\nkind = "feed"\nurl = "file:{path}"\n\n'
        for path in sorted(folder.glob("*.xml"))
    )


@pytest.mark.trial
def test_the_real_week_reaches_every_reader_and_the_timeline(tmp_path: Path, shared: Path) -> None:
    week = shared / "data" / "week-2026-W21" / "feeds"
    # One answer of X is lost after it took the post: it must be found, and not posted again.
    with mailbox(tmp_path) as box, Timeline(faults=[None, Fault.DROP_AFTER]) as timeline:
        more = feeds(week) + smtp(box.port, connections=8) + x(timeline.url, spacing="20m")
        newsroom = Newsroom.open(
            tmp_path / "publication",
            "sqlite:///var/publisher.db",
            more,
            name="한입 뉴스",
            series="AI 한입뉴스",
            language="ko",
            per_source=2,
        )
        people = "email,name\n" + "".join(f"reader{n}@example.org,Reader {n}\n" for n in range(READERS))
        (newsroom.root / "people.csv").write_text(people, encoding="utf-8")
        root = newsroom.root
        print()
        print(publisher(root, "collect", "--now", MONDAY))
        print(publisher(root, "subscribers", "import", "people.csv", "--list", "weekly", "--yes"))
        print(publisher(root, "editors", "add", "editor@example.org"))
        print(publisher(root, "compose", "--now", MONDAY))
        print(publisher(root, "issues", "approve", "1", "--by", "editor@example.org", "--now", MONDAY))
        print(publisher(root, "send", "--now", FRIDAY.isoformat()))
        for tick in range(1, 7):
            publisher(root, "send", "--now", (FRIDAY + tick * timedelta(minutes=20)).isoformat())
        print(publisher(root, "issues", "show", "1"))

        issue = newsroom.issue()
        arrived = Counter(recipient for recipient, _, _ in box.letters())
        assert arrived == Counter({f"reader{n}@example.org": 1 for n in range(READERS)})
        assert len({leave for _, _, leave in box.letters()}) == READERS
        assert len({message_id for _, message_id, _ in box.letters()}) == READERS
        assert issue["state"] == "sent" and issue["unexplained"] == 0
        assert issue["deliveries"]["accepted"] == READERS
        assert len(issue["picks"]) == 6
        assert [post.text for post in timeline.posts] == [post["text"] for post in issue["posts"]]
        assert all(length(post.text, Counting.X_WEIGHTED) <= 280 for post in timeline.posts)
        due = [post["accepted_at"] for post in issue["posts"]]
        gaps = [later - earlier for earlier, later in pairwise(due)]
        assert min(gaps) > timedelta(minutes=15)
        print(
            f"letters {sum(arrived.values())}, posts {len(timeline.posts)}, longest post "
            f"{max(post.length for post in timeline.posts)}/280, shortest gap {min(gaps)}"
        )
        newsroom.database.close()
