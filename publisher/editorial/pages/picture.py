"""The picture of a page's article, with the words that belong to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import unquote, urlsplit

from lxml.html import HtmlElement

from publisher.domain.message import Picture
from publisher.editorial.columns import lines
from publisher.editorial.hostile import web_link
from publisher.editorial.markup import clean
from publisher.editorial.pages.clutter import is_apart
from publisher.editorial.pages.said import Said, SaidPicture
from publisher.editorial.pages.tree import PageTree, names_of, words_of

_LAZY = ("data-src", "data-original", "data-lazy-src", "data-original-src", "data-image-src")
_SETS = ("srcset", "data-srcset", "data-lazy-srcset")
_NO_PICTURE = re.compile(
    r"(?:^|[/_.-])(?:logo|logos|icon|icons|ico|btn|button|blank|spacer|pixel|tracking|sprite|avatar|profile|banner|ads?|emoji"
    r"|loading|placeholder|default|default-?og|og-?default|og-?image|share|favicon)(?=$|[/_.\d-])|\.svg(?:$|\?)",
    re.IGNORECASE,
)
_CAPTION = re.compile(
    r"(?:fig(?:ure)?|img|image|photo|picture|wp|media)?-?captions?(?:-?\w+)?|(?:img|image|photo|picture|fig)-?(?:desc|txt|text|info)"
)
_CREDIT = re.compile(
    r"credits?|(?:img|image|photo|picture|media|caption)-?(?:credits?|source|copyright|byline)|photographer"
)
_WHOSE = re.compile(r"제공\s?[.)\]]?$|사진\s?[=/:ⓒ©]|[ⓒ©]|\b(?:photo|credit|courtesy|image)\b", re.IGNORECASE)
_LONGEST_CAPTION = 200
_WIDE_ENOUGH = 1_200
_SMALLEST = 120
_MANY = 60


@dataclass(frozen=True, slots=True)
class _Shown:
    """A picture that the page shows, and whether it stands before the text."""

    picture: Picture
    addresses: tuple[str, ...]
    leads: bool


def captions(leaves: Sequence[HtmlElement]) -> dict[HtmlElement, HtmlElement]:
    """The captions that no name gives away, by their pictures: the line under a picture that says whose it is."""
    found: dict[HtmlElement, HtmlElement] = {}
    for before, leaf in pairwise(leaves):
        images = list(before.iter("img"))
        if images and not words_of(before):
            words = words_of(leaf)
            if len(words) <= _LONGEST_CAPTION and _WHOSE.search(words):
                found |= dict.fromkeys(images, leaf)
    return found


def choose_picture(
    said: Said,
    page: PageTree,
    text: Sequence[HtmlElement],
    inside: frozenset[HtmlElement],
    under: Mapping[HtmlElement, HtmlElement],
) -> Picture | None:
    """The first picture of the article, or the one that the page names to machines, whichever shows the story.

    What machines are told is often a crop with the site's name on it, or the site's logo for all pages; what the page
    shows has its caption beside it. So the page's own is taken where it is the same one or leads the text.
    """
    shown = list(_shown(page, text, inside, under))
    told = [one for one in said.pictures if web_link(one.url, page.base) and not _is_none(one.url)]
    for one in told:
        for seen in shown:
            if _file(one.url) in map(_file, seen.addresses):
                return _with_words(seen.picture, one)
    if shown and (shown[0].leads or shown[0].picture.caption or not told):
        return _with_words(shown[0].picture, told[0] if told and shown[0].leads else None)
    if told:
        return _with_words(Picture(web_link(told[0].url, page.base)), _joined(told))
    return None


def picture_of(image: HtmlElement, base: str) -> Picture | None:
    """The picture of an <img> beside a link; None where it is decoration."""
    url = _url_of(image, base)
    return Picture(url, clean(image.get("alt", ""))) if url and not _is_small(image) else None


def _url_of(image: HtmlElement, base: str) -> str:
    """Where the picture is, or "" where there is none to look at."""
    address = largest(image)
    url = web_link(address, base) if address else ""
    return "" if _is_none(url) else url


def largest(image: HtmlElement) -> str:
    """The address of an <img> as written: the smallest that is wide enough, wherever a lazy page keeps it."""
    found: list[tuple[float, str]] = []
    holders = [image] + [part for part in _sources(image) if part is not image]
    for holder in holders:
        found += [one for name in _SETS for one in _of_set(holder.get(name, ""))]
        if found:
            break
    wide = sorted((size, url) for size, url in found if size >= _WIDE_ENOUGH)
    if wide:
        return wide[0][1]
    plain = next((image.get(name, "") for name in (*_LAZY, "src") if _is_address(image.get(name, ""))), "")
    best = max(found, default=(0.0, ""))
    return best[1] if best[1] and (best[0] > 10 or not plain) else plain or best[1]


def _shown(
    page: PageTree,
    text: Sequence[HtmlElement],
    inside: frozenset[HtmlElement],
    under: Mapping[HtmlElement, HtmlElement],
) -> Iterator[_Shown]:
    """The pictures from the headline to the end of the text that are no decoration."""
    if not text:
        return
    last, first = text[-1], set(text[:1])
    is_before, count = True, 0
    for element in page.body.iter():
        is_before = is_before and element not in first
        if element.tag == "img" and count < _MANY and _is_shown(element, inside):
            url = _url_of(element, page.base)
            if url:
                count += 1
                caption, credit = _words_beside(element)
                if not caption and element in under:
                    caption, credit = lines.caption(words_of(under[element]), is_known=True) or ("", credit)
                alt = clean(element.get("alt", ""))
                yield _Shown(
                    Picture(url, alt, caption, re.sub(r"\s제공$", "", credit)), tuple(_addresses(element)), is_before
                )
        if element is last:
            return


def _is_shown(image: HtmlElement, inside: frozenset[HtmlElement]) -> bool:
    return not _is_small(image) and not is_apart(image, inside)


def _is_small(image: HtmlElement) -> bool:
    sizes = [re.match(r"\s*(\d{1,5})(?:px)?\s*$", image.get(side, "")) for side in ("width", "height")]
    return any(size and int(size[1]) < _SMALLEST for size in sizes) or bool({"emoji", "wp-smiley"} & names_of(image))


def _words_beside(image: HtmlElement) -> tuple[str, str]:
    """Caption and credit: of its <figure>, else of what is named as a caption right beside it."""
    figure = next((outer for outer in image.iterancestors() if outer.tag == "figure"), None)
    holders = [figure] if figure is not None else list(image.iterancestors())[:3]
    for holder in holders:
        if figure is None and (len(list(holder.iter("img"))) > 1 or len(words_of(holder)) > lines.LONGEST):
            break
        credit = next((words_of(part) for part in holder.iter() if any(map(_CREDIT.fullmatch, names_of(part)))), "")
        for part in holder.iter():
            if part.tag == "figcaption" or any(map(_CAPTION.fullmatch, names_of(part))):
                words = words_of(part)
                bare = words.removesuffix(credit).strip(" |/·(-–—") if credit and words != credit else words
                caption, found = lines.caption(bare, is_known=True) or (bare[:300], "")
                return ("" if caption == credit else caption), _bare_credit(credit) or found
        if credit:
            return "", _bare_credit(credit)
    return "", ""


def _bare_credit(credit: str) -> str:
    found = lines.caption(credit, is_known=False)
    return found[1] if found and found[1] else credit.strip(" ()[]|/")[:100]


def _with_words(picture: Picture, said: SaidPicture | None) -> Picture:
    if said is None:
        return picture
    caption, credit = lines.caption(said.caption, is_known=True) or (said.caption, "") if said.caption else ("", "")
    return Picture(
        picture.url, picture.alt or said.alt, picture.caption or caption, picture.credit or said.credit or credit
    )


def _joined(told: Sequence[SaidPicture]) -> SaidPicture:
    """The words that several mentions of the same picture have together."""
    alike = [one for one in told if _file(one.url) == _file(told[0].url)]
    words = [next(filter(None, (getattr(one, name) for one in alike)), "") for name in ("alt", "caption", "credit")]
    return SaidPicture(told[0].url, *words)


def _sources(image: HtmlElement) -> Iterator[HtmlElement]:
    picture = next((outer for outer in image.iterancestors() if outer.tag == "picture"), None)
    if picture is not None:
        yield from picture.iter("source")


def _addresses(image: HtmlElement) -> Iterator[str]:
    for holder in (image, *_sources(image)):
        yield from (holder.get(name, "") for name in (*_LAZY, "src") if holder.get(name))
        yield from (url for name in _SETS for _, url in _of_set(holder.get(name, "")))


def _of_set(srcset: str) -> Iterator[tuple[float, str]]:
    """The (width or density, address) of a srcset; an address may have commas in it, but ends with none."""
    for match in re.finditer(r"\s*([^\s,]\S*[^\s,]|[^\s,])(?:\s+([\d.]{1,8})([wx]))?\s*(?:,|$)", srcset[:4_000]):
        if _is_address(match[1]):
            yield float(match[2]) if match[2] and match[2].count(".") < 2 and match[2] != "." else 1.0, match[1]


def _is_address(text: str) -> bool:
    return bool(text.strip()) and not text.strip().lower().startswith(("data:", "blob:"))


def _is_none(url: str) -> bool:
    return bool(_NO_PICTURE.search(urlsplit(url).path if "://" in url else url))


def _file(url: str) -> str:
    """What two renditions of one picture have in common: its name without size and ending."""
    name = unquote(unquote(urlsplit(url).path)).rsplit("/", 1)[-1] if url else ""
    stem = re.sub(r"\.\w{2,5}$", "", name.lower())
    return re.sub(r"[-_@]?(?:\d{2,4}x\d{2,4}|\d{1,2}x|scaled|og|thumb|small|large|w?\d{3,4})$", "", stem) or url
