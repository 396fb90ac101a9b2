"""Add what an editor brings: a page by its address, an item of their own, a whole column. Looking stores nothing.

What is added becomes items of the editors' own source; `stages/edit.py` puts them into an issue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from publisher.config.settings import SourceOptions
from publisher.domain.audit import Action
from publisher.domain.item import ItemFound, Rights
from publisher.errors import FetchError, NotAsked
from publisher.fetch import Fetcher, shown
from publisher.sources.editor import from_page
from publisher.store import audit, items
from publisher.store.db import Database

PATIENCE = timedelta(seconds=20)  # that an editor has for a page


def look(
    fetcher: Fetcher, url: str, *, zone: ZoneInfo, language: str, now: datetime, patience: timedelta = PATIENCE
) -> ItemFound:
    """What is on the page at `url`, through the guard and in that time. Raises FetchError or SourceError."""
    try:
        page = fetcher.for_a_run(patience).get(url)
    except NotAsked as error:
        late = f"gave no answer in {patience.total_seconds():.0f} s; try again, or write the item by hand"
        raise FetchError(shown(url), late) from error
    return from_page(page, zone, language=language, now=now)


def run(
    database: Database,
    options: SourceOptions,
    found: Sequence[ItemFound],
    *,
    rights: Rights,
    number: int,
    by: str,
    now: datetime,
) -> tuple[int, ...]:
    """Store these for issue `number`, and what of them may be used; their ids. Adding an item again edits it."""
    dated = [replace(one, published_at=one.published_at or now) for one in found]
    with database.write() as session:
        saved = items.save_items(session, options.name, rights, dated, now)
        ids = tuple(
            items.id_of(session, options.name, saved.recognised.get(one.identity, one.identity)) for one in dated
        )
        for item_id in dict.fromkeys(ids):
            audit.note(session, by, Action.ITEM_ADDED, number, f"item {item_id}", now=now)
    return tuple(dict.fromkeys(ids))
