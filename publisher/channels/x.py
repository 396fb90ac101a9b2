"""Posts on X, by API v2 under one account's own keys (OAuth 1.0a, which never expire).

tweepy makes and signs each request; one adapter under it gives the request a time limit, points it to `api_url`, and
notes whether any of it left. The signature is always over X's own address, so a gateway that forwards to X works, and
a test server verifies it against https://api.twitter.com. Pictures are not uploaded yet, so a post holds none.

X has no key for "the same post again". It refuses a text that is up already (403), and its timeline can be read: so an
answer that was lost is `Unknown`, and `find` looks there and adopts the post's id. This also holds for 500-599, which
X's front may answer after the post was made. Rules: NETWORKS.md "X"; shapes: X API v2, openapi 2.167.
"""

from __future__ import annotations

import html
import logging
import re
import ssl
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import mktime_tz, parsedate_tz
from typing import Any, Literal
from urllib.parse import unquote

import requests
from pydantic import Field
from requests.adapters import HTTPAdapter

from publisher.config.settings import ChannelOptions
from publisher.config.values import ApiUrl, Duration, Secret, SecretPlace
from publisher.domain.message import Accepted, Counting, Deferred, Limits, Refused, SendResult, SocialPost, Unknown
from publisher.errors import ChannelDown, SecretMissing

HOME = "https://api.twitter.com"
LIMITS = Limits(max_length=280, counting=Counting.X_WEIGHTED)


class Options(ChannelOptions):
    """`[[channel]]` of kind "x"."""

    kind: Literal["x"]
    consumer_key: SecretPlace
    """The app's key, of the developer portal."""
    consumer_secret: SecretPlace
    """The app's secret."""
    access_token: SecretPlace
    """The account's token, with the right to write."""
    access_token_secret: SecretPlace
    """The account's secret."""
    api_url: ApiUrl = HOME
    """Another server, for tests."""
    links: Literal["none", "first", "each"] = "first"
    """Which posts carry their link: `none`, only the opening one (`first`), or `each`."""
    spacing: Duration = timedelta(minutes=20)
    """How far apart posts leave; 0 is all at once."""
    timeout: Duration = Field(default=timedelta(seconds=30), gt=timedelta(0))
    """How long X may take to answer."""


class X:
    """One account on X."""

    def __init__(
        self, options: Options, *, reveal: Callable[[Secret], str], now: Callable[[], float] = time.time
    ) -> None:
        self.name = options.name
        self.limits = LIMITS
        self.is_idempotent = False
        self._options = options
        self._reveal = reveal
        self._now = now

    def open(self) -> XSession:
        """Take the keys; X is asked nothing until the first post. Raises ChannelDown for a key that is missing."""
        options = self._options
        places = {
            name: getattr(options, name)
            for name in ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
        }
        try:
            keys = {name: self._reveal(place) for name, place in places.items()}
        except SecretMissing as error:
            raise ChannelDown(self.name, error.message) from error
        return XSession(self.name, keys, _Wire(options.api_url, options.timeout.total_seconds()), self._now)


class XSession:
    """One account, for a few posts. Not for several threads at once."""

    def __init__(self, name: str, keys: Mapping[str, str], wire: _Wire, now: Callable[[], float]) -> None:
        import tweepy  # slow to import

        for library in ("tweepy", "oauthlib", "requests_oauthlib"):
            logging.getLogger(library).setLevel(logging.WARNING)  # below that they log texts and signatures
        self._errors = (tweepy.TweepyException, AttributeError, TypeError, ValueError)
        self._client = tweepy.Client(**keys, return_type=requests.Response, wait_on_rate_limit=False)
        session = self._client.session
        session.mount(HOME, wire)
        session.max_redirects = 0
        session.headers["Connection"] = "close"
        session.trust_env = not wire.is_local
        self._name = name
        self._wire = wire
        self._secrets = tuple(keys.values())
        self._now = now
        self._account = ""

    def send(self, post: SocialPost) -> SendResult:
        """One post, tried once. Raises ChannelDown when the answer is about the account, the app or the address."""
        answer = self._ask(lambda: self._client.create_tweet(text=post.text))
        if isinstance(answer, _Silence):
            return self._unanswered(answer)
        return self._result(answer, post)

    def find(self, post: SocialPost) -> Accepted | None:
        """The post among the account's newest 100, by its text. Raises ChannelDown when they cannot be read."""
        account = self._account or self._own_id()
        answer = self._read(
            lambda: self._client.get_users_tweets(
                account,
                max_results=100,
                exclude=["replies", "retweets"],
                tweet_fields=["created_at", "entities"],
                user_auth=True,
            )
        )
        wanted = _comparable(post.text)
        posts = answer.body.get("data", [])
        for found in posts if isinstance(posts, list) else []:
            if isinstance(found, dict) and _comparable(_as_written(found)) == wanted and not _is_older(found, post):
                return _accepted(found, self._wire.posts_at)
        return None

    def close(self) -> None:
        self._client.session.close()

    def _unanswered(self, silence: _Silence) -> SendResult:
        if silence.left:
            return Unknown(f"X did not answer ({silence.reason}), so the post may be up")
        if silence.is_distrust:
            raise ChannelDown(self._name, f"{silence.reason}; check api_url and this machine's certificates")
        return Deferred(f"no connection to X ({silence.reason})")

    def _result(self, answer: _Answer, post: SocialPost) -> SendResult:
        said = self._said(answer, post)
        if 200 <= answer.status < 300:
            return _accepted(answer.body.get("data"), self._wire.posts_at) or Unknown(
                "X took the post but did not say its id"
            )
        if answer.status >= 500:
            return Unknown(f"X failed ({answer.status}), so the post may be up")
        if answer.is_about_us:
            raise ChannelDown(self._name, f"{said}; {_what_to_do(answer)}")
        if answer.status == 429:
            return Deferred(said, 429, _retry_after(answer.headers, self._now()))
        if answer.is_duplicate:
            return self.find(post) or Refused(
                "X says that this text is up already, and not from this post; change its words", answer.status
            )
        return Refused(said, answer.status)

    def _said(self, answer: _Answer, post: SocialPost | None = None) -> str:
        said = answer.detail
        for hidden in (*self._secrets, *([post.text] if post else [])):
            said = said.replace(hidden, "…")
        said = " ".join(said.split())
        return f"X said {answer.status}: {said[:200]}" if said else f"X said {answer.status}"

    def _own_id(self) -> str:
        data = self._read(lambda: self._client.get_me(user_auth=True)).body.get("data")
        self._account = str(data.get("id", "")) if isinstance(data, dict) else ""
        if not _ID.fullmatch(self._account):
            raise ChannelDown(self._name, "X did not say whose keys these are; check api_url")
        return self._account

    def _read(self, call: Callable[[], Any]) -> _Answer:
        answer = self._ask(call)
        if isinstance(answer, _Silence):
            raise ChannelDown(self._name, f"the timeline cannot be read ({answer.reason}); it will be tried again")
        if answer.status == 200 and answer.body:
            return answer
        raise ChannelDown(self._name, f"the timeline cannot be read, {self._said(answer)}; {_what_to_do(answer)}")

    def _ask(self, call: Callable[[], Any]) -> _Answer | _Silence:
        self._wire.answer = None
        try:
            call()
        except requests.TooManyRedirects:
            pass  # the answer that points elsewhere is the answer
        except requests.RequestException as error:
            return _silence(error, left=self._wire.left)
        except self._errors:
            # tweepy raises for 400 and above, and trips over a body that is no object; the adapter has the answer.
            if self._wire.answer is None:
                raise
        assert self._wire.answer is not None
        return _answer(self._wire.answer)


@dataclass(frozen=True, slots=True)
class _Silence:
    """No answer. `left`: some of the text was sent. `is_distrust`: the server's certificate is not trusted."""

    reason: str
    left: bool
    is_distrust: bool


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def detail(self) -> str:
        """What X says is wrong, in its words."""
        errors = self.body.get("errors")
        first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
        words = (self.body.get("detail"), first.get("message"), first.get("detail"), self.body.get("title"))
        return next((word for word in words if isinstance(word, str) and word), "")

    @property
    def problem(self) -> str:
        """The last part of the problem's type, as "usage-capped"; "" where X names none (about:blank)."""
        kind = self.body.get("type")
        return kind.rpartition("/problems/")[2] if isinstance(kind, str) and "/problems/" in kind else ""

    @property
    def is_duplicate(self) -> bool:
        return self.status == 403 and "duplicate content" in self.detail.lower()

    @property
    def is_capped(self) -> bool:
        named = f"{self.problem} {self.body.get('title')}".lower().replace("-", "")
        return self.status == 402 or "usagecap" in named or "credits" in named

    @property
    def is_about_us(self) -> bool:
        """Whether the account, the app, its keys or the address is at fault, not this text."""
        if self.is_capped or self.status in (401, 404, 405) or 300 <= self.status < 400:
            return True
        if self.status != 403 or self.is_duplicate:
            return False
        return bool(self.problem) or not _ABOUT_TEXT.search(self.detail)


_ID = re.compile(r"[0-9]{1,19}")
_CLOCKS_DIFFER = timedelta(minutes=5)
_ABOUT_TEXT = re.compile(r"\b(text|too long|shorter|content|link|url)\b", re.IGNORECASE)


def _answer(response: requests.Response) -> _Answer:
    try:
        body = response.json()
    except (ValueError, RecursionError):
        body = {}
    return _Answer(response.status_code, response.headers, body if isinstance(body, dict) else {})


def _accepted(data: Any, posts_at: str) -> Accepted | None:
    receipt = str(data.get("id", "")) if isinstance(data, dict) else ""
    return Accepted(receipt, f"{posts_at}/i/web/status/{receipt}") if _ID.fullmatch(receipt) else None


def _what_to_do(answer: _Answer) -> str:
    if answer.is_capped:
        return "buy credits or raise the spending limit in X's developer console"
    match answer.status:
        case 401:
            return "check the four keys, and that this machine's clock is right"
        case 403:
            return 'let the app "Read and write" in X\'s developer console, then make new access tokens'
        case 429:
            return "it will be tried again"
        case status if status >= 500:
            return "it will be tried again"
        case _:
            return "check api_url"


def _retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds until the last of X's exhausted limits starts anew, by X's clock where it tells the time."""
    date = parsedate_tz(headers.get("Date", ""))
    with suppress(ValueError, OverflowError):  # a date that no clock shows; ours will do
        now = mktime_tz(date) if date else now
    resets = {}
    for limit in ("x-rate-limit", "x-app-limit-24hour", "x-user-limit-24hour"):
        reset = headers.get(f"{limit}-reset", "")
        if reset.isascii() and reset.isdigit():
            resets[limit] = float(reset) - now
    exhausted = [wait for limit, wait in resets.items() if headers.get(f"{limit}-remaining") == "0"]
    wait = max(exhausted, default=resets.get("x-rate-limit"))
    return None if wait is None else min(max(wait, 1.0), 86_400.0)


def _silence(error: requests.RequestException, *, left: bool) -> _Silence:
    causes = list(_causes(error))
    distrust = next((cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), None)
    if distrust:
        return _Silence(f"its certificate is not trusted: {distrust.verify_message}", left, True)
    if isinstance(error, requests.Timeout):
        return _Silence("it took too long", left, False)
    words = (cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror)
    return _Silence(next(words, "the connection broke").lower(), left, False)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and all that it was raised from: requests and urllib3 keep the cause in several places."""
    waiting, seen = [error], set()
    while waiting:
        cause = waiting.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        near = (cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args)
        waiting += [other for other in near if isinstance(other, BaseException)]


def _is_older(found: Mapping[str, Any], post: SocialPost) -> bool:
    """Whether it was up before this post was released: the same words of an earlier issue are another post."""
    with suppress(ValueError, TypeError):
        created_at = datetime.fromisoformat(str(found.get("created_at")))
        return post.not_before is not None and created_at < post.not_before - _CLOCKS_DIFFER
    return False


def _as_written(found: Mapping[str, Any]) -> str:
    """A post's text as it was sent: X escapes & < > and replaces every address by one of t.co."""
    text = html.unescape(str(found.get("text", "")))
    entities = found.get("entities")
    links = entities.get("urls", []) if isinstance(entities, dict) else []
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("url") and link.get("expanded_url"):
            text = text.replace(str(link["url"]), str(link["expanded_url"]))
    return text


def _comparable(text: str) -> str:
    """What two writings of one text share: X adds "http://" to a bare host, and may fold white space and escapes."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    return re.sub(r"https?://(\S+?)/?(?=\s|$)", lambda link: unquote(link[1]), text)


_CONNECT_WITHIN = 10.0
_MOST_BYTES = 2_000_000
_PIECE = 128  # small, because requests waits until a piece is full


class _Wire(HTTPAdapter):
    """Carries to `api_url` what tweepy addresses to X. After a request, `left` says whether any of its body was sent,
    and `answer` is what came back, whole and within `seconds`, or None."""

    def __init__(self, api_url: str, seconds: float) -> None:
        super().__init__(max_retries=0)
        self._api_url = api_url
        self._seconds = seconds
        self.left = False
        self.answer: requests.Response | None = None
        self.is_local = api_url.startswith("http://")
        # What a server on this machine took is not on X.
        self.posts_at = api_url if self.is_local else "https://x.com"

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self.left, self.answer = False, None
        self.close()  # posts are minutes apart: a connection that was kept may be gone, and an answer lost with it
        until = time.monotonic() + self._seconds
        request = request.copy()
        request.url = self._api_url + (request.url or "").removeprefix(HOME)
        if request.body:
            body = request.body.encode() if isinstance(request.body, str) else request.body
            request.body = self._noted(body)  # type: ignore[assignment]  # any iterable of bytes; the stubs are narrower
        kwargs |= {"stream": True, "timeout": (min(_CONNECT_WITHIN, self._seconds), self._seconds)}
        response = super().send(request, *args, **kwargs)
        response._content = self._whole(response, until)  # what requests does itself, without a time limit
        self.answer = response
        return response

    def _noted(self, body: bytes) -> Iterator[bytes]:
        self.left = True
        yield body

    def _whole(self, response: requests.Response, until: float) -> bytes:
        whole = bytearray()
        with response:
            for piece in response.iter_content(_PIECE):
                whole += piece
                if time.monotonic() > until or len(whole) > _MOST_BYTES:
                    raise requests.ReadTimeout("the answer does not end")
        return bytes(whole)
