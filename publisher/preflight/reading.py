"""A proof and its facts, read once for all checks: the fields in words, the posts, the letter's pictures and links.

What is costly is done when it is first asked for, and remembered by the text it is of: of an issue that is checked
again after each edit, most has not changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from html import unescape
from typing import NamedTuple

import lxml.html
from lxml.html import HtmlElement

from publisher.domain.issue import Issue, Pick
from publisher.domain.message import Counting
from publisher.domain.proof import Proof
from publisher.editorial import markup
from publisher.preflight.facts import Facts, ItemFacts
from publisher.render.slots import fill

_MOST = 20_000  # characters of a source's text that are compared; what is longer repeats itself or is a book


class Link(NamedTuple):
    """A link that somebody wrote, in the field `where`."""

    where: str
    href: str
    words: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the issue with its plain words. `pick` is the one that it is about, None for the issue's own."""

    where: str
    words: str
    pick: Pick | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """One post of the proof. `where` is the field of its text."""

    channel: str
    kind: str
    position: int
    where: str
    text: str
    link: str | None
    length: int
    limit: int
    counting: Counting | None


@dataclass(frozen=True, slots=True)
class Image:
    """One picture of the letter; `item_id` where it is a pick's."""

    source: str
    alt: str | None
    has_width: bool
    has_height: bool


class Reading:
    """`proof` and `facts`, and what checks want to know of them."""

    def __init__(self, proof: Proof, facts: Facts) -> None:
        self.proof = proof
        self.facts = facts

    @property
    def issue(self) -> Issue:
        return self.facts.issue

    @property
    def is_korean(self) -> bool:
        return self.facts.language == "ko"

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """Every field that holds words, in the order of the letter; Markdown as its plain words."""
        return tuple(_fields(self.issue))

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """What editor and sources link to, field by field."""
        return links_in(self.issue)

    @cached_property
    def posts(self) -> tuple[Post, ...]:
        """Every post, channel by channel, in order."""
        channels = {channel.name: channel for channel in self.facts.channels}
        found = []
        for channel, position, content in sorted(self.proof.posts(), key=lambda post: post[:2]):
            told, known = json.loads(content), channels.get(channel)
            item_id = self.facts.item_at(position)
            found.append(
                Post(
                    channel=channel,
                    kind=known.kind if known else "",
                    position=position,
                    where=f"pick:{item_id}:post:{channel}:text" if item_id else f"post:{channel}:{position}",
                    text=told["text"],
                    link=told["link"],
                    length=told["length"],
                    limit=told["limit"],
                    counting=known.limits.counting if known and known.limits else None,
                )
            )
        return tuple(found)

    @cached_property
    def letter(self) -> HtmlElement:
        """The letter's HTML, as someone sees it of whom nothing is known."""
        html = fill(self.proof["html"], {"leave_url": f"{self.facts.home}/leave"})
        return lxml.html.document_fromstring(html or "<html></html>")

    @cached_property
    def letter_words(self) -> str:
        """What the letter's HTML says, a space between two elements."""
        return " ".join(self.letter.itertext())

    @cached_property
    def images(self) -> tuple[Image, ...]:
        return tuple(
            Image(image.get("src", ""), image.get("alt"), bool(image.get("width")), bool(image.get("height")))
            for image in self.letter.iter("img")
        )

    @cached_property
    def addresses(self) -> tuple[str, ...]:
        """What the letter links to, each once, in order."""
        return tuple(
            dict.fromkeys(link.get("href", "").strip() for link in self.letter.iter("a") if "href" in link.attrib)
        )

    def item(self, pick: Pick) -> ItemFacts | None:
        return self.facts.items.get(pick.item_id)

    def source_words(self, pick: Pick) -> str:
        """What the source said: headline and text, as plain words; empty where it is not known."""
        item = self.item(pick)
        return f"{item.headline}\n\n{plain(item.body[:_MOST])}" if item else ""

    def is_own(self, address: str) -> bool:
        """Whether it is one of the publication's own pages."""
        return address == self.facts.home or address.startswith(f"{self.facts.home}/")


@lru_cache(maxsize=1_000)
def plain(markdown: str) -> str:
    """`markup.plain`, remembered."""
    return markup.plain(markdown)


@lru_cache(maxsize=1_000)
def links_of(markdown: str) -> tuple[tuple[str, str], ...]:
    """(address, words) of every link in a Markdown text."""
    found = _ANCHOR.findall(markup.to_html(markdown)) if "](" in markdown or "<" in markdown or "[" in markdown else ()
    return tuple((unescape(href), unescape(_TAG.sub("", words)).strip()) for href, words in found)


def links_in(issue: Issue) -> tuple[Link, ...]:
    """What note and items link to, in order; an item's own page is linked by its headline."""
    found = [Link("note", href, words) for href, words in links_of(issue.note)]
    for pick in issue.picks:
        found += [Link(field_name(pick, "headline"), pick.url, "")] if pick.url else []
        found += [Link(field_name(pick, "body"), href, words) for href, words in links_of(pick.body)]
    return tuple(found)


def field_name(pick: Pick, name: str) -> str:
    """How the field `name` of a pick is called (`domain/draft.py`)."""
    return f"pick:{pick.item_id}:{name}"


_ANCHOR = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


def _fields(issue: Issue) -> Iterator[Field]:
    yield Field("title", issue.title)
    if issue.subject != issue.title:
        yield Field("subject", issue.subject)
    yield Field("preheader", issue.preheader)
    yield Field("deks", "\n".join(issue.deks))
    yield Field("note", plain(issue.note))
    for pick in issue.picks:
        yield Field(field_name(pick, "headline"), pick.headline, pick)
        yield Field(field_name(pick, "body"), plain(pick.body), pick)
        yield Field(field_name(pick, "blurb"), pick.blurb, pick)
        if pick.picture:
            yield Field(field_name(pick, "alt"), pick.picture.alt, pick)
            yield Field(field_name(pick, "caption"), pick.picture.caption, pick)
