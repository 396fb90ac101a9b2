"""What leaves by itself, what waits for a person, and what the editors are told of both."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.domain.run import again_after
from publisher.stages import send
from publisher.web.server import listen
from tests.clock.watch import Watch
from tests.newsroom import FOLDER, FRIDAY, THURSDAY, Newsroom, smtp
from tests.peers import mailbox

HOUR = timedelta(hours=1)
MONDAY = THURSDAY - timedelta(days=3)
STORIES = ("A harbour learns to count ships", "Library robots take the night shift", "Bread by forecast")


@pytest.fixture
def newsroom(tmp_path: Path, database_url: str) -> Iterator[Newsroom]:
    opened = Newsroom.open(tmp_path / "publication", database_url)
    opened.has_readers(3)
    opened.has_editors("kim@example.org")
    opened.writes(*STORIES, now=THURSDAY - timedelta(hours=20))
    yield opened
    opened.database.close()


@pytest.fixture
def watch(newsroom: Newsroom) -> Watch:
    watch = Watch(newsroom, MONDAY)
    watch.looks()
    return watch


def kinds(watch: Watch) -> list[str]:
    return [kind for kind, _ in watch.notices()]


def test_a_week_goes_by_itself_but_for_the_approval(watch: Watch, newsroom: Newsroom) -> None:
    watch.goes_on_until(THURSDAY + HOUR, HOUR)
    newsroom.approves(now=THURSDAY + HOUR)
    assert watch.looks(FRIDAY - timedelta(seconds=1)) == []
    told = watch.looks(FRIDAY)
    assert told == [
        "No. 1 leaves: released to 3",
        "No. 1, letters on out: 3 accepted",
        "No. 1, posts on out: 3 accepted",
    ]
    assert newsroom.issue()["state"] == "sent"
    watch.goes_on_until(FRIDAY + HOUR)
    assert kinds(watch) == ["draft-ready", "approved", "sent"]
    assert all(state == "accepted" for _, state in watch.notices())
    assert len(list((newsroom.root / "out" / "letters").glob("*.eml"))) == 3 + 3  # the letters, and the notices


def test_a_process_that_was_down_at_the_planned_time_sends_within_the_grace_and_says_late(
    watch: Watch, newsroom: Newsroom
) -> None:
    watch.looks(THURSDAY)
    newsroom.approves(now=THURSDAY)
    watch.starts()
    assert watch.looks(FRIDAY + 2 * HOUR)[0] == "No. 1 leaves: released to 3, late by 2 h"
    watch.looks(FRIDAY + 2 * HOUR)
    assert kinds(watch) == ["draft-ready", "approved", "late", "sent"]


def test_beyond_the_grace_it_is_held_and_the_editors_are_told(watch: Watch, newsroom: Newsroom) -> None:
    watch.looks(THURSDAY)
    newsroom.approves(now=THURSDAY)
    watch.starts()
    told = watch.looks(FRIDAY + 7 * HOUR)
    assert told == ["No. 1 is held: late by 7 h, and the grace is 6 h"]
    watch.looks(FRIDAY + 7 * HOUR)
    assert newsroom.letters() == [] or "No. 1" in newsroom.letters()[0]
    assert newsroom.issue()["state"] == "held"
    assert kinds(watch) == ["draft-ready", "approved", "held"]


def test_nobody_approved_it_is_told_at_its_time_and_it_is_held_after_the_grace(
    watch: Watch, newsroom: Newsroom
) -> None:
    watch.looks(THURSDAY)
    assert watch.looks(FRIDAY) == ["send: No. 1 does not leave, it is draft"]
    assert kinds(watch) == ["draft-ready", "needed"]
    watch.goes_on_until(FRIDAY + 8 * HOUR, HOUR)
    assert kinds(watch) == ["draft-ready", "needed", "held"]


def test_an_approval_that_comes_after_the_planned_time_still_sends_it(watch: Watch, newsroom: Newsroom) -> None:
    watch.goes_on_until(FRIDAY + HOUR, HOUR)
    newsroom.approves(now=FRIDAY + HOUR)
    watch.goes_on_until(FRIDAY + 2 * HOUR)
    assert newsroom.issue()["state"] == "sent"


def test_what_is_held_when_its_time_comes_is_told_again(watch: Watch, newsroom: Newsroom) -> None:
    newsroom.publication.settings.issue.__dict__["min_items"] = 4
    watch.looks(THURSDAY)
    assert kinds(watch) == ["held"]
    watch.goes_on_until(FRIDAY + HOUR, HOUR)
    assert kinds(watch) == ["held", "needed"]


def test_nothing_composed_for_a_planned_send_is_told(newsroom: Newsroom) -> None:
    watch = Watch(newsroom, THURSDAY + HOUR)  # first started after composing
    watch.looks()
    told = watch.looks(FRIDAY)
    assert told == ["send: nothing was composed for Fri 2026-05-29 07:30 KST; run publisher compose"]
    assert kinds(watch) == ["needed"]
    watch.goes_on_until(FRIDAY + 5 * HOUR, HOUR)
    assert kinds(watch) == ["needed"]


def test_an_editor_who_comes_later_is_told_what_still_waits(watch: Watch, newsroom: Newsroom) -> None:
    watch.looks(THURSDAY)
    newsroom.has_editors("lee@example.org")
    watch.looks(THURSDAY + HOUR)
    assert kinds(watch) == ["draft-ready", "draft-ready"]


def test_news_is_told_also_after_a_crash_that_came_before_it(watch: Watch, newsroom: Newsroom) -> None:
    watch.now = THURSDAY
    watch.planned.turn()  # and there the process is gone
    watch.starts()
    watch.looks(THURSDAY + HOUR)
    assert kinds(watch) == ["draft-ready"]


def test_while_another_process_sends_it_is_left_to_that_one(watch: Watch, newsroom: Newsroom) -> None:
    watch.looks(THURSDAY)
    newsroom.approves(now=THURSDAY)
    with send.alone(newsroom.database):
        assert watch.looks(FRIDAY) == []
    assert watch.looks(FRIDAY)[0] == "No. 1 leaves: released to 3"


def test_a_channel_that_is_down_is_told_once_left_alone_for_a_while_and_stops_nobody(
    tmp_path: Path, database_url: str
) -> None:
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    newsroom = Newsroom.open(tmp_path / "publication", database_url, smtp(port) + FOLDER)
    newsroom.has_readers(2)
    newsroom.has_editors("kim@example.org")
    newsroom.writes(*STORIES, now=THURSDAY - timedelta(hours=20))
    watch = Watch(newsroom, MONDAY)
    watch.looks()
    watch.looks(THURSDAY)
    newsroom.approves(now=THURSDAY)
    told = watch.looks(FRIDAY)
    assert told[0] == "No. 1 leaves: released to 2"
    assert any(line.startswith("channel letter stopped: ") and line.endswith("tried again in 1 min") for line in told)
    assert len(newsroom.letters()) == 2  # the folder has its copies
    watch.looks(FRIDAY + timedelta(seconds=5))
    assert kinds(watch)[-1] == "needed"
    assert watch.looks(FRIDAY + timedelta(seconds=10)) == []
    before = dict(watch.delivering._rests)
    [rest] = before.values()
    rest.until = 0.0  # its minute is over
    assert watch.looks(FRIDAY + timedelta(minutes=6)) == []  # the same reason is not told again
    assert watch.delivering._rests["letter"].tries == 2
    assert kinds(watch).count("needed") == 1
    with mailbox(tmp_path, port=port) as box:
        watch.delivering._rests["letter"].until = 0.0
        told = watch.looks(FRIDAY + timedelta(minutes=20))
        assert "channel letter works again" in told
        assert {recipient for recipient, _, _ in box.letters()} >= {"reader1@example.org", "reader2@example.org"}
    assert newsroom.issue()["state"] == "sent"
    newsroom.database.close()


def test_a_channel_rests_longer_each_time() -> None:
    assert [again_after(tries) for tries in (1, 2, 3)] == [timedelta(minutes=minutes) for minutes in (1, 5, 15)]
