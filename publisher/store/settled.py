"""What became of an issue's deliveries, counted once when all have their end: nobody counts a million rows again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, literal, select
from sqlmodel import Session

from publisher.store.bulk import table_of
from publisher.store.tables import DeliveryRow, SettledRow

TROUBLE = ("unknown", "refused", "dropped")


def count(session: Session, issue_id: int) -> None:
    """Write down how many deliveries of the issue each channel has in each state; said again, the later count holds."""
    session.flush()
    delivery, settled = table_of(DeliveryRow), table_of(SettledRow)
    connection = session.connection()
    connection.execute(delete(settled).where(settled.c.issue_id == issue_id))
    counted = (
        select(literal(issue_id), delivery.c.channel, delivery.c.state, func.count())
        .where(delivery.c.issue_id == issue_id)
        .group_by(delivery.c.channel, delivery.c.state)
    )
    connection.execute(insert(settled).from_select(["issue_id", "channel", "state", "count"], counted))


def count_again(session: Session, issue_id: int) -> None:
    """Something that was unknown is known now; what was never counted is not counted for it."""
    settled = table_of(SettledRow)
    if session.scalar(select(settled.c.state).where(settled.c.issue_id == issue_id).limit(1)):
        count(session, issue_id)


def forget(session: Session, issue_id: int) -> None:
    """It goes out again, so what was counted holds no more."""
    settled = table_of(SettledRow)
    session.connection().execute(delete(settled).where(settled.c.issue_id == issue_id))


def counted(session: Session, issue_id: int) -> dict[str, dict[str, int]]:
    """What was written down, by channel and state; nothing where it holds no more, or was never counted."""
    settled = table_of(SettledRow)
    query = select(settled.c.channel, settled.c.state, settled.c.count).where(settled.c.issue_id == issue_id)
    found: dict[str, dict[str, int]] = {}
    for channel, state, number in session.connection().execute(query):
        found.setdefault(channel, {})[state] = number
    is_as_it_was = (
        sum(states.get("unknown", 0) for states in found.values()) == in_trouble(session, issue_id)["unknown"]
    )
    return found if is_as_it_was else {}


def in_trouble(session: Session, issue_id: int) -> dict[str, int]:
    """How many deliveries of the issue are unknown, refused and dropped? These are few, and have an index."""
    delivery = table_of(DeliveryRow)
    query = (
        select(delivery.c.state, func.count())
        .where(delivery.c.issue_id == issue_id, is_stuck(delivery))
        .group_by(delivery.c.state)
    )
    return dict.fromkeys(TROUBLE, 0) | {row[0]: row[1] for row in session.connection().execute(query)}


def is_stuck(delivery: Any) -> ColumnElement[bool]:
    """Whether a delivery of this table is unknown, refused or dropped, so written that SQLite sees their index."""
    table = getattr(delivery, "c", delivery)
    stuck: ColumnElement[bool] = table.state.in_([literal(state, literal_execute=True) for state in TROUBLE])
    return stuck
