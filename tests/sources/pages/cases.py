"""Pages of different builds, each with what a person finds on it: `samples/NAME.html`, `NAME.json` and `NAME.md`.

They are written for these tests: no site, person or place in them exists.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from publisher.domain.item import ItemFound
from publisher.editorial.pages import read_page

SEOUL = ZoneInfo("Asia/Seoul")
SAMPLES = Path(__file__).parent / "samples"
FIELDS = ("headline", "dek", "byline", "published_at", "language", "canonical", "picture")


@dataclass(frozen=True)
class Case:
    """One page: of what `build`, under which `url`, and what has to be found."""

    name: str
    build: str
    url: str
    expected: dict[str, Any]
    body: str

    @property
    def content(self) -> bytes:
        return (SAMPLES / f"{self.name}.html").read_bytes()

    def read(self) -> dict[str, Any]:
        return plain(read_page(self.content, self.url, SEOUL))


def cases() -> list[Case]:
    found = []
    for path in sorted(SAMPLES.glob("*.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        body = path.with_suffix(".md").read_text(encoding="utf-8").rstrip("\n")
        found.append(Case(path.stem, told.pop("build"), told.pop("url"), told, body))
    return found


def plain(item: ItemFound) -> dict[str, Any]:
    """The item as JSON has it, with its body."""
    picture = item.picture
    return {
        "headline": item.headline,
        "dek": item.dek,
        "byline": item.byline,
        "published_at": item.published_at.astimezone(SEOUL).isoformat() if item.published_at else None,
        "language": item.language,
        "canonical": item.canonical,
        "picture": [picture.url, picture.alt, picture.caption, picture.credit] if picture else None,
        "body": item.body,
    }
