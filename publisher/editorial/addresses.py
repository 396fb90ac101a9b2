"""Addresses as documents from outside write them, made whole or refused."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

_LONGEST = 2_000
_IN_NO_URL = re.compile(r'[<>"\\]')


def web_address(link: str, base: str | None) -> str | None:
    """An absolute http(s) URL, or None. One that carries a user's name is a disguise, and counts as none."""
    link = re.sub(r"[\x00-\x1f\x7f]", "", link).strip().replace(" ", "%20")
    if not link or len(link) > _LONGEST or _IN_NO_URL.search(link):
        return None
    try:
        url = urljoin(base or "", link)
        if not base and url.startswith("//"):
            url = "https:" + url
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
        return url if is_usable and parts.port != 0 else None
    except ValueError:
        return None
