"""A post of the local X: as the API shows it, and as people read it."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from publisher.domain import post as counter


@dataclass(frozen=True, slots=True)
class Post:
    """One post that is up. `text` is as it was sent, `length` as X counts it."""

    id: str
    text: str
    length: int
    created_at: datetime

    def pieces(self) -> list[tuple[str, str]]:
        """The text as people read it, in pieces: the words, and where they lead if they are a link."""
        text, shown, position = counter.normal(self.text), [], 0
        for start, end, target in sorted({*_links(text), *_addresses(text)}):
            if start < position:
                continue
            shown += [(text[position:start], ""), (_brief(text[start:end]), target)]
            position = end
        return [piece for piece in [*shown, (text[position:], "")] if piece[0]]


def listed(post: Post, fields: Iterable[str]) -> dict[str, Any]:
    text, entities = as_shown(post.text)
    listed: dict[str, Any] = {"id": post.id, "text": text, "edit_history_tweet_ids": [post.id]}
    if "created_at" in fields:
        listed["created_at"] = post.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    if "entities" in fields and entities:
        listed["entities"] = {"urls": entities}
    return listed


def as_shown(text: str) -> tuple[str, list[dict[str, Any]]]:
    """The text with & < > escaped and each address wrapped in t.co, and what is behind each."""
    text = counter.normal(text)
    shown, entities, position = "", [], 0
    for start, end, target in _links(text):
        shown += html.escape(text[position:start], quote=False)
        digest = hashlib.sha256(f"{text}{start}".encode()).hexdigest()
        short = f"https://t.co/{digest[:10]}"
        span = {"start": len(shown), "end": len(shown) + len(short)}
        entities.append({**span, "url": short, "expanded_url": target, "display_url": text[start:end][:26]})
        shown += short
        position = end
    return shown + html.escape(text[position:], quote=False), entities


def _links(text: str) -> list[tuple[int, int, str]]:
    """Each address in `text` (start, end, where it leads): X makes a link even of a bare host."""
    text = counter.normal(text)
    found = [(start, end, text[start:end]) for start, end in counter.urls(text)]
    return [(start, end, url if url.lower().startswith("http") else f"http://{url}") for start, end, url in found]


def _addresses(text: str) -> list[tuple[int, int, str]]:
    """Those that X makes no link of, like this machine's own."""
    return [(match.start(), match.end(), match[0]) for match in re.finditer(r"https?://127\.0\.0\.1\S*", text)]


def _brief(url: str) -> str:
    brief = url.removeprefix("https://").removeprefix("http://")
    return brief if len(brief) <= 40 else brief[:39] + "…"
