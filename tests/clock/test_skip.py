"""A week that is left out on purpose."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from publisher.errors import WrongUse
from publisher.stages import skip
from publisher.store import skips
from publisher.store.pages.schedule import upcoming
from publisher.wiring import Publication, load_settings
from tests.cli.command import THURSDAY as AT_THURSDAY
from tests.cli.command import publisher
from tests.clock.watch import Watch
from tests.newsroom import FRIDAY, THURSDAY, Newsroom

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
MONDAY = THURSDAY - timedelta(days=3)
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


def skips_week(newsroom: Newsroom, **more: object) -> skip.Skipping:
    settings = newsroom.publication.settings
    return skip.run(
        newsroom.database,
        LEAVES_ON,
        line=settings.schedule.send,
        zone=settings.publication.timezone,
        now=THURSDAY - HOUR,
        **more,  # type: ignore[arg-type]
    )


def takes_back(newsroom: Newsroom) -> skip.Skipping:
    settings = newsroom.publication.settings
    return skip.undo(
        newsroom.database,
        LEAVES_ON,
        line=settings.schedule.send,
        zone=settings.publication.timezone,
        now=THURSDAY,
        holidays=settings.schedule.holidays,
    )


def test_a_skipped_week_has_no_issue_and_says_so_to_the_editors_once(newsroom: Newsroom) -> None:
    watch = Watch(newsroom, MONDAY)
    watch.looks()
    assert skips_week(newsroom, reason="the office moves").times == (FRIDAY,)
    [told] = watch.looks(THURSDAY)
    assert told == "compose: the issue of Fri 2026-05-29 07:30 KST is skipped: the office moves"
    watch.goes_on_until(FRIDAY + HOUR, HOUR)
    assert [kind for kind, _ in watch.notices()] == ["skipped"]
    assert watch.run_of("send", FRIDAY) == "done"
    newsroom.writes(*(f"{story} again" for story in STORIES), now=THURSDAY + 6 * timedelta(days=1))
    watch.looks(THURSDAY + WEEK)
    assert newsroom.issue(1)["send_at"] == FRIDAY + WEEK  # the number is not lost with the week


def test_a_holiday_in_the_settings_is_skipped_like_that(tmp_path: Path, database_url: str) -> None:
    config = Newsroom.open(tmp_path / "publication", database_url).root / "config.toml"
    config.write_text(config.read_text().replace("[schedule]", "[schedule]\nholidays = [2026-05-29]"))
    newsroom = Newsroom(Publication(load_settings(config)))
    newsroom.has_editors("kim@example.org")
    watch = Watch(newsroom, MONDAY)
    watch.looks()
    [told] = watch.looks(THURSDAY)
    assert told == "compose: the issue of Fri 2026-05-29 07:30 KST is skipped: a holiday"
    assert [kind for kind, _ in watch.notices()] == ["skipped"]
    with pytest.raises(WrongUse, match="take it out of schedule"):
        takes_back(newsroom)
    newsroom.database.close()


def test_skipping_what_is_composed_cancels_it_and_gives_its_items_back(newsroom: Newsroom) -> None:
    newsroom.composes()
    newsroom.approves()
    assert skips_week(newsroom).numbers == (1,)
    assert newsroom.issue()["state"] == "cancelled"
    assert newsroom.issue()["state_reason"] == "skipped: skipped on purpose"
    assert newsroom.releases(now=FRIDAY) == []
    composed = newsroom.composes(now=THURSDAY + 5 * timedelta(days=1))
    assert composed.number == 2 and len(newsroom.issue(2)["picks"]) == 3


def test_a_skip_taken_back_makes_a_draft_again_that_needs_a_new_approval(newsroom: Newsroom) -> None:
    newsroom.composes()
    newsroom.approves()
    skips_week(newsroom)
    assert takes_back(newsroom).numbers == (1,)
    assert newsroom.issue()["state"] == "draft"
    assert newsroom.releases(now=FRIDAY) == []
    newsroom.approves()
    assert newsroom.releases(now=FRIDAY)[0].audience == 3
    with pytest.raises(WrongUse, match="nothing was skipped on 2026-05-29"):
        takes_back(newsroom)


def test_what_is_out_can_not_be_skipped(newsroom: Newsroom) -> None:
    newsroom.composes()
    newsroom.approves()
    newsroom.releases(now=FRIDAY)
    with pytest.raises(WrongUse, match="is sending and can no longer be skipped"):
        skips_week(newsroom)


def test_readers_are_told_only_where_the_editor_wishes(newsroom: Newsroom) -> None:
    skips_week(newsroom)
    with newsroom.database.read() as session:
        assert skips.announced(session, THURSDAY) == []
    skips_week(newsroom, reason="summer", tells_readers=True)
    with newsroom.database.read() as session:
        [row] = skips.announced(session, THURSDAY)
        assert (row.send_at, row.reason) == (FRIDAY, "summer")
        assert skips.announced(session, FRIDAY + 25 * HOUR) == []


def test_the_plan_shows_the_issue_or_why_there_is_none(newsroom: Newsroom) -> None:
    newsroom.composes()
    settings = newsroom.publication.settings
    schedule, zone = settings.schedule, settings.publication.timezone
    skip.run(newsroom.database, date(2026, 6, 5), line=schedule.send, zone=zone, now=THURSDAY, reason="summer")
    with newsroom.database.read() as session:
        first, second, third = upcoming(
            session, compose=schedule.compose, send=schedule.send, zone=zone, holidays=(), now=THURSDAY, count=3
        )
    assert (first.send_at, first.number, first.state) == (FRIDAY, 1, "draft")
    assert (second.number, second.skip_reason) == (None, "summer")
    assert (third.compose_at, third.number, third.skip_reason) == (THURSDAY + 2 * WEEK, None, "")


def test_the_command_skips_and_says_what_to_write(tmp_path: Path) -> None:
    newsroom = Newsroom.open(tmp_path / "publication", "sqlite:///var/publisher.db")
    newsroom.writes(*STORIES)
    newsroom.database.close()
    root, now = newsroom.root, ("--now", "2026-05-28T08:00+09:00")
    assert publisher(root, "issues", "skip", "2026-05-30", *now).complaint == (
        "publisher: no issue is planned for 2026-05-30; the next after that is planned for 2026-06-05"
    )
    assert publisher(root, "issues", "skip", "soon", *now).status == 2
    assert "is over" in publisher(root, "issues", "skip", "2026-05-22", *now).complaint
    said = publisher(root, "issues", "skip", "2026-05-29", "--reason", "summer", *now)
    assert (said.status, said.out) == (0, "Fri 2026-05-29 07:30 KST: no issue\n")
    composed = publisher(root, "compose", "--now", AT_THURSDAY)
    assert composed.out == "no issue for Fri 2026-05-29 07:30 KST: summer; nothing was composed\n"
    assert json.loads(publisher(root, "compose", "--now", AT_THURSDAY, "--json").out)["skipped"] == "summer"
    assert publisher(root, "issues", "skip", "2026-05-29", "--undo", *now).out.endswith("planned again\n")
    assert publisher(root, "compose", "--now", AT_THURSDAY).status == 0
    assert publisher(root, "issues", "skip", "2026-05-29", *now).out.endswith("No. 1 is cancelled\n")
