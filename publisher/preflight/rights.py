"""What may be shown of a source, who must be named, and what must be marked as paid for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from publisher.domain.issue import Pick
from publisher.domain.item import Rights
from publisher.editorial.excerpts import LIMIT
from publisher.editorial.sentences import sentences
from publisher.preflight.facts import ItemFacts
from publisher.preflight.finding import Finding, Level
from publisher.preflight.reading import Reading, field_name, plain
from publisher.render.slots import resolved

MOST_TAKEN = round(1.25 * LIMIT)  # characters of another's text that still are an excerpt
_LEAST = 20  # a shorter sentence may be the same by chance


def text(reading: Reading) -> Iterator[Finding]:
    """More of another's own words than `rights` of its source allow."""
    for pick in reading.issue.picks:
        item = reading.item(pick)
        if item is None or item.is_column or item.rights in (Rights.OWN, Rights.LICENSED):
            continue
        texts = [("body", plain(pick.body)), ("blurb", pick.blurb)]
        texts += [(f"post:{channel}:text", wish.text) for channel, wish in pick.posts.items() if not wish.is_off]
        for name, words in texts:
            count = taken(words, plain(item.body))
            if count > (0 if item.rights is Rights.LINK_ONLY else MOST_TAKEN):
                yield _too_much(pick, name, item, count)


def taken(words: str, source: str) -> int:
    """How many characters of `words` are whole sentences of `source`."""
    known = _folded_sentences(source)
    return sum(len(sentence) for sentence in sentences(words) if len(sentence) >= _LEAST and _folded(sentence) in known)


def picture(reading: Reading) -> Iterator[Finding]:
    """A picture of a source that only lends words; one whose licence asks that somebody is named, and nobody is."""
    for pick in reading.issue.picks:
        item = reading.item(pick)
        if pick.picture is None or item is None or not item.picture_url or pick.picture.url != item.picture_url:
            continue
        if item.rights not in (Rights.OWN, Rights.LICENSED):
            yield Finding(
                Level.BLOCKING,
                "rights",
                field_name(pick, "picture"),
                f"the picture of item {pick.position} is {item.source}’s, whose rights are “{item.rights}”",
                "take it out, choose another, or correct `rights` of the source in config.toml",
            )
        elif item.rights is Rights.LICENSED and not pick.picture.credit.strip():
            yield Finding(
                Level.WARNING,
                "rights",
                field_name(pick, "credit"),
                f"the picture of item {pick.position} names nobody, and its licence asks for it",
                "write who made it",
            )


def attribution(reading: Reading) -> Iterator[Finding]:
    """Another's words without a word of whose they are."""
    for pick in reading.issue.picks:
        item = reading.item(pick)
        if item is None or item.is_column or item.rights is Rights.OWN or not pick.body.strip():
            continue
        if not pick.attribution.strip() and (item.rights is Rights.LICENSED or not pick.url):
            yield Finding(
                Level.WARNING,
                "attribution",
                field_name(pick, "body"),
                f"item {pick.position} does not say that it is from {item.source}",
                "give the source a `title` in config.toml, or name it in the text",
            )


def sponsor(reading: Reading) -> Iterator[Finding]:
    """A block that somebody paid for, and a surface that does not say so."""
    surfaces = {
        "html": reading.letter_words,
        "text": resolved(reading.proof["text"]),
        "page": resolved(reading.proof["page"]),
    }
    for pick in reading.issue.picks:
        name = " ".join(pick.sponsor.split())
        if not name:
            continue
        for surface, shown in surfaces.items():
            if not _marks(shown, name):
                yield Finding(
                    Level.BLOCKING,
                    "sponsor",
                    field_name(pick, "sponsor"),
                    _UNMARKED[surface].format(position=pick.position, name=name),
                    "let the template say item.sponsor, as a fresh publication’s does",
                )
        for post in reading.posts:
            if post.position == pick.position and not _SAID.search(post.text) and name not in post.text:
                yield Finding(
                    Level.WARNING,
                    "sponsor",
                    post.where,
                    f"the post does not say that item {pick.position} is paid for by {name}",
                    "begin it with “Ad” or “광고”, or take the post off",
                )


_UNMARKED = {
    "html": "the letter does not mark item {position} as paid for by {name}",
    "text": "the letter’s plain text does not mark item {position} as paid for by {name}",
    "page": "the page does not mark item {position} as paid for by {name}",
}
_SAID = re.compile(r"(?i)\b(?:ad|ads|advertis\w+|sponsor\w*|paid|promot\w+|#ad)\b|광고|협찬|제휴|유료")


def _marks(shown: str, name: str) -> bool:
    """Whether a word like "sponsored" stands near the sponsor's name."""
    shown = " ".join(shown.split())
    return any(
        _SAID.search(shown, max(0, match.start() - 60), match.end() + 60)
        for match in re.finditer(re.escape(name), shown)
    )


def _too_much(pick: Pick, name: str, item: ItemFacts, count: int) -> Finding:
    return Finding(
        Level.BLOCKING,
        "rights",
        field_name(pick, name),
        f"{count} characters are {item.source}’s own words, whose rights are “{item.rights}”",
        "tell it in your own words, or shorten it",
    )


@lru_cache(maxsize=500)
def _folded_sentences(source: str) -> frozenset[str]:
    return frozenset(_folded(sentence) for sentence in sentences(source))


def _folded(sentence: str) -> str:
    return re.sub(r"[\W_]+", "", sentence).casefold()
