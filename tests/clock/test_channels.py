"""Channels that are slow, hang, break or come and go: none stops another, and the editors are told once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from publisher.delivery.engine import Clock
from publisher.domain.message import Accepted, Letter
from publisher.domain.notice import Needed
from publisher.errors import Busy, ChannelDown, PublisherError, WrongUse
from publisher.scheduler.clock import Scheduler
from publisher.scheduler.news import Telling
from publisher.stages import notify, pause, send
from publisher.store.tables import PauseRow, SubscriberRow
from publisher.wiring import Publication, load_settings
from tests.clock.test_scheduler import eventually
from tests.clock.watch import Watch
from tests.delivery.wire import Answer, Wire
from tests.newsroom import FOLDER, FRIDAY, THURSDAY, Newsroom, smtp

HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
SECOND = timedelta(seconds=1)
STORIES = ("A harbour learns to count ships", "Library robots take the night shift", "Bread by forecast")


def accepted(letter: Letter) -> Answer:
    return Accepted()


class Hanging(Wire):
    """Gives no answer before `go` is set."""

    def __init__(self) -> None:
        super().__init__(accepted)
        self.go, self.hangs = threading.Event(), threading.Event()

    def take(self, patience: float | None = None) -> Sequence[tuple[int, Answer]]:
        self.hangs.set()
        assert self.go.wait(60)
        return super().take(patience)


class Throttling(Wire):
    """Takes two letters in each session."""

    def __init__(self) -> None:
        super().__init__(accepted, capacity=1)
        self.taken = 0

    def open(self, leaves: Callable[[int], None] = lambda delivery_id: None) -> Wire:
        self.taken = 0
        return super().open(leaves)

    def take(self, patience: float | None = None) -> Sequence[tuple[int, Answer]]:
        self.taken += 1
        if self.taken <= 2:
            return super().take(patience)
        return [(self._under_way.pop(0).delivery_id, ChannelDown(self.name, "421 too many letters"))]


class Broken(Wire):
    def __init__(self) -> None:
        super().__init__(accepted)

    def open(self, leaves: Callable[[int], None] = lambda delivery_id: None) -> Wire:
        raise KeyError("a mistake")


@pytest.fixture
def newsroom(tmp_path: Path, database_url: str) -> Iterator[Newsroom]:
    opened = Newsroom.open(tmp_path / "publication", database_url, smtp(9) + FOLDER)
    opened.has_readers(9)
    opened.has_editors("kim@example.org")
    opened.writes(*STORIES, now=THURSDAY - timedelta(hours=20))
    yield opened
    opened.database.close()


@pytest.fixture
def watch(newsroom: Newsroom) -> Watch:
    """The first issue is approved."""
    watch = Watch(newsroom, THURSDAY - timedelta(days=3))
    watch.looks()
    watch.looks(THURSDAY)
    newsroom.approves(now=THURSDAY)
    return watch


def has_channel(
    monkeypatch: pytest.MonkeyPatch, newsroom: Newsroom, wire: Wire, *, notices: Wire | None = None
) -> None:
    """Letters leave by that wire and by the folder, notices by another wire."""
    folder = newsroom.publication.mail_channels()[1]
    by = notices or Wire(accepted, name="notices")
    monkeypatch.setattr(Publication, "mail_channels", lambda _: [wire, folder])
    monkeypatch.setattr(Publication, "notice_channel", lambda _: by)


def paused(newsroom: Newsroom) -> dict[str, datetime]:
    with newsroom.database.read() as session:
        return {row.channel: row.paused_at for row in session.exec(select(PauseRow))}


def wakes(watch: Watch) -> None:
    """No channel rests any more."""
    for rest in watch.delivering._rests.values():
        rest.until = 0.0


def needs(watch: Watch) -> int:
    return [kind for kind, _ in watch.notices()].count("needed")


def test_a_channel_that_hangs_holds_back_no_post_no_notice_and_no_other_sender_gets_in(
    watch: Watch, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = Hanging()
    has_channel(monkeypatch, newsroom, wire)
    watch.now = FRIDAY
    try:
        watch.delivering.turn()
        assert wire.hangs.wait(60)
        needed = Needed("collect", "no source can be read", FRIDAY)
        notify.tell(newsroom.database, newsroom.publication.notice_writer, needed, now=FRIDAY)

        def goes_on() -> bool:
            watch.delivering.turn()
            posts = [post["state"] for post in newsroom.issue()["posts"]]
            return (
                len(newsroom.letters()) == 9
                and set(posts) == {"accepted"}
                and ("needed", "accepted") in watch.notices()
            )

        eventually(goes_on)
        with pytest.raises(Busy), send.alone(newsroom.database):
            pass
        assert newsroom.issue()["state"] == "sending"
        assert not watch.delivering.wait(timedelta(0))
    finally:
        wire.go.set()
        watch.delivering.wait()
    assert len(wire.arrived) == 9
    assert newsroom.issue()["state"] == "sent"
    with send.alone(newsroom.database):
        pass  # whoever has nothing under way lets others send


def test_the_scheduler_waits_for_a_channel_no_longer_than_it_is_allowed(
    watch: Watch, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = Hanging()
    has_channel(monkeypatch, newsroom, wire)
    scheduler = Scheduler(
        newsroom.publication, Clock(lambda: FRIDAY, lambda: 0.5), tick=timedelta(milliseconds=50), told=lambda _: None
    )
    scheduler.start()
    try:
        eventually(wire.hangs.is_set)
        assert not scheduler.stop(timedelta(milliseconds=200))
    finally:
        wire.go.set()
        assert scheduler.stop(timedelta(seconds=30))


def test_a_channel_that_breaks_is_told_to_the_editors_once(
    watch: Watch, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_channel(monkeypatch, newsroom, Broken())
    watch.looks(FRIDAY)
    for minutes in range(5):
        wakes(watch)
        watch.looks(FRIDAY + timedelta(minutes=minutes))
    assert paused(newsroom) == {"letter": FRIDAY}
    assert needs(watch) == 1


def test_a_channel_that_is_gone_with_letters_to_send_is_told_and_resumed_when_it_is_back(
    watch: Watch, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.releases(now=FRIDAY)
    file = newsroom.root / "config.toml"
    whole = file.read_text()
    start = whole.index('[[channel]]\nname = "letter"')
    file.write_text(whole[:start] + whole[whole.index("[[channel]]", start + 1) :])
    later = Watch(Newsroom(Publication(load_settings(file))), FRIDAY)
    later.looks()
    later.looks()
    assert paused(newsroom) == {"letter": FRIDAY}
    assert needs(later) == 1
    later.newsroom.database.close()
    has_channel(monkeypatch, newsroom, Wire(accepted))
    watch.looks(FRIDAY + HOUR)
    assert paused(newsroom) == {}
    assert newsroom.issue()["state"] == "sent"


def test_a_relay_that_throttles_is_one_trouble_whatever_notices_it_takes(
    watch: Watch, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = Throttling()
    has_channel(monkeypatch, newsroom, relay, notices=relay)
    watch.looks(FRIDAY)
    assert paused(newsroom) == {"letter": FRIDAY}
    for minutes in (6, 12, 18):
        wakes(watch)
        watch.looks(FRIDAY + timedelta(minutes=minutes))
        assert paused(newsroom) == {"letter": FRIDAY}
    assert needs(watch) == 1
    watch.goes_on_until(FRIDAY + HOUR)
    wakes(watch)
    watch.looks(FRIDAY + HOUR)
    assert newsroom.issue()["state"] == "sent"
    assert paused(newsroom) == {}


def test_a_channel_that_stops_again_within_the_hour_is_in_the_same_trouble(
    watch: Watch, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Answer] = [ChannelDown("letter", "421 later")]
    has_channel(monkeypatch, newsroom, Wire(lambda _: answers[0]))
    watch.looks(FRIDAY)
    watch.looks(FRIDAY)
    answers[0] = Accepted()
    wakes(watch)
    assert "channel letter works again" in watch.looks(FRIDAY + timedelta(minutes=10))
    assert paused(newsroom) == {}
    newsroom.writes("One more", "And two more", "And a third", now=FRIDAY + timedelta(minutes=11))
    newsroom.composes(now=FRIDAY + timedelta(minutes=12))
    newsroom.approves(number=2, now=FRIDAY + timedelta(minutes=12))
    newsroom.releases(now=FRIDAY + WEEK)
    answers[0] = ChannelDown("letter", "421 later")
    watch.delivering._rests["letter"].stopped_at = FRIDAY + WEEK - timedelta(minutes=59)
    watch.looks(FRIDAY + WEEK)
    assert paused(newsroom) == {"letter": FRIDAY}


def test_a_trouble_is_over_when_nothing_is_left_to_send(
    watch: Watch, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_channel(monkeypatch, newsroom, Wire(lambda _: ChannelDown("letter", "421 later")))
    watch.looks(FRIDAY)
    assert paused(newsroom) == {"letter": FRIDAY}
    with newsroom.database.write() as session:
        for reader in session.exec(select(SubscriberRow)):
            reader.state = "left"
    wakes(watch)
    watch.looks(FRIDAY + HOUR)
    assert newsroom.issue()["deliveries"]["dropped"] == 9
    assert paused(newsroom) == {}


def test_a_work_that_fails_and_recovers_again_and_again_is_told_once_in_some_hours(newsroom: Newsroom) -> None:
    telling = Telling(newsroom.publication)
    for minutes in range(0, 120, 2):
        now = FRIDAY + timedelta(minutes=minutes)
        telling.add(Needed("sending", "a certificate cannot be read", now))
        telling.turn(now)
    telling.add(Needed("sending", "the secret cannot be read", FRIDAY + HOUR))
    telling.turn(FRIDAY + 2 * HOUR)
    watch = Watch(newsroom, FRIDAY)
    assert needs(watch) == 2
    assert telling._more == []
    telling.add(Needed("sending", "a certificate cannot be read", FRIDAY + 7 * HOUR))
    telling.turn(FRIDAY + 7 * HOUR)
    assert needs(watch) == 3


def test_what_was_released_and_then_left_lying_waits_for_an_editor(watch: Watch, newsroom: Newsroom) -> None:
    newsroom.releases(now=FRIDAY)  # and there the process is gone
    watch.starts()
    days_later = FRIDAY + timedelta(days=5)
    told = watch.looks(days_later)
    assert any(line.startswith("No. 1 is paused: nothing of it has left for 120 h") for line in told)
    assert newsroom.letters() == [] and newsroom.issue()["state"] == "paused"
    watch.looks(days_later + HOUR)
    assert ("needed") in [kind for kind, _ in watch.notices()]
    pause.resume(newsroom.database, 1, now=days_later + HOUR)
    watch.looks(days_later + HOUR)
    assert len(newsroom.letters()) == 9


def test_what_waits_behind_a_channel_that_is_known_to_be_down_is_not_left_lying(
    watch: Watch, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Answer] = [ChannelDown("letter", "421 later")]
    has_channel(monkeypatch, newsroom, Wire(lambda _: answers[0]))
    watch.looks(FRIDAY)
    answers[0] = Accepted()
    wakes(watch)
    watch.looks(FRIDAY + 8 * HOUR)
    assert newsroom.issue()["state"] == "sent"


def test_an_editor_pauses_an_issue_and_lets_it_go_on(watch: Watch, newsroom: Newsroom) -> None:
    with pytest.raises(WrongUse):
        pause.run(newsroom.database, 1, now=FRIDAY)
    newsroom.releases(now=FRIDAY)
    pause.run(newsroom.database, 1, by="kim@example.org", now=FRIDAY)
    newsroom.sends(now=FRIDAY)
    assert newsroom.letters() == []
    with pytest.raises(PublisherError):
        newsroom.approves(now=FRIDAY)
    pause.resume(newsroom.database, 1, now=FRIDAY + HOUR)
    newsroom.sends(now=FRIDAY + HOUR)
    assert len(newsroom.letters()) == 9
