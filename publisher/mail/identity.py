"""What names one reader's letter of one issue, and what links in mail open: all functions of the secret."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import quote

from publisher.domain.token import seal, sign, verify

ENTER = "enter"
LEAVE = "leave"
_ENTRY = re.compile(r"([1-9][0-9]{0,18}-[0-9a-f]{16})-([1-9][0-9]{0,10})")


def message_id(secret: bytes, issue_number: int, subscriber_id: int, domain: str) -> str:
    """`<issue-N-S-…@domain>`, the same for every attempt; nobody without the secret can guess another reader's."""
    payload = f"issue-{issue_number}-{subscriber_id}"
    return f"<{payload}-{seal(secret, 'message-id').digest(payload).hex()[:16]}@{domain}>"


def leave_url(secret: bytes, base_url: str, subscriber_id: int) -> str:
    """The reader's own link to leave, under the publication's `base_url`."""
    return f"{base_url.rstrip('/')}/leave/{subscriber_id}.{seal(secret, LEAVE).signature(str(subscriber_id))}"


def leaver(secret: bytes, token: str) -> int | None:
    """The subscriber's id in the token of a leave link, else None."""
    payload = verify(secret, LEAVE, token)
    return int(payload) if payload is not None else None


def enter_url(secret: bytes, base_url: str, badge: str, expires: datetime, to: str = "") -> str:
    """An editor's own link to the desk, good until `expires` and as long as the editor's badge is.

    `to` is the path to show then, like `/desk/issues/43`.
    """
    link = f"{base_url.rstrip('/')}/desk/enter/{sign(secret, ENTER, entry(badge, expires))}"
    return f"{link}?to={quote(to)}" if to else link


def entry(badge: str, expires: datetime) -> str:
    """Who may come in, by their badge (`store/editors.py`), and until when, as the payload of a token."""
    return f"{badge}-{int(expires.timestamp())}"


def entered(secret: bytes, purpose: str, token: str, now: datetime) -> str | None:
    """The editor's badge in a token of that purpose which has not expired, else None."""
    found = _ENTRY.fullmatch(verify(secret, purpose, token) or "")
    if found is None or int(found[2]) <= now.timestamp():
        return None
    return found[1]
