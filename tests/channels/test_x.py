"""X: what each of its answers means, and how the same text is known again."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import threading
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trustme
from pydantic import ValidationError

from publisher.channels.x import HOME, X
from publisher.config.values import Secret
from publisher.demo.timeline import Fault, Timeline
from publisher.domain.message import Accepted, Deferred, Refused, SendResult, Unknown
from publisher.errors import ChannelDown, SecretMissing
from tests.channels.social import KEYS, free_port, post, x_channel, x_options

TEXT = "표를 읽는 작은 모델이 나왔다"


def send(api_url: str, text: str = TEXT) -> SendResult:
    channel = x_channel(api_url)
    session = channel.open()
    try:
        return session.send(post(channel, text))
    finally:
        session.close()


@contextmanager
def answering(answer: bytes, *, piece: int = 0, pause: float = 0, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server that reads one request and says `answer`, all at once or `piece` bytes at a time."""
    listener = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def serve() -> None:
        try:
            connection, _ = listener.accept()
            with tls.wrap_socket(connection, server_side=True) if tls else connection as talking:
                asked = b""
                while not asked.endswith(b"}"):
                    more = talking.recv(65536)
                    if not more:
                        return
                    asked += more
                size = piece or len(answer) or 1
                for i in range(0, len(answer), size):
                    talking.sendall(answer[i : i + size])
                    if pause and done.wait(pause):
                        return
        except OSError:
            pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        done.set()
        listener.close()
        thread.join(5)


def http(status: int, body: Any, **headers: str) -> bytes:
    content = json.dumps(body).encode()
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} So\r\nContent-Length: {len(content)}\r\n{lines}\r\n".encode() + content


def problem(title: str, detail: str, kind: str = "") -> dict[str, str]:
    return {"title": title, "detail": detail, "type": f"{HOME}/2/problems/{kind}" if kind else "about:blank"}


# ---- settings ---------------------------------------------------------------------------------------------------


def test_the_options_have_the_defaults_of_the_reference() -> None:
    options = x_options(HOME, spacing="20m", timeout="30s")
    assert (options.links, options.spacing, options.api_url) == ("first", timedelta(minutes=20), HOME)
    assert x_options(HOME, spacing=0).spacing == timedelta(0)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:1/", "https://gate.example/x"]
)
def test_api_url_may_be_https_or_this_machine(url: str) -> None:
    assert x_options(url).api_url == url.rstrip("/")


@pytest.mark.parametrize(
    "url", ["http://api.twitter.com", "http://10.0.0.1", "ftp://127.0.0.1", "127.0.0.1", "https://"]
)
def test_api_url_may_be_nothing_else(url: str) -> None:
    with pytest.raises(ValidationError, match="api_url"):
        x_options(url)


@pytest.mark.parametrize("url", ["https://me:pass@api.twitter.com", "https://api.twitter.com?key=1"])
def test_api_url_holds_no_secret(url: str) -> None:
    with pytest.raises(ValidationError, match="write only the address"):
        x_options(url)


def test_a_key_in_the_settings_themselves_is_refused_without_being_repeated() -> None:
    with pytest.raises(ValidationError) as refused:
        x_options(HOME, access_token="1700000000000000001-at-k3Vd")
    assert "at-k3Vd" not in str(refused.value.errors(include_input=False))


@pytest.mark.parametrize("more", [{"links": "some"}, {"timeout": 0}, {"colour": "blue"}])
def test_what_the_options_do_not_know_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        x_options(HOME, **more)


def test_a_missing_key_stops_the_channel_and_names_its_place() -> None:
    def reveal(secret: Secret) -> str:
        raise SecretMissing(f"the secret {secret.place} is not set")

    with pytest.raises(ChannelDown, match="channel x: the secret env:CONSUMER_KEY is not set"):
        X(x_options(HOME), reveal=reveal).open()


def test_the_settings_need_no_tweepy() -> None:
    code = "import sys, publisher.channels.x; print('tweepy' in sys.modules)"
    asked = [sys.executable, "-W", "error", "-c", code]
    assert subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60).stdout == "False\n"


# ---- answers ----------------------------------------------------------------------------------------------------


def test_an_accepted_post_can_be_seen_at_its_address() -> None:
    with Timeline(keys=KEYS) as timeline:
        result = send(timeline.url)
        assert result == Accepted(timeline.posts[0].id, f"{timeline.url}/i/web/status/{timeline.posts[0].id}")
        assert timeline.requests == [("POST", "/2/tweets")]


def test_wrong_keys_stop_the_channel_and_say_what_to_check() -> None:
    with (
        Timeline(keys=replace(KEYS, consumer_secret="other")) as timeline,
        pytest.raises(ChannelDown, match="X said 401: Unauthorized; check the four keys"),
    ):
        send(timeline.url)


@pytest.mark.parametrize(
    ("fault", "advice"),
    [
        (Fault.CAPPED, "buy credits or raise the spending limit"),
        (Fault.READ_ONLY, 'let the app "Read and write"'),
        (Fault.MOVED, "check api_url"),
    ],
)
def test_what_is_about_us_says_what_to_do(fault: Fault, advice: str) -> None:
    with Timeline(faults=[fault]) as timeline:
        with pytest.raises(ChannelDown, match=advice):
            send(timeline.url)
        assert len(timeline.requests) == 1


@pytest.mark.parametrize("fault", [Fault.FAIL_BEFORE, Fault.GARBLED_AFTER, Fault.HANG_BEFORE])
def test_an_answer_that_does_not_say_whether_the_post_is_up_is_unknown(fault: Fault) -> None:
    with Timeline(faults=[fault]) as timeline:
        channel = x_channel(timeline.url)
        session = channel.open()
        assert isinstance(session.send(post(channel, TEXT)), Unknown)
        found = session.find(post(channel, TEXT))
        assert (found is not None) == (fault == Fault.GARBLED_AFTER)
        session.close()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, problem("Invalid Request", "One of them is wrong.", "invalid-request"), Refused),
        (400, {"errors": [{"message": "The text is empty."}]}, Refused),
        (400, [], Refused),
        (403, problem("Forbidden", "The text of this post is too long."), Refused),
        (403, problem("Forbidden", "You may not do this."), ChannelDown),
        (403, problem("Client Forbidden", "Use an app in a project; see this link.", "client-forbidden"), ChannelDown),
        (402, problem("CreditsDepleted", "There are no credits."), ChannelDown),
        (404, {}, ChannelDown),
        (429, problem("Too Many Requests", "Too Many Requests"), Deferred),
        (429, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}, Deferred),
        (429, problem("UsageCapExceeded", "Usage cap exceeded: monthly.", "usage-capped"), ChannelDown),
        (422, {"detail": "Not this one."}, Refused),
        (500, {}, Unknown),
        (502, "bad gateway", Unknown),
        (503, {"errors": [{"code": 130, "message": "Over capacity"}]}, Unknown),
        (504, None, Unknown),
        (201, {"data": {"id": "not a number"}}, Unknown),
        (200, {"data": {"id": "1790000000000000000"}}, Accepted),
        (201, {"errors": [{"detail": "half"}]}, Unknown),
        (201, None, Unknown),
    ],
)
def test_every_answer_has_one_meaning(status: int, body: Any, expected: type) -> None:
    with answering(http(status, body)) as api_url:
        try:
            result: object = send(api_url)
        except ChannelDown as down:
            result = down
    assert type(result) is expected


def test_a_refusal_repeats_what_x_says_on_one_line_but_never_the_text_or_a_key() -> None:
    said = f"No:\n{TEXT} by {KEYS.access_token} " + "so " * 200
    with answering(http(400, {"detail": said})) as api_url:
        result = send(api_url)
    assert isinstance(result, Refused)
    assert result.reason.startswith("X said 400: No: … by … so so")
    assert len(result.reason) < 220


def test_a_throttled_post_waits_until_the_window_ends_by_the_clock_of_x() -> None:
    moment = datetime(2020, 1, 1, tzinfo=UTC)
    with Timeline(now=lambda: moment, posts_per_window=1) as timeline:
        assert isinstance(send(timeline.url, "first"), Accepted)
        assert send(timeline.url, "second") == Deferred("X said 429: Too Many Requests", 429, 900.0)
        assert isinstance(send(timeline.url, "third"), Deferred)
        assert len(timeline.posts) == 1


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"x_rate_limit_reset": "soon"}, None),
        ({"x_rate_limit_reset": "1600"}, 600.0),
        ({"x_rate_limit_reset": "400"}, 1.0),
        ({"x_rate_limit_reset": "1600", "x_user_limit_24hour_reset": "9000"}, 600.0),
        (
            {
                "x_rate_limit_reset": "1600",
                "x_rate_limit_remaining": "99",
                "x_user_limit_24hour_reset": "9000",
                "x_user_limit_24hour_remaining": "0",
            },
            8000.0,
        ),
        ({"x_rate_limit_reset": "1600", "Date": "Thu, 01 Jan 1970 00:20:00 GMT"}, 400.0),
        ({"x_rate_limit_reset": "99999999999"}, 86_400.0),
    ],
)
def test_the_wait_is_that_of_the_limit_that_is_used_up(headers: dict[str, str], wait: float | None) -> None:
    with answering(http(429, {}, **headers)) as api_url:
        channel = X(x_options(api_url), reveal=lambda _: "key", now=lambda: 1000.0)
        session = channel.open()
        result = session.send(post(channel, TEXT))
        session.close()
    assert isinstance(result, Deferred)
    assert result.retry_after == wait


# ---- the wire ---------------------------------------------------------------------------------------------------


def test_a_server_that_is_not_trusted_gets_nothing_and_stops_the_channel() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with (
        answering(http(201, {"data": {"id": "1"}}), tls=context) as api_url,
        pytest.raises(ChannelDown, match="certificate is not trusted"),
    ):
        send(api_url)


def test_a_server_that_does_not_speak_tls_gets_nothing() -> None:
    with answering(b"220 hello\r\n") as api_url:
        assert isinstance(send(api_url.replace("http:", "https:")), Deferred)


def test_a_host_without_an_address_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert send("https://api.example") == Deferred("no connection to X (name or service not known)")


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 201", b"HTTP/1.1 201 So\r\nContent-Length: 99\r\n\r\n{", b"nonsense\r\n"]
)
def test_an_answer_that_breaks_off_is_unknown(answer: bytes) -> None:
    with answering(answer) as api_url:
        assert isinstance(send(api_url), Unknown)


def test_an_answer_that_drips_is_given_up_and_unknown() -> None:
    answer = http(201, {"data": {"id": "1"}, "padding": "x" * 5000})
    with answering(answer, piece=100, pause=0.2) as api_url:
        begun = time.monotonic()
        assert isinstance(send(api_url), Unknown)
    assert time.monotonic() - begun < 5


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    with Timeline(keys=KEYS) as timeline:
        assert isinstance(send(timeline.url), Accepted)


def test_many_posts_in_one_session_lose_no_answer() -> None:
    with Timeline(keys=KEYS) as timeline:
        channel = x_channel(timeline.url)
        session = channel.open()
        results = [session.send(post(channel, f"{TEXT} {i}")) for i in range(40)]
        session.close()
    assert {type(result) for result in results} == {Accepted}
    assert [result.receipt for result in results if isinstance(result, Accepted)] == [
        kept.id for kept in timeline.posts
    ]


# ---- finding ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "x.ai가 아니라 perplexity.ai에서",
        "if a < b && b > c: &amp; stays",
        "읽기: https://example.org",
        "읽기: https://example.org/",
        "(https://example.org/b_(c)). 그리고 naver.me/x1",
        "https://example.org/a?b=1&c=2#d",
        "https://example.org/%ED%95%9C",
        "줄\n\n바꿈\r\n끝",
        unicodedata.normalize("NFD", "자모로 쓴 글"),
        "👨‍👩‍👧‍👦 example.org 👍🏽",
    ],
)
def test_a_text_is_known_again_as_x_shows_it(text: str) -> None:
    with Timeline(keys=KEYS, faults=[None, Fault.DROP_AFTER]) as timeline:
        channel = x_channel(timeline.url)
        session = channel.open()
        session.send(post(channel, "그 앞의 글"))
        assert isinstance(session.send(post(channel, text)), Unknown)
        assert session.find(post(channel, text)) == Accepted(
            timeline.posts[1].id, f"{timeline.url}/i/web/status/{timeline.posts[1].id}"
        )
        session.close()


@pytest.mark.parametrize("other", ["https://example.org/2", "https://example.org/1 끝", "앞 https://example.org/1"])
def test_a_text_that_is_only_like_it_is_not_adopted(other: str) -> None:
    with Timeline(keys=KEYS) as timeline:
        channel = x_channel(timeline.url)
        session = channel.open()
        session.send(post(channel, other))
        assert session.find(post(channel, "https://example.org/1")) is None
        session.close()


def test_an_empty_timeline_holds_nothing() -> None:
    with Timeline(keys=KEYS) as timeline:
        session = x_channel(timeline.url).open()
        assert session.find(post(x_channel(timeline.url), TEXT)) is None
        session.close()


def test_the_account_is_asked_for_once() -> None:
    with Timeline(keys=KEYS) as timeline:
        channel = x_channel(timeline.url)
        session = channel.open()
        for _ in range(3):
            session.find(post(channel, TEXT))
        session.close()
        assert [path for _, path in timeline.requests].count("/2/users/me") == 1
        assert len(timeline.requests) == 4


@pytest.mark.parametrize(
    "fault", [Fault.DROP_BEFORE, Fault.FAIL_BEFORE, Fault.THROTTLED, Fault.UNAUTHORIZED, Fault.CAPPED]
)
def test_a_timeline_that_cannot_be_read_is_no_proof_that_the_post_is_not_there(fault: Fault) -> None:
    with Timeline(keys=KEYS) as timeline:
        channel = x_channel(timeline.url)
        session = channel.open()
        timeline.read_faults.extend([None, fault])
        with pytest.raises(ChannelDown, match="timeline cannot be read"):
            session.find(post(channel, TEXT))
        session.close()


def test_a_duplicate_that_is_not_among_the_newest_is_refused_in_words() -> None:
    with Timeline(keys=KEYS) as timeline:
        channel = x_channel(timeline.url)
        session = channel.open()
        timeline.keep(TEXT)
        for i in range(100):
            timeline.keep(f"{TEXT} {i}")
        result = session.send(post(channel, TEXT))
        session.close()
    assert isinstance(result, Refused)
    assert "is up already" in result.reason


def test_the_same_words_of_an_earlier_issue_are_not_taken_for_this_post() -> None:
    with Timeline(now=lambda: datetime(2026, 5, 22, tzinfo=UTC)) as timeline:
        channel = x_channel(timeline.url)
        timeline.keep(TEXT)
        released_later = replace(post(channel, TEXT), not_before=datetime(2026, 5, 29, tzinfo=UTC))
        session = channel.open()
        try:
            assert session.find(released_later) is None
            assert isinstance(session.send(released_later), Refused)
            assert isinstance(session.find(replace(released_later, not_before=None)), Accepted)
        finally:
            session.close()


def test_a_date_that_no_clock_shows_does_not_break_a_throttled_answer() -> None:
    headers = {"Date": "Thu, 01 Jan 10000 00:00:00 GMT", "x-rate-limit-reset": "1780000000"}
    with answering(http(429, problem("Too Many Requests", "slow down"), **headers)) as url:
        assert isinstance(send(url), Deferred)
