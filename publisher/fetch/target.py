"""One http(s) URL taken apart: what is asked, of whom, and what of it may be shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from publisher.errors import FetchError, FetchRefused

_PORTS = {"http": 80, "https": 443}
_UNUSABLE = re.compile(r"[\x00-\x20\x7f\\]")
_SECRET = re.compile(r"(?i)([?&;][^=&;#]*(?:key|token|secret|pass|pwd|sig|auth|code|session)[^=&;#]*=)[^&;#]+")


@dataclass(frozen=True, slots=True)
class Target:
    """`url` is without credentials and fragment; `credentials` are for this origin alone."""

    url: str
    scheme: str
    host: str
    port: int
    credentials: tuple[str, str] | None = None

    @classmethod
    def of(cls, url: str) -> Target:
        """Raises FetchRefused for any scheme but http and https, FetchError for what is no URL."""
        url = url.strip()
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError as error:
            raise FetchError(shown(url), "is not a usable address") from error
        if parts.scheme not in _PORTS:
            raise FetchRefused(shown(url), "only http and https addresses are fetched")
        if not host or port == 0 or _UNUSABLE.search(url):
            raise FetchError(shown(url), "is not a usable address")
        place = parts.netloc.rpartition("@")[2]
        bare = urlunsplit((parts.scheme, place, parts.path or "/", parts.query, ""))
        credentials = None
        if parts.username is not None:
            credentials = unquote(parts.username), unquote(parts.password or "")
        return cls(bare, parts.scheme, host, port or _PORTS[parts.scheme], credentials)

    @property
    def shown(self) -> str:
        return shown(self.url)

    def redirected(self, location: str) -> Target:
        """Where `location` leads. Credentials stay behind unless it is the same host, and no less protected."""
        try:
            there = Target.of(urljoin(self.url, location.strip().replace(" ", "%20")))
        except (FetchError, ValueError) as error:
            kind = FetchRefused if isinstance(error, FetchRefused) else FetchError
            reason = error.reason if isinstance(error, FetchError) else "is not a usable address"
            raise kind(self.shown, f"redirects to {shown(location)}: {reason}") from error
        is_same = (there.scheme, there.host, there.port) == (self.scheme, self.host, self.port)
        return Target(there.url, there.scheme, there.host, there.port, self.credentials if is_same else None)


def shown(url: str) -> str:
    """The URL as a person may see it: no credentials, no values of secret parameters, one line, not endless."""
    text = re.sub(r"(?i)^(\s*[a-z][a-z0-9+.-]*:)?//[^/?#]*@", r"\1//", url)
    text = re.sub(r"[\x00-\x1f\x7f-\x9f]", "", _SECRET.sub(r"\1…", text)).strip()
    return text if len(text) <= 300 else text[:299] + "…"
