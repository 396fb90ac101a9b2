"""What a server can do to a feed: each is one readable error of the right kind, and ends in time."""

from __future__ import annotations

import gzip
import ssl
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import trustme

from publisher.errors import Fault, FetchError
from publisher.fetch import Cursor
from tests.served import Served, serving
from tests.test_fetch import make

NOW = datetime.now(UTC)


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as served:
        yield served


def failure(tmp_path: Path, url: str, **options: Any) -> FetchError:
    with pytest.raises(FetchError) as raised:
        make(tmp_path, retries=0, **options).get(url)
    return raised.value


# --- TLS


def certified(authority: trustme.CA, *names: str, **more: Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **more).configure_cert(context)
    return context


@pytest.mark.parametrize(
    ("make_context", "said"),
    [
        (lambda known: certified(trustme.CA(), "news.example"), "nobody who is known here has signed it"),
        (lambda known: certified(known, "news.example", not_after=NOW - timedelta(days=1)), "it has expired"),
        (lambda known: certified(known, "news.example", not_before=NOW + timedelta(days=9)), "it is not valid yet"),
        (lambda known: certified(known, "other.example"), "it is for another host"),
    ],
    ids=["of nobody", "expired", "not yet", "another host"],
)
def test_a_certificate_that_is_not_to_be_trusted_is_said_in_words(
    tmp_path: Path, make_context: Callable[[trustme.CA], ssl.SSLContext], said: str
) -> None:
    known = trustme.CA()
    known.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with serving(make_context(known)) as served:
        served.give("/feed", b"x")
        error = failure(
            tmp_path, served.url("/feed", "news.example"), resolve=lambda *_: ["127.0.0.1"], trust=tmp_path / "ca.pem"
        )
    assert f"has a certificate that is not trusted ({said}); tell its owner" in error.message
    assert error.fault == Fault.LASTING
    assert not served.asked


def test_tls_where_none_is_spoken_and_none_where_it_is(served: Served, tmp_path: Path) -> None:
    error = failure(tmp_path, served.give("/feed").replace("http://", "https://"))
    assert "broke off while setting up TLS" in error.message and error.fault == Fault.UNREACHED
    with serving(certified(trustme.CA(), "127.0.0.1")) as secure:
        error = failure(tmp_path, secure.give("/feed").replace("https://", "http://"))
    assert error.fault == Fault.UNREACHED


# --- what is sent


def test_a_feed_of_100_mb_is_left_after_its_cap_and_held_at_no_time(served: Served, tmp_path: Path) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(1_600):
            handler.wfile.write(b"<item/>\n" * 8_192)

    served.answers["/feed"] = endless
    tracemalloc.start()
    error = failure(tmp_path, served.url("/feed"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert error.reason == "is larger than 10,000,000 bytes (max_bytes under [fetch])"
    assert peak < 25_000_000


def test_a_bomb_costs_no_more_than_its_cap(served: Served, tmp_path: Path) -> None:
    bomb = gzip.compress(b"\0" * 200_000_000, 1)
    assert len(bomb) < 1_000_000
    url = served.give("/bomb", bomb, Content_Encoding="gzip")
    tracemalloc.start()
    error = failure(tmp_path, url)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "larger than 10,000,000 bytes" in error.reason
    assert peak < 25_000_000


def cut(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"<rss>")


@pytest.mark.parametrize(
    ("status", "headers", "fault"),
    [
        (401, {}, Fault.LOCKED),
        (403, {}, Fault.LOCKED),
        (404, {}, Fault.LASTING),
        (410, {}, Fault.GONE),
        (429, {"Retry_After": "3600"}, Fault.PASSING),
        (500, {}, Fault.PASSING),
        (200, {"Content_Encoding": "gzip"}, Fault.UNREACHED),
        (302, {"Location": "/feed"}, Fault.LASTING),
        (302, {"Location": "ftp://example.org/feed"}, Fault.LASTING),
    ],
)
def test_each_failure_is_of_a_kind_that_says_when_to_ask_again(
    served: Served, tmp_path: Path, status: int, headers: dict[str, str], fault: Fault
) -> None:
    error = failure(tmp_path, served.give("/feed", b"no gzip", status=status, **headers))
    assert error.fault == fault
    assert error.retry_after == (3600.0 if status == 429 else None)


def test_a_connection_that_is_cut_in_the_middle_may_be_whole_the_next_time(served: Served, tmp_path: Path) -> None:
    served.answers["/feed"] = cut
    error = failure(tmp_path, served.url("/feed"))
    assert "broke off before its answer was whole" in error.message and error.fault == Fault.UNREACHED


# --- what is the same


def test_the_same_bytes_are_unchanged_whatever_the_server_says(served: Served, tmp_path: Path) -> None:
    url = served.give("/feed", b"<rss/>", ETag='"1"')
    fetcher = make(tmp_path)
    first = fetcher.get(url)
    served.give("/feed", b"<rss/>", ETag='"2"')
    again = fetcher.get(url, cursor=first.cursor)
    assert (again.is_unchanged, again.content, again.cursor.etag) == (True, b"", '"2"')
    served.give("/feed", b"<rss>1</rss>")
    assert not fetcher.get(url, cursor=again.cursor).is_unchanged


def test_a_digest_is_kept_over_an_answer_of_unchanged(served: Served, tmp_path: Path) -> None:
    served.give("/feed", status=304)
    page = make(tmp_path).get(served.url("/feed"), cursor=Cursor('"1"', digest="d"))
    assert page.is_unchanged and page.cursor == Cursor('"1"', digest="d")


def test_a_digest_alone_asks_no_server_whether_anything_is_new(served: Served, tmp_path: Path) -> None:
    served.give("/feed", status=304)
    with pytest.raises(FetchError, match="answered 304"):
        make(tmp_path).get(served.url("/feed"), cursor=Cursor(digest="d"))


def test_where_it_moved_is_the_last_of_what_is_for_good(served: Served, tmp_path: Path) -> None:
    with ExitStack() as stack:
        other = stack.enter_context(serving())
        other.give("/now", b"x")
        other.give("/new", status=302, Location="/now")
        served.give("/b", status=308, Location=other.url("/new"))
        page = make(tmp_path).get(served.give("/a", status=301, Location="/b"))
    assert page.cursor.moved_to == other.url("/new")
    assert page.url == other.url("/now")
