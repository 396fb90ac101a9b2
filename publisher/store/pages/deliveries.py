"""Every delivery of an issue, one row for each reader: what `issues show N --csv` prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlmodel import Session, col, select

from publisher.store import issues
from publisher.store.pages.issue import counted_channels, shown_state
from publisher.store.tables import DeliveryRow, SubscriberRow

HEADS = ("subscriber_id", "email", "state", "reason", "attempts", "accepted_at", "message_id")


def rows(
    session: Session, number: int, message_id: Callable[[int], str] = lambda subscriber_id: ""
) -> Iterator[tuple[int, str, str, str, int, str, str]]:
    """The rows, streamed, by subscriber; their states add up to the audience at release. Raises NotFound.

    `message_id` gives the Message-ID of a subscriber's letter: it is a function of the secret, which is not stored.
    """
    issue = issues.by_number(session, number)
    assert issue.id is not None  # it was read from the database
    query = (
        select(DeliveryRow, SubscriberRow.email, shown_state(DeliveryRow))
        .join(SubscriberRow, col(SubscriberRow.id) == col(DeliveryRow.subscriber_id))
        .where(DeliveryRow.issue_id == issue.id)
        .order_by(col(DeliveryRow.subscriber_id))
        .execution_options(yield_per=1_000)
    )
    counted = counted_channels(session, issue.id)
    if counted is not None:
        query = query.where(col(DeliveryRow.channel).in_(counted))
    for row, email, state in session.exec(query):
        accepted_at = row.accepted_at.isoformat() if row.accepted_at else ""
        yield (
            row.subscriber_id,
            email,
            state,
            row.reason,
            row.attempts,
            accepted_at,
            message_id(row.subscriber_id),
        )
