"""What the checks say of a real week: little, and all of it true."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher.editorial.picks import pick_from
from publisher.preflight import findings
from publisher.preflight.facts import ItemFacts
from publisher.preflight.finding import Finding, Level
from publisher.stages import check, collect
from publisher.store import items
from tests.newsroom import Newsroom
from tests.preflight.makers import facts, issue, proof
from tests.trial.test_real_week import feeds

MONDAY = datetime(2026, 5, 25, tzinfo=UTC)


@pytest.fixture
def newsroom(tmp_path: Path, shared: Path) -> Newsroom:
    """The feeds of the week, read."""
    week = shared / "data" / "week-2026-W21" / "feeds"
    more = feeds(week) + '[[channel]]\nname = "out"\nkind = "folder"\npath = "out"\n'
    room = Newsroom.open(tmp_path / "publication", "sqlite:///var/publisher.db", more, language="ko", per_source=2)
    collect.run(room.database, room.publication.sources(), room.publication.fetcher, now=MONDAY)
    return room


@pytest.mark.trial
def test_the_issue_of_the_week_has_what_its_editor_would_say_too(newsroom: Newsroom) -> None:
    newsroom.composes(now=MONDAY)
    report = check.run(newsroom.database, 1, newsroom.publication.surroundings, now=MONDAY)
    shown = [(one.level, one.check) for one in report.findings]
    assert (Level.WARNING, "audience") in shown and (Level.WARNING, "own-address") in shown
    assert len(shown) <= 4 and report.blocking == [], report.findings


@pytest.mark.trial
@pytest.mark.parametrize("language", ["ko", "en"])
def test_of_a_hundred_items_as_they_came_hardly_one_is_warned_of(newsroom: Newsroom, language: str) -> None:
    """All items of the week in one issue. Left out is what follows from that: its size, and the news of two feeds."""
    with newsroom.database.read() as session:
        since = MONDAY - timedelta(days=8)
        found = items.candidates(session, newsroom.publication.settings.sources, since, MONDAY)
    assert len(found) >= 90
    picks = [pick_from(one, at, "") for at, one in enumerate(found, start=1)]
    sources = {
        one.item_id: ItemFacts(one.attribution, one.rights, one.headline, one.body, published_at=one.dated_at)
        for one in found
    }
    of = replace(facts(language, issue(language, picks)), items=sources)
    told = [one for one in findings(proof(of), of) if one.level is not Level.NOTE and not follows(one)]
    print(Counter(one.check for one in told))
    assert len(told) <= 3, "\n".join(f"{one.check} {one.where}: {one.what}" for one in told)


def follows(finding: Finding) -> bool:
    return finding.check in ("size", "headlines", "duplicates")
