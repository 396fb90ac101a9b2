"""The main text of a page, as our Markdown.

trafilatura decides which blocks belong to it; what they say is written from the page's own tree by `markup`. For each
block carries a mark, and those whose mark comes back are kept. Written out by trafilatura (2.3.1) itself, lists in
pages without <article> are lost, a paragraph ends at a link after a line break, and links with ".." lead elsewhere.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree
from lxml import html as lxml_html
from lxml.html import HtmlElement

from publisher.editorial.markup import from_html
from publisher.editorial.pages.blocks import is_heading
from publisher.editorial.pages.clutter import is_apart, link_share
from publisher.editorial.pages.tree import around, words_of

# Letters of a script that no page of ours is written in, so that a mark passes for a word and is not trimmed.
_FIRST, _BASE, _SIGN = 0xA000, 1_000, "\ua48c"
_MARK = re.compile(f"{_SIGN}([\ua000-\ua3e7])([\ua000-\ua3e7])")
_LISTS = ("ul", "ol", "dl", "menu")
_LONGEST_LIST = 20

_maker = lxml_html.HTMLParser()


@dataclass(frozen=True, slots=True)
class MainText:
    """The leaves of the main text in order, none where there is no text; `inside` are the elements that hold it."""

    leaves: tuple[HtmlElement, ...]
    inside: frozenset[HtmlElement]


def main_text(body: HtmlElement, leaves: Sequence[HtmlElement]) -> MainText:
    """What of the page is its main text."""
    chosen = _chosen(body, leaves)
    inside = _holders([leaves[at] for at in chosen])
    kept = chosen | _lists_between(leaves, chosen, inside)
    kept = {at for at in kept if words_of(leaves[at]) and not is_apart(leaves[at], inside)}
    return MainText(tuple(leaves[at] for at in sorted(kept)), inside)


def to_markdown(body: HtmlElement, leaves: Sequence[HtmlElement], base: str) -> str:
    """The leaves, with the lists and quotations that they are in."""
    kept = set(leaves)
    inside = {outer for leaf in leaves for outer in around(leaf)}
    copy = _copied(body, lambda element: element in kept, lambda element: element in inside)
    return from_html(etree.tostring(copy, encoding="unicode", method="html"), base)


def _chosen(body: HtmlElement, leaves: Sequence[HtmlElement]) -> set[int]:
    """The numbers of the leaves that trafilatura takes for the main text."""
    import trafilatura.settings  # 0.4 s, and most commands read no page

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # of what it cannot read we tell in our own words
    for at, leaf in enumerate(leaves):
        place = next(leaf.iter("td", "th"), leaf) if leaf.tag == "tr" else leaf
        place.text = f"{_SIGN}{chr(_FIRST + at // _BASE)}{chr(_FIRST + at % _BASE)}{place.text or ''}"
    root = _maker.makeelement("html")
    root.append(deepcopy(body))
    for leaf in leaves:
        place = next(leaf.iter("td", "th"), leaf) if leaf.tag == "tr" else leaf
        place.text = place.text[3:] or None
    found = trafilatura.bare_extraction(
        root, fast=True, include_comments=False, include_links=True, include_formatting=True, deduplicate=False
    )
    body = found.body if isinstance(found, trafilatura.settings.Document) else _maker.makeelement("body")
    words = "".join(map(str, body.itertext()))
    return {(ord(a) - _FIRST) * _BASE + ord(b) - _FIRST for a, b in _MARK.findall(words)}


def _holders(leaves: Iterable[HtmlElement]) -> frozenset[HtmlElement]:
    """The elements that hold a good part of these leaves, whatever they are called."""
    sizes: Counter[HtmlElement] = Counter()
    total = 0
    for leaf in leaves:
        size = len(words_of(leaf))
        total += size
        for outer in leaf.iterancestors():
            sizes[outer] += size
    return frozenset(outer for outer, size in sizes.items() if size * 3 >= total)


def _lists_between(leaves: Sequence[HtmlElement], kept: set[int], inside: Collection[HtmlElement]) -> set[int]:
    """Lists, code and headings between kept blocks, which trafilatura leaves out of pages that are not well marked."""
    found: set[int] = set()
    for at in range(min(kept, default=0) + 1, min(len(leaves), max(kept, default=0) + _LONGEST_LIST)):
        leaf = leaves[at]
        if at in kept or not (at - 1 in kept or at - 1 in found) or is_apart(leaf, inside) or link_share(leaf) > 0.5:
            continue
        is_of_list = leaf.tag == "pre" or any(outer.tag in _LISTS for outer in around(leaf))
        if is_of_list or (is_heading(leaf) and at + 1 in kept):
            found.add(at)
    return found


def _copied(
    element: HtmlElement, is_kept: Callable[[HtmlElement], bool], is_around: Callable[[HtmlElement], bool]
) -> HtmlElement:
    if is_kept(element):
        copy = deepcopy(element)
        copy.tail = None
        return copy
    copy = _maker.makeelement(element.tag, {"start": element.get("start")} if element.get("start") else {})
    copy.extend(_copied(child, is_kept, is_around) for child in element if is_around(child))
    return copy
