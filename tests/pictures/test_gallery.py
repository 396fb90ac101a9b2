"""From a source's address to the publication's own store: fetched once, through the guard, and told when it fails."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from publisher.config.settings import Fetching
from publisher.errors import PictureError
from publisher.fetch import Fetcher
from publisher.gallery import TRIED_AGAIN, Gallery
from publisher.store import pictures
from publisher.store.db import Database
from tests.pictures import makers
from tests.served import Served, serving

NOW = datetime(2026, 5, 28, tzinfo=UTC)


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as server:
        yield server


def gallery(database: Database, folder: Path, *, may_be_private: bool = True, max_bytes: int = 1_000_000) -> Gallery:
    settings = Fetching(private_addresses=may_be_private, spacing=timedelta(0), retries=0, timeout=timedelta(seconds=5))
    return Gallery(database, Fetcher(settings, folder), max_bytes)


def problems(database: Database, *urls: str) -> dict[str, str]:
    with database.read() as session:
        return pictures.problems(session, urls)


def test_a_picture_is_fetched_once_and_found_ever_after(database: Database, tmp_path: Path, served: Served) -> None:
    url = served.give("/a.jpg", makers.photograph())
    room = gallery(database, tmp_path)
    first = room.obtain([url, url], NOW)
    assert (first[url].media_type, first[url].width, first[url].height) == ("image/jpeg", 320, 200)
    served.give("/a.jpg", makers.photograph(64, 64))
    assert room.obtain([url], NOW + timedelta(days=30)) == first
    assert len(served.asked) == 1
    with database.read() as session:
        row = pictures.by_digest(session, first[url].digest)
    assert row is not None
    assert makers.opened(row.content).size == (320, 200)


def test_the_same_picture_from_two_places_is_stored_once(database: Database, tmp_path: Path, served: Served) -> None:
    urls = [served.give(f"/{name}.jpg", makers.photograph()) for name in "ab"]
    found = gallery(database, tmp_path).obtain(urls, NOW)
    assert len({facts.digest for facts in found.values()}) == 1
    assert sorted(found) == sorted(urls)


def test_what_a_server_calls_it_is_not_asked(database: Database, tmp_path: Path, served: Served) -> None:
    called_html = served.give("/a", makers.photograph(kind="PNG"), Content_Type="text/html")
    called_jpeg = served.give("/b.jpg", b"<script>alert(1)</script>", Content_Type="image/jpeg")
    found = gallery(database, tmp_path).obtain([called_html, called_jpeg], NOW)
    assert list(found) == [called_html]
    assert problems(database, called_jpeg)[called_jpeg] == "is not a JPEG, PNG, GIF, WebP or AVIF picture"


def test_one_that_failed_rests_for_an_hour_and_is_then_tried_again(
    database: Database, tmp_path: Path, served: Served
) -> None:
    url = served.url("/a.jpg")
    room = gallery(database, tmp_path)
    assert room.obtain([url], NOW) == {}
    assert problems(database, url) == {url: "answered 404 (not found); check the address"}
    served.give("/a.jpg", makers.photograph())
    assert room.obtain([url], NOW + TRIED_AGAIN - timedelta(seconds=1)) == {}
    assert len(served.asked) == 1
    assert url in room.obtain([url], NOW + TRIED_AGAIN)
    assert problems(database, url) == {}


def test_a_clock_that_was_set_back_does_not_keep_a_picture_away(
    database: Database, tmp_path: Path, served: Served
) -> None:
    url = served.url("/a.jpg")
    room = gallery(database, tmp_path)
    room.obtain([url], NOW + timedelta(days=300))
    served.give("/a.jpg", makers.photograph())
    assert url in room.obtain([url], NOW)


def test_one_that_fails_keeps_no_other_away(database: Database, tmp_path: Path, served: Served) -> None:
    good = [served.give(f"/{number}.jpg", makers.photograph(100 + number, 80)) for number in range(6)]
    bad = [served.url("/gone.jpg"), served.give("/cut.jpg", makers.photograph()[:400]), "ftp://example.org/a.jpg"]
    found = gallery(database, tmp_path).obtain([*good, *bad], NOW)
    assert sorted(found) == sorted(good)
    assert problems(database, *bad) == {
        bad[0]: "answered 404 (not found); check the address",
        bad[1]: "is cut off or broken",
        bad[2]: "has no http or https address",
    }


def test_one_that_is_too_large_is_left_where_it_is(database: Database, tmp_path: Path, served: Served) -> None:
    url = served.give("/a.jpg", makers.photograph() + bytes(100_000))
    assert gallery(database, tmp_path, max_bytes=50_000).obtain([url], NOW) == {}
    assert problems(database, url) == {url: "is larger than 50,000 bytes (max_bytes under [pictures])"}


@pytest.mark.parametrize(
    "place", ["127.0.0.1", "localhost", "[::1]", "0x7f000001", "2130706433", "127.1", "[::ffff:127.0.0.1]", "0.0.0.0"]
)
def test_no_picture_is_fetched_from_this_machine(
    database: Database, tmp_path: Path, served: Served, place: str
) -> None:
    served.give("/a.jpg", makers.photograph())
    url = served.url("/a.jpg", place)
    assert gallery(database, tmp_path, may_be_private=False).obtain([url], NOW) == {}
    assert served.asked == []
    assert "is refused" in problems(database, url)[url] or "no such host" in problems(database, url)[url]


def test_no_redirect_leads_to_this_machine(database: Database, tmp_path: Path, served: Served) -> None:
    served.give("/a.jpg", makers.photograph())
    served.give("/to", status=302, Location=served.url("/a.jpg", "inside.example.org"))
    url = served.url("/to", "public.example.org")
    fetcher = Fetcher(
        Fetching(spacing=timedelta(0), retries=0),
        tmp_path,
        resolve=lambda host, port: ["1.1.1.1"] if host == "public.example.org" else ["127.0.0.1"],
        connect=lambda address, port, seconds: socket.create_connection(("127.0.0.1", served.port), seconds),
    )
    assert Gallery(database, fetcher, 1_000_000).obtain([url], NOW) == {}
    assert [asked.path for asked in served.asked] == ["/to"]
    assert "is refused" in problems(database, url)[url]


def test_no_picture_is_read_from_this_machines_files(database: Database, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(makers.photograph())
    urls = ["file:a.jpg", f"file://{tmp_path}/a.jpg"]
    assert gallery(database, tmp_path).obtain(urls, NOW) == {}
    assert set(problems(database, *urls).values()) == {"has no http or https address"}


def test_no_issue_waits_long_for_hosts_that_do_not_answer(database: Database, tmp_path: Path, served: Served) -> None:
    over = threading.Event()
    urls = [served.give("/a.jpg", makers.photograph())]

    def hang(handler: BaseHTTPRequestHandler) -> None:
        over.wait(30)

    for number in range(12):  # more than are asked at once
        served.answers[f"/b{number}.jpg"] = hang
        urls.append(served.url(f"/b{number}.jpg"))
    room = replace(gallery(database, tmp_path), patience=timedelta(seconds=1))
    begun = time.monotonic()
    found = room.obtain(urls, NOW)
    over.set()
    assert time.monotonic() - begun < 4  # each of them alone might take five seconds
    assert list(found) == [urls[0]]
    late = "did not come in the time that an issue waits for its pictures; it is asked again in an hour"
    assert problems(database, *urls) == dict.fromkeys(urls[1:], late)


def test_an_address_without_end_is_left_out_and_said_so(database: Database, tmp_path: Path, served: Served) -> None:
    url = served.url("/" + "a" * 5_000)
    assert gallery(database, tmp_path).obtain([url], NOW) == {}
    assert served.asked == []
    assert problems(database, url) == {url: "has an address of more than 2,000 characters"}


def test_what_was_put_there_by_hand_is_never_fetched(database: Database, tmp_path: Path, served: Served) -> None:
    url = served.url("/a.jpg")
    with database.write() as session:
        facts = pictures.put(session, url, makers.photograph(), NOW)
    assert gallery(database, tmp_path).obtain([url], NOW) == {url: facts}
    assert served.asked == []


def test_a_failure_does_not_take_a_stored_picture_away(database: Database) -> None:
    with database.write() as session:
        facts = pictures.put(session, "https://example.org/a.jpg", makers.photograph(), NOW)
        pictures.note_failure(session, "https://example.org/a.jpg", "answered 404", NOW)
    with database.read() as session:
        assert pictures.stored(session, ["https://example.org/a.jpg"]) == {"https://example.org/a.jpg": facts}
        assert pictures.problems(session, ["https://example.org/a.jpg"]) == {}


def test_pictures_that_are_left_where_they_are_are_neither_fetched_nor_told(
    database: Database, tmp_path: Path, served: Served
) -> None:
    stored, failed = served.give("/a.jpg", makers.photograph()), served.url("/gone.jpg")
    room = gallery(database, tmp_path)
    facts = room.obtain([stored, failed], NOW)
    room.leave([stored, failed, served.url("/other.jpg")], NOW)
    assert len(served.asked) == 2
    assert problems(database, stored, failed) == {}
    assert room.obtain([stored], NOW) == facts


def test_what_is_no_picture_cannot_be_put(database: Database) -> None:
    with database.write() as session, pytest.raises(PictureError):
        pictures.put(session, "https://example.org/a.jpg", b"words", NOW)
