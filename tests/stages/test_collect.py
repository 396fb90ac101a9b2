"""What fails is left alone for a while, what is the same is not read again, what is slow holds up nobody."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from publisher.domain.health import Health, Standing, standing
from publisher.errors import Fault
from publisher.stages import collect, notify
from publisher.stages.collect import Checked, SourceReport
from publisher.store.pages import source as pages
from publisher.store.tables import ItemRow, NoticeRow, SourceRow
from publisher.wiring import Publication, load_settings
from tests.newsroom import THURSDAY, Newsroom
from tests.served import Served, serving

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = THURSDAY
QUICK = '[fetch]\nprivate_addresses = true\nspacing = 0\nretries = 0\ntimeout = "5s"\n'


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as served:
        yield served


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[Newsroom]:
    room = Newsroom.open(tmp_path / "publication", "sqlite:///var/publisher.db")
    room.has_editors("kim@example.org", "lee@example.org")
    yield room
    room.database.close()


def feed(*days_ago: float, now: datetime = NOW, words: str = "It rained.") -> bytes:
    """A feed with an item for each of these days."""
    items = "".join(
        f"<item><guid>{now - days * DAY:%Y%m%d%H}</guid><title>Rain</title><link>https://example.org/{days}</link>"
        f"<description>{words}</description><pubDate>{format_datetime(now - days * DAY)}</pubDate></item>"
        for days in days_ago
    )
    return f"<rss version='2.0'><channel><title>T</title>{items}</channel></rss>".encode()


def has(room: Newsroom, *, fetch: str = QUICK, **urls: str) -> None:
    """The newsroom's sources are these feeds, and the desk."""
    path = room.root / "config.toml"
    text = path.read_text(encoding="utf-8").partition("\n[fetch]")[0]
    more = "".join(f'\n[[source]]\nname = "{name}"\nkind = "feed"\nurl = "{url}"\n' for name, url in urls.items())
    path.write_text(f"{text}\n{fetch}{more}", encoding="utf-8")
    room.database.close()
    room.publication = Publication(load_settings(path))


def collects(room: Newsroom, now: datetime = NOW, **more: Any) -> dict[str, SourceReport]:
    publication = room.publication
    reports = collect.run(
        room.database, publication.sources(), publication.fetcher, now=now, jitter=lambda: 0.0, **more
    )
    return {report.source: report for report in reports if report.source != "desk"}


def checks(room: Newsroom, now: datetime = NOW) -> dict[str, Checked]:
    sources = [one for one in room.publication.sources() if one[0].kind == "feed"]
    return {one.source: one for one in collect.check(room.database, sources, room.publication.fetcher, now=now)}


def tells(room: Newsroom, now: datetime) -> int:
    with room.database.read() as session:
        news = pages.troubles(session, room.publication.settings.sources, now)
    return notify.tell(room.database, room.publication.notice_writer, news, now=now)


def subjects(room: Newsroom) -> list[str]:
    """What one of the editors was told, in order."""
    with room.database.read() as session:
        query = select(NoticeRow).where(NoticeRow.recipient == "kim@example.org").order_by(NoticeRow.id)  # type: ignore[arg-type]
        return [row.subject for row in session.exec(query)]


def fares(room: Newsroom, name: str) -> dict[str, Any]:
    with room.database.read() as session:
        rows = pages.sources(session, room.publication.settings.sources, NOW)
    return next(row for row in rows if row["name"] == name)


# --- what fails is left alone for a while


def test_a_source_that_fails_is_asked_again_later_and_later_while_others_are_read(
    newsroom: Newsroom, served: Served
) -> None:
    has(newsroom, bad=served.give("/bad", status=503), good=served.give("/good", feed(1)))
    asked = []
    for minutes in range(0, 450, 5):
        report = collects(newsroom, NOW + timedelta(minutes=minutes))
        assert not report["good"].error
        if report["bad"].is_asked:
            asked.append(minutes)
    assert asked == [0, 5, 20, 80, 200, 440]
    assert fares(newsroom, "bad")["failures"] == 6
    assert "503" in collects(newsroom, NOW + timedelta(minutes=455))["bad"].error


def test_all_are_asked_where_that_is_wanted(newsroom: Newsroom, served: Served) -> None:
    has(newsroom, bad=served.give("/bad", status=503))
    collects(newsroom)
    assert collects(newsroom, NOW + timedelta(seconds=1), asks_all=True)["bad"].is_asked
    assert fares(newsroom, "bad")["failures"] == 1  # a look before its time makes no wait longer


def test_a_server_that_says_when_to_come_back_is_heeded(newsroom: Newsroom, served: Served) -> None:
    has(newsroom, busy=served.give("/busy", status=429, Retry_After="36000"))
    assert collects(newsroom)["busy"].health.due_at == NOW + 10 * HOUR


def test_what_is_gone_is_not_asked_until_its_settings_change(newsroom: Newsroom, served: Served) -> None:
    has(newsroom, news=served.give("/old", status=410))
    for days in range(5):
        report = collects(newsroom, NOW + days * DAY)["news"]
    assert len(served.asked) == 1 and not report.is_asked
    assert "gone for good" in report.error and standing(report.health) == Standing.GONE
    has(newsroom, news=served.give("/new", feed(1)))
    assert collects(newsroom, NOW + 6 * DAY)["news"].new == 1


def test_with_other_settings_it_is_asked_at_once_and_as_if_for_the_first_time(
    newsroom: Newsroom, served: Served
) -> None:
    has(newsroom, news=served.give("/a", feed(1), ETag='"a"', Last_Modified="Wed, 27 May 2026 00:00:00 GMT"))
    collects(newsroom)
    has(newsroom, news=served.give("/b", status=503))
    assert collects(newsroom, NOW + HOUR)["news"].is_asked
    assert not collects(newsroom, NOW + HOUR)["news"].is_asked
    has(newsroom, news=served.give("/c", feed(0)))
    assert collects(newsroom, NOW + HOUR)["news"].new == 1
    assert not any(name.startswith("if-") for name in served.asked[-1].headers)


def test_an_outage_of_our_network_is_no_failure_of_the_sources(newsroom: Newsroom, served: Served) -> None:
    has(newsroom, one="http://127.0.0.1:1/feed", other="http://127.0.0.2:1/feed")
    for hours in range(5):
        reports = collects(newsroom, NOW + hours * HOUR)
    assert all(report.is_asked and "cannot be reached" in report.error for report in reports.values())
    assert [report.health.failures for report in reports.values()] == [0, 0]
    has(newsroom, one="http://127.0.0.1:1/feed", other=served.give("/feed", feed(1)))
    assert collects(newsroom, NOW + 6 * HOUR)["one"].health.failures == 1


# --- what is the same is not read again


def test_the_same_bytes_are_not_read_again(newsroom: Newsroom, served: Served) -> None:
    (newsroom.root / "feed.xml").write_bytes(feed(1, 2))
    has(newsroom, web=served.give("/feed", feed(1, 2)), file="file:feed.xml")
    assert [report.new for report in collects(newsroom).values()] == [2, 2]
    assert [report.unchanged for report in collects(newsroom, NOW + HOUR).values()] == [0, 0]
    served.give("/feed", feed(1, 2, words="It poured."))
    assert collects(newsroom, NOW + 2 * HOUR)["web"].edited == 2


def test_bytes_are_read_again_where_the_server_changed_what_they_mean(newsroom: Newsroom, served: Served) -> None:
    body = feed(1, words="비가 왔다.").decode().encode("euc-kr")
    has(newsroom, news=served.give("/feed", body, Content_Type="text/xml; charset=iso-8859-1"))
    collects(newsroom)
    served.give("/feed", body, Content_Type="text/xml; charset=euc-kr")
    assert collects(newsroom, NOW + HOUR)["news"].unchanged == 1


# --- what is slow holds up nobody


def drips(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(600):
        handler.wfile.write(b" ")
        time.sleep(0.1)


def test_a_source_that_is_served_byte_by_byte_holds_up_nobody_and_ends(newsroom: Newsroom, served: Served) -> None:
    served.answers["/slow"] = drips
    done: list[str] = []
    fetch = QUICK.replace('"5s"', '"1s"')
    has(
        newsroom,
        fetch=fetch,
        slow=served.url("/slow"),
        quick=served.give("/a", feed(1)).replace("127.0.0.1", "localhost"),
    )
    begun = time.monotonic()
    reports = collects(newsroom, told=lambda name, is_done: done.append(name) if is_done else None)
    assert time.monotonic() - begun < 4
    assert done == ["desk", "quick", "slow"] or done == ["quick", "desk", "slow"]
    assert "within 1 s" in reports["slow"].error and reports["quick"].new == 1


def test_a_collection_ends_in_time_and_says_who_was_not_asked(newsroom: Newsroom, served: Served) -> None:
    for name in "abc":
        served.answers[f"/{name}"] = drips
    fetch = QUICK + 'collect_timeout = "1s"\n'
    has(newsroom, fetch=fetch, a=served.url("/a"), b=served.url("/b"), c=served.url("/c"))
    begun = time.monotonic()
    reports = collects(newsroom)
    assert time.monotonic() - begun < 4
    assert all("time of this run was over" in report.error and not report.is_asked for report in reports.values())
    assert fares(newsroom, "c")["state"] == "new"  # nothing was learnt of it


# --- how it fares


def test_what_moved_for_good_is_followed_and_told_but_not_what_is_elsewhere_for_now(
    newsroom: Newsroom, served: Served
) -> None:
    served.give("/here", feed(1))
    moved = served.give("/moved", status=301, Location="/here")
    away = served.give("/away", status=302, Location="/moved")
    has(newsroom, moved=moved, away=away)
    reports = collects(newsroom)
    assert reports["moved"].new == reports["away"].new == 1
    assert reports["moved"].health.moved_to == served.url("/here")
    assert standing(reports["moved"].health) == Standing.MOVED
    assert reports["away"].health.moved_to == ""


def test_a_weekly_source_is_silent_after_four_weeks_and_not_before(newsroom: Newsroom, served: Served) -> None:
    weekly = [7 * week for week in range(8)]
    has(newsroom, weekly=served.give("/weekly", feed(*weekly)))
    for days in (0, 14, 28):
        assert standing(collects(newsroom, NOW + days * DAY)["weekly"].health) == Standing.WELL
    health = collects(newsroom, NOW + 29 * DAY)["weekly"].health
    assert (standing(health), health.silent_since, health.rhythm) == (Standing.SILENT, NOW, 7 * DAY)
    assert fares(newsroom, "weekly")["items_a_week"] == 1.0


@pytest.mark.parametrize(
    ("status", "word", "advice"),
    [
        (401, Standing.LOCKED, "wants a login"),
        (403, Standing.LOCKED, "does not let us in"),
        (404, Standing.BROKEN, "check the address"),
        (410, Standing.GONE, "take it out"),
        (503, Standing.FAILING, "answered 503"),
    ],
)
def test_an_answer_is_said_in_words(
    newsroom: Newsroom, served: Served, status: int, word: Standing, advice: str
) -> None:
    has(newsroom, news=served.give("/feed", status=status))
    report = collects(newsroom)["news"]
    assert advice in report.error and standing(report.health) == word


def test_the_credentials_of_a_url_are_stored_and_shown_nowhere(newsroom: Newsroom, served: Served) -> None:
    secret = served.url("/feed?page=2").replace("http://", "http://reader:hush-canary@")
    served.give("/feed?page=2", status=401)
    has(newsroom, news=secret)
    shown = [repr(collects(newsroom)), repr(checks(newsroom)), repr(fares(newsroom, "news"))]
    served.give("/feed?page=2", feed(1), status=301, Location=secret.replace("feed", "new"))
    served.give("/new?page=2", feed(1))
    shown += [repr(collects(newsroom, NOW + DAY)), repr(checks(newsroom, NOW + DAY))]
    tells(newsroom, NOW + DAY)
    with newsroom.database.read() as session:
        shown += [repr(session.exec(select(SourceRow)).all()), repr(session.exec(select(NoticeRow)).all())]
    assert "/new?page=2" in "".join(shown) and "hush-canary" not in "".join(shown)
    assert served.asked[0].headers["authorization"].startswith("Basic ")


# --- checking


def test_a_check_asks_what_is_left_alone_and_stores_no_item(newsroom: Newsroom, served: Served) -> None:
    has(newsroom, news=served.give("/feed", status=503))
    collects(newsroom)
    served.give("/feed", feed(1, 8, 15, 22, 29, 36), ETag='"a"')
    found = checks(newsroom, NOW + timedelta(minutes=1))["news"]
    assert (found.standing, found.items, found.a_week) == (Standing.WELL, 6, 1.0)
    with newsroom.database.read() as session:
        assert not session.exec(select(ItemRow)).all()
    report = collects(newsroom, NOW + timedelta(minutes=2))["news"]
    assert (report.is_asked, report.new) == (True, 6)  # what the check has seen is not taken for known


def test_a_check_finds_silence_before_anything_was_collected(newsroom: Newsroom, served: Served) -> None:
    has(newsroom, news=served.give("/feed", feed(*range(40, 50))))
    assert checks(newsroom)["news"].standing == Standing.SILENT


def test_undated_items_that_a_check_has_seen_are_still_back_catalogue(newsroom: Newsroom, served: Served) -> None:
    body = b"<rss version='2.0'><channel><item><guid>1</guid><title>Old</title></item></channel></rss>"
    has(newsroom, news=served.give("/feed", body))
    checks(newsroom)
    collects(newsroom, NOW + HOUR)
    assert fares(newsroom, "news")["newest_at"] is None


# --- editors hear once


def every_other_hour(room: Newsroom, start: datetime, hours: int) -> None:
    for hour in range(0, hours, 2):
        collects(room, start + hour * HOUR)
        tells(room, start + hour * HOUR)


def test_editors_hear_once_that_a_source_fails_and_once_that_it_is_well(newsroom: Newsroom, served: Served) -> None:
    has(newsroom, news=served.give("/feed", status=503))
    every_other_hour(newsroom, NOW, 20)
    assert subjects(newsroom) == []
    every_other_hour(newsroom, NOW + 20 * HOUR, 60)
    served.give("/feed", status=404)  # the same trouble, for another reason
    every_other_hour(newsroom, NOW + 80 * HOUR, 40)
    assert subjects(newsroom) == ["The source news cannot be read"]
    served.give("/feed", feed(1))
    every_other_hour(newsroom, NOW + 120 * HOUR, 30)
    assert subjects(newsroom) == ["The source news cannot be read", "The source news is well again"]


def test_a_trouble_that_nobody_heard_of_ends_without_a_word(newsroom: Newsroom, served: Served) -> None:
    has(newsroom, news=served.give("/feed", status=503))
    every_other_hour(newsroom, NOW, 6)
    served.give("/feed", feed(1))
    every_other_hour(newsroom, NOW + 6 * HOUR, 6)
    assert subjects(newsroom) == []


def test_a_second_trouble_is_told_again(newsroom: Newsroom, served: Served) -> None:
    has(newsroom, news=served.give("/feed", feed(1)))
    for start in (0, 200):
        served.give("/feed", status=503)
        every_other_hour(newsroom, NOW + start * HOUR, 60)
        served.give("/feed", feed(1))
        every_other_hour(newsroom, NOW + (start + 90) * HOUR, 2)
    assert subjects(newsroom) == ["The source news cannot be read", "The source news is well again"] * 2


def test_editors_hear_once_of_silence_and_of_a_move(newsroom: Newsroom, served: Served) -> None:
    weekly = [7 * week for week in range(8)]
    served.give("/new", feed(*weekly))
    has(newsroom, news=served.give("/feed", status=308, Location="/new"))
    every_other_hour(newsroom, NOW, 3)
    assert subjects(newsroom) == ["The source news has moved"]
    for days in range(25, 40):
        every_other_hour(newsroom, NOW + days * DAY, 1)
    assert subjects(newsroom) == ["The source news has moved", "The source news has gone silent"]
    served.give("/new", feed(*weekly, -40))
    every_other_hour(newsroom, NOW + 41 * DAY, 3)
    assert subjects(newsroom)[2:] == ["The source news is well again"]


def test_a_source_that_was_taken_out_is_news_to_nobody(newsroom: Newsroom, served: Served) -> None:
    has(newsroom, news=served.give("/feed", status=410))
    collects(newsroom)
    has(newsroom)
    assert tells(newsroom, NOW) == 0


def test_a_source_whose_items_cannot_be_stored_costs_the_others_nothing(newsroom: Newsroom, served: Served) -> None:
    class Strange:
        name, is_remote = "strange", False

        def read(self, *_: object) -> Any:
            from publisher.domain.item import ItemFound
            from publisher.sources import Reading

            return Reading(items=(ItemFound("1", None, "https://example.org"),))  # type: ignore[arg-type]

    has(newsroom, strange=served.url("/"), good=served.give("/good", feed(1)))
    sources = [
        (options, Strange() if options.name == "strange" else source)
        for options, source in newsroom.publication.sources()
    ]
    reports = {
        one.source: one for one in collect.run(newsroom.database, sources, newsroom.publication.fetcher, now=NOW)
    }
    assert reports["good"].new == 1
    assert "failed unexpectedly" in reports["strange"].error
    assert reports["strange"].health == Health(
        failures=1,
        failing_since=NOW,
        fault=Fault.LASTING,
        reason=reports["strange"].error,
        due_at=reports["strange"].health.due_at,
    )
