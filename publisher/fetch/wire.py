"""One HTTP request and its answer, through a connection that the guard has opened. Follows and retries nothing.

The connection is made inside urllib3's own `_new_conn`, so the URL, the Host header, SNI and the check of the
certificate all keep the name while the socket goes to the address that was looked at.
"""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPException
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import ContentDecodingError, InvalidHeader, InvalidURL, RequestException, SSLError, Timeout
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, LocationParseError, ReadTimeoutError
from urllib3.util.ssl_ import create_urllib3_context
from urllib3.util.ssl_match_hostname import CertificateError

from publisher.fetch.guard import Cap, WireError
from publisher.fetch.target import Target

Dial = Callable[[str, int, float], socket.socket]

_CHUNK = 16_384
_OF_ANOTHER, _OF_NOBODY = "it is for another host", "nobody who is known here has signed it"
# X509_V_ERR_… of OpenSSL (x509_vfy.h)
_DISTRUST = {
    9: "it is not valid yet",
    10: "it has expired",
    62: _OF_ANOTHER,
    **dict.fromkeys((18, 19, 20, 21), _OF_NOBODY),
}
_ENCODINGS = {"", "identity", "gzip", "x-gzip", "deflate"}


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` are found by any case. `content` is read, decompressed, only where `status` is 2xx."""

    status: int
    headers: Mapping[str, str]
    content: bytes = b""

    @property
    def location(self) -> str:
        # Header bytes reach us as Latin-1; where they are UTF-8 they are meant so.
        return self.headers.get("Location", "").encode("latin-1", "replace").decode("utf-8", "replace")


def ask(
    target: Target, headers: Mapping[str, str], *, dial: Dial, seconds: float, cap: Cap, trust: Path | None = None
) -> Answer:
    """GET `target` within `seconds`, whatever the server does. Raises WireError, or Forbidden from `dial`."""
    sent = dict(headers)
    if target.credentials:
        sent["Authorization"] = "Basic " + base64.b64encode(":".join(target.credentials).encode()).decode()
    with _Watch(seconds) as watch, _told(watch):
        prepared = requests.Request("GET", target.url, headers=sent).prepare()
        context = _trusting(trust) if target.scheme == "https" else None
        adapter = _Adapter(lambda host, port: watch.over(dial(host, port, watch.left)), context)
        with contextlib.closing(adapter), adapter.send(prepared, stream=True, timeout=seconds) as response:
            is_read = 200 <= response.status_code < 300
            content = _content(response, cap) if is_read else b""
            if watch.is_over:
                raise WireError("took too long", is_late=True)
            return Answer(response.status_code, response.headers, content)


def _content(response: requests.Response, cap: Cap) -> bytes:
    """The cap is on what arrives as well as on what it unpacks to, both while streaming."""
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in _ENCODINGS:  # also refuses several on top of each other, which multiply
        raise WireError(f"is encoded as {encoding[:40]!r}, which was not asked for")
    too_large = WireError(f"is larger than {cap.max_bytes:,} bytes ({cap.setting})")
    length = response.headers.get("Content-Length", "")
    if length.isdecimal() and int(length[:20]) > cap.max_bytes:
        raise too_large
    parts, total = [], 0
    for part in response.iter_content(_CHUNK):
        total += len(part)
        if total > cap.max_bytes:
            raise too_large
        parts.append(part)
    return b"".join(parts)


class _Watch:
    """Cuts the connection when its time is over: a socket's own timeout begins anew with every byte."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._watched: list[socket.socket] = []
        self.is_over = False

    @property
    def left(self) -> float:
        return max(0.001, self._end - time.monotonic())

    def over(self, connection: socket.socket) -> socket.socket:
        with self._lock:
            self._watched.append(connection.dup())  # TLS takes the original away
        if self.is_over:
            self._cut()
        return connection

    def __enter__(self) -> _Watch:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            while self._watched:
                self._watched.pop().close()

    def _cut(self) -> None:
        with self._lock:
            self.is_over = True
            for connection in self._watched:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def _told(watch: _Watch) -> Iterator[None]:
    """Every way in which a request may fail, as one WireError in words."""
    try:
        yield
    except (RequestException, HTTPError, HTTPException, OSError, UnicodeError) as error:
        # What times out while content is read comes as a ConnectionError around it.
        if watch.is_over or isinstance(error, Timeout) or isinstance(next(iter(error.args), None), ReadTimeoutError):
            raise WireError("took too long", is_late=True) from error
        raise _in_words(error) from error


def _in_words(error: Exception) -> WireError:
    match error:
        case InvalidURL() | LocationParseError() | UnicodeError() | InvalidHeader():
            return WireError("is not a usable address")
        case ContentDecodingError():
            return WireError("sent compressed content that is broken", may_pass=True)
        case SSLError():
            distrust = _distrust(error)
            if distrust:
                return WireError(f"has a certificate that is not trusted ({distrust}); tell its owner, or take it out")
            return WireError("broke off while setting up TLS", may_pass=True)
        case _ if "BadStatusLine" in repr(error) or "LineTooLong" in repr(error):
            return WireError("does not answer in HTTP", may_pass=True)
        case _:
            return WireError("broke off before its answer was whole", may_pass=True)


def _distrust(error: BaseException) -> str:
    """Why a certificate was not believed, from wherever the libraries have wrapped it; empty when that is not why."""
    pending: list[object] = [error]
    seen: set[int] = set()
    while pending:
        found = pending.pop(0)
        if isinstance(found, ssl.SSLCertVerificationError):
            return _DISTRUST.get(found.verify_code) or found.verify_message or "it could not be verified"
        if isinstance(found, CertificateError):
            return _OF_ANOTHER
        if isinstance(found, BaseException) and id(found) not in seen:
            seen.add(id(found))
            pending += [*found.args, getattr(found, "reason", None), found.__cause__, found.__context__]
    return ""


class _Adapter(HTTPAdapter):
    """requests' adapter, whose connections are opened by `dial`. Proxies and .netrc of the environment do not apply."""

    def __init__(self, dial: Callable[[str, int], socket.socket], context: ssl.SSLContext | None) -> None:
        self._dial = dial
        self._context = context
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._dial)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """The context knows whom to believe; naming a file here would have it read again."""
        conn.cert_reqs = "CERT_REQUIRED"


@lru_cache(maxsize=8)
def _trusting(trust: Path | None) -> ssl.SSLContext:
    """Believes the usual authorities, or those of a file. Reading them takes longer than most answers."""
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    context.load_verify_locations(trust or DEFAULT_CA_BUNDLE_PATH)
    return context


def _pools(dial: Callable[[str, int], socket.socket]) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return dial(self._dns_host, self.port or 80)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return dial(self._dns_host, self.port or 443)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
