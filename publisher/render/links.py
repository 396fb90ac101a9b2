"""The addresses that letter, page and posts point to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlsplit

LinkPolicy = Literal["none", "first", "each"]

_SAFE = "!#$%&'()*+,/:;=?@[]~-._"


@dataclass(frozen=True, slots=True)
class Links:
    """The publication's own addresses. `home` is its base_url without a slash at the end."""

    home: str

    def issue(self, number: int) -> str:
        """An issue's page on the web."""
        return f"{self.home}/issues/{number}"

    def item(self, number: int, position: int) -> str:
        """An item's place on that page."""
        return f"{self.issue(number)}#item-{position}"

    def picture(self, file_name: str) -> str:
        """A picture that the publication keeps."""
        return f"{self.home}/pictures/{file_name}"

    def post(self, policy: LinkPolicy, number: int, position: int, opening: int) -> str | None:
        """What the post at `position` links to; `opening` is the position of the first one."""
        match policy:
            case "none":
                return None
            case "first":
                return self.issue(number) if position == opening else None
            case "each":
                return self.item(number, position)


def web_address(url: str | None) -> str | None:
    """`url` as a link may hold it, else None: http or https with a host, no white space, nothing to break out with."""
    if not url or re.search(r"[\x00-\x1f\x7f]", url):
        return None
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    # The host keeps its own letters (IDN); the rest keeps what it has escaped already.
    return re.sub(r"[^\w" + re.escape(_SAFE) + "]", lambda match: quote(match[0]), url.strip())
