"""Tiny makers of facts for the editorial tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from publisher.domain.item import Candidate, Rights
from publisher.domain.urls import canonical_url

NOW = datetime(2026, 5, 25, tzinfo=UTC)


def candidate(
    item_id: int, headline: str = "", source: str = "", days_ago: float | None = 2, **known: Any
) -> Candidate:
    """A candidate about which only what matters needs saying."""
    source = source or f"source-{item_id}"
    url = known.pop("url", f"https://{source}.example.org/{item_id}")
    fields: dict[str, Any] = {
        "item_id": item_id,
        "source": source,
        "source_order": 0,
        "attribution": source.title(),
        "rights": Rights.EXCERPT,
        "headline": headline or f"{_WORDS[item_id % 26].title()}{item_id} blossoms",
        "body": "",
        "url": url,
        "canonical_url": canonical_url(url),
        "dated_at": None if days_ago is None else NOW - timedelta(days=days_ago),
    }
    return Candidate(**fields | known)


# fmt: off
_WORDS = (
    "alder", "birch", "cedar", "dogwood", "elder", "fir", "ginkgo", "hazel", "ivy", "juniper", "katsura", "larch",
    "maple", "nutmeg", "oak", "poplar", "quince", "rowan", "spruce", "teak", "umbrella", "viburnum", "willow",
    "xylosma", "yew", "zelkova",
)
# fmt: on
