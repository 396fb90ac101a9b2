"""Look at every source once and store what it has. One bad source never stops the others."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

from publisher.config.settings import SourceOptions
from publisher.domain.item import ItemFound
from publisher.errors import PublisherError
from publisher.fetch import Cursor, Fetcher
from publisher.sources import Known, Reading, Source
from publisher.store import items
from publisher.store import sources as remembered
from publisher.store.db import Database

_AT_ONCE = 8

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What one look at one source did. `error` is empty when it went well."""

    source: str
    new: int = 0
    edited: int = 0
    unchanged: int = 0
    error: str = ""
    problems: tuple[str, ...] = ()


def run(
    database: Database, sources: Sequence[tuple[SourceOptions, Source]], fetcher: Fetcher, *, now: datetime
) -> list[SourceReport]:
    """Read all sources side by side, store each in its own transaction, and say how each went, in their order."""
    with database.read() as session:
        cursors = {options.name: remembered.cursor_of(session, options.name) for options, _ in sources}
    readings = _read_all(database, [(source, cursors[source.name]) for _, source in sources], fetcher, now)
    return [_store(database, options, reading, now) for (options, _), reading in zip(sources, readings, strict=True)]


def write(database: Database, options: SourceOptions, item: ItemFound, *, now: datetime) -> int:
    """Store one item that an editor wrote or added by hand; returns its id."""
    with database.write() as session:
        items.save_items(session, options.name, options.rights, [item], now)
        return items.id_of(session, options.name, item.identity)


def _read_all(
    database: Database, sources: Sequence[tuple[Source, Cursor | None]], fetcher: Fetcher, now: datetime
) -> list[Reading | str]:
    """Side by side where waiting for a server is what takes time; files are only parsed, and threads would not help."""
    known = {source.name: _known_of(database, source.name) for source, _ in sources}
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        futures = {
            source.name: pool.submit(_read, source, fetcher, cursor, now, known[source.name])
            for source, cursor in sources
            if source.is_remote
        }
        readings = {
            source.name: _read(source, fetcher, cursor, now, known[source.name])
            for source, cursor in sources
            if not source.is_remote
        }
        readings |= {name: future.result() for name, future in futures.items()}
    return [readings[source.name] for source, _ in sources]


def _known_of(database: Database, source: str) -> Known:
    """What a source may ask while it reads: a short transaction of its own, so none is open while a server is asked."""

    def known(identities: Collection[str]) -> Collection[str]:
        with database.read() as session:
            return items.known(session, source, identities)

    return known


def _read(source: Source, fetcher: Fetcher, cursor: Cursor | None, now: datetime, known: Known) -> Reading | str:
    """What the source gave, or why it gave nothing, in words."""
    try:
        return source.read(fetcher, cursor, now, known)
    except PublisherError as error:
        return error.message
    except Exception as error:  # a source's own mistake must not cost the week: told, with its trace in the log
        log.exception("source %s failed", source.name)
        return f"failed unexpectedly ({type(error).__name__}); the log has the details"


def _store(database: Database, options: SourceOptions, reading: Reading | str, now: datetime) -> SourceReport:
    report = SourceReport(options.name)
    if isinstance(reading, str):
        with database.write() as session:
            remembered.note_failure(session, options.name, reading, now)
        return replace(report, error=reading)
    with database.write() as session:
        saved = [items.save_items(session, options.name, options.rights, reading.items, now)] if reading.items else []
        saved += [items.save_column(session, options.name, options.rights, column, now) for column in reading.columns]
        remembered.note_success(session, options.name, reading.cursor, now)
    return replace(
        report,
        new=sum(part.new for part in saved),
        edited=sum(part.edited for part in saved),
        unchanged=sum(part.unchanged for part in saved),
        problems=reading.problems,
    )
