"""What items said before they were edited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy
from sqlalchemy import delete, func, or_
from sqlmodel import Session, col, select

from publisher.store.bulk import chunks, table_of
from publisher.store.tables import ItemRow, Moment, VersionRow

KEPT = 20  # of one item: the first and the newest; a feed that changes with every look would fill the disk


def keep(session: Session, item_ids: Sequence[int], now: datetime) -> None:
    """Keep what these items say now, before it is replaced at `now`."""
    if not item_ids:
        return
    session.flush()
    item, version = table_of(ItemRow).c, table_of(VersionRow).c
    said = [column.name for column in version if column.name in item and column.name != "id"]
    for some in chunks(item_ids):
        replaced_at = sqlalchemy.literal(now, Moment())
        before = sqlalchemy.select(*(item[name] for name in said), item.id, replaced_at).where(item.id.in_(some))
        copied = sqlalchemy.insert(table_of(VersionRow)).from_select([*said, "item_id", "replaced_at"], before)
        session.connection().execute(copied)
        _forget(session, some)


def of_item(session: Session, item_id: int) -> list[VersionRow]:
    """What did the item say before? The oldest first."""
    return list(session.exec(select(VersionRow).where(VersionRow.item_id == item_id).order_by(col(VersionRow.id))))


def _forget(session: Session, item_ids: Sequence[int]) -> None:
    """Leave the first version of each item and the newest."""
    version = table_of(VersionRow).c
    ranked = sqlalchemy.select(
        version.id,
        func.row_number().over(partition_by=version.item_id, order_by=version.id).label("from_first"),
        func.row_number().over(partition_by=version.item_id, order_by=version.id.desc()).label("from_newest"),
    ).where(version.item_id.in_(item_ids))
    rank = ranked.subquery().c
    kept = sqlalchemy.select(rank.id).where(or_(rank.from_first == 1, rank.from_newest < KEPT))
    statement = delete(VersionRow).where(version.item_id.in_(item_ids), version.id.not_in(kept))
    session.connection().execute(statement)
