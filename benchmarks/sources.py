"""What collecting costs, and what becomes of entries once they are read: how fast each is known, and saved.

    python -m benchmarks.sources [identity] [saving] [files] [http] [--most 200000]

`identity` prints how many identities with their canonical URLs are made in a second of processor time, for addresses as
feeds have them and for awkward ones. `saving` prints what an entry costs when a source of so many is read for the first
time, again, with every entry edited, and with a new id for each; linear means that the last column stays near 1. Exit
status 1 when a feed of usual addresses is below 100,000 a second, or when an entry of the largest source costs too much
more than one of the smallest. `files` and `http` run `publisher collect` (`benchmarks/sources_collect.py`) and fail
where a limit that they print is passed.
"""

from __future__ import annotations

import argparse
import resource
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from benchmarks.sources_collect import from_files, over_http
from publisher.domain.identity import Marks, identity_of
from publisher.domain.item import ItemFound, Rights
from publisher.domain.urls import canonical_url
from publisher.store import items
from publisher.store.db import Database, open_database, upgrade

NOW = datetime(2026, 5, 25, tzinfo=UTC)
ENOUGH = 100_000
GROWTH = 1.6  # the most that an entry of the largest source may cost, in entries of the smallest

# Each is a way to write the address of entry {0}. The first group is what nearly all of a feed's addresses look like;
# Hangul in them is percent-encoded, as feeds have it.
USUAL = {
    "a page": "https://www.paper.example/news/2026/05/a-robot-pours-tea-{0}",
    "a page, closed": "https://paper.example/news/{0}/",
    "a number in the query": "https://news.paper.example/topic?id={0}",
    "with utm_": "https://www.paper.example/news/{0}?utm_source=rss&utm_medium=feed",
    "Hangul, encoded": "https://paper.example/%EA%B8%B0%EC%82%AC/%EC%B2%AB%EB%88%88-{0}",
    "a comment mark": "https://paper.example/news/{0}#comments",
}
AWKWARD = {
    "a host of its own each": "https://site-{0}.example/feed-entry",
    "AMP": "https://www.paper.example/news/{0}/amp/",
    "Hangul, raw": "https://paper.example/기사/첫눈-{0}",
    "capital escapes and a port": "HTTP://Paper.example:80/news/%7etea/%b0%a1-{0}",
    "Naver, on a telephone": "https://m.blog.naver.com/PostView.naver?blogId=tea&logNo=22{0}",
    "a redirector": "https://l.facebook.com/l.php?u=https%3A%2F%2Fpaper.example%2Fnews%2F{0}&h=AT0",
}


def identity(count: int = 20_000) -> bool:
    """Prints a row for each way to write an address; true when the usual ones together are fast enough."""
    print(f"{'identity and canonical URL of':28}{'a second':>12}")
    mixed = [way.format(at) for at in range(count // len(USUAL)) for way in USUAL.values()]
    rows = {"a feed of the usual ones": mixed}
    rows |= {name: [way.format(at) for at in range(count)] for name, way in (USUAL | AWKWARD).items()}
    speed = {name: _speed(addresses) for name, addresses in rows.items()}
    for name, rate in speed.items():
        print(f"{name:28}{rate:>12,.0f}")
    return speed["a feed of the usual ones"] >= ENOUGH


def _speed(addresses: Sequence[str]) -> float:
    """The best of three, so that what else runs on the machine counts less."""
    feed = [Marks(f"https://paper.example/?p={at}", address, "A robot") for at, address in enumerate(addresses)]
    best = 0.0
    for _ in range(3):
        began = process_time()
        for marks in feed:
            identity_of(marks)
            canonical_url(marks.url)
        best = max(best, len(feed) / (process_time() - began))
    return best


def saving(sizes: Sequence[int]) -> bool:
    """Prints what each kind of reading costs at each size; true when none of them grows."""
    print(f"{'reading':20}{'entries':>10}{'seconds':>10}{'µs/entry':>10}{'growth':>8}")
    least: dict[str, float] = {}
    is_linear = True
    for size in sizes:
        for name, seconds in _readings(size).items():
            each = seconds / size * 1e6
            growth = each / least.setdefault(name, each)
            is_linear = is_linear and growth <= GROWTH
            print(f"{name:20}{size:>10,}{seconds:>10.2f}{each:>10.1f}{growth:>8.2f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
    return is_linear


def _readings(size: int) -> dict[str, float]:
    """Seconds of saving a source of so many entries, in four ways, one after the other."""
    first = [_entry(at) for at in range(size)]
    edited = [replace(entry, body=f"{entry.body} And it stirs.") for entry in first]
    renamed = [replace(entry, identity=f"{entry.identity}&visit=2") for entry in edited]
    readings = {"the first": first, "nothing new": first, "all edited": edited, "all with new ids": renamed}
    with TemporaryDirectory() as folder:
        upgrade("sqlite:///bench.db", Path(folder))
        with closing(open_database("sqlite:///bench.db", Path(folder))) as database:
            return {name: _seconds(lambda: _save(database, reading)) for name, reading in readings.items()}  # noqa: B023


def _entry(at: int) -> ItemFound:
    return ItemFound(
        identity=f"https://paper.example/?p={at}",
        headline=f"Robot number {at} pours tea for a queue of guests",
        url=f"https://www.paper.example/news/{at}?utm_source=rss",
        body="It pours tea, and nobody waits long. " * 5,
        published_at=NOW - timedelta(minutes=at),
    )


def _save(database: Database, entries: Sequence[ItemFound]) -> None:
    with database.write() as session:
        items.save_items(session, "paper", Rights.EXCERPT, entries, NOW)


def _seconds(work: Callable[[], None]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help="identity, saving, files, http; all if none is named")
    parser.add_argument("--most", type=int, default=200_000, help="entries of the largest source")
    options = parser.parse_args()
    sizes = [size for size in (2_000, 20_000, 200_000) if size <= options.most]
    parts = {"identity": identity, "saving": lambda: saving(sizes), "files": from_files, "http": over_http}
    done = [parts[name]() for name in options.parts or parts]
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main())
