"""Tell the editors what became of the stages. What there is to tell is in the database, so a crash loses none of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from publisher.config.cron import last_time, next_time
from publisher.domain.notice import News
from publisher.stages import notify
from publisher.store.pages import news

if TYPE_CHECKING:
    from publisher.wiring import Publication


@dataclass
class Telling:
    """The news of one publication. `turn` queues notices for what nobody was told yet; it writes only then."""

    publication: Publication
    _told: Any = None
    _more: list[News] = field(default_factory=list)

    def turn(self, now: datetime) -> int:
        """How many notices were queued."""
        schedule, zone = self.publication.settings.schedule, self.publication.settings.publication.timezone
        coming = next_time(schedule.send, zone, now)
        is_composed = last_time(schedule.compose, zone, coming - timedelta(microseconds=1)) <= now
        with self.publication.database.read() as session:
            mark = (coming, is_composed, tuple(self._more), news.mark(session))
            if mark == self._told:
                return 0
            needed = news.needed(
                session, compose=schedule.compose, send=schedule.send, zone=zone, holidays=schedule.holidays, now=now
            )
        found = [*notify.recent(self.publication.database, now=now), *needed, *self._more]
        count = notify.tell(self.publication.database, self.publication.notice_writer, found, now=now)
        self._told = mark
        return count

    def add(self, more: News) -> None:
        """News that is in no table: it is told at the next turn, and told once."""
        if more.key not in {known.key for known in self._more}:
            self._more.append(more)
