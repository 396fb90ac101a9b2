"""Nine feeds as they stood at eight midnights, collected day by day as a publication would."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlmodel import select

from publisher.sources import Reading, Source
from publisher.stages import collect
from publisher.store.tables import ItemRow, VersionRow
from tests.newsroom import Newsroom


@dataclass(frozen=True)
class Poll:
    """One look at one feed. `is_changed` when its bytes are not those of the midnight before.

    `back` are entries that the feed has again after it did not have them at the midnight before.
    """

    day: str
    feed: str
    is_changed: bool
    new: int
    edited: int
    unchanged: int
    back: int


@dataclass(frozen=True)
class Replay:
    """All looks, and what is stored after them.

    `entries` are those that the feeds had at any midnight, by page; `twice` are items that are stored twice; `redated`
    are edits that changed a date.
    """

    polls: list[Poll]
    items: int
    entries: int
    twice: list[str]
    redated: int

    @property
    def later(self) -> list[Poll]:
        """But for the first day, on which everything is new."""
        return [poll for poll in self.polls if poll.day != self.polls[0].day]

    @property
    def idle(self) -> list[Poll]:
        """Looks at changed bytes in which no item is new or edited."""
        return [poll for poll in self.later if poll.is_changed and not poll.new and not poll.edited]


@dataclass
class Heard:
    """A source that remembers what it gave."""

    source: Source
    pages: list[set[str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def is_remote(self) -> bool:
        return self.source.is_remote

    def read(self, *asked: Any, **more: Any) -> Reading:
        reading = self.source.read(*asked, **more)
        pages = {item.url or item.identity for item in reading.items}
        self.pages.append(self.pages[-1] if reading.is_unchanged else pages)
        return reading

    @property
    def back(self) -> int:
        """How many of the last reading were in an earlier one, but not in the one before?"""
        *earlier, before, last = [set[str](), *self.pages]
        return len((last - before) & set[str]().union(*earlier))


def replay(days: Path, root: Path) -> Replay:
    """Collect the feeds of each day in turn, in a publication that is made in `root`."""
    feeds = sorted(path.name for path in next(days.iterdir()).glob("*.xml"))
    more = "".join(f'[[source]]\nname = "{name[:-4]}"\nkind = "feed"\nurl = "file:feeds/{name}"\n\n' for name in feeds)
    publication = Newsroom.open(root, "sqlite:///var/publisher.db", more).publication
    sources = [(options, Heard(source)) for options, source in publication.sources()[1:]]  # the first is the desk
    polls, before = [], dict[str, bytes]()
    for day in sorted(path.name for path in days.iterdir()):
        shutil.copytree(days / day, root / "feeds", dirs_exist_ok=True)
        now = datetime.fromisoformat(day).replace(tzinfo=UTC)
        for report, (_, heard) in zip(
            collect.run(publication.database, sources, publication.fetcher, now=now), sources, strict=True
        ):
            assert not report.error, report
            content = (days / day / f"{report.source}.xml").read_bytes()
            is_changed = before.get(report.source) != content
            before[report.source] = content
            told = (report.new, report.edited, report.unchanged)
            polls.append(Poll(day, report.source, is_changed, *told, back=heard.back))
    with publication.database.read() as session:
        rows = list(session.exec(select(ItemRow)))
        versions = list(session.exec(select(VersionRow).order_by(VersionRow.item_id, VersionRow.id)))  # type: ignore[arg-type]
    publication.database.close()
    dates = {row.id: row.published_at for row in rows}
    redated = 0
    for version in reversed(versions):
        redated += version.published_at != dates[version.item_id]
        dates[version.item_id] = version.published_at
    stored = Counter((row.source, row.canonical_url or row.headline) for row in rows)
    return Replay(
        polls,
        items=len(rows),
        entries=sum(len(set[str]().union(*heard.pages)) for _, heard in sources),
        twice=[f"{source}: {page}" for (source, page), count in stored.items() if count > 1],
        redated=redated,
    )
