"""The real week of May 2026, and which of its items people said tell the same story."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from publisher.config.settings import Fetching
from publisher.domain.identity import address_of
from publisher.domain.item import Candidate
from publisher.domain.urls import canonical_url
from publisher.editorial.stories import fold
from publisher.fetch import Fetcher
from publisher.sources.feed import Feed, Options
from tests.editorial.makers import NOW, candidate

Pair = frozenset[int]


@dataclass(frozen=True)
class Measured:
    """What became of one kind of labelled pairs: how many there are, and which of them are in one story."""

    label: str
    pairs: frozenset[Pair]
    joined: frozenset[Pair]
    headlines: dict[int, str]

    def named(self, pairs: frozenset[Pair]) -> Iterator[str]:
        yield from sorted(" | ".join(sorted(self.headlines[at] for at in pair)) for pair in pairs)


def measure(week: Path) -> list[Measured]:
    """Fold the whole week, with every item that was labelled, and look at each kind of label."""
    labels = json.loads((week / "w21_near_dup_labels.json").read_text("utf-8"))
    clusters = json.loads((week / "w21_same_url_clusters.json").read_text("utf-8"))
    clustered = [it for items in clusters.values() for it in items]
    candidates = _candidates(week / "feeds", [it for entry in labels for it in entry["items"]] + clustered)
    place = {(one.source, one.canonical_url): one.item_id for one in candidates}

    def pairs(items: list[dict[str, Any]]) -> set[Pair]:
        ids = {place[it["feed"], canonical_url(it["link"])] for it in items}
        return {frozenset(pair) for pair in combinations(ids, 2)}

    kinds: dict[str, set[Pair]] = defaultdict(set)
    for entry in labels:
        kinds[entry["label"]] |= pairs(entry["items"])
    kinds["same address"] = set[Pair]().union(*(pairs(items) for items in clusters.values()))
    same = set[Pair]().union(*(found for label, found in kinds.items() if label.startswith("same")))
    kinds["another address"] = pairs(clustered) - _closed(same) - kinds["different_lookalike"]
    joined = {frozenset(pair) for story in fold(candidates) for pair in combinations((one.item_id for one in story), 2)}
    headlines = {one.item_id: one.headline for one in candidates}
    return [
        Measured(label, frozenset(found), frozenset(found & joined), headlines)
        for label, found in sorted(kinds.items())
    ]


def _candidates(feeds: Path, labelled: list[dict[str, Any]]) -> list[Candidate]:
    """Every item of every feed; and those labelled ones whose feed is not there, with what their labels say of them."""
    fetcher = Fetcher(Fetching(), feeds)
    found: dict[tuple[str, str], Candidate] = {}
    for path in sorted(feeds.glob("*.xml")):
        feed = Feed(
            Options(name=path.name.lower()[:30].replace(".", "-"), kind="feed", url=f"file:{path.name}"),
            zone=ZoneInfo("Asia/Seoul"),
        )
        for item in feed.read(fetcher, None, NOW).items:
            address = address_of(item)
            found[path.name, address] = candidate(
                len(found), item.headline, path.name, body=item.body, url=item.url or "", canonical_url=address,
                dated_at=item.published_at, language=item.language,
            )  # fmt: skip
    for it in labelled:
        key = (it["feed"], canonical_url(it["link"]))
        found.setdefault(key, candidate(len(found), it["title"], it["feed"], url=it["link"]))
    return list(found.values())


def _closed(same: set[Pair]) -> set[Pair]:
    """With whatever follows: of three that are the same in pairs, all are."""
    story: dict[int, set[int]] = {}
    for one, other in map(sorted, same):
        together = story.get(one, {one}) | story.get(other, {other})
        story |= dict.fromkeys(together, together)
    return {frozenset(pair) for together in story.values() for pair in combinations(together, 2)}
