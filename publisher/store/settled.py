"""What became of an issue's deliveries, counted once when all have their end: nobody counts a million rows again."""

from __future__ import annotations

from collections.abc import Collection
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


def counted(session: Session, issue_ids: Collection[int]) -> dict[int, dict[str, dict[str, int]]]:
    """What was written down, by issue, channel and state; without issues where it holds no more, or never was."""
    settled = table_of(SettledRow)
    query = select(settled.c.issue_id, settled.c.channel, settled.c.state, settled.c.count)
    found: dict[int, dict[str, dict[str, int]]] = {}
    for issue_id, channel, state, number in session.connection().execute(query.where(_is_of(settled, issue_ids))):
        found.setdefault(issue_id, {}).setdefault(channel, {})[state] = number
    stuck = in_trouble(session, found)
    return {
        issue_id: channels
        for issue_id, channels in found.items()
        if sum(states.get("unknown", 0) for states in channels.values()) == stuck.get(issue_id, {}).get("unknown", 0)
    }


def in_trouble(session: Session, issue_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """How many deliveries of each issue are unknown, refused and dropped? These are few, and have an index."""
    delivery = table_of(DeliveryRow)
    query = (
        select(delivery.c.issue_id, delivery.c.state, func.count())
        .where(_is_of(delivery, issue_ids), is_stuck(delivery))
        .group_by(delivery.c.issue_id, delivery.c.state)
    )
    found: dict[int, dict[str, int]] = {}
    for issue_id, state, number in session.connection().execute(query):
        found.setdefault(issue_id, {})[state] = number
    return found


def _is_of(table: Any, issue_ids: Collection[int]) -> ColumnElement[bool]:
    is_of: ColumnElement[bool] = table.c.issue_id.in_(issue_ids)
    return is_of


def is_stuck(delivery: Any) -> ColumnElement[bool]:
    """Whether a delivery of this table is unknown, refused or dropped, so written that SQLite sees their index."""
    table = getattr(delivery, "c", delivery)
    stuck: ColumnElement[bool] = table.state.in_([literal(state, literal_execute=True) for state in TROUBLE])
    return stuck
