"""Subscribers as a person or a file wants to see them. Read-only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from publisher.domain.audience import ImportRow
from publisher.store import subscribers
from publisher.store.tables import DeliveryRow, IssueRow, MembershipRow, SubscriberRow, SuppressionRow


def one(session: Session, email: str) -> dict[str, Any] | None:
    """One subscriber with lists and letters; None where nobody has that address."""
    row = subscribers.find(session, email)
    if row is None:
        return None
    suppression = session.get(SuppressionRow, row.email_hash)
    memberships = session.scalars(
        select(MembershipRow).where(col(MembershipRow.subscriber_id) == row.id).order_by(col(MembershipRow.list_name))
    )
    letters = session.execute(
        select(IssueRow.number, DeliveryRow.channel, DeliveryRow.state, DeliveryRow.reason)  # type: ignore[call-overload]  # SQLModel's fields are columns
        .join(IssueRow, col(IssueRow.id) == col(DeliveryRow.issue_id))
        .where(col(DeliveryRow.subscriber_id) == row.id)
        .order_by(col(IssueRow.number).desc())
    )
    return _brief(row) | {
        "attributes": row.attributes,
        "suppressed": suppression.reason if suppression else "",
        "lists": [
            {"list": m.list_name, "joined_at": m.joined_at, "left_at": m.left_at, "origin": m.origin}
            for m in memberships
        ],
        "letters": [
            {"number": number, "channel": channel, "state": state, "reason": reason}
            for number, channel, state, reason in letters
        ],
    }


def some(session: Session, *, list_name: str | None, search: str, limit: int) -> list[dict[str, Any]]:
    """Up to `limit` subscribers by their address."""
    found = _matching(select(SubscriberRow), list_name, search)
    return [_brief(row) for row in session.scalars(found.order_by(col(SubscriberRow.email_key)).limit(limit))]


def count(session: Session, *, list_name: str | None, search: str) -> int:
    return session.scalar(_matching(select(func.count()).select_from(SubscriberRow), list_name, search)) or 0


def export(session: Session, list_name: str) -> Iterator[ImportRow]:
    """Who is due an issue of the list now; so nobody who is suppressed comes back through an import elsewhere."""
    found = select(SubscriberRow).where(col(SubscriberRow.id).in_(subscribers.audience_select((list_name,))))
    for row in session.scalars(found.order_by(col(SubscriberRow.email_key)).execution_options(yield_per=1000)):
        yield ImportRow(email=row.email, name=row.name, attributes=row.attributes)


def _matching(statement: Any, list_name: str | None, search: str) -> Any:
    if list_name is not None:
        statement = statement.join(MembershipRow, col(MembershipRow.subscriber_id) == col(SubscriberRow.id)).where(
            col(MembershipRow.list_name) == list_name, col(MembershipRow.left_at).is_(None)
        )
    if search:
        statement = statement.where(
            or_(
                col(SubscriberRow.email_key).contains(search.lower(), autoescape=True),
                col(SubscriberRow.name).contains(search, autoescape=True),
            )
        )
    return statement


def _brief(row: SubscriberRow) -> dict[str, Any]:
    return {"id": row.id, "email": row.email, "name": row.name, "state": row.state, "added_at": row.added_at}
