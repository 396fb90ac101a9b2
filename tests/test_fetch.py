"""The one HTTP client against real servers on this machine."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import trustme

from publisher.config.settings import Fetching
from publisher.errors import FetchError, FetchRefused
from publisher.fetch import Cursor, Fetcher
from tests.served import Served, serving


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as served:
        yield served


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def make(tmp_path: Path, clock: Clock | None = None, **options: Any) -> Fetcher:
    settings: dict[str, Any] = {"spacing": timedelta(0), "private_addresses": True}
    seams = {name: options.pop(name) for name in ("resolve", "connect", "trust", "wall") if name in options}
    clock = clock or Clock()
    return Fetcher(
        Fetching(**(settings | options)),
        tmp_path,
        sleep=clock.sleep,
        monotonic=(lambda: clock.now),
        jitter=lambda: 0.5,
        **seams,
    )


def test_a_page_comes_with_its_type_and_final_url(served: Served, tmp_path: Path) -> None:
    url = served.give("/a", b"hello", Content_Type="text/plain; charset=utf-8")
    page = make(tmp_path).get(url)
    assert (page.url, page.content, page.content_type) == (url, b"hello", "text/plain; charset=utf-8")


def test_it_says_who_it_is(served: Served, tmp_path: Path) -> None:
    url = served.give("/a")
    make(tmp_path).get(url)
    make(tmp_path, user_agent="Publisher/9 (+https://example.org)").get(url)
    agents = [asked.headers["user-agent"] for asked in served.asked]
    assert agents[0].startswith("Publisher/")
    assert agents[1] == "Publisher/9 (+https://example.org)"


def test_a_cursor_asks_whether_anything_is_new(served: Served, tmp_path: Path) -> None:
    url = served.give("/a", b"first", ETag='"one"', Last_Modified="Mon, 18 May 2026 00:00:00 GMT")
    first = make(tmp_path).get(url)
    served.give("/a", status=304)
    second = make(tmp_path).get(url, cursor=first.cursor)
    assert second.is_unchanged and second.content == b"" and second.cursor == first.cursor
    assert served.asked[1].headers["if-none-match"] == '"one"'
    assert served.asked[1].headers["if-modified-since"] == "Mon, 18 May 2026 00:00:00 GMT"


def test_unchanged_without_a_question_is_an_error(served: Served, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="answered 304"):
        make(tmp_path).get(served.give("/a", status=304))


def test_a_cursor_that_no_header_can_hold_is_not_sent(served: Served, tmp_path: Path) -> None:
    make(tmp_path).get(served.give("/a"), cursor=Cursor("한\r\nX: y", "é"))
    assert "if-none-match" not in served.asked[0].headers and "x" not in served.asked[0].headers


@pytest.mark.parametrize(("status", "words"), [(404, "not found"), (410, "gone"), (403, "forbidden"), (418, "teapot")])
def test_what_is_not_there_is_asked_for_once(served: Served, tmp_path: Path, status: int, words: str) -> None:
    with pytest.raises(FetchError, match=rf"/a: answered {status} \(.*{words}"):
        make(tmp_path).get(served.give("/a", status=status))
    assert len(served.asked) == 1


def test_a_passing_failure_is_tried_again_with_growing_waits(served: Served, tmp_path: Path) -> None:
    clock = Clock()
    with pytest.raises(FetchError, match=r"answered 503 \(service unavailable\)"):
        make(tmp_path, clock).get(served.give("/a", status=503))
    assert len(served.asked) == 3 and clock.slept == [1.0, 2.0]


def test_a_second_attempt_may_succeed(served: Served, tmp_path: Path) -> None:
    class Recovering(Clock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            served.give("/a", b"well again")

    url = served.give("/a", status=500)
    assert make(tmp_path, Recovering()).get(url).content == b"well again"


@pytest.mark.parametrize("value", ["7", "Thu, 01 Jan 1970 00:01:47 GMT"])
def test_the_server_says_when_to_come_back(served: Served, tmp_path: Path, value: str) -> None:
    clock = Clock()
    with pytest.raises(FetchError) as raised:
        make(tmp_path, clock, wall=lambda: 100.0).get(served.give("/a", status=429, Retry_After=value))
    assert clock.slept == [7.0, 7.0] and raised.value.retry_after == 7.0


def test_nobody_waits_longer_than_half_a_minute(served: Served, tmp_path: Path) -> None:
    clock = Clock()
    with pytest.raises(FetchError, match="asks to come back in 120 s") as raised:
        make(tmp_path, clock).get(served.give("/a", status=429, Retry_After="120"))
    assert clock.slept == [] and raised.value.retry_after == 120.0 and len(served.asked) == 1


def test_nothing_listening_is_said_in_words(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(FetchError, match=r"cannot be reached .*refused"):
        make(tmp_path).get(f"http://127.0.0.1:{port}/")


def test_an_unknown_host_is_said_in_words(tmp_path: Path) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(FetchError, match=r"has no such host \(example\.org\)"):
        make(tmp_path, resolve=resolve).get("https://example.org/feed")


@pytest.mark.parametrize("where", ["head", "body", "chunks", "silence"])
def test_a_slow_server_ends_in_time(served: Served, tmp_path: Path, where: str) -> None:
    stop = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        raw = handler.wfile
        if where == "body":
            raw.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        if where == "chunks":
            raw.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1")
        while not stop.wait(0.02):
            raw.write(b"0" if where != "silence" else b"")
            raw.flush()

    served.answers["/slow"] = drip
    started = time.monotonic()
    with pytest.raises(FetchError, match=r"gave no whole answer within 0\.4 s"):
        make(tmp_path, timeout=timedelta(seconds=0.4)).get(served.url("/slow"))
    assert time.monotonic() - started < 2
    assert len(served.asked) == 1
    stop.set()


def test_a_machine_that_is_too_busy_to_cut_in_time_still_says_that_it_took_too_long(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading.Timer, "start", lambda timer: None)  # as if its turn came too late
    stop = threading.Event()

    def stall(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<rss")
        stop.wait(20)

    served.answers["/stalled"] = stall
    with pytest.raises(FetchError, match=r"gave no whole answer within 0\.4 s"):
        make(tmp_path, timeout=timedelta(seconds=0.4)).get(served.url("/stalled"))
    stop.set()


def test_a_slow_look_up_ends_in_time(tmp_path: Path) -> None:
    release = threading.Event()

    def resolve(host: str, port: int) -> list[str]:
        release.wait(20)
        return ["127.0.0.1"]

    started = time.monotonic()
    with pytest.raises(FetchError, match=r"within 0\.2 s"):
        make(tmp_path, resolve=resolve, timeout=timedelta(seconds=0.2)).get("http://example.org/")
    release.set()
    assert time.monotonic() - started < 2


def test_an_answer_without_length_that_is_cut_by_the_deadline_is_not_taken_for_whole(
    served: Served, tmp_path: Path
) -> None:
    def half(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n<rss>")
        handler.wfile.flush()
        time.sleep(1)

    served.answers["/half"] = half
    with pytest.raises(FetchError, match="no whole answer"):
        make(tmp_path, timeout=timedelta(seconds=0.3)).get(served.url("/half"))


def test_an_answer_shorter_than_promised_is_an_error(served: Served, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="broke off"):
        make(tmp_path, retries=0).get(served.give("/a", b"half", Content_Length="8"))


def test_what_is_no_http_is_an_error(served: Served, tmp_path: Path) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"SSH-2.0-whatever\r\n")

    served.answers["/a"] = answer
    with pytest.raises(FetchError, match="does not answer in HTTP"):
        make(tmp_path, retries=0).get(served.url("/a"))


@pytest.mark.parametrize("headers", [{}, {"Content_Length": "5000"}, {"Transfer_Encoding": "identity"}])
def test_what_is_too_large_is_not_held(served: Served, tmp_path: Path, headers: dict[str, Any]) -> None:
    with pytest.raises(FetchError, match="larger than 4,000 bytes"):
        make(tmp_path, max_bytes=4000).get(served.give("/a", b"x" * 5000, **headers))
    assert make(tmp_path, max_bytes=5000).get(served.give("/a", b"x" * 5000)).content == b"x" * 5000


def test_a_bomb_is_stopped_while_it_unpacks(served: Served, tmp_path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b"\0" * 1_000_000) for _ in range(200)) + packer.flush()
    assert len(bomb) < 250_000
    started = time.monotonic()
    with pytest.raises(FetchError, match="larger than 1,000,000 bytes"):
        make(tmp_path, max_bytes=1_000_000).get(served.give("/a", bomb, Content_Encoding="gzip"))
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "compress"])
def test_packing_that_was_not_asked_for_is_refused(served: Served, tmp_path: Path, encoding: str) -> None:
    with pytest.raises(FetchError, match="not asked for"):
        make(tmp_path).get(served.give("/a", gzip.compress(gzip.compress(b"x")), Content_Encoding=encoding))


def test_packed_answers_are_unpacked(served: Served, tmp_path: Path) -> None:
    assert make(tmp_path).get(served.give("/a", gzip.compress(b"words"), Content_Encoding="gzip")).content == b"words"
    assert (
        make(tmp_path).get(served.give("/b", zlib.compress(b"words"), Content_Encoding="deflate")).content == b"words"
    )


def test_broken_packing_is_an_error(served: Served, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="compressed content that is broken"):
        make(tmp_path, retries=0).get(served.give("/a", b"no gzip", Content_Encoding="gzip"))


def test_redirects_are_followed_to_the_final_url(served: Served, tmp_path: Path) -> None:
    served.give("/deep/b", b"here")
    url = served.give("/a", status=301, Location="deep/b#part")
    assert make(tmp_path).get(url).url == served.url("/deep/b")


def test_a_circle_of_redirects_ends(served: Served, tmp_path: Path) -> None:
    served.give("/b", status=302, Location="/a")
    with pytest.raises(FetchError, match="redirects more than 5 times"):
        make(tmp_path).get(served.give("/a", status=302, Location="/b"))
    assert len(served.asked) == 6


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "FILE:/etc/passwd", "ftp://127.0.0.1/", "data:,x", "gopher://x"]
)
def test_a_redirect_leads_nowhere_but_to_the_web(served: Served, tmp_path: Path, location: str) -> None:
    with pytest.raises(FetchRefused, match="only http and https"):
        make(tmp_path).get(served.give("/a", status=302, Location=location), may_read_files=True)


def test_a_redirect_to_nonsense_is_an_error(served: Served, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="not a usable address"):
        make(tmp_path).get(served.give("/a", status=302, Location="http://[::1"))


def test_the_message_after_a_redirect_names_both_ends(served: Served, tmp_path: Path) -> None:
    url = served.give("/a", status=302, Location="/gone?token=hush")
    served.give("/gone?token=hush", status=404)
    with pytest.raises(FetchError) as raised:
        make(tmp_path).get(url)
    assert f"{url}: redirects to {served.url('/gone')}" in raised.value.message and "404" in raised.value.message
    assert "hush" not in raised.value.message


def test_credentials_go_to_their_own_host_only(served: Served, tmp_path: Path) -> None:
    with serving() as other:
        other.give("/b", b"there")
        served.give("/a", status=302, Location="/same")
        served.give("/same", status=302, Location=other.url("/b", host="localhost"))
        page = make(tmp_path).get(f"http://reader:hu%3Ash@127.0.0.1:{served.port}/a")
        assert served.asked[0].headers["authorization"] == "Basic cmVhZGVyOmh1OnNo"
        assert "authorization" in served.asked[1].headers
        assert "authorization" not in other.asked[0].headers
        assert "reader" not in page.url


def test_credentials_are_never_shown(served: Served, tmp_path: Path) -> None:
    served.give("/a?api_key=hush&page=2", status=404)
    for url in (
        f"http://reader:hush@127.0.0.1:{served.port}/a?api_key=hush&page=2",
        "ftp://u:hush@x/",
        "http://u:hush@[x/",
    ):
        with pytest.raises(FetchError) as raised:
            make(tmp_path).get(url)
        assert "hush" not in raised.value.message and "hush" not in raised.value.url
        assert "reader" not in raised.value.message
    assert served.asked[0].path == "/a?api_key=hush&page=2"


def test_one_host_is_not_hurried(served: Served, tmp_path: Path) -> None:
    clock = Clock()
    fetcher = make(tmp_path, clock, spacing=timedelta(seconds=2))
    url = served.give("/a")
    for _ in range(3):
        fetcher.get(url)
    fetcher.get(url.replace("127.0.0.1", "localhost"))
    assert clock.slept == [2.0, 2.0]


def test_threads_take_turns_at_one_host(served: Served, tmp_path: Path) -> None:
    fetcher = Fetcher(Fetching(private_addresses=True, spacing=timedelta(seconds=0.1)), tmp_path)
    url = served.give("/a")
    started = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        assert [page.content for page in pool.map(fetcher.get, [url] * 4)] == [b""] * 4
    assert time.monotonic() - started >= 0.3


def test_waiting_for_a_turn_does_not_use_up_the_time(served: Served, tmp_path: Path) -> None:
    clock = Clock()
    fetcher = make(tmp_path, clock, spacing=timedelta(seconds=60), timeout=timedelta(seconds=5))
    url = served.give("/a", b"ok")
    fetcher.get(url)
    assert fetcher.get(url).content == b"ok"


def test_the_environment_sends_nothing_astray(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login u password p\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    assert make(tmp_path).get(served.give("/a", b"direct")).content == b"direct"
    assert "authorization" not in served.asked[0].headers


def test_tls_keeps_the_name_while_the_socket_goes_to_the_address(tmp_path: Path) -> None:
    authority = trustme.CA()
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("news.example").configure_cert(context)
    names: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    with serving(context) as served:
        served.give("/a", b"safe")

        def make_tls(**more: Any) -> Fetcher:
            return make(tmp_path, resolve=lambda host, port: ["127.0.0.1"], retries=0, **more)

        assert make_tls(trust=bundle).get(served.url("/a", "news.example")).content == b"safe"
        assert names == ["news.example"]
        assert served.asked[0].headers["host"] == f"news.example:{served.port}"
        with pytest.raises(FetchError, match="certificate that is not trusted"):
            make_tls(trust=bundle).get(served.url("/a", "other.example"))
        with pytest.raises(FetchError, match="certificate that is not trusted"):
            make_tls().get(served.url("/a", "news.example"))


def test_files_are_read_only_where_the_settings_name_them(tmp_path: Path) -> None:
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "한 입.xml").write_bytes(b"<rss/>")
    fetcher = make(tmp_path)
    absolute = (tmp_path / "news" / "한 입.xml").as_posix()
    for url in ("file:news/한 입.xml", "file:news/%ED%95%9C%20%EC%9E%85.xml", f"file:{absolute}", f"file://{absolute}"):
        page = fetcher.get(url, may_read_files=True)
        assert page.content == b"<rss/>" and page.url.startswith("file:///") and not page.cursor.etag
    for url in ("file:news/한 입.xml", " FILE:news/한 입.xml"):
        with pytest.raises(FetchRefused, match=r"config\.toml"):
            fetcher.get(url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file:folder", "is a directory"),
        ("file:", "is a directory"),
        ("file:absent.xml", "no such file"),
        ("file:big.xml", "larger than 4,000 bytes"),
        ("file:/dev/zero", "not a file that can be read to its end"),
        ("file:a\0b", "cannot be read"),
        ("file:" + "a" * 5000, "cannot be read: file name too long"),
    ],
)
def test_a_file_that_cannot_be_had_is_said_in_words(tmp_path: Path, url: str, reason: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "big.xml").write_bytes(b"x" * 4001)
    with pytest.raises(FetchError, match=reason):
        make(tmp_path, max_bytes=4000).get(url, may_read_files=True)
