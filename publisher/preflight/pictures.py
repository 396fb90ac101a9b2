"""Pictures: what is said of them to who cannot see them, and whether mail programs know their size."""

from __future__ import annotations

import re
from collections.abc import Iterator

from publisher.editorial.similar import alike, headline_of
from publisher.preflight.finding import Finding, Level
from publisher.preflight.reading import Reading, field_name

_FILE_NAME = re.compile(
    r"(?i)\S*\.(?:jpe?g|png|gif|webp|avif|svg|heic|bmp)|(?:img|dscn?|image|photo|picture|screen ?shot|untitled)"
    r"[\s_-]*\d*|[0-9a-f_-]{16,}|\d+"
)
_IS_NONE = frozenset("image picture photo alt thumbnail hero banner logo 이미지 사진 그림 썸네일 대표이미지".split())  # noqa: SIM905


def alt(reading: Reading) -> Iterator[Finding]:
    """A picture without words for who cannot see it, or with words that tell nothing."""
    for pick in reading.issue.picks:
        if pick.picture is None:
            continue
        text = " ".join(pick.picture.alt.split())
        if not text:
            what = f"the picture of item {pick.position} has no alternative text"
        elif _FILE_NAME.fullmatch(text) or text.casefold() in _IS_NONE:
            what = f"the alternative text of item {pick.position} is “{text}”, which tells nothing"
        elif _repeats(text, pick.headline):
            what = f"the alternative text of item {pick.position} only repeats the headline"
        else:
            continue
        todo = "say what is to be seen, in a sentence"
        yield Finding(Level.WARNING, "alt", field_name(pick, "alt"), what, todo)


def sizes(reading: Reading) -> Iterator[Finding]:
    """Pictures of the letter without width and height: the text jumps when they come."""
    bare = [image for image in reading.images if not (image.has_width and image.has_height)]
    if not bare:
        return
    yield Finding(
        Level.WARNING,
        "sizes",
        "html",
        f"{len(bare)} of {len(reading.images)} pictures have no width and height: the text jumps when they come",
        'give them in the template, or let the publication keep its pictures (serve = "own" under [pictures])',
    )


def missing(reading: Reading) -> Iterator[Finding]:
    """A picture that could not be had: the letter goes out without it."""
    for pick in reading.issue.picks:
        item = reading.item(pick)
        if pick.picture is not None and item is not None and item.picture_problem:
            yield Finding(
                Level.WARNING,
                "missing-pictures",
                field_name(pick, "picture"),
                f"the letter shows no picture for item {pick.position}: {item.picture_problem}",
                "choose another, or take it out",
            )


def _repeats(text: str, headline: str) -> bool:
    one, other = headline_of(text), headline_of(headline)
    return bool(one.squeezed) and (one.squeezed == other.squeezed or alike(one, other))
