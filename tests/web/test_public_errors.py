"""What goes wrong is told in the reader's language, says nothing that is nobody's business, and passes by itself."""

from __future__ import annotations

import asyncio
import http.client
import json
import logging
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from psycopg import sql

from publisher.errors import ApprovalError, NotFound
from publisher.web import app as web
from publisher.web.guard import LARGEST_BODY
from publisher.web.server import serving
from publisher.web.shell import Shell
from tests.newsroom import FRIDAY
from tests.postgres import Postgres
from tests.web.site import BROWSER, PROGRAM, Site, open_site

TEN_MB = 10 * 1024 * 1024


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with open_site(folder, f"sqlite:///{folder}/publisher.db") as opened:
        yield opened


CASES: dict[int, Callable[[Site, dict[str, str]], requests.Response]] = {
    403: lambda site, headers: site.post(site.leave_link(1), headers=headers | {"Origin": "https://evil.example"}),
    404: lambda site, headers: site.get("/no/such/page", headers=headers),
    405: lambda site, headers: site.post("/feed.atom", headers=headers),
    413: lambda site, headers: site.post(site.leave_link(1), data=b"x" * (LARGEST_BODY + 1), headers=headers),
}
SAID = {
    "en": {
        403: "This came from another site",
        404: "There is no page at this address",
        405: "This cannot be done here",
        413: "That is too large",
    },
    "ko": {
        403: "다른 사이트에서 보낸 요청입니다",
        404: "페이지를 찾을 수 없습니다",
        405: "여기에서는 할 수 없는 요청입니다",
        413: "보낸 내용이 너무 큽니다",
    },
}


@pytest.mark.parametrize("status", CASES)
@pytest.mark.parametrize("language", SAID)
def test_a_failure_is_a_page_for_people_and_a_line_for_programs(site: Site, status: int, language: str) -> None:
    page = CASES[status](site, BROWSER | {"Accept-Language": language})
    line = CASES[status](site, PROGRAM | {"Accept-Language": language})
    assert page.status_code == line.status_code == status
    assert f"<h1>{SAID[language][status]}</h1>" in page.text and f'<html lang="{language}"' in page.text
    assert line.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert line.text.startswith(SAID[language][status]) and len(line.text.splitlines()) == 1
    for answer in (page, line):
        assert answer.headers["Content-Language"] == language
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"


# --- bodies


def test_ten_megabytes_are_refused_before_they_are_read(site: Site) -> None:
    answer = site.post(site.leave_link(1), data=b"x" * TEN_MB, language="en")
    assert answer.status_code == 413 and "That is too large" in answer.text


@pytest.mark.parametrize("path", ["/leave/x", "/desk/enter/x", "/nope"])
def test_ten_megabytes_of_unknown_length_are_not_kept(site: Site, path: str) -> None:
    """Sent in chunks, so that no header says how much will come."""

    def chunks() -> Iterator[bytes]:
        for _ in range(TEN_MB // 65536):
            yield b"a=" + b"x" * 65534

    headers = BROWSER | {"Content-Type": "application/x-www-form-urlencoded"}
    answer = requests.post(site.url + path, data=chunks(), headers=headers, timeout=30)
    assert answer.status_code == (404 if path == "/nope" else 413)  # where nothing reads it, nothing is read
    assert site.get("/").status_code == 200


@pytest.mark.parametrize("length", ["-1", "1e3", "9" * 400, "٣", "0x10", ""])
def test_a_length_that_is_none_is_refused(site: Site, length: str) -> None:
    parts = urlsplit(site.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as raw:
        raw.sendall(f"POST /leave/x HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
        assert raw.recv(4096).split(b" ")[1] in (b"400", b"413")


def test_a_body_that_just_fits_is_taken(site: Site) -> None:
    answer = site.post("/leave/x", data=b"x" * LARGEST_BODY)
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /%00%ff%fe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /issues/1?%ff=%00&before=%00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /leave/" + b"a" * 20000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nAccept-Language: " + b"\xff\x80;q=," * 200 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nIf-None-Match: " + b"\xff," * 2000 + b"\r\n\r\n",
        b"POST /leave/x HTTP/1.1\r\nHost: x\r\nOrigin: \xff\xfe[\r\nContent-Length: 0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: \xff\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"FOO / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    ],
    ids=lambda raw: raw[:24].decode("latin-1"),
)
def test_no_request_is_a_failure_of_ours(site: Site, raw: bytes) -> None:
    parts = urlsplit(site.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as connection:
        connection.sendall(raw)
        status = int(connection.recv(4096).split(b" ")[1])
    assert status < 500


# --- what nobody expected


@pytest.fixture
def broken_site(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """One with pages that fail in every way there is."""
    with open_site(tmp_path, f"sqlite:///{tmp_path}/publisher.db", sent=0, language="ko") as site:
        app = web.create(Shell(site.room.publication, lambda: FRIDAY))

        def fails(error: Exception) -> Callable[[], None]:
            def page() -> None:
                raise error

            return page

        for path, error in (
            ("/broken", ZeroDivisionError("canary /srv/letter/var/secret")),
            ("/missing", NotFound("there is no issue 7; there is none yet")),
            ("/late", ApprovalError("No. 7 is sending, not draft")),
        ):
            app.add_api_route(path, fails(error), methods=["GET"])
        with serving(app) as url:
            yield url, site.room.root


def test_what_nobody_expected_shows_no_trace(broken_site: tuple[str, Path], caplog: pytest.LogCaptureFixture) -> None:
    url, _ = broken_site
    for headers, said in ((BROWSER, "<h1>문제가 생겼습니다</h1>"), (PROGRAM, "문제가 생겼습니다.")):
        with caplog.at_level(logging.CRITICAL):
            answer = requests.get(f"{url}/broken", headers=headers, timeout=10)
        assert answer.status_code == 500 and said in answer.text
        assert "canary" not in answer.text and "Traceback" not in answer.text and "Zero" not in answer.text
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_what_nobody_expected_is_told_even_where_its_page_is_broken(broken_site: tuple[str, Path]) -> None:
    url, root = broken_site
    folder = root / "templates" / "web" / "public"
    folder.mkdir(parents=True)
    (folder / "error.html.j2").write_text("{{ nobody.knows }}", encoding="utf-8")
    answer = requests.get(f"{url}/broken", headers=BROWSER, timeout=10)
    assert (answer.status_code, answer.text.split(".")[0]) == (500, "Something went wrong here")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_failure_of_ours_is_written_down_with_its_route_and_without_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with open_site(tmp_path, f"sqlite:///{tmp_path}/publisher.db") as site:

        def fails(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr("publisher.store.pages.public.readers", fails)
        link = site.leave_link(1)
        assert site.get(link).status_code == 500
    assert "GET /leave/{token:path} failed" in caplog.text
    assert link.rpartition("/")[2] not in caplog.text


def test_our_own_errors_say_what_they_say(broken_site: tuple[str, Path]) -> None:
    url, _ = broken_site
    missing = requests.get(f"{url}/missing", headers=BROWSER, timeout=10)
    assert missing.status_code == 404
    late = requests.get(f"{url}/late", headers=BROWSER | {"Accept-Language": "en"}, timeout=10)
    assert late.status_code == 409 and "No. 7 is sending, not draft" in late.text


# --- the database goes away and comes back


def away_and_back(site: Site, go: Callable[[], None], come: Callable[[], None]) -> None:
    paths = ("/", "/issues/1", "/feed.atom", site.leave_link(1))
    for path in paths:
        assert site.get(path).status_code == 200
    assert site.get("/readyz").text == "ready\n"
    go()
    try:
        for path in paths:
            answer = site.get(path, language="en")
            assert answer.status_code == 503, path
            assert "We cannot look anything up just now" in answer.text and answer.headers["Retry-After"]
            assert str(site.room.root) not in answer.text and "publisher.db" not in answer.text
        assert site.post(site.leave_link(2)).status_code == 503
        ready = site.get("/readyz")
        assert (ready.status_code, ready.text) == (503, "the database does not answer; `publisher db check` says why\n")
        assert site.get("/healthz").text == "alive\n"
        assert site.get("/static/publisher.css").status_code == 200
    finally:
        come()
    for path in paths:
        assert site.get(path).status_code == 200
    assert site.post(site.leave_link(2)).status_code == 200
    assert site.get("/readyz").text == "ready\n"


def test_a_file_that_goes_away_and_comes_back(tmp_path: Path) -> None:
    there, elsewhere = tmp_path / "publisher.db", tmp_path / "elsewhere.db"
    with open_site(tmp_path, f"sqlite:///{there}") as site:
        away_and_back(site, lambda: move(there, elsewhere), lambda: move(elsewhere, there))


def test_a_server_that_goes_away_and_comes_back(tmp_path: Path, postgres: Postgres) -> None:
    from publisher.store.db import upgrade

    name = postgres.create()
    upgrade(postgres.url(name), tmp_path)

    def rename(old: str, new: str) -> None:
        end = sql.SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}")
        postgres.execute(end.format(sql.Literal(old)))
        postgres.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new)))

    with open_site(tmp_path, postgres.url(name)) as site:
        away_and_back(site, lambda: rename(name, "away"), lambda: rename("away", name))
    postgres.drop(name)


def move(one: Path, other: Path) -> None:
    one.rename(other)


# --- health


def test_readiness_says_every_trouble_in_words(site: Site) -> None:
    site.troubles[:] = ["the clock is two hours behind the last run; set it", "compose failed: a template"]
    try:
        answer = site.get("/readyz", headers=PROGRAM)
        assert answer.status_code == 503 and answer.text.splitlines() == site.troubles
        assert site.get("/healthz").status_code == 200
        assert site.get("/").status_code == 200
    finally:
        site.troubles.clear()


def test_a_secret_that_is_missing_is_no_secret_told(tmp_path: Path) -> None:
    with open_site(tmp_path, f"sqlite:///{tmp_path}/publisher.db") as site:
        link = site.leave_link(1)
        move(site.room.root / "var" / "secret", tmp_path / "elsewhere")
        answer = site.get(link)
        assert answer.status_code == 503 and "secret" not in answer.text
        assert site.get("/issues/1").status_code == 200


# --- connections


def test_many_requests_go_over_one_connection_also_after_a_refused_body(site: Site) -> None:
    parts = urlsplit(site.url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        for method, path, status in (
            ("GET", "/", 200),
            ("HEAD", "/issues/1", 200),
            ("POST", "/nope", 404),
            ("GET", "/nope", 404),
            ("POST", site.leave_link(0), 200),
            ("HEAD", "/nope", 404),
            ("GET", "/readyz", 200),
        ):
            connection.request(method, path, body=b"a=b" if method == "POST" else None)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == status, (method, path)
    finally:
        connection.close()


def test_an_owners_own_page_replaces_ours(tmp_path: Path) -> None:
    with open_site(tmp_path, f"sqlite:///{tmp_path}/publisher.db", sent=0) as site:
        folder = site.room.root / "templates" / "web" / "public"
        folder.mkdir(parents=True)
        (folder / "index.html.j2").write_text("<p>{{ publication.name }} of its own", encoding="utf-8")
        assert site.get("/").text == "<p>Small Bites of its own"


def test_a_page_says_no_more_than_it_must_to_programs(site: Site) -> None:
    """No description of the interface is served."""
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert site.get(path).status_code == 404
    assert json.dumps(dict(site.get("/").headers)).lower().count("uvicorn") == 0


def test_head_gives_no_body_to_any_server(site: Site) -> None:
    """uvicorn would leave it out itself; the app does not count on that."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    app = web.create(Shell(site.room.publication, lambda: FRIDAY))
    scope = {"type": "http", "method": "HEAD", "path": "/", "root_path": "", "query_string": b"", "headers": []}
    asyncio.run(app(scope, receive, send))
    assert [message["status"] for message in sent if "status" in message] == [200]
    assert all(not message.get("body") for message in sent)
