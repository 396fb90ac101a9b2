"""Posts: whether their network takes them, what they cost, and words that it takes for an address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from publisher.domain import post as counting
from publisher.domain.message import Counting
from publisher.preflight.finding import Finding, Level
from publisher.preflight.reading import Post, Reading

# X, pay-per-use since 2026-02-06, prices of 2026-04-20 (docs x-api/getting-started/pricing).
WITH_LINK, WITHOUT_LINK = Decimal("0.200"), Decimal("0.015")


@dataclass(frozen=True, slots=True)
class Cost:
    """What X takes for the posts of an issue, in US dollars."""

    with_link: int
    without_link: int

    @property
    def dollars(self) -> Decimal:
        return self.with_link * WITH_LINK + self.without_link * WITHOUT_LINK


def cost_of(posts: Sequence[Post]) -> Cost:
    """Every post on X, with a link or without; a bare `x.ai` counts as one."""
    on_x = [post for post in posts if post.kind == "x"]
    linked = sum(bool(post.link or _urls(post.text)) for post in on_x)
    return Cost(linked, len(on_x) - linked)


def cost(reading: Reading) -> Iterator[Finding]:
    """What the issue costs on X."""
    found = cost_of(reading.posts)
    if not found.dollars:
        return
    yield Finding(
        Level.NOTE,
        "cost",
        "posts",
        f"X takes ${found.dollars:.3f} for this issue: {found.with_link} × ${WITH_LINK} with a link, "
        f"{found.without_link} × ${WITHOUT_LINK} without",
        "choose which posts carry a link with `links` of the channel",
    )


def limits(reading: Reading) -> Iterator[Finding]:
    """A post that its network refuses for its length, counted as the network counts."""
    for post in reading.posts:
        length = _length(post.text, post.counting) if post.counting else post.length
        if length > post.limit:
            yield Finding(
                Level.BLOCKING,
                "limits",
                post.where,
                f"the post on {post.channel} is {length} long, and {post.limit} is the most",
                "shorten it",
            )


def blank(reading: Reading) -> Iterator[Finding]:
    """A post without a word."""
    for post in reading.posts:
        if not post.text.replace(post.link or "", "").strip():
            what = f"the post on {post.channel} for item {post.position} says nothing"
            yield Finding(Level.BLOCKING, "blank", post.where, what, "write it, or take it off")


def duplicates(reading: Reading) -> Iterator[Finding]:
    """Two posts of a channel with one text: X refuses the second, and readers wonder."""
    first: dict[tuple[str, str], int] = {}
    for post in reading.posts:
        text = " ".join(counting.normal(post.text).split())
        before = first.setdefault((post.channel, text), post.position)
        if before != post.position:
            yield Finding(
                Level.BLOCKING if post.kind == "x" else Level.WARNING,
                "duplicates",
                post.where,
                f"the posts on {post.channel} for items {before} and {post.position} say the same",
                "word one of the two otherwise",
            )


def accidents(reading: Reading) -> Iterator[Finding]:
    """Words that X takes for an address: 23 characters each, and the price of a post with a link."""
    for post in reading.posts:
        if post.counting is not Counting.X_WEIGHTED:
            continue
        found = _urls(post.text)
        meant = [address for address in found if address.startswith(("http://", "https://"))]
        for address in dict.fromkeys(address for address in found if address not in meant):
            costs = post.kind == "x" and not meant
            yield Finding(
                Level.WARNING if costs else Level.NOTE,
                "accidents",
                post.where,
                f"X takes “{address}” for a link, so this post costs ${WITH_LINK} instead of ${WITHOUT_LINK}"
                if costs
                else f"X takes “{address}” for a link",
                f"write it otherwise, like “{address.replace('.', ' ')}”, unless a link is meant",
            )


@lru_cache(maxsize=1_000)
def _length(text: str, how: Counting) -> int:
    return counting.length(text, how)


@lru_cache(maxsize=1_000)
def _urls(text: str) -> list[str]:
    """What X takes for an address."""
    text = counting.normal(text)
    return [text[start:end] for start, end in counting.urls(text)]
