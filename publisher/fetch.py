"""The one guarded HTTP client (see SECURITY in docs)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cursor:
    """What a server gave us to ask "anything new?" with (RFC 9110, conditional requests)."""

    etag: str = ""
    last_modified: str = ""


class Fetcher:
    pass
