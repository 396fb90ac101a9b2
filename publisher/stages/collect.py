"""Look at every source that is due and store what it has. One bad source never stops the others.

`run` collects. `check` looks at all of them now and stores no item, only how each source fares.
"""

from __future__ import annotations

import hashlib
import logging
import random
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from publisher import __version__
from publisher.config.settings import SourceOptions
from publisher.domain import health as healths
from publisher.domain.audit import Action
from publisher.domain.health import Failed, Health, Outage, Standing, WasRead
from publisher.domain.item import ItemFound
from publisher.errors import DatabaseError, Fault, FetchError, NotAsked, PublisherError
from publisher.fetch import Cursor, Fetcher, host_of
from publisher.fetch.turns import Job, Turns
from publisher.sources import Known, Reading, Source
from publisher.store import audit, items
from publisher.store import sources as memory
from publisher.store.db import Database, Session
from publisher.store.sources import Remembered

_AT_ONCE = 12

log = logging.getLogger(__name__)

Sources = Sequence[tuple[SourceOptions, Source]]
Outcome = Reading | Failed | NotAsked | DatabaseError
Told = Callable[[str, bool], None]
"""Told of a source by its name when it is begun (False) and when it is done (True), from any thread."""


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What one look at one source did. `error` is empty when it went well.

    One that was not asked, because it is left alone until `health.due_at`, has the error of the last look.
    """

    source: str
    new: int = 0
    edited: int = 0
    unchanged: int = 0
    error: str = ""
    problems: tuple[str, ...] = ()
    is_asked: bool = True
    health: Health = field(default_factory=Health)


@dataclass(frozen=True, slots=True)
class Checked:
    """How one source fares, after a look that stored nothing. `items` are those it has; None when nothing is new."""

    source: str
    health: Health
    items: int | None = None
    a_week: float | None = None
    problems: tuple[str, ...] = ()
    error: str = ""

    @property
    def standing(self) -> Standing:
        return healths.standing(self.health)


def run(
    database: Database,
    sources: Sources,
    fetcher: Fetcher,
    *,
    now: datetime,
    jitter: Callable[[], float] = random.random,
    asks_all: bool = False,
    by: str = "",
    within: timedelta | None = None,
    told: Told = lambda name, is_done: None,
) -> list[SourceReport]:
    """Read what is due side by side, store each in its own transaction, and say how each went, in their order.

    With `asks_all` those are read as well that failed of late and would be left alone for some time: an editor, `by`,
    looks at them. It takes no longer than `within`, or else the settings' time for one collection.
    """
    if by:
        with database.write() as session:
            audit.note(session, by, Action.SOURCE_CHECKED, detail=", ".join(one.name for one, _ in sources), now=now)
    known = _remembered(database, sources)
    due = [one for one in sources if asks_all or healths.is_due(known[one[0].name].health, now)]
    look = _Look(database, known, now, jitter)
    reports = {options.name: _left_out(options.name, known[options.name]) for options, _ in sources}
    failed: dict[str, Failed] = {}
    quiet: dict[str, Reading] = {}
    for options, outcome in _outcomes(database, due, known, fetcher.for_a_run(within), now, told):
        match outcome:
            case Reading(is_unchanged=True, items=(), columns=()):
                quiet[options.name] = outcome
            case Reading():
                reports[options.name] = look.stored(options, outcome)
            case Failed():
                failed[options.name] = outcome
            case NotAsked():
                reports[options.name] = SourceReport(options.name, error=outcome.message, is_asked=False)
            case DatabaseError():
                raise outcome
    reports |= look.noted(quiet) | look.failed(due, failed)
    return [reports[options.name] for options, _ in sources]


def check(
    database: Database,
    sources: Sources,
    fetcher: Fetcher,
    *,
    now: datetime,
    jitter: Callable[[], float] = random.random,
    told: Told = lambda name, is_done: None,
) -> list[Checked]:
    """Ask all of these sources now, due or not, and keep how each fares. Their items are not stored."""
    known = _remembered(database, sources)
    outcomes = {
        options.name: outcome
        for options, outcome in _outcomes(database, sources, known, fetcher.for_a_run(), now, told)
    }
    is_outage = _is_outage(sources, {name: one for name, one in outcomes.items() if isinstance(one, Failed)})
    found = []
    with database.write() as session:
        for options, _ in sources:
            outcome, before = outcomes[options.name], known[options.name].health
            match outcome:
                case DatabaseError():
                    raise outcome
                case NotAsked():
                    found.append(Checked(options.name, before, error=outcome.message))
                    continue
                case Failed():
                    look = Outage(outcome.reason) if is_outage else outcome
                    one = Checked(options.name, healths.after(before, look, now, jitter()), error=outcome.reason)
                case Reading():
                    one = _checked(options.name, outcome, before, now)
            memory.remember(session, options.name, one.health, now, has_items=False)
            found.append(one)
    return found


def write(database: Database, options: SourceOptions, item: ItemFound, *, now: datetime) -> int:
    """Store one item that an editor wrote or added by hand; returns its id."""
    with database.write() as session:
        saved = items.save_items(session, options.name, options.rights, [item], now)
        return items.id_of(session, options.name, saved.recognised.get(item.identity, item.identity))


# --- reading


def _remembered(database: Database, sources: Sources) -> dict[str, Remembered]:
    """What is remembered of each, with what does not hold any more since its settings changed taken out."""
    with database.read() as session:
        known = memory.remembered(session, [options.name for options, _ in sources])
    for options, _ in sources:
        asked_as, before = _asked_as(options), known[options.name]
        if before.asked_as not in ("", asked_as):
            known[options.name] = Remembered(None, healths.renewed(before.health), asked_as)
        else:
            known[options.name] = replace(before, asked_as=asked_as)
    return known


def _asked_as(options: SourceOptions) -> str:
    """A digest of what decides how a source is read: its settings, and this program."""
    return hashlib.sha256(f"{__version__} {options!r}".encode(errors="replace")).hexdigest()[:16]


def _outcomes(
    database: Database, sources: Sources, known: dict[str, Remembered], fetcher: Fetcher, now: datetime, told: Told
) -> Iterator[tuple[SourceOptions, Outcome]]:
    """Side by side where waiting for a server is what takes time; files are only parsed, and threads would not help."""

    def read(source: Source) -> Outcome:
        told(source.name, False)
        found = _read(database, source, fetcher, known[source.name], now)
        told(source.name, True)
        return found

    by_name = {options.name: options for options, _ in sources}
    jobs = [
        Job(source.name, host_of(getattr(options, "url", "")), lambda source=source: read(source))  # type: ignore[misc]
        for options, source in sources
        if source.is_remote
    ]
    turns = Turns(jobs, fetcher.free_in, _AT_ONCE, fetcher.at_once(_AT_ONCE))
    try:
        for options, source in sources:
            if not source.is_remote:
                yield options, read(source)
        for name, outcome in turns.results():
            yield by_name[name], outcome
    finally:
        turns.end()


def _read(database: Database, source: Source, fetcher: Fetcher, known: Remembered, now: datetime) -> Outcome:
    """What the source gave, or why it gave nothing, in words."""
    try:
        return source.read(fetcher, known.cursor, now, _known_of(database, source.name))
    except (NotAsked, DatabaseError) as error:
        return error
    except FetchError as error:
        return Failed(error.message, error.fault, error.retry_after)
    except PublisherError as error:
        return Failed(error.message, Fault.LASTING)
    except Exception as error:  # a source's own mistake must not cost the week: told, with its trace in the log
        return _unexpected(source.name, error)


def _known_of(database: Database, source: str) -> Known:
    """What a source may ask while it reads: a short transaction of its own, so none is open while a server is asked."""

    def known(identities: Collection[str]) -> Collection[str]:
        with database.read() as session:
            return items.known(session, source, identities)

    return known


def _unexpected(name: str, error: Exception) -> Failed:
    log.error("source %s failed", name, exc_info=error)
    return Failed(f"failed unexpectedly ({type(error).__name__}); the log has the details", Fault.LASTING)


# --- storing


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at the sources that are due, `known` as it was before."""

    database: Database
    known: dict[str, Remembered]
    now: datetime
    jitter: Callable[[], float]

    def stored(self, options: SourceOptions, reading: Reading) -> SourceReport:
        name = options.name
        try:
            with self.database.write() as session:
                saved = [items.save_items(session, name, options.rights, reading.items, self.now)]
                saved += [
                    items.save_column(session, name, options.rights, column, self.now) for column in reading.columns
                ]
                is_news = any(part.new or part.edited for part in saved)
                health = self._read_well(session, name, reading, is_news=is_news)
        except PublisherError:
            raise
        except Exception as error:  # what a source gave that no table takes: told, and the others are stored
            return self.failed([], {name: _unexpected(name, error)})[name]
        return SourceReport(
            name,
            new=sum(part.new for part in saved),
            edited=sum(part.edited for part in saved),
            unchanged=sum(part.unchanged for part in saved),
            problems=reading.problems,
            health=health,
        )

    def _read_well(self, session: Session, name: str, reading: Reading, *, is_news: bool) -> Health:
        known = self.known[name]
        newest_at, rhythm = known.health.newest_at, known.health.rhythm
        if is_news or newest_at is None:
            newest_at, rhythm = memory.beat(session, name, self.now)
        moved_to = reading.cursor.moved_to if reading.cursor else known.health.moved_to
        health = healths.after(known.health, WasRead(newest_at, rhythm, moved_to), self.now, self.jitter())
        cursor = reading.cursor or known.cursor or Cursor()
        memory.remember(session, name, health, self.now, cursor=cursor, asked_as=known.asked_as)
        return health

    def noted(self, quiet: dict[str, Reading]) -> dict[str, SourceReport]:
        """What had nothing new, in one transaction."""
        if not quiet:
            return {}
        with self.database.write() as session:
            return {
                name: SourceReport(name, health=self._read_well(session, name, reading, is_news=False))
                for name, reading in quiet.items()
            }

    def failed(self, asked: Sources, failed: dict[str, Failed]) -> dict[str, SourceReport]:
        """What failed, in one transaction: it takes all of them to know whether it was our own network."""
        if not failed:
            return {}
        is_outage = _is_outage(asked, failed)
        found = {}
        with self.database.write() as session:
            for name, failure in failed.items():
                known = self.known[name]
                look = Outage(failure.reason) if is_outage else failure
                health = healths.after(known.health, look, self.now, self.jitter())
                cursor = known.cursor or Cursor()  # none, where its settings changed
                memory.remember(session, name, health, self.now, cursor=cursor, asked_as=known.asked_as)
                found[name] = SourceReport(name, error=failure.reason, health=health)
        return found


def _is_outage(asked: Sources, failed: dict[str, Failed]) -> bool:
    """Whether no host at all answered, and there are several: then it is our network that is down."""
    hosts = {host_of(getattr(options, "url", "")) for options, source in asked if source.is_remote}
    remote = [options.name for options, source in asked if source.is_remote]
    reached = [name for name in remote if name not in failed or failed[name].fault != Fault.UNREACHED]
    return len(hosts) > 1 and not reached


def _left_out(name: str, known: Remembered) -> SourceReport:
    return SourceReport(name, error=known.health.reason, is_asked=False, health=known.health)


def _checked(name: str, reading: Reading, before: Health, now: datetime) -> Checked:
    if reading.is_unchanged:
        look = WasRead(before.newest_at, before.rhythm, reading.cursor.moved_to if reading.cursor else before.moved_to)
        return Checked(name, healths.after(before, look, now, 0.0))
    found = [*reading.items, *(item for column in reading.columns for item in column.items)]
    dates = [item.published_at for item in reading.items if item.published_at]
    dates += [column.published_at for column in reading.columns if column.published_at]
    dates = [date for date in dates if date <= now + memory.AHEAD_AT_MOST]
    newest_at = max([*dates, *([before.newest_at] if before.newest_at else [])], default=None)
    rhythm = healths.rhythm(date.date() for date in dates) or before.rhythm
    moved_to = reading.cursor.moved_to if reading.cursor else before.moved_to
    health = healths.after(before, WasRead(newest_at, rhythm, moved_to), now, 0.0)
    weeks = timedelta(weeks=healths.WEEKS)
    recent = sum(now - date <= weeks for date in dates)
    a_week = healths.a_week(recent, min(dates), now) if dates else None
    return Checked(name, health, items=len(found), a_week=a_week, problems=reading.problems)
