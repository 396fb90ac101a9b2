"""The planned stages: each planned time once, what was missed made up for, what fails tried again and told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from publisher.domain.run import RunState
from publisher.store import runs
from publisher.wiring import Publication, load_settings
from tests.clock.watch import Watch
from tests.newsroom import FRIDAY, THURSDAY, Newsroom

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
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
    """The clock of a publication that was started on Monday and has looked at everything once."""
    watch = Watch(newsroom, MONDAY)
    watch.looks()
    return watch


def numbers(newsroom: Newsroom) -> list[int]:
    from publisher.store.pages import issue as pages

    with newsroom.database.read() as session:
        return sorted(row["number"] for row in pages.all_issues(session))


def reopened(newsroom: Newsroom, old: str, new: str) -> Newsroom:
    """The same publication with one line of its config.toml changed, as a restart reads it."""
    path = newsroom.root / "config.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    newsroom.database.close()
    return Newsroom(Publication(load_settings(path)))


def test_nothing_that_was_planned_before_the_first_start_is_made_up_for(newsroom: Newsroom) -> None:
    watch = Watch(newsroom, THURSDAY + HOUR)
    assert watch.looks() == []
    assert watch.looks(THURSDAY + 2 * HOUR - timedelta(seconds=1)) == []
    assert numbers(newsroom) == []
    assert watch.run_of("compose", THURSDAY) == ""


def test_at_its_time_the_issue_is_composed_once(watch: Watch, newsroom: Newsroom) -> None:
    watch.looks(THURSDAY - timedelta(seconds=1))
    assert numbers(newsroom) == []
    assert watch.looks(THURSDAY) == ["compose: No. 1 is a draft, planned for Fri 2026-05-29 07:30 KST"]
    assert watch.looks(THURSDAY + timedelta(seconds=5)) == []
    watch.starts()
    assert watch.looks(THURSDAY + HOUR) == []
    assert numbers(newsroom) == [1]


def test_a_missed_run_inside_the_grace_is_made_up_for_and_says_how_late(watch: Watch, newsroom: Newsroom) -> None:
    [told] = watch.looks(THURSDAY + 3 * HOUR)
    assert told == "compose: No. 1 is a draft, planned for Fri 2026-05-29 07:30 KST, late by 3 h"
    assert newsroom.issue()["state"] == "draft"
    assert watch.subjects()[0].startswith("No. 1")


def test_a_missed_run_beyond_the_grace_holds_the_issue_and_tells_the_editors(watch: Watch, newsroom: Newsroom) -> None:
    watch.looks(THURSDAY + 7 * HOUR)
    assert newsroom.issue()["state"] == "held"
    assert newsroom.issue()["state_reason"] == "composed late by 7 h, and the grace is 6 h"
    assert [kind for kind, _ in watch.notices()] == ["held"]


def test_an_issue_that_is_composed_after_its_planned_send_is_for_that_send_and_held(
    watch: Watch, newsroom: Newsroom
) -> None:
    told = watch.looks(FRIDAY + timedelta(days=1))
    assert newsroom.issue()["send_at"] == FRIDAY
    assert newsroom.issue()["state"] == "held"
    assert any("held: composed late by 46 h 30 min" in line for line in told)
    assert [kind for kind, _ in watch.notices()] == ["held"]  # told once, not again because its time is over


def test_of_several_missed_weeks_the_last_is_made_up_for_and_the_others_are_told(
    watch: Watch, newsroom: Newsroom
) -> None:
    watch.looks(THURSDAY)
    third = THURSDAY + 3 * WEEK
    newsroom.writes("Late one", "Late two", "Late three", now=third - HOUR)
    watch.starts()
    told = watch.looks(third + HOUR)
    assert numbers(newsroom) == [1, 2]
    assert newsroom.issue(2)["send_at"] == FRIDAY + 3 * WEEK
    assert [line for line in told if line.startswith("compose of")] == [
        "compose of Thu 2026-06-04 09:00 KST was missed: Publisher was not running",
        "compose of Thu 2026-06-11 09:00 KST was missed: Publisher was not running",
    ]
    assert watch.run_of("compose", THURSDAY + WEEK) == "passed"
    assert "needed" in {kind for kind, _ in watch.notices()}


def test_a_changed_line_begins_with_its_next_time(watch: Watch, newsroom: Newsroom) -> None:
    watch.looks(MONDAY + 2 * HOUR)
    changed = reopened(newsroom, "approvals = 1", 'approvals = 1\ncompose = "0 9 * * MON"')
    later = Watch(changed, MONDAY + 3 * HOUR)
    # Nine o'clock on Monday is over, and nobody knows whether that one was meant: an editor decides.
    assert later.looks() == [
        "compose of Mon 2026-05-25 09:00 KST is passed over: its line in config.toml was changed",
    ]
    assert numbers(changed) == []
    changed.writes(*(f"{story} again" for story in STORIES), now=MONDAY + 6 * timedelta(days=1))
    assert any(line.startswith("compose: No. 1 is a draft") for line in later.looks(MONDAY + WEEK))
    changed.database.close()


def test_a_line_that_was_changed_back_does_not_make_up_for_the_time_between(watch: Watch, newsroom: Newsroom) -> None:
    other = reopened(newsroom, "approvals = 1", 'approvals = 1\ncompose = "0 9 * * SUN"')
    Watch(other, MONDAY + HOUR).looks()
    back = reopened(other, '\ncompose = "0 9 * * SUN"', "")
    watch = Watch(back, THURSDAY + HOUR)
    [told] = watch.looks()
    assert told == "compose of Thu 2026-05-28 09:00 KST is passed over: its line in config.toml was changed"
    assert numbers(back) == []
    watch.looks(THURSDAY + 2 * HOUR)
    assert [kind for kind, _ in watch.notices()] == ["needed"]
    back.database.close()


def test_the_clock_set_back_by_an_hour_composes_and_tells_nothing_twice(watch: Watch, newsroom: Newsroom) -> None:
    watch.looks(THURSDAY)
    before = watch.notices()
    for minutes in range(-60, 61, 5):
        assert watch.looks(THURSDAY + timedelta(minutes=minutes)) == []
    assert numbers(newsroom) == [1]
    assert [kind for kind, _ in watch.notices()] == [kind for kind, _ in before]


def test_two_clocks_on_one_database_compose_one_issue(watch: Watch, newsroom: Newsroom) -> None:
    other = Newsroom(Publication(newsroom.publication.settings))
    second = Watch(other, THURSDAY)
    told = watch.looks(THURSDAY) + second.looks(THURSDAY)
    assert len([line for line in told if line.startswith("compose: No. 1")]) == 1
    assert numbers(newsroom) == [1]
    other.database.close()


def test_who_takes_a_run_first_has_it(newsroom: Newsroom) -> None:
    with newsroom.database.write() as session:
        assert runs.begin(session, "compose", THURSDAY, "0 9 * * THU", "one", THURSDAY)
    with newsroom.database.write() as session:
        assert not runs.begin(session, "compose", THURSDAY, "0 9 * * THU", "other", THURSDAY)
        runs.end(session, "compose", THURSDAY, RunState.DONE, THURSDAY, worker="other")
    with newsroom.database.read() as session:
        known = runs.known(session, "compose", THURSDAY)
    assert known is not None and known.state == RunState.RUNNING
    with newsroom.database.write() as session:
        assert runs.begin_again(session, "compose", THURSDAY, known, "third", THURSDAY)
    with newsroom.database.write() as session:
        assert not runs.begin_again(session, "compose", THURSDAY, known, "fourth", THURSDAY)


def test_a_broken_template_is_told_tried_again_and_mended_without_a_restart(watch: Watch, newsroom: Newsroom) -> None:
    template = newsroom.root / "templates" / "letter.mjml.j2"
    whole = template.read_text(encoding="utf-8")
    template.write_text("{% if %}", encoding="utf-8")
    [told] = watch.looks(THURSDAY)
    assert told.startswith("compose: ") and "letter.mjml.j2" in told and "tried again Thu 2026-05-28 09:01" in told
    assert watch.looks(THURSDAY + timedelta(seconds=30)) == []
    assert watch.notices() == []  # once may be a moment in which somebody was editing
    watch.looks(THURSDAY + timedelta(minutes=1))
    assert watch.run_of("compose", THURSDAY) == "failed"
    assert [kind for kind, _ in watch.notices()] == ["needed"]
    watch.looks(THURSDAY + timedelta(minutes=6))
    assert [kind for kind, _ in watch.notices()] == ["needed"]  # told once for each beginning
    template.write_text(whole, encoding="utf-8")
    watch.goes_on_until(THURSDAY + timedelta(minutes=22), timedelta(minutes=1))
    assert watch.run_of("compose", THURSDAY) == "done"
    assert newsroom.issue()["state"] == "draft"
    assert [kind for kind, _ in watch.notices()] == ["needed", "draft-ready"]


def test_a_run_that_a_dead_process_left_is_finished_by_the_next(watch: Watch, newsroom: Newsroom) -> None:
    with newsroom.database.write() as session:
        assert runs.begin(session, "compose", THURSDAY, "0 9 * * THU", "a process that is gone", THURSDAY)
    watch.starts()
    watch.looks(THURSDAY + timedelta(minutes=1))
    assert watch.run_of("compose", THURSDAY) == "done"
    assert numbers(newsroom) == [1]


def test_sources_that_all_fail_are_tried_again_and_told_in_the_end(tmp_path: Path, database_url: str) -> None:
    source = '[[source]]\nname = "gone"\nkind = "feed"\nurl = "file:gone.xml"\n\n'
    newsroom = Newsroom.open(
        tmp_path / "publication", database_url, source + '[[channel]]\nname = "out"\nkind = "folder"\npath = "out"\n'
    )
    newsroom.has_editors("kim@example.org")
    watch = Watch(newsroom, MONDAY)
    watch.looks()
    [first, second] = watch.looks(MONDAY + HOUR)  # ten o'clock in Seoul
    assert first.startswith("source gone: ") and second.startswith("collect: no source can be read; gone: ")
    assert watch.looks(MONDAY + HOUR + timedelta(minutes=1))[0].startswith("collect: no source")
    assert [kind for kind, _ in watch.notices()] == ["needed"]
    for hours in (3, 5, 7):
        watch.looks(MONDAY + hours * HOUR)
        watch.looks(MONDAY + hours * HOUR + timedelta(minutes=1))
    assert [kind for kind, _ in watch.notices()] == ["needed"]  # one streak, told once
    newsroom.database.close()


def test_collecting_comes_before_composing_when_both_were_missed(tmp_path: Path, database_url: str) -> None:
    feed = "".join(
        f"<item><title>{story}</title><link>https://news.example.org/{number}</link><guid>{number}</guid>"
        f"<description>{story}: what happened, told in a sentence long enough to be read by people.</description>"
        f"<pubDate>Wed, 27 May 2026 06:0{number}:00 +0000</pubDate></item>"
        for number, story in enumerate(STORIES)
    )
    source = '[[source]]\nname = "harbour"\nkind = "feed"\nurl = "file:harbour.xml"\nrights = "own"\n\n'
    newsroom = Newsroom.open(
        tmp_path / "publication", database_url, source + '[[channel]]\nname = "out"\nkind = "folder"\npath = "out"\n'
    )
    (newsroom.root / "harbour.xml").write_text(
        f'<rss version="2.0"><channel><title>Harbour</title>{feed}</channel></rss>', encoding="utf-8"
    )
    watch = Watch(newsroom, MONDAY)
    watch.looks()
    told = watch.looks(THURSDAY + timedelta(minutes=5))
    assert told == [
        "collect: 3 new, 0 edited",
        "compose: No. 1 is a draft, planned for Fri 2026-05-29 07:30 KST, late by 5 min",
    ]
    newsroom.database.close()


@pytest.mark.parametrize("moment", [THURSDAY, FRIDAY])
def test_an_idle_look_writes_nothing(watch: Watch, newsroom: Newsroom, moment: datetime) -> None:
    watch.looks(moment)
    watch.looks(moment)  # the first one mailed what the look before had to tell
    newsroom.publication.__dict__["database"].write = _refused
    try:
        for seconds in range(0, 60, 5):
            assert watch.looks(moment + timedelta(seconds=seconds)) == []
    finally:
        del newsroom.publication.__dict__["database"].write


def _refused() -> None:
    raise AssertionError("an idle clock wrote to the database")
