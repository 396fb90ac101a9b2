"""How long composing takes: made-up weeks of 1,300 to 130,000 items, and with --week the real one.

    python -m benchmarks.compose [--most 130000]
    python -m benchmarks.compose --week FOLDER/feeds

Prints the processor time of `choose`, the time for each item, and how it grows; linear means that the last column stays
near 1. Exit status 1 when it does not.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from zoneinfo import ZoneInfo

from publisher.domain.item import Candidate, Rights
from publisher.domain.message import Picture
from publisher.domain.urls import canonical_url
from publisher.editorial.excerpts import excerpt, prose
from publisher.editorial.rank import blurb
from publisher.editorial.selection import choose

NOW = datetime(2026, 5, 25, tzinfo=UTC)
SEOUL = ZoneInfo("Asia/Seoul")
GROWTH = 1.6  # the most that an item of the largest week may cost, in items of the smallest


@dataclass(frozen=True, slots=True)
class Rules:
    items: int = 6
    per_source: int = 2


def made_up_week(size: int, seed: int = 7) -> list[Candidate]:
    """A week of `size` items of `size / 65` sources: words by Zipf's law over a vocabulary that grows with the week, a
    fifth told again by others under the same address or nearly the same headline, two thirds older than the window."""
    dice = random.Random(seed)
    syllables = ["ka", "ro", "mi", "te", "lu", "so", "ne", "va", "po", "gi", "하", "루", "나", "소", "미"]
    vocabulary = ["".join(dice.choices(syllables, k=dice.randint(2, 4))) + str(at % 7 or "") for at in range(size // 3)]
    common = [1 / (at + 3) for at in range(len(vocabulary))]
    words = dice.choices(vocabulary, weights=common, k=size * 30)
    week: list[Candidate] = []
    for at in range(size):
        source = dice.randrange(size // 65 + 1)
        mine = words[at * 30 : at * 30 + 30]
        headline, url = " ".join(mine[:8]).capitalize(), f"https://s{source}.example.org/news/{at}?utm_source=feed"
        dated_at = NOW - timedelta(minutes=dice.randrange(60 * 24 * 21))
        if week and dice.random() < 0.2:
            told = dice.choice(week)
            headline = f"Introducing {told.headline}"
            url = told.url if dice.random() < 0.6 else url
            dated_at = told.dated_at or dated_at
        week.append(
            Candidate(
                item_id=at,
                source=f"s{source}",
                source_order=source,
                attribution=f"Source {source}",
                rights=Rights.EXCERPT,
                headline=headline,
                body=" ".join(mine).capitalize() + "." if dice.random() < 0.7 else "",
                url=url,
                canonical_url=canonical_url(url),
                dated_at=dated_at,
                language=dice.choice(["ko", "en"]),
                picture=Picture("https://example.org/p.png") if dice.random() < 0.3 else None,
            )
        )
    return week


def measure(sizes: list[int]) -> bool:
    """Prints one line for each size. Did the cost of an item stay about the same?"""
    print(f"{'items':>9} {'seconds':>9} {'µs/item':>9} {'growth':>7}")
    first = 0.0
    growth = 1.0
    for size in sizes:
        week = made_up_week(size)
        took = min(_seconds(week) for _ in range(3 if size < 20_000 else 1))
        each = took / size * 1e6
        first = first or each
        growth = each / first
        print(f"{size:>9,} {took:>9.3f} {each:>9.1f} {growth:>7.2f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
    return growth <= GROWTH


def _seconds(week: list[Candidate]) -> float:
    began = process_time()
    choose(week, Rules(), NOW - timedelta(days=7), NOW, SEOUL, "ko")
    return process_time() - began


def compose_week(folder: Path) -> None:
    """Reads the feeds of one folder and prints the issue that composing makes of them, with reasons and times."""
    began = perf_counter()
    until = datetime(2026, 5, 25, 9, tzinfo=SEOUL)
    week = _read(folder, until)
    read = perf_counter()
    choices = choose(week, Rules(), datetime(2026, 5, 18, tzinfo=SEOUL), until, SEOUL, "ko")
    by_id = {item.item_id: item for item in week}
    for choice in sorted((one for one in choices if one.position), key=lambda one: one.position or 0):
        item = by_id[choice.item_id]
        print(f"{choice.position}. {item.headline}  [{item.source}]\n   why: {choice.reason}")
        print(f"   blurb: {blurb(item.headline, prose(item.body), rights=item.rights)}")
        print(f"   letter: {excerpt(item.body, item.rights, item.headline)}")
    done = perf_counter()
    print(f"{len(week)} items: read in {read - began:.2f} s, composed in {done - read:.2f} s")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


def _read(folder: Path, until: datetime) -> list[Candidate]:
    """Every entry of every feed as a first reading leaves it: what has no date is back catalogue."""
    from publisher.config.settings import Fetching
    from publisher.fetch import Fetcher
    from publisher.sources.feed import Feed, Options

    fetcher = Fetcher(Fetching(), folder)
    week: list[Candidate] = []
    for order, file in enumerate(sorted(folder.iterdir())):
        name = file.name.split(".")[0].lower()
        feed = Feed(Options(name=name, kind="feed", url=f"file:{file.name}"), zone=SEOUL)
        for item in feed.read(fetcher, None, until).items:
            week.append(
                Candidate(
                    item_id=len(week) + 1,
                    source=name,
                    source_order=order,
                    attribution=name,
                    rights=Rights.EXCERPT,
                    headline=item.headline,
                    body=item.body,
                    url=item.url or "",
                    canonical_url=canonical_url(item.url or ""),
                    dated_at=item.published_at,
                    language=item.language,
                    byline=item.byline,
                    picture=item.picture,
                )
            )
    return week


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--week", type=Path, metavar="FOLDER", help="a folder of feeds to compose an issue from")
    parser.add_argument("--most", type=int, default=130_000, help="items of the largest made-up week")
    options = parser.parse_args()
    if options.week:
        compose_week(options.week)
        return 0
    sizes = [size for size in (1_300, 4_000, 13_000, 40_000, 130_000) if size <= options.most]
    return 0 if measure(sizes) else 1


if __name__ == "__main__":
    sys.exit(main())
