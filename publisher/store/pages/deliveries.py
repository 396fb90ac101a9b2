"""Every delivery of an issue, one row for each reader: what `issues show N --csv` prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import select
from sqlmodel import Session, col

from publisher.store import issues
from publisher.store.pages.counts import shown_state
from publisher.store.pages.issue import counted_channels
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
    row = DeliveryRow
    query = (
        select(col(row.subscriber_id), col(SubscriberRow.email), shown_state(row), col(row.reason), col(row.attempts))
        .add_columns(col(row.accepted_at))
        .join(SubscriberRow, col(SubscriberRow.id) == col(row.subscriber_id))
        .where(col(row.issue_id) == issue.id)
        .order_by(col(row.subscriber_id))
    )
    counted = counted_channels(session, issue.id)
    if counted is not None:
        query = query.where(col(row.channel).in_(counted))
    found = session.connection().execute(query, execution_options={"yield_per": 1_000})
    for subscriber_id, email, state, reason, attempts, accepted_at in found:
        accepted = accepted_at.isoformat() if accepted_at else ""
        yield subscriber_id, email, state, reason, attempts, accepted, message_id(subscriber_id)
