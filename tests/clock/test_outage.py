"""What an outage, a second hold, a skip taken back or a changed line must not keep from the editors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from publisher.config.cron import same
from publisher.errors import ApprovalError
from publisher.stages import approve, compose, skip
from publisher.store import runs, skips
from tests.clock.watch import Watch
from tests.newsroom import FRIDAY, THURSDAY, Newsroom

HOUR = timedelta(hours=1)
MONDAY = THURSDAY - timedelta(days=3)
SATURDAY = FRIDAY + timedelta(hours=30)
LEAVES_ON = date(2026, 5, 29)
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


def skips_week(newsroom: Newsroom, now: datetime, reason: str = "summer") -> None:
    settings = newsroom.publication.settings
    skip.run(
        newsroom.database,
        LEAVES_ON,
        line=settings.schedule.send,
        zone=settings.publication.timezone,
        now=now,
        reason=reason,
    )


def takes_back(newsroom: Newsroom, now: datetime) -> None:
    settings = newsroom.publication.settings
    zone = settings.publication.timezone
    skip.undo(newsroom.database, LEAVES_ON, line=settings.schedule.send, zone=zone, now=now, holidays=())


def has_set(newsroom: Newsroom, **values: Any) -> None:
    """Another line of [schedule], as a restart reads it."""
    newsroom.publication.settings.schedule.__dict__.update(values)


@pytest.mark.parametrize("is_approved", [True, False])
def test_what_is_held_after_a_day_without_publisher_is_told(
    watch: Watch, newsroom: Newsroom, *, is_approved: bool
) -> None:
    watch.looks(THURSDAY)
    if is_approved:
        newsroom.approves(now=THURSDAY + HOUR)
    watch.starts()
    watch.looks(SATURDAY)
    watch.looks(SATURDAY + HOUR)
    assert newsroom.issue()["state"] == "held"
    assert kinds(watch)[-1] == "held"


def test_held_again_for_the_same_reason_is_told_again(watch: Watch, newsroom: Newsroom) -> None:
    watch.looks(THURSDAY)
    for hours in (1, 2):
        approve.hold(newsroom.database, 1, reason="wait", now=THURSDAY + hours * HOUR)
        watch.looks(THURSDAY + hours * HOUR)
        watch.looks(THURSDAY + hours * HOUR + HOUR / 2)
        newsroom.approves(now=THURSDAY + hours * HOUR + HOUR / 2, despite_hold=True)
    assert kinds(watch) == ["draft-ready", "held", "held"]


def test_a_week_without_an_issue_is_told_after_an_outage(watch: Watch, newsroom: Newsroom) -> None:
    skips_week(newsroom, THURSDAY - HOUR)
    watch.looks(SATURDAY + timedelta(days=2))
    assert "skipped" in kinds(watch)


def test_a_planned_send_for_which_nothing_was_composed_is_told_after_an_outage(newsroom: Newsroom) -> None:
    watch = Watch(newsroom, THURSDAY + HOUR)  # first started after composing
    watch.looks()
    watch.looks(SATURDAY + timedelta(days=2))
    assert kinds(watch) == ["needed"]


def test_a_draft_long_after_its_time_is_approved_only_despite_the_hold_and_says_how_late(
    watch: Watch, newsroom: Newsroom
) -> None:
    watch.looks(THURSDAY)
    late = FRIDAY + timedelta(days=10)
    with pytest.raises(ApprovalError, match="late by 240 h, and the grace is 6 h"):
        newsroom.approves(now=late)
    newsroom.approves(now=late, despite_hold=True)
    watch.starts()
    assert "No. 1 leaves: released to 3, late by 241 h" in watch.looks(late + HOUR)


def test_a_held_issue_is_held_again_when_its_skip_is_taken_back(watch: Watch, newsroom: Newsroom) -> None:
    newsroom.publication.settings.issue.__dict__["min_items"] = 4
    watch.looks(THURSDAY)
    before = newsroom.issue()
    skips_week(newsroom, THURSDAY + HOUR)
    skips_week(newsroom, THURSDAY + HOUR, "the office moves")
    takes_back(newsroom, THURSDAY + 2 * HOUR)
    after = newsroom.issue()
    assert after["state"] == "held"
    assert (after["state"], after["state_reason"]) == (before["state"], before["state_reason"])


def test_a_skip_that_is_said_while_the_proof_is_rendered_counts(newsroom: Newsroom) -> None:
    publication = newsroom.publication

    class Slow:
        def proof(self, *values: Any) -> Any:
            skips_week(newsroom, THURSDAY)
            return publication.renderer.proof(*values)

    slow: Any = Slow()
    composed = compose.run(newsroom.database, publication.settings, slow, publication.rule, now=THURSDAY)
    assert (composed.is_new, composed.skip_reason) == (False, "summer")


def test_what_is_skipped_is_not_released_even_where_it_was_approved(newsroom: Newsroom) -> None:
    newsroom.composes()
    newsroom.approves()
    with newsroom.database.write() as session:  # in the same moment, on another connection
        skips.put(session, FRIDAY, reason="summer", tells_readers=False, skipped_by="", now=THURSDAY)
    assert newsroom.releases()[0].hold_reason == "its day is skipped: summer"
    newsroom.approves(now=FRIDAY, despite_hold=True)
    assert newsroom.releases(now=FRIDAY + HOUR)[0].audience == 3


def test_a_holiday_that_comes_after_composing_says_nothing_of_an_issue_that_leaves(
    watch: Watch, newsroom: Newsroom
) -> None:
    watch.looks(THURSDAY)
    has_set(newsroom, holidays=(LEAVES_ON,))
    watch.starts()
    watch.looks(THURSDAY + HOUR)
    assert kinds(watch) == ["draft-ready"]
    watch.goes_on_until(FRIDAY + HOUR, HOUR)
    assert kinds(watch) == ["draft-ready", "needed"]  # it is a draft still, and its time is there


def test_taking_a_skip_back_and_skipping_again_are_both_told(watch: Watch, newsroom: Newsroom) -> None:
    watch.looks(THURSDAY)
    skips_week(newsroom, THURSDAY + HOUR)
    watch.looks(THURSDAY + HOUR)
    takes_back(newsroom, THURSDAY + 2 * HOUR)
    watch.looks(THURSDAY + 2 * HOUR)
    skips_week(newsroom, THURSDAY + 3 * HOUR)
    watch.looks(THURSDAY + 3 * HOUR)
    assert kinds(watch) == ["draft-ready", "skipped", "needed", "skipped"]


def test_a_skip_taken_back_after_composing_tells_that_nothing_is_composed(watch: Watch, newsroom: Newsroom) -> None:
    skips_week(newsroom, THURSDAY - HOUR)
    watch.looks(THURSDAY)
    takes_back(newsroom, THURSDAY + HOUR)
    watch.looks(THURSDAY + HOUR)
    assert kinds(watch) == ["skipped", "needed"]


def test_a_skip_outlives_another_time_of_the_same_day(watch: Watch, newsroom: Newsroom) -> None:
    skips_week(newsroom, THURSDAY - HOUR)
    has_set(newsroom, send="0 8 * * FRI")
    watch.starts()
    watch.looks(THURSDAY - HOUR)
    [told] = watch.looks(THURSDAY)
    assert told == "compose: the issue of Fri 2026-05-29 08:00 KST is skipped: summer"
    takes_back(newsroom, THURSDAY)
    assert newsroom.composes().is_new


def test_a_line_that_is_only_spelt_otherwise_is_the_same(watch: Watch, newsroom: Newsroom) -> None:
    assert same("0  9 * * 4", "0 9 * * THU") and not same("0 9 * * 5", "0 9 * * THU")
    has_set(newsroom, compose="0  9 * * 4")
    watch.starts()
    assert watch.looks(THURSDAY + HOUR) == [
        "compose: No. 1 is a draft, planned for Fri 2026-05-29 07:30 KST, late by 1 h"
    ]


def test_some_approvals_but_too_few_are_void_when_it_is_held_in_the_end(tmp_path: Path, database_url: str) -> None:
    room = Newsroom.open(tmp_path / "publication", database_url, approvals=2)
    room.has_editors("kim@example.org", "lee@example.org")
    room.writes(*STORIES)
    room.composes()
    room.approves()
    room.releases(now=FRIDAY + 7 * HOUR)
    assert room.approves("lee@example.org", now=FRIDAY + 7 * HOUR, despite_hold=True).given == 1
    room.database.close()


def test_a_stage_that_ends_its_process_each_time_is_told(watch: Watch, newsroom: Newsroom) -> None:
    with newsroom.database.write() as session:
        runs.begin(session, "compose", THURSDAY, "0 9 * * THU", "one", THURSDAY)
    for _ in range(2):
        with newsroom.database.write() as session:
            before = runs.known(session, "compose", THURSDAY)
            assert before and runs.begin_again(session, "compose", THURSDAY, before, "another", THURSDAY)
    watch.telling.turn(THURSDAY + HOUR)
    assert kinds(watch) == ["needed"]
