"""What names one reader's letter of one issue, and what links in mail open: all functions of the secret."""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote

from publisher.domain.token import seal, sign, verify

APPROVE = "approve"
ENTER = "enter"
INVITE = "invite"
RESET = "reset"
LEAVE = "leave"
BOUNCE = "bounce"
_ENTRY = re.compile(r"([1-9][0-9]{0,18}-[0-9a-f]{16})-([1-9][0-9]{0,10})")
_APPROVAL = re.compile(
    rf"(?P<number>[1-9][0-9]{{0,9}})-(?P<revision>[0-9]{{1,10}})-(?P<digest>[0-9a-f]{{32}})-{_ENTRY.pattern}"
)


class ApprovalLink(NamedTuple):
    """What a link to approve is bound to: an editor's badge, an issue, its revision, and half of its proof's digest."""

    badge: str
    number: int
    revision: int
    digest: str


class Names:
    """What names each reader's letter of one issue, the same for every attempt; what the readers share is done once."""

    def __init__(self, secret: bytes, base_url: str, issue_number: int, domain: str) -> None:
        self._leave, self._letter, self._bounce = (seal(secret, one) for one in (LEAVE, "message-id", BOUNCE))
        self._leave_url = f"{base_url.rstrip('/')}/leave/"
        self._number, self._domain = issue_number, domain

    def of(self, subscriber_id: int) -> tuple[str, str, str]:
        """The link to leave, the Message-ID and the return path; nobody without the secret can guess another's."""
        payload = f"{self._number}-{subscriber_id}"
        issue = f"issue-{payload}"
        return (
            f"{self._leave_url}{subscriber_id}.{self._leave.signature(str(subscriber_id))}",
            f"<{issue}-{self._letter.digest(issue)[:8].hex()}@{self._domain}>",
            f"bounce+{payload}-{self._bounce.signature(payload)}@{self._domain}",
        )


def message_id(secret: bytes, issue_number: int, subscriber_id: int, domain: str) -> str:
    """`<issue-N-S-…@domain>` of one reader's letter."""
    return Names(secret, "", issue_number, domain).of(subscriber_id)[1]


def leave_url(secret: bytes, base_url: str, subscriber_id: int) -> str:
    """The reader's own link to leave, under the publication's `base_url`."""
    return Names(secret, base_url, 0, "").of(subscriber_id)[0]


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


def password_url(secret: bytes, base_url: str, purpose: str, standing: str, expires: datetime) -> str:
    """A link that sets a password: INVITE the first one, RESET another. It is good once (`store/editors.py`)."""
    way = "invited" if purpose == INVITE else "reset"
    return f"{base_url.rstrip('/')}/desk/{way}/{sign(secret, purpose, entry(standing, expires))}"


def entry(badge: str, expires: datetime) -> str:
    """Who may come in, by their badge (`store/editors.py`), and until when, as the payload of a token."""
    return f"{badge}-{int(expires.timestamp())}"


def entered(secret: bytes, purpose: str, token: str, now: datetime) -> str | None:
    """The editor's badge in a token of that purpose which has not expired, else None."""
    found = _ENTRY.fullmatch(verify(secret, purpose, token) or "")
    if found is None or int(found[2]) <= now.timestamp():
        return None
    return found[1]


def approve_url(secret: bytes, base_url: str, link: ApprovalLink, expires: datetime) -> str:
    """An editor's own link to approve what `link` names, good once and until `expires`."""
    bound = f"{link.number}-{link.revision}-{link.digest[:32]}-{entry(link.badge, expires)}"
    return f"{base_url.rstrip('/')}/desk/approve/{sign(secret, APPROVE, bound)}"


def approval_link(secret: bytes, token: str, now: datetime) -> ApprovalLink | None:
    """What the token of a link to approve is bound to; None where it is no such token, or has expired."""
    found = _APPROVAL.fullmatch(verify(secret, APPROVE, token) or "")
    if found is None or int(found[5]) <= now.timestamp():
        return None
    return ApprovalLink(found[4], int(found["number"]), int(found["revision"]), found["digest"])
