"""Variable envelope return paths: a bounce comes back to an address that names whose letter of which issue it was."""

from __future__ import annotations

import re

from publisher.domain.token import verify
from publisher.mail.identity import BOUNCE, Names

_ADDRESS = re.compile(r"<?bounce\+(?P<payload>[a-z0-9-]+)-(?P<signature>[a-z2-7]+)@[^@\s<>]+>?", re.IGNORECASE)
_PAYLOAD = re.compile(r"(\d+)-(\d+)")


def return_path(secret: bytes, issue_number: int, subscriber_id: int, domain: str) -> str:
    """`bounce+N-S-signature@domain`, in lower case and with at most 64 octets before the @ (RFC 5321 4.5.3.1.1)."""
    return Names(secret, "", issue_number, domain).of(subscriber_id)[2]


def read_return_path(secret: bytes, address: str) -> tuple[int, int] | None:
    """(issue number, subscriber id) of a return path of ours in whatever case; None for any other address."""
    match = _ADDRESS.fullmatch(address.strip())
    if not match:
        return None
    payload = verify(secret, BOUNCE, f"{match['payload']}.{match['signature']}")
    numbers = _PAYLOAD.fullmatch(payload or "")
    return (int(numbers[1]), int(numbers[2])) if numbers else None
