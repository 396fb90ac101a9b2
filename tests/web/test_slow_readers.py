"""Who is slow, or comes with many connections, does not take the place of others."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from urllib.parse import urlsplit

import pytest
import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from publisher.web.connection import connections
from publisher.web.guard import _limited
from publisher.web.server import serving

MOST = 5


async def echo(request: Request) -> Response:
    return PlainTextResponse(await request.body())


@pytest.fixture
def url() -> Iterator[str]:
    app = Starlette(routes=[Route("/", echo, methods=["GET", "POST"])])
    with serving(app, connection=connections(patience=0.5, most=MOST)) as address:
        yield address


def connect(url: str) -> socket.socket:
    where = urlsplit(url)
    assert where.hostname and where.port
    return socket.create_connection((where.hostname, where.port), 30)


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX: "])
def test_a_head_that_does_not_come_ends_the_connection(url: str, sent: bytes) -> None:
    with closing(connect(url)) as slow:
        slow.sendall(sent)
        assert slow.recv(100) == b""


def test_a_head_that_drips_in_is_given_no_more_time(url: str) -> None:
    with closing(connect(url)) as slow, pytest.raises(ConnectionError):
        for _ in range(600):
            slow.sendall(b"G")
            time.sleep(0.05)


def test_a_second_head_on_the_same_connection_has_an_end_too(url: str) -> None:
    with closing(connect(url)) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /")
        answer = b""
        while more := slow.recv(1000):
            answer += more
        assert answer.count(b"HTTP/1.1 200") == 1


def test_many_connections_end_at_a_number_and_others_are_served_when_they_have_gone(url: str) -> None:
    with ExitStack() as open_ones:
        many = [open_ones.enter_context(closing(connect(url))) for _ in range(MOST)]
        many[0].sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n")
        assert b"200" in many[0].recv(1000)  # all five have been met
        with closing(connect(url)) as one_more:
            assert one_more.recv(100) == b""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            assert requests.get(url, timeout=30).status_code == 200
            return
        except requests.ConnectionError:
            time.sleep(0.05)
    pytest.fail("nobody was served again")


@pytest.mark.parametrize("pieces", [[b"half"], []])
def test_a_body_that_does_not_come_is_answered_408(site_url: str, pieces: list[bytes]) -> None:
    with closing(connect(site_url)) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n" + b"".join(pieces))
        assert slow.recv(100).startswith(b"HTTP/1.1 408")


@pytest.fixture
def site_url() -> Iterator[str]:
    inner = Starlette(routes=[Route("/", echo, methods=["GET", "POST"])])

    async def app(scope, receive, send):  # type: ignore[no-untyped-def]
        await inner(scope, _limited(receive, 0.3) if scope["type"] == "http" else receive, send)

    with serving(app) as address:
        yield address
