"""Which entries with an unknown identity are items of the same source that are stored already?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy
from sqlalchemy import ColumnElement
from sqlmodel import Session

from publisher.domain.identity import address_of
from publisher.domain.item import ItemFound
from publisher.editorial.again import Stored, recognised
from publisher.store.bulk import chunks, table_of
from publisher.store.tables import ItemRow


def recognise(
    session: Session, source: str, reading: Mapping[str, ItemFound], unknown: Sequence[str], column_id: int | None
) -> dict[str, str]:
    """For every unknown entry that is an item of this source, and of this column if it is one's, its identity."""
    if not unknown:
        return {}
    item = table_of(ItemRow).c
    here = [item.source == source, item.column_id.is_(None) if column_id is None else item.column_id == column_id]
    is_first = session.connection().execute(sqlalchemy.select(item.id).where(*here).limit(1)).first() is None
    entries = [reading[identity] for identity in unknown]
    addresses = {address for entry in entries if (address := address_of(entry))}
    moments = {entry.published_at for entry in entries if entry.published_at}
    stored = {}
    if not is_first:
        stored = {one.identity: one for one in _stored(session, here, item.canonical_url, sorted(addresses))}
        stored |= {one.identity: one for one in _stored(session, here, item.published_at, sorted(moments))}
    return recognised(reading, set(unknown), stored.values())


def _stored(
    session: Session, here: Sequence[ColumnElement[bool]], column: ColumnElement[Any], values: Sequence[Any]
) -> Iterator[Stored]:
    item = table_of(ItemRow).c
    columns = (item.identity, item.headline, item.canonical_url, item.published_at)
    for some in chunks(values):
        query = sqlalchemy.select(*columns).where(*here, column.in_(some)).order_by(item.id)
        yield from (Stored(*row) for row in session.connection().execute(query))
