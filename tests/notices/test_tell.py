"""Who is told what, and how often, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.domain.notice import LINK, DraftReady, Held, Late, Needed, Sent
from publisher.stages import enroll, notify
from tests.newsroom import FRIDAY, THURSDAY, Newsroom
from tests.notices.makers import READY, is_due, outbox, tells
from tests.stages.conftest import HEADLINES


@pytest.fixture
def newsroom(tmp_path: Path, database_url: str) -> Iterator[Newsroom]:
    room = Newsroom.open(tmp_path / "publication", database_url)
    room.writes(*HEADLINES)
    room.has_readers(3)
    room.has_editors("kim@example.org", "lee@example.org")
    yield room
    room.database.close()


def told(newsroom: Newsroom) -> list[tuple[str, str]]:
    return [(row.recipient.partition("@")[0], row.kind) for row in outbox(newsroom)]


def test_every_editor_is_told_once_however_often_it_is_said(newsroom: Newsroom) -> None:
    assert tells(newsroom, READY) == 2
    assert tells(newsroom, READY, now=FRIDAY) == 0
    assert told(newsroom) == [("kim", "draft-ready"), ("lee", "draft-ready")]
    assert is_due(newsroom) and not is_due(newsroom, now=THURSDAY - timedelta(seconds=1))


def test_each_editor_is_told_in_their_language_or_else_in_the_publications(newsroom: Newsroom) -> None:
    enroll.add_editor(newsroom.database, "kim@example.org", "admin", now=THURSDAY, language="ko")
    enroll.add_editor(newsroom.database, "kim@example.org", "editor", now=THURSDAY)  # keeps the language
    tells(newsroom, READY)
    kim, lee = outbox(newsroom)
    assert (kim.language, lee.language) == ("ko", "en")
    assert "초안이 나왔습니다" in kim.subject and "is ready for you" in lee.subject


def test_who_comes_later_is_told_what_is_news_still(newsroom: Newsroom) -> None:
    tells(newsroom, READY)
    newsroom.has_editors("park@example.org")
    assert tells(newsroom, READY) == 1
    assert told(newsroom)[-1] == ("park", "draft-ready")


def test_without_an_editor_nobody_is_told_and_nothing_is_due(tmp_path: Path, database_url: str) -> None:
    room = Newsroom.open(tmp_path / "publication", database_url)
    assert tells(room, READY) == 0
    assert not is_due(room)
    room.database.close()


def test_the_same_trouble_at_another_time_is_told_again(newsroom: Newsroom) -> None:
    for since in (THURSDAY, FRIDAY):
        assert tells(newsroom, Needed("compose", "a template has a mistake", since)) == 2


def test_the_longest_reason_can_be_stored_and_is_told_once(newsroom: Newsroom) -> None:
    held = Held(1, "A title", "why " * 20_000, FRIDAY)
    assert tells(newsroom, held) == 2
    assert tells(newsroom, held) == 0
    assert tells(newsroom, Held(1, "A title", held.reason + "!", FRIDAY)) == 2


def test_what_no_database_can_store_does_not_keep_anybody_from_being_told(newsroom: Newsroom) -> None:
    assert tells(newsroom, Held(1, "A\0title\ud800", "b\0ecause\ud800", FRIDAY)) == 2


def test_a_draft_is_told_of_with_its_headlines_and_its_time(newsroom: Newsroom) -> None:
    newsroom.composes()
    [ready] = news = notify.about(newsroom.database, 1)
    assert isinstance(ready, DraftReady) and ready.send_at == FRIDAY
    assert set(ready.headlines) == set(HEADLINES)
    tells(newsroom, *news)
    kim, _ = outbox(newsroom)
    assert kim.issue_id is not None
    assert all(headline in kim.text for headline in HEADLINES)


def test_a_held_issue_is_told_of_with_its_reason(tmp_path: Path, database_url: str) -> None:
    room = Newsroom.open(tmp_path / "publication", database_url)
    room.has_editors("kim@example.org")
    room.composes()
    [held] = notify.about(room.database, 1)
    assert isinstance(held, Held) and "needs at least 3" in held.reason
    room.database.close()


def test_a_sent_issue_is_told_of_with_its_counts_and_no_readers_address(newsroom: Newsroom) -> None:
    newsroom.composes()
    newsroom.approves()
    newsroom.releases()
    newsroom.sends()
    [sent] = news = notify.about(newsroom.database, 1)
    assert isinstance(sent, Sent) and sent.audience == 3
    assert sent.deliveries["accepted"] == 3 and sent.posts == {"accepted": 3}
    tells(newsroom, *news)
    assert all("reader" not in row.text.replace("reader’s mail", "") + row.html for row in outbox(newsroom))


def test_an_issue_that_left_late_is_told_of_as_late(newsroom: Newsroom) -> None:
    newsroom.composes()
    newsroom.approves()
    newsroom.releases(now=FRIDAY + timedelta(minutes=90))
    assert notify.about(newsroom.database, 1) == [
        Late(1, newsroom.issue()["title"], timedelta(minutes=90), FRIDAY + timedelta(minutes=90))
    ]


def test_what_a_crash_kept_from_being_told_is_told_within_a_day(newsroom: Newsroom) -> None:
    newsroom.composes()
    newsroom.approves()
    newsroom.releases()
    newsroom.sends()
    kinds = [news.kind for news in notify.recent(newsroom.database, now=FRIDAY + timedelta(hours=1))]
    assert kinds == ["sent"]
    assert notify.recent(newsroom.database, now=FRIDAY + timedelta(days=2)) == []


def test_no_stored_notice_lets_anybody_in(newsroom: Newsroom) -> None:
    """The link is made when it is mailed: a backup, and the desk, hold none."""
    tells(newsroom, READY)
    assert all(LINK in row.text and "/enter/" not in row.text + row.html for row in outbox(newsroom))
