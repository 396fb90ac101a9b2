"""The message on the wire: its form, what mail services ask of it, its size, and what must stand in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from publisher.domain.message import SLOT, without_marks
from publisher.editorial.markup import clean
from publisher.preflight.finding import Finding, Level
from publisher.preflight.reading import Reading
from publisher.render.slots import resolved

CLIP, NEAR_CLIP = 102_000, 90_000  # bytes of HTML: Gmail shows the first and hides the rest behind a link
LONGEST_LINE = 998  # RFC 5322, 2.1.1
_ONCE = ("from", "to", "subject", "date", "message-id", "reply-to", "mime-version", "content-type", "list-unsubscribe")
_NEEDED = ("from", "to", "subject", "date", "message-id")
_LEFT_OVER = re.compile(r"\{\{.{0,60}?\}\}|\{\{", re.DOTALL)


def rfc5322(reading: Reading) -> Iterator[Finding]:
    """A letter that is none by RFC 5322, and what keeps it from being written at all."""
    if reading.facts.unrendered:
        yield _wrong(f"no proof can be made of the newest words: {reading.facts.unrendered}")
    if reading.facts.letter_problem:
        yield _wrong(f"the letter cannot be written: {reading.facts.letter_problem}")
        return
    for problem in problems_of(reading.facts.letter):
        yield _wrong(f"the letter is not as RFC 5322 has it: {problem}")


def problems_of(letter: bytes) -> list[str]:
    """What of RFC 5322 a message does not keep; an empty message is not looked at."""
    if not letter:
        return []
    found = []
    if not letter.count(b"\r\n") == letter.count(b"\n") == letter.count(b"\r"):
        found.append("a line does not end in CRLF")
    if max(map(len, letter.split(b"\n"))) > LONGEST_LINE + 1:
        found.append(f"a line is longer than {LONGEST_LINE} bytes")
    if b"\0" in letter:
        found.append("it holds a NUL")
    headers = headers_of(letter)
    counts = Counter(name for name, _ in headers)
    if any(not value.isascii() for _, value in headers):
        found.append("a header is not plain ASCII")
    found += [f"{name} stands there {counts[name]} times" for name in _ONCE if counts[name] > 1]
    found += [f"{name} is missing" for name in _NEEDED if not counts[name]]
    date = dict(headers).get("date", "")
    if date and not _is_date(date):
        found.append("its date is none")
    return found


def headers_of(letter: bytes) -> list[tuple[str, str]]:
    """Names in small letters, and values unfolded."""
    head = re.split(rb"\r?\n\r?\n", letter, maxsplit=1)[0].decode("utf-8", "replace")
    lines = re.sub(r"\r?\n[ \t]+", " ", head).splitlines()
    return [
        (name.strip().lower(), value.strip()) for name, mark, value in (line.partition(":") for line in lines) if mark
    ]


def one_click(reading: Reading) -> Iterator[Finding]:
    """What RFC 8058 asks for, and RFC 2919: mail services want a way out that takes one click."""
    if not reading.facts.letter:
        return
    headers = dict(headers_of(reading.facts.letter))
    links = re.findall(r"<([^<>]*)>", headers.get("list-unsubscribe", ""))
    if not any(link.lower().startswith(("https://", "http://")) for link in links):
        yield _unsubscribe("List-Unsubscribe holds no web address")
    elif not any(link.lower().startswith("https://") for link in links) and not _is_said_elsewhere(reading):
        yield _unsubscribe("List-Unsubscribe holds no https address")
    if headers.get("list-unsubscribe-post", "").replace(" ", "").lower() != "list-unsubscribe=one-click":
        yield _unsubscribe("List-Unsubscribe-Post is not List-Unsubscribe=One-Click")
    if "list-id" not in headers:
        yield _unsubscribe("List-Id is missing")


def size(reading: Reading) -> Iterator[Finding]:
    """A letter that Gmail cuts off, footer and all, or nearly."""
    count = len(reading.proof["html"].encode())
    if count <= NEAR_CLIP:
        return
    kilobytes = f"{count / 1000:.0f}"
    if count > CLIP:
        what = f"the letter has {kilobytes} KB, and Gmail hides what comes after {CLIP // 1000}"
        yield Finding(Level.BLOCKING, "size", "html", what, "shorten bodies, or take an item out")
    else:
        what = f"the letter has {kilobytes} KB, and Gmail hides what comes after {CLIP // 1000}"
        yield Finding(Level.WARNING, "size", "html", what, "shorten bodies while there is room")


def left_over(reading: Reading) -> Iterator[Finding]:
    """A slot that nobody fills. What a source itself says in double braces is its text."""
    for field in reading.fields:
        source = reading.source_words(field.pick) if field.pick else ""
        words = _without_slots(field.words) if _takes_slots(field.where) else field.words
        for found in dict.fromkeys(_LEFT_OVER.findall(words)):
            if found not in source:
                yield _slot(field.where, found)
    for surface in reading.proof.surfaces:
        rest = SLOT.sub("", surface.content)
        if rest != surface.content and surface.name not in _FILLED:
            yield _slot(surface.name, "a slot")
        if without_marks(rest) != rest:
            what, todo = "half of a slot’s mark is left over", "write the slot again"
            yield Finding(Level.BLOCKING, "slots", surface.name, what, todo)


def _takes_slots(where: str) -> bool:
    """Whether what is written there is filled for each reader."""
    return where.rpartition(":")[2] in ("subject", "preheader", "note", "headline", "body", "blurb")


def _without_slots(text: str) -> str:
    return _WRITTEN.sub("", text)


_WRITTEN = re.compile(r"\{\{\s*(?:first_name|name|email)\s*(?:\|[^{}|<>&\"]*)?\}\}")
_FILLED = ("html", "text", "subject", "preheader")  # surfaces that are merged for each reader


def foot(reading: Reading) -> Iterator[Finding]:
    """No way out, or no postal address: laws ask for both in every letter."""
    address = _squeezed(reading.facts.postal_address)
    for surface, shown in (("html", reading.letter_words), ("text", resolved(reading.proof["text"]))):
        if not any(mark[1] == "leave_url" for mark in SLOT.finditer(reading.proof[surface])):
            yield Finding(
                Level.BLOCKING,
                "foot",
                surface,
                "the letter’s plain text has no link to leave by"
                if surface == "text"
                else "the letter has no link to leave by",
                "put {{ leave_url }} back into the template",
            )
        if address not in _squeezed(shown):
            yield Finding(
                Level.BLOCKING,
                "foot",
                surface,
                "the postal address is not in the letter’s plain text"
                if surface == "text"
                else "the postal address is not in the letter",
                "put {{ publication.postal_address }} back into the template",
            )


def whole(reading: Reading) -> Iterator[Finding]:
    """An item that the plain text, the letter or the page leaves out."""
    surfaces = {"text": _squeezed(resolved(reading.proof["text"])), "html": _squeezed(reading.letter_words)}
    for pick in reading.issue.picks:
        parts = [part for part in _WRITTEN.split(clean(pick.headline)) if part]
        for surface, shown in surfaces.items():
            if not all(_squeezed(part) in shown for part in parts):
                yield Finding(
                    Level.BLOCKING,
                    "whole",
                    surface,
                    f"the letter’s plain text does not show item {pick.position}"
                    if surface == "text"
                    else f"the letter’s HTML does not show item {pick.position}",
                    "let the template show every item of issue.items",
                )


def audience(reading: Reading) -> Iterator[Finding]:
    """Nobody to send it to."""
    if reading.facts.audience == 0:
        what, todo = "nobody is subscribed", "add or import subscribers before it leaves"
        yield Finding(Level.WARNING, "audience", "audience", what, todo)


def _is_said_elsewhere(reading: Reading) -> bool:
    """`links.own_address` tells of an address in clear already."""
    return not reading.facts.home.startswith("https://")


def _is_date(value: str) -> bool:
    try:
        return parsedate_to_datetime(value).tzinfo is not None
    except (ValueError, TypeError):
        return False


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _wrong(what: str) -> Finding:
    return Finding(Level.BLOCKING, "form", "html", what, "mend what it names, and preview the issue again")


def _unsubscribe(problem: str) -> Finding:
    what = f"mail services ask for a way out in one click, and {problem}"
    return Finding(Level.BLOCKING, "one-click", "html", what, "correct base_url and the sender in config.toml")


def _slot(where: str, found: str) -> Finding:
    what = f"{found} is left over, and no reader’s name can be put there"
    return Finding(Level.BLOCKING, "slots", where, what, "write {{first_name}}, {{name}} or {{email}}, or take it out")
