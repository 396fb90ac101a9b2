"""What names one reader's letter of one issue: its Message-ID and its leave link, both functions of the secret."""

from __future__ import annotations

import hashlib
import hmac

from publisher.domain.token import sign


def message_id(secret: bytes, issue_number: int, subscriber_id: int, domain: str) -> str:
    """`<issue-N-S-…@domain>`, the same for every attempt; nobody without the secret can guess another reader's."""
    payload = f"issue-{issue_number}-{subscriber_id}"
    digest = hmac.digest(secret, f"message-id\0{payload}".encode(), hashlib.sha256).hex()[:16]
    return f"<{payload}-{digest}@{domain}>"


def leave_url(secret: bytes, base_url: str, subscriber_id: int) -> str:
    """The reader's own link to leave, under the publication's `base_url`."""
    return f"{base_url.rstrip('/')}/leave/{sign(secret, 'leave', str(subscriber_id))}"
