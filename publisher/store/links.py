"""What was behind each link when it was last looked at."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlmodel import Session, col, select

from publisher.domain.link import LinkSeen, LinkState
from publisher.store.bulk import chunks, put
from publisher.store.tables import LinkCheckRow

LONGEST_URL = 2_000  # PostgreSQL keeps no more than 2,700 bytes in a key


def seen(session: Session, urls: Collection[str]) -> dict[str, LinkSeen]:
    """Which of these were looked at, and what became of it?"""
    found = {}
    for some in chunks(sorted(urls)):
        for row in session.exec(select(LinkCheckRow).where(col(LinkCheckRow.url).in_(some))):
            found[row.url] = LinkSeen(LinkState(row.state), row.checked_at, row.reason)
    return found


def keep(session: Session, looks: Sequence[tuple[str, LinkSeen]]) -> None:
    """Remember these looks, instead of earlier ones at the same links; an endless address is not remembered."""
    for url, look in looks:
        if len(url) <= LONGEST_URL:
            values = {"url": url, "state": look.state.value, "reason": look.reason, "checked_at": look.checked_at}
            put(session, LinkCheckRow, values)
