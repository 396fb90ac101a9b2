"""A local X: the few calls of X's API v2 that Publisher makes, enforced as strictly as X does, on 127.0.0.1 only.

It checks the OAuth 1.0a signature (over X's own address, which a request that was pointed here still carries), refuses
unknown fields, over-long and duplicate texts, wraps addresses in t.co, counts against X's rate limits, and plays
scripted faults: an answer lost before or after the post was kept, a server error, silence, a cap. The address of a post
leads to `shown_at`, where people see it. It counts a text with `domain.post.length`, as everyone here does, and roughly
by itself, in a way that a mistake there would not share.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from publisher.demo.posted import Post, as_shown, listed
from publisher.demo.signature import Keys, credentials, is_signed_by
from publisher.domain import post as counter
from publisher.domain.message import Counting

ACCOUNT_ID = "1700000000000000001"
MOST = 280
HOME = "https://api.twitter.com"
POSTS_AT = "/i/web/status/"


class Fault(StrEnum):
    """What goes wrong with one request; "after" means after the post was kept."""

    DROP_BEFORE = "drop-before"
    DROP_AFTER = "drop-after"
    HANG_BEFORE = "hang-before"
    HANG_AFTER = "hang-after"
    FAIL_BEFORE = "fail-before"
    FAIL_AFTER = "fail-after"
    GARBLED_AFTER = "garbled-after"
    UNAUTHORIZED = "unauthorized"
    READ_ONLY = "read-only"
    CAPPED = "capped"
    THROTTLED = "throttled"
    MOVED = "moved"


class Timeline:
    """The server, while the `with` block lasts. `faults` are played one by one, each for one post that is tried.

    Without `keys` any complete signature will do. `posts` is what is up, oldest first; `requests` what was asked.
    The block ends within `ends_within` seconds: it wakes as often.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        keys: Keys | None = None,
        faults: Iterable[Fault | None] = (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        name: str = "Publisher",
        shown_at: str = "",
        posts_per_window: int = 100,
        ends_within: float = 0.05,
    ) -> None:
        self.keys = keys
        self.faults = deque(faults)
        self.read_faults: deque[Fault | None] = deque()
        self.now = now
        self.name = name
        self.shown_at = shown_at
        self.posts: list[Post] = []
        self.requests: list[tuple[str, str]] = []
        self.limits = {"create": posts_per_window, "me": 75, "posts": 900}
        self.used: dict[str, tuple[datetime, int]] = {}
        self.nonces: set[str] = set()
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", port), type("_Bound", (_Call,), {"timeline": self}))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(ends_within,), daemon=True)

    @property
    def url(self) -> str:
        """Where it is: the `api_url` of a channel."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def keep(self, text: str) -> Post:
        """Put `text` up. Its id grows with the time, as X's do."""
        milliseconds = int(self.now().timestamp() * 1000) - 1_288_834_974_657
        newest = int(self.posts[-1].id) if self.posts else 0
        post_id = max(milliseconds << 22, newest + 1)
        post = Post(str(post_id), text, counter.length(text, Counting.X_WEIGHTED), self.now())
        self.posts.append(post)
        return post


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news; what the call got wrong is."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Refusal(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, title: str, detail: str, problem: str = "", **more: Any) -> None:
        super().__init__(detail)
        kind = f"{HOME}/2/problems/{problem}" if problem else "about:blank"
        self.status = status
        self.body = {"title": title, "detail": detail, "type": kind, "status": status, **more}


class _Hush(Exception):
    """No answer at all."""


class _Call(BaseHTTPRequestHandler):
    """One request."""

    timeline: Timeline
    extra_headers: dict[str, str]
    protocol_version = "HTTP/1.1"
    server_version = "timeline"

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path.startswith(POSTS_AT) and self.timeline.shown_at:
            self._lead_to(path.removeprefix(POSTS_AT))
        elif path == "/2/users/me":
            self._answer("me", self._me)
        elif path == f"/2/users/{ACCOUNT_ID}/tweets":
            self._answer("posts", self._own_posts)
        else:
            self._answer("", self._nothing_here)

    def do_POST(self) -> None:
        is_post = urlsplit(self.path).path == "/2/tweets"
        self._answer("create" if is_post else "", self._create if is_post else self._nothing_here)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class names it so
        """Say nothing: a test's output is not the place, and a text is not for logs."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(self.timeline.now().timestamp() if timestamp is None else timestamp)

    # ---- the calls ----------------------------------------------------------------------------------------------

    def _create(self, body: bytes) -> tuple[int, Any]:
        timeline = self.timeline
        fault = timeline.faults.popleft() if timeline.faults else None
        self._spoil(fault)
        text = _text_of(body, self.headers.get("Content-Type", ""))
        _check(text, [post.text for post in timeline.posts])
        post = timeline.keep(text)
        self._spoil_after(fault)
        data = {"id": post.id, "text": as_shown(text)[0], "edit_history_tweet_ids": [post.id]}
        return (201, {"data": data}) if fault != Fault.GARBLED_AFTER else (201, "<html>not quite</html>")

    def _me(self, _: bytes) -> tuple[int, Any]:
        self._spoil(self.timeline.read_faults.popleft() if self.timeline.read_faults else None)
        return 200, {"data": {"id": ACCOUNT_ID, "name": self.timeline.name, "username": "publisher"}}

    def _own_posts(self, _: bytes) -> tuple[int, Any]:
        self._spoil(self.timeline.read_faults.popleft() if self.timeline.read_faults else None)
        asked = dict(parse_qsl(urlsplit(self.path).query))
        most = asked.get("max_results", "10")
        unknown = asked.keys() - {"max_results", "exclude", "tweet.fields", "since_id", "start_time"}
        if unknown or not most.isdigit() or not 5 <= int(most) <= 100:
            raise _invalid("max_results" if not unknown else min(unknown))
        newest = self.timeline.posts[::-1][: int(most)]
        if not newest:
            return 200, {"meta": {"result_count": 0}}
        fields = asked.get("tweet.fields", "").split(",")
        meta = {"result_count": len(newest), "newest_id": newest[0].id, "oldest_id": newest[-1].id}
        return 200, {"data": [listed(post, fields) for post in newest], "meta": meta}

    def _nothing_here(self, _: bytes) -> tuple[int, Any]:
        raise _Refusal(404, "Not Found", "There is nothing here.")

    def _lead_to(self, post_id: str) -> None:
        known = next((f"#post-{post.id}" for post in self.timeline.posts if post.id == post_id), "")
        self.extra_headers = {"Location": f"{self.timeline.shown_at}{known}"}
        self._write(302, "", "text/plain; charset=utf-8")

    # ---- what happens to a call ---------------------------------------------------------------------------------

    def _answer(self, endpoint: str, call: Callable[[bytes], tuple[int, Any]]) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.extra_headers = {}
        try:
            with self.timeline.lock:
                self.timeline.requests.append((self.command, urlsplit(self.path).path))
                self._check_signature()
                self._spend(endpoint)
                status, answer = call(body)
        except _Hush:
            self.close_connection = True
            return
        except _Refusal as refusal:
            status, answer = refusal.status, refusal.body
        text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
        self._write(status, text, "application/json; charset=utf-8")

    def _write(self, status: int, text: str, kind: str) -> None:
        content = text.encode()
        self.send_response(status)
        headers = {**self.extra_headers, "Content-Type": kind, "Content-Length": str(len(content))}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _spend(self, endpoint: str) -> None:
        timeline = self.timeline
        limit = timeline.limits.get(endpoint)
        if limit is None:
            return
        now = timeline.now()
        begun, used = timeline.used.get(endpoint, (now, 0))
        if now - begun >= timedelta(minutes=15):
            begun, used = now, 0
        timeline.used[endpoint] = (begun, used + 1)
        self.extra_headers = {
            "x-rate-limit-limit": str(limit),
            "x-rate-limit-remaining": str(max(0, limit - used - 1)),
            "x-rate-limit-reset": str(int((begun + timedelta(minutes=15)).timestamp())),
        }
        if used >= limit:
            self._throttle()

    def _throttle(self) -> None:
        self.extra_headers["x-rate-limit-remaining"] = "0"
        raise _Refusal(429, "Too Many Requests", "Too Many Requests")

    def _spoil(self, fault: Fault | None) -> None:
        match fault:
            case Fault.DROP_BEFORE:
                raise _Hush
            case Fault.HANG_BEFORE:
                self._hang()
            case Fault.FAIL_BEFORE:
                raise _Refusal(503, "Service Unavailable", "Over capacity")
            case Fault.UNAUTHORIZED:
                raise _Refusal(401, "Unauthorized", "Unauthorized")
            case Fault.READ_ONLY:
                detail = (
                    "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint."
                )
                raise _Refusal(403, "Forbidden", detail, "oauth1-permissions")
            case Fault.CAPPED:
                raise _Refusal(403, "UsageCapExceeded", "Usage cap exceeded: spending limit", "usage-capped")
            case Fault.THROTTLED:
                self._throttle()
            case Fault.MOVED:
                self.extra_headers["Location"] = "/elsewhere"
                raise _Refusal(301, "Moved", "Moved")
            case _:
                pass

    def _spoil_after(self, fault: Fault | None) -> None:
        match fault:
            case Fault.DROP_AFTER:
                raise _Hush
            case Fault.HANG_AFTER:
                self._hang()
            case Fault.FAIL_AFTER:
                raise _Refusal(500, "Internal Server Error", "Something went wrong")
            case _:
                pass

    def _hang(self) -> None:
        self.timeline.lock.release()
        try:
            self.timeline.closing.wait(60)
        finally:
            self.timeline.lock.acquire()
        raise _Hush

    def _check_signature(self) -> None:
        timeline, parts = self.timeline, urlsplit(self.path)
        given = credentials(self.headers.get("Authorization", ""))
        if given is None or given["oauth_nonce"] in timeline.nonces:
            raise _Refusal(401, "Unauthorized", "Unauthorized")
        timeline.nonces.add(given["oauth_nonce"])
        if timeline.keys is None:
            return
        query = parse_qsl(parts.query, keep_blank_values=True)
        age = abs(timeline.now().timestamp() - int(given["oauth_timestamp"]))
        if age > 300 or not is_signed_by(timeline.keys, given, self.command, HOME + parts.path, query):
            raise _Refusal(401, "Unauthorized", "Unauthorized")


# ---- the body of a post -----------------------------------------------------------------------------------------

# The fields of CreatePostsRequest in openapi 2.167, which allows no others.
_FIELDS = """
    card_uri community_id direct_message_deep_link edit_options for_super_followers_only geo made_with_ai media
    nullcast paid_partnership poll quote_tweet_id reply reply_settings share_with_followers text
"""


def _text_of(body: bytes, kind: str) -> str:
    try:
        asked = json.loads(body) if kind.partition(";")[0].strip() == "application/json" else None
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise _invalid("body")
    unknown = asked.keys() - set(_FIELDS.split())
    if unknown:
        raise _invalid(min(unknown))
    text = asked.get("text", "")
    if not isinstance(text, str) or not text.strip():
        raise _invalid("text")
    return text


def _check(text: str, up_already: Iterable[str]) -> None:
    rough = 2 * len(re.findall("[가-힣]", re.sub(r"https?://\S+", "", text)))
    if max(counter.length(text, Counting.X_WEIGHTED), rough) > MOST:
        raise _Refusal(403, "Forbidden", "The text of this post is too long.")
    if text.strip() in (other.strip() for other in up_already):
        raise _Refusal(403, "Forbidden", "You are not allowed to create a Tweet with duplicate content.")


def _invalid(name: str) -> _Refusal:
    error = {"parameters": {name: []}, "message": f"The parameter {name} is not valid."}
    return _Refusal(400, "Invalid Request", "One or more parameters are invalid.", "invalid-request", errors=[error])
