"""Signal 9 in the middle of a send: nobody is lost, nobody gets it twice, every doubt has a name."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.newsroom import Newsroom, smtp
from tests.peers import mailbox
from tests.postgres import Postgres
from tests.trial.kills import Outcome, kill_again_and_again

CONNECTIONS = 8


def killed(folder: Path, url: str, *, readers: int, kills: int, delay: float, seed: int) -> Outcome:
    with mailbox(folder, delay=delay) as box:
        newsroom = Newsroom.open(folder / "publication", url, smtp(box.port, connections=CONNECTIONS))
        newsroom.writes("A harbour learns to count ships", "Library robots take the night shift", "Bread by forecast")
        newsroom.has_readers(readers)
        newsroom.has_editors("kim@example.org")
        newsroom.composes()
        newsroom.approves()
        newsroom.releases()
        outcome = kill_again_and_again(
            newsroom, box, readers=readers, kills=kills, connections=CONNECTIONS, chance=random.Random(seed)
        )
        newsroom.database.close()
        return outcome


def test_a_send_that_is_killed_a_few_times_loses_and_repeats_nothing(tmp_path: Path) -> None:
    outcome = killed(tmp_path, f"sqlite:///{tmp_path}/a.db", readers=400, kills=4, delay=0.004, seed=1)
    assert outcome.kills == 4
    outcome.assert_kept_its_promise()


@pytest.mark.trial
def test_fifty_kills_in_ten_thousand_letters_on_sqlite(tmp_path: Path) -> None:
    outcome = killed(tmp_path, f"sqlite:///{tmp_path}/a.db", readers=10_000, kills=50, delay=0.002, seed=50)
    print("\n" + outcome.line("SQLite"))
    assert outcome.kills == 50
    outcome.assert_kept_its_promise()


@pytest.mark.trial
def test_ten_kills_in_ten_thousand_letters_on_postgresql(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.url(postgres.create())
    outcome = killed(tmp_path, url, readers=10_000, kills=10, delay=0.002, seed=10)
    print("\n" + outcome.line("PostgreSQL"))
    assert outcome.kills == 10
    outcome.assert_kept_its_promise()
