"""Posts as their networks show them, and what changed between two proofs in words: worked out, no request, no SQL."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from publisher.domain.post import urls
from publisher.domain.proof import SILENT, Change, Proof
from publisher.web.desk import shown
from publisher.web.desk.compared import difference

_TAG = re.compile(r"(?<!\w)#\w+")
LINES_SHOWN = 40
_CONTEXT = 60  # characters kept of a long stretch that did not change
_MARKUP = ("html", "page")
_JSON = ("post", "sender")
# In Korean a particle clings to its word: 바람이 and 바람을 differ in one syllable.
_HANGUL = re.compile("[가-힣]")
_WORD = re.compile(r"\S+\s*|\s+")

Piece = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Card:
    """One post as its network shows it. `pieces` are its text: ("link" or "tag" or "", words) each."""

    channel: str
    kind: str
    position: int
    item: int | None
    pieces: tuple[Piece, ...]
    length: int
    limit: int
    link: str
    picture: str
    alt: str
    has_picture: bool
    at: datetime | None
    fate: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Feed:
    """The posts of one channel in their order, and the positions of which nothing is posted there."""

    channel: str
    kind: str
    cards: tuple[Card, ...]
    silent: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """How one surface changed: `lines` of (sign, words) stretches; none where every word is as it was."""

    surface: str
    kind: str
    lines: tuple[tuple[Piece, ...], ...]


def feeds(
    proof: Proof, posts: Sequence[Mapping[str, Any]], picks: Mapping[int, int], kinds: Mapping[str, str], home: str
) -> list[Feed]:
    """Every social channel of the proof; `posts` say what became of each, `picks` maps a position to its item."""
    fates = {(post["channel"], post["position"]): post for post in posts}
    cards: dict[str, list[Card]] = {}
    for channel, position, content in sorted(proof.posts(), key=lambda post: post[:2]):
        fate = fates.get((channel, position), {})
        card = _card(channel, kinds.get(channel, ""), position, picks.get(position), json.loads(content), fate, home)
        cards.setdefault(channel, []).append(card)
    silent: dict[str, list[int]] = {}
    for line in _content(proof, SILENT).splitlines():
        channel, _, at = line.partition(":")
        silent.setdefault(channel, []).append(int(at))
    return [
        Feed(channel, kinds.get(channel, ""), tuple(cards.get(channel, ())), tuple(sorted(silent.get(channel, ()))))
        for channel in sorted({*cards, *silent})
    ]


def changed(before: Proof, after: Proof, changes: Sequence[Change]) -> list[Changed]:
    """The changes in words, those of subject and text before those of design."""
    found = []
    for change in changes:
        old, new = (_words(change.surface, _content(proof, change.surface)) for proof in (before, after))
        lines = () if change.surface in _MARKUP else tuple(_lines(old, new))
        found.append(Changed(change.surface, change.kind, lines))
    if any(one.lines for one in found):
        found = [one for one in found if one.surface not in _MARKUP]
    return sorted(found, key=lambda one: (_rank(one.surface), one.surface))


def _card(
    channel: str,
    kind: str,
    position: int,
    item: int | None,
    post: Mapping[str, Any],
    fate: Mapping[str, Any],
    home: str,
) -> Card:
    picture = post.get("picture") or {}
    at = post.get("at")
    return Card(
        channel=channel,
        kind=kind,
        position=position,
        item=item,
        pieces=tuple(_pieces(post["text"], post.get("link") or "")),
        length=post["length"],
        limit=post["limit"],
        link=post.get("link") or "",
        picture=_here(picture.get("url") or "", home),
        alt=picture.get("alt") or "",
        has_picture=bool(picture),
        at=datetime.fromisoformat(at) if at else None,
        fate=fate,
    )


def _here(url: str, home: str) -> str:
    """The path of a picture that this publication keeps; nothing for one that another site has, which is not asked."""
    return urlsplit(url).path.removeprefix(urlsplit(home).path.rstrip("/")) if url.startswith(f"{home}/") else ""


def _pieces(text: str, link: str) -> Iterator[Piece]:
    """The text with what its network makes a link, or a tag, told apart. Nothing of it becomes a link here."""
    marks = [(start, end, "link") for start, end in urls(text)] if text else []
    marks += [(found.start(), found.end(), "tag") for found in _TAG.finditer(text)]
    if link and (at := text.rfind(link)) >= 0:
        marks = [(at, at + len(link), "link"), *(one for one in marks if one[1] <= at)]
    end = 0
    for start, stop, kind in sorted(marks):
        if start < end:
            continue
        yield "", text[end:start]
        yield kind, text[start:stop]
        end = stop
    yield "", text[end:]


def _content(proof: Proof, name: str) -> str:
    return next((surface.content for surface in proof.surfaces if surface.name == name), "")


def _words(surface: str, content: str) -> str:
    """What a person reads of a surface."""
    if surface.partition(":")[0] not in _JSON or not content:
        return shown.spoken(content)
    parts = json.loads(content)
    if "text" not in parts:
        return "\n".join(str(value) for value in parts.values())
    picture = parts.get("picture") or {}
    extra = [parts.get("at"), picture.get("url"), picture.get("alt")]
    return "\n".join([parts["text"], *(line for line in extra if line)])


def _rank(surface: str) -> int:
    order = ("subject", "preheader", "text", "sender", "audience")
    return order.index(surface) if surface in order else len(order)


def _lines(old: str, new: str) -> Iterator[tuple[Piece, ...]]:
    """The stretches by line; of lines in which nothing changed none, and of long ones the part around the change."""
    line: list[Piece] = []
    count = 0
    for sign, words in _finer(difference(old, new)):
        parts = words.split("\n")
        for at, part in enumerate(parts):
            if at and _is_changed(line):
                yield tuple(_around(line))
                count += 1
                if count == LINES_SHOWN:
                    return
            if at:
                line = []
            if part:
                line.append((sign, part))
    if _is_changed(line):
        yield tuple(_around(line))


def _is_changed(line: Sequence[Piece]) -> bool:
    return any(sign != " " for sign, _ in line)


def _finer(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """A Korean word of which only the ending changed is shown so."""
    waiting: Piece | None = None
    for sign, words in pieces:
        if waiting and sign == "+":
            yield from _split(waiting[1], words)
            waiting = None
            continue
        if waiting:
            yield waiting
            waiting = None
        if sign == "-":
            waiting = (sign, words)
        else:
            yield sign, words
    if waiting:
        yield waiting


def _split(old: str, new: str) -> Iterator[Piece]:
    end = old[len(old.rstrip()) :]
    if end and end == new[len(new.rstrip()) :]:
        yield from _split(old.rstrip(), new.rstrip())
        yield " ", end
        return
    olds, news = _WORD.findall(old), _WORD.findall(new)
    while olds and news and olds[0].strip() == news[0].strip():  # only the space after it is another one
        yield " ", news.pop(0)
        olds.pop(0)
    old, new = "".join(olds), "".join(news)
    if len(olds) == len(news) and _HANGUL.search(old) and any(_shared(*pair) for pair in zip(olds, news, strict=True)):
        for pair in zip(olds, news, strict=True):
            yield from _ending(*pair)
        return
    yield from ((sign, words) for sign, words in (("-", old), ("+", new)) if words)


def _ending(old: str, new: str) -> Iterator[Piece]:
    """Two Korean words as what they begin with, what went, what came, and what they end with."""
    same = _shared(old, new)
    tail = 0
    while same and tail < min(len(old), len(new)) - same and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    yield from (
        (sign, words)
        for sign, words in (
            (" ", old[:same]),
            ("-", old[same : len(old) - tail]),
            ("+", new[same : len(new) - tail]),
            (" ", old[len(old) - tail :]),
        )
        if words
    )


def _shared(old: str, new: str) -> int:
    """How many syllables both begin with; 0 where that is no Korean word, or less than two of it."""
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    return same if same > 1 and _HANGUL.search(old[:same]) else 0


def _around(line: Sequence[Piece]) -> Iterator[Piece]:
    for at, (sign, words) in enumerate(line):
        if sign != " " or len(words) <= 2 * _CONTEXT:
            yield sign, words
        elif at == 0:
            yield sign, f"…{words[-_CONTEXT:]}"
        elif at == len(line) - 1:
            yield sign, f"{words[:_CONTEXT]}…"
        else:
            yield sign, f"{words[:_CONTEXT]} … {words[-_CONTEXT:]}"
