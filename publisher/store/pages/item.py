"""An item as it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlmodel import Session

from publisher.store import items
from publisher.store.tables import ItemRow


def one(session: Session, item_id: int) -> dict[str, Any]:
    """One item, whole. Raises NotFound."""
    return _page(items.get_item(session, item_id), items.used_in(session, [item_id]))


def newest(session: Session, limit: int) -> list[dict[str, Any]]:
    """The items that were first seen last, with their bodies."""
    rows = items.list_items(session, limit)
    used = items.used_in(session, _ids(rows))
    return [_page(row, used) for row in rows]


def _ids(rows: Sequence[ItemRow]) -> list[int]:
    return [row.id for row in rows if row.id is not None]


def _page(row: ItemRow, used: dict[int, int]) -> dict[str, Any]:
    picture = items.picture_of(row)
    return {
        "id": row.id,
        "headline": row.headline,
        "body": row.body,
        "url": row.url,
        "source": row.source,
        "published_at": row.published_at,
        "first_seen_at": row.first_seen_at,
        "language": row.language,
        "byline": row.byline,
        "rights": row.rights,
        "picture": asdict(picture) if picture else None,
        "used_in": used.get(row.id or 0),
    }
