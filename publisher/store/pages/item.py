"""An item as it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlmodel import Session

from publisher.store import items, versions
from publisher.store.tables import ItemRow, VersionRow


def one(session: Session, item_id: int) -> dict[str, Any]:
    """One item, whole. Raises NotFound."""
    return _page(items.get_item(session, item_id), items.used_in(session, [item_id]))


def history(session: Session, item_id: int) -> list[dict[str, Any]]:
    """What the item said before each edit, the oldest first, with what that edit changed. Raises NotFound."""
    now = items.get_item(session, item_id)
    before = versions.of_item(session, item_id)
    said: list[ItemRow | VersionRow] = [*before, now]
    return [
        {"replaced_at": one.replaced_at, "changed": _changed(one, other), **_words(one)}
        for one, other in zip(before, said[1:], strict=True)
    ]


def newest(session: Session, limit: int) -> list[dict[str, Any]]:
    """The items that were first seen last, with their bodies."""
    rows = items.list_items(session, limit)
    used = items.used_in(session, _ids(rows))
    return [_page(row, used) for row in rows]


def _ids(rows: Sequence[ItemRow]) -> list[int]:
    return [row.id for row in rows if row.id is not None]


def _page(row: ItemRow, used: dict[int, int]) -> dict[str, Any]:
    return {
        "id": row.id,
        **_words(row),
        "source": row.source,
        "first_seen_at": row.first_seen_at,
        "updated_at": row.updated_at,
        "rights": row.rights,
        "used_in": used.get(row.id or 0),
    }


def _words(row: ItemRow | VersionRow) -> dict[str, Any]:
    """What the source gave."""
    picture = items.picture_of(row)
    return {
        "headline": row.headline,
        "dek": row.dek,
        "body": row.body,
        "url": row.url,
        "canonical": row.canonical,
        "published_at": row.published_at,
        "language": row.language,
        "byline": row.byline,
        "picture": asdict(picture) if picture else None,
        "enclosures": row.enclosures,
    }


def _changed(before: ItemRow | VersionRow, after: ItemRow | VersionRow) -> dict[str, Any]:
    """What stands in the place of what is different now."""
    old, new = _words(before), _words(after)
    return {name: new[name] for name in old if old[name] != new[name]}
