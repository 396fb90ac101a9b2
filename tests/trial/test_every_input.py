"""Every real input of the sources as a table: what is in it, what became of it, and why not all."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from publisher.config.settings import Fetching
from publisher.editorial.charset import decode
from publisher.errors import FetchError, SourceError
from publisher.fetch import Fetcher
from publisher.sources import Reading, Source
from publisher.sources.feed import Feed
from publisher.sources.feed import Options as FeedOptions
from publisher.sources.markdown import Markdown
from publisher.sources.markdown import Options as MarkdownOptions
from tests.served import serving

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 5, 25, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    """One input: how many entries are in it by its own marks, and what reading it gave."""

    name: str
    expected: int
    reading: Reading
    error: str

    def cells(self) -> list[str]:
        items = self.reading.items
        counts = [
            len(items),
            sum(item.published_at is not None for item in items),
            sum(item.picture is not None for item in items),
            sum(len(item.body) > 1_000 for item in items),
        ]
        return [self.name, str(self.expected), *map(str, counts), self.error or "; ".join(self.reading.problems)]


def row(name: str, expected: int, source: Source, root: Path) -> Row:
    try:
        return Row(name, expected, source.read(Fetcher(Fetching(), root), None, NOW), "")
    except (SourceError, FetchError) as error:
        return Row(name, expected, Reading(), error.message)


def feeds(folder: Path) -> Iterator[Row]:
    for path in sorted(path for path in folder.iterdir() if path.suffix in (".xml", ".json")):
        source = Feed(FeedOptions(name="x", kind="feed", url=f"file:{path.name}"), zone=SEOUL)
        yield row(path.name, entries(path), source, folder)


def entries(path: Path) -> int:
    """How many are in it, counted without any of our reading."""
    text = decode(path.read_bytes())
    return len(json.loads(text)["items"]) if path.suffix == ".json" else len(re.findall(r"<(?:item|entry)[\s>]", text))


def posts(folder: Path) -> Iterator[Row]:
    for path in sorted(folder.glob("*.md")):
        options = MarkdownOptions.model_validate(
            {"name": "x", "kind": "markdown", "path": path.name, "base_url": "https://blog.example.org"}
        )
        yield row(path.name, 1, Markdown(options, zone=SEOUL, root=folder), folder)


def show(title: str, rows: list[Row]) -> None:
    heads = [title, "entries", "items", "dated", "pictures", "long texts", "why not all"]
    table = [heads, *(each.cells() for each in rows)]
    widths = [max(len(line[at]) for line in table) for at in range(len(heads))]
    print(
        "\n"
        + "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in table
        )
    )


@pytest.mark.trial
def test_every_file_of_the_awkward_feeds_gives_its_entries_or_says_why_not(shared: Path) -> None:
    rows = list(feeds(shared / "data" / "feeds-awkward"))
    show("feeds-awkward", rows)
    assert len(rows) == 14
    assert {each.name: len(each.reading.items) for each in rows if len(each.reading.items) != 3} == {
        "empty.xml": 0,
        "noir_html_error_page.xml": 0,
        "noir_truncated.xml": 1,
    }
    assert all(each.error or each.reading.problems for each in rows if len(each.reading.items) != 3)
    whole = [each for each in rows if len(each.reading.items) == 3]
    assert all(item.published_at and len(item.body) > 1_000 for each in whole for item in each.reading.items)


@pytest.mark.trial
def test_every_feed_of_the_real_week_gives_all_its_entries(shared: Path) -> None:
    rows = list(feeds(shared / "data" / "week-2026-W21" / "feeds"))
    show("week-2026-W21", rows)
    assert [(each.name, each.expected, each.error) for each in rows if len(each.reading.items) != each.expected] == []
    assert sum(len(each.reading.items) for each in rows) == 1_120
    (geeknews,) = (each.reading.items for each in rows if each.name.startswith("ko_geeknews"))
    assert len({item.url for item in geeknews}) == 44
    days = [
        (item.published_at.weekday(), item.published_at.astimezone(SEOUL).weekday())
        for item in geeknews
        if item.published_at
    ]
    assert days.count((6, 0)) == 6  # on Sunday in UTC, on Monday in Seoul


@pytest.mark.trial
def test_every_post_becomes_an_item_with_its_day(shared: Path) -> None:
    rows = list(posts(shared / "data" / "markdown"))
    show("markdown", rows)
    assert [len(each.reading.items) for each in rows] == [1, 1, 1]
    assert all(item.published_at and item.headline and item.body for each in rows for item in each.reading.items)


MEASURED = """
import re, sys, time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo
from publisher.config.settings import Fetching
from publisher.fetch import Fetcher
from publisher.sources.feed import Feed, Options

feed = Feed(Options(name="x", kind="feed", url="file:" + sys.argv[1]), zone=ZoneInfo("Asia/Seoul"))
started = time.process_time()
fetcher = Fetcher(Fetching(max_bytes=200_000_000), Path(sys.argv[2]))
reading = feed.read(fetcher, None, datetime(2026, 5, 25, tzinfo=UTC))
peak = int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024
print(len(reading.items), round(time.process_time() - started, 2), peak, *reading.problems)
"""
RSS = (
    "<item><title>Headline {0} of the day</title><guid>{0}</guid><link>https://paper.example/{0}</link>"
    "<pubDate>Wed, 20 May 2026 06:00:00 +0900</pubDate><description>Some words about it.</description></item>"
)
JSON = '{{"id":"{0}","url":"https://paper.example/{0}","title":"Headline {0}","content_text":"Some words"}}'


@pytest.mark.trial
@pytest.mark.parametrize("shape", ["rss", "json"])
def test_a_feed_of_two_hundred_thousand_entries_costs_little_more_than_one_of_five_thousand(
    tmp_path: Path, shape: str
) -> None:
    told: list[list[str]] = []
    print()
    for count in (5_000, 200_000):
        if shape == "rss":
            text = (
                f"<rss version='2.0'><channel><title>P</title>{''.join(map(RSS.format, range(count)))}</channel></rss>"
            )
        else:
            text = (
                f'{{"version":"https://jsonfeed.org/version/1.1","items":[{",".join(map(JSON.format, range(count)))}]}}'
            )
        (tmp_path / "feed").write_text(text)
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, "feed", str(tmp_path)], capture_output=True, text=True, check=True
        )
        told.append(done.stdout.split(maxsplit=3))
        print(f"{shape} {count:>7,} entries, {len(text) / 1e6:5.1f} MB: items, s, MB peak: {done.stdout.strip()}")
    (few, few_seconds, *_), (many, many_seconds, megabytes, problem) = told
    assert few == many == "5000" and "the first 5,000 were read" in problem
    assert int(megabytes) < 400
    assert (
        float(many_seconds) < 6 * float(few_seconds) + 5
    )  # of forty times as much; other work on the machine counts in


@pytest.mark.trial
def test_a_feed_of_a_hundred_megabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with serving() as served:
        url = served.give("/feed", b"<rss version='2.0'><channel>" + b"<item><title>x</title></item>" * 3_500_000)
        source = Feed(FeedOptions(name="x", kind="feed", url=url), zone=SEOUL)
        fetcher = Fetcher(Fetching(private_addresses=True, spacing=timedelta(0)), tmp_path)
        started = time.monotonic()
        with pytest.raises(FetchError, match="is larger than 10,000,000 bytes") as error:
            source.read(fetcher, None, NOW)
        print(f"\n{error.value.message} ({time.monotonic() - started:.2f} s)")
    assert time.monotonic() - started < 10
