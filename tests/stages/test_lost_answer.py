"""A lost answer has a name: what may have gone out is looked up, and never guessed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.demo.timeline import Fault, Timeline
from tests.newsroom import FOLDER, FRIDAY, X_KEYS, Newsroom, x
from tests.stages.conftest import HEADLINES

MINUTES = timedelta(minutes=1)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, variable in X_KEYS.items():
        monkeypatch.setenv(variable, f"{name}-canary")


@pytest.fixture
def timeline() -> Iterator[Timeline]:
    with Timeline() as server:
        yield server


def released(folder: Path, url: str, timeline: Timeline) -> Newsroom:
    newsroom = Newsroom.open(folder / "publication", url, x(timeline.url, spacing="20m") + FOLDER)
    newsroom.writes(*HEADLINES)
    newsroom.has_readers(2)
    newsroom.has_editors("kim@example.org")
    newsroom.composes()
    newsroom.approves()
    newsroom.releases()
    return newsroom


def on_x(newsroom: Newsroom) -> list[str]:
    return [post["state"] for post in newsroom.issue()["posts"] if post["channel"] == "x"]


@pytest.mark.usefixtures("keys")
def test_a_post_whose_answer_was_lost_is_found_on_the_timeline_and_not_posted_again(
    tmp_path: Path, database_url: str, timeline: Timeline
) -> None:
    timeline.faults.extend([Fault.DROP_AFTER])
    newsroom = released(tmp_path, database_url, timeline)
    newsroom.sends()
    assert on_x(newsroom) == ["accepted", "queued", "queued"]
    [post] = [post for post in newsroom.issue()["posts"] if post["channel"] == "x" and post["position"] == 1]
    assert post["receipt"] == timeline.posts[0].id
    newsroom.sends(now=FRIDAY + 20 * MINUTES)
    newsroom.sends(now=FRIDAY + 40 * MINUTES)
    assert len(timeline.posts) == 3
    assert newsroom.issue()["state"] == "sent"
    newsroom.database.close()


@pytest.mark.usefixtures("keys")
def test_a_post_that_was_lost_before_it_arrived_is_sent_once_more(
    tmp_path: Path, database_url: str, timeline: Timeline
) -> None:
    timeline.faults.extend([Fault.DROP_BEFORE])
    newsroom = released(tmp_path, database_url, timeline)
    newsroom.sends()
    newsroom.sends(now=FRIDAY + MINUTES)
    assert on_x(newsroom)[0] == "accepted"
    assert len(timeline.posts) == 1
    newsroom.database.close()


@pytest.mark.usefixtures("keys")
def test_a_network_that_turns_us_away_stops_no_letter(tmp_path: Path, database_url: str, timeline: Timeline) -> None:
    timeline.faults.extend([Fault.UNAUTHORIZED])
    newsroom = released(tmp_path, database_url, timeline)
    newsroom.sends()
    issue = newsroom.issue()
    assert len(newsroom.letters()) == 2
    assert on_x(newsroom) == ["queued", "queued", "queued"]
    assert "x" in issue["paused"]
    assert "canary" not in str(issue)
    newsroom.database.close()


def test_missing_keys_stop_the_posts_and_no_letter(tmp_path: Path, database_url: str, timeline: Timeline) -> None:
    newsroom = released(tmp_path, database_url, timeline)
    newsroom.sends()
    assert len(newsroom.letters()) == 2
    assert "X_CONSUMER_KEY" in newsroom.issue()["paused"]["x"]
    newsroom.database.close()
