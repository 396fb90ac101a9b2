"""Sources and channels as config.toml names them, with how they fare. Read-only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select

from publisher.config.settings import ChannelOptions, SourceOptions
from publisher.domain import health as healths
from publisher.domain.health import Health, Standing
from publisher.domain.notice import News, SourceTrouble, SourceWell, told_of
from publisher.store.bulk import chunks
from publisher.store.sources import health_of, remembered, weekly
from publisher.store.tables import Moment, NoticeRow, PauseRow, SourceRow

# An outage may come between a recovery and the telling.
WELL_LASTS = timedelta(days=14)


def sources(session: Session, configured: Sequence[SourceOptions], now: datetime) -> list[dict[str, Any]]:
    """One row for each configured source, in their order."""
    counts = weekly(session, now)
    known = {row.name: row for row in session.scalars(select(SourceRow))}
    shown = []
    for options in configured:
        row = known.get(options.name) or SourceRow(name=options.name)
        health, count = health_of(row), counts.get(options.name)
        shown.append(
            {
                "name": options.name,
                "kind": options.kind,
                "rights": options.rights.value,
                "items": count.all if count else 0,
                "items_a_week": count.a_week if count else 0.0,
                "last_read_at": row.last_read_at,
                **fares(health),
                "last_error": row.last_error,
            }
        )
    return shown


def ill(session: Session, configured: Sequence[SourceOptions]) -> list[str]:
    """The names of the sources that need a look."""
    known = remembered(session, [options.name for options in configured])
    return [name for name, one in known.items() if healths.standing(one.health) not in (Standing.WELL, Standing.NEW)]


def newest(session: Session, names: Sequence[str], count: int) -> dict[str, list[dict[str, Any]]]:
    """The items that each of these sources gave last."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    # One statement for many, each part of which reads no more than it gives: by an index, and not by sorting.
    part = (
        "SELECT * FROM (SELECT {} FROM item WHERE source = :name{} ORDER BY first_seen_at DESC LIMIT :count) AS part{}"
    )
    for some in chunks(list(names), 100):
        parts = [part.format(", ".join(_GIVEN), place, place) for place in range(len(some))]
        query = text(" UNION ALL ".join(parts)).columns(published_at=Moment(), first_seen_at=Moment())
        asked = {f"name{place}": name for place, name in enumerate(some)} | {"count": count}
        for row in session.connection().execute(query, asked).mappings():
            found[row["source"]].append(dict(row))
    return found


_GIVEN = ("source", "id", "headline", "url", "published_at", "first_seen_at")


def fares(health: Health) -> dict[str, Any]:
    """How a source fares, as commands and pages show it."""
    return {
        "state": healths.standing(health).value,
        "last_success_at": health.last_success_at,
        "newest_at": health.newest_at,
        "failures": health.failures,
        "failing_since": health.failing_since,
        "asked_again_at": health.due_at,
        "silent_since": health.silent_since,
        "moved_to": health.moved_to,
        "wrong": healths.wrong(health),
    }


def troubles(session: Session, configured: Sequence[SourceOptions], now: datetime) -> list[News]:
    """What the editors should know of the sources: each trouble, and its end where they heard of it."""
    found: list[News] = []
    for options in configured:
        row = session.get(SourceRow, options.name)
        if row is not None:
            found += _troubles(session, options.name, health_of(row), now)
    return found


def channels(session: Session, configured: Sequence[ChannelOptions]) -> list[dict[str, Any]]:
    """One row for each configured channel, with the reason it is paused for."""
    shown = []
    for options in configured:
        paused = session.get(PauseRow, options.name)
        shown.append(
            {
                "name": options.name,
                "kind": options.kind,
                "paused": paused.reason if paused else "",
                "paused_at": paused.paused_at if paused else None,
            }
        )
    return shown


def _troubles(session: Session, name: str, health: Health, now: datetime) -> Iterator[News]:
    for one in healths.troubles(health, now):
        yield SourceTrouble(
            name,
            one.standing,
            healths.wrong(health),
            one.since,
            failures=health.failures,
            rhythm=health.rhythm,
            moved_to=health.moved_to,
        )
    since, well_at = health.recovered_from, health.recovered_at
    if since and well_at and now - well_at <= WELL_LASTS and _was_told(session, name, since):
        yield SourceWell(name, since, well_at)


def _was_told(session: Session, source: str, since: datetime) -> bool:
    key = col(NoticeRow.key).startswith(told_of(source, since), autoescape=True)
    return session.exec(select(NoticeRow.id).where(key).limit(1)).first() is not None
