"""Tell the editors what became of the stages. What there is to tell is in the database, so a crash loses none of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from publisher.config.cron import last_time, next_time
from publisher.domain.notice import Needed
from publisher.stages import notify, pause
from publisher.store.pages import news
from publisher.store.pages import source as sources

if TYPE_CHECKING:
    from publisher.wiring import Publication

NOT_AGAIN_WITHIN = timedelta(hours=6)


@dataclass
class Telling:
    """The news of one publication. `turn` queues notices for what nobody was told yet; it writes only then."""

    publication: Publication
    _told: Any = None
    _more: list[Needed] = field(default_factory=list)
    _added: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def turn(self, now: datetime) -> int:
        """How many notices were queued."""
        schedule, zone = self.publication.settings.schedule, self.publication.settings.publication.timezone
        coming = next_time(schedule.send, zone, now)
        is_composed = last_time(schedule.compose, zone, coming - timedelta(microseconds=1)) <= now
        with self.publication.database.read() as session:
            more, mark = tuple(self._more), (coming, is_composed, news.mark(session))
            if mark == self._told and not more:
                return 0
            needed = news.needed(
                session, compose=schedule.compose, send=schedule.send, zone=zone, holidays=schedule.holidays, now=now
            )
            needed += sources.troubles(session, self.publication.settings.sources, now)
        database = self.publication.database
        found = [*notify.recent(database, now=now), *needed, *pause.waiting(database), *more]
        count = notify.tell(database, self.publication.notice_writer, found, now=now)
        self._told = mark
        for told in more:
            self._more.remove(told)
        return count

    def add(self, more: Needed) -> None:
        """News that is in no table: it is told at the next turn. What comes and goes is told once in some hours."""
        before = self._added.get((more.what, more.reason))
        if before is not None and more.since - before < NOT_AGAIN_WITHIN:
            return
        self._added = {key: since for key, since in self._added.items() if more.since - since < NOT_AGAIN_WITHIN}
        self._added[more.what, more.reason] = more.since
        self._more.append(more)
