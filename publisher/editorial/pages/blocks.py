"""A page's tree brought into one shape: every word is in a leaf, one block of text, whatever the page makes blocks of.

Tables that only lay out become plain boxes, two line breaks the end of a paragraph, and words beside a block a block
of their own. So it does not matter later whether an article was written with <p>, with <div> or with <br><br>.
"""

from __future__ import annotations

import re
from itertools import pairwise

from lxml import html as lxml_html
from lxml.html import HtmlElement

from publisher.editorial.pages.tree import words_of

_LEAF = re.compile(r"p|h[1-6]|li|dt|dd|blockquote|figcaption|address|summary|caption|legend")
_BLOCK = re.compile(
    rf"{_LEAF.pattern}|pre|hr|body|html|article|section|main|div|header|footer|nav|aside|form|fieldset|details|figure"
    r"|center|ul|ol|menu|dl|table|tbody|thead|tfoot|tr|td|th|hgroup|dialog"
)
_TABLE_PARTS = ("table", "tbody", "thead", "tfoot", "tr", "td", "th", "caption", "colgroup", "col")
_LONGEST_CELL = 120

_maker = lxml_html.HTMLParser()


def shape(body: HtmlElement) -> list[HtmlElement]:
    """Give the tree that shape, in place. The leaves in the order of the page; each has words or a picture."""
    _drop_anchors(body)
    for table in list(body.iter("table")):
        if not _is_data(table):
            for part in table.iter(*_TABLE_PARTS):
                if part.tag != "caption":
                    part.tag = "div"
    leaves: list[HtmlElement] = []
    _shape(body, leaves)
    return leaves


def is_heading(leaf: HtmlElement) -> bool:
    return leaf.tag in ("h1", "h2", "h3", "h4", "h5", "h6")


def _drop_anchors(body: HtmlElement) -> None:
    """The signs beside headings of documentation, which link to the heading itself."""
    for anchor in list(body.iter("a")):
        if anchor.get("href", "").startswith("#") and words_of(anchor) in ("¶", "#", "§", "🔗", "\uf0c1"):
            anchor.drop_tree()


def _is_data(table: HtmlElement) -> bool:
    """Rows and columns of short cells, not a box to lay out a page with."""
    inner = next(table.iterdescendants("table", "div", "p", "h1", "h2"), None)
    if table.get("role") in ("presentation", "none") or inner is not None:
        return False
    rows = [[cell for cell in row if cell.tag in ("td", "th")] for row in table.iter("tr")]
    if len(rows) < 2 or max(map(len, rows)) < 2:
        return False
    return all(len(words_of(cell)) <= _LONGEST_CELL for row in rows for cell in row)


def _shape(element: HtmlElement, leaves: list[HtmlElement]) -> None:
    if element.tag == "table":  # of data: those that lay out are none any more
        leaves += [row for row in element.iter("tr") if words_of(row)]
        return
    if element.tag == "pre":
        leaves += [element] if words_of(element) else []
        return
    if not _is_box(element) and _LEAF.fullmatch(element.tag):
        leaves += [element] if _has_content(element) else []
        return
    if not _BLOCK.fullmatch(element.tag):
        element.tag = "div"  # a link or a font around blocks
    for child in _with_runs_boxed(element):
        _shape(child, leaves)


def _is_box(element: HtmlElement) -> bool:
    """Whether there is a block in it, or the end of a paragraph."""
    return _has_gap(element) or any(_BLOCK.fullmatch(child.tag) or _is_box(child) for child in element)


def _has_gap(element: HtmlElement) -> bool:
    """Two line breaks with nothing between them."""
    return any(
        one.tag == "br" and other.tag == "br" and not (one.tail or "").strip() for one, other in pairwise(element)
    )


def _with_runs_boxed(element: HtmlElement) -> list[HtmlElement]:
    """Its blocks, after each run of words between them has become a paragraph."""
    children = list(element)
    blocks: list[HtmlElement] = []
    run = _paragraph(element.text)
    element.text = None
    for child in children:
        element.remove(child)
        tail, child.tail = child.tail, None
        if _BLOCK.fullmatch(child.tag) or _is_box(child):
            _close(run, blocks)
            blocks.append(child)
            run = _paragraph(tail)
        elif child.tag == "br" and (before := _last_break(run)) is not None:
            before.drop_tree()
            _close(run, blocks)
            run = _paragraph(tail)
        else:
            child.tail = tail
            run.append(child)
    _close(run, blocks)
    element.extend(blocks)
    return blocks


def _last_break(run: HtmlElement) -> HtmlElement | None:
    """The line break that the run ends with."""
    last = next(run.iterchildren(reversed=True), None)
    return last if last is not None and last.tag == "br" and not (last.tail or "").strip() else None


def _paragraph(text: str | None) -> HtmlElement:
    paragraph = _maker.makeelement("p")
    paragraph.text = text
    return paragraph


def _close(run: HtmlElement, blocks: list[HtmlElement]) -> None:
    if _has_content(run):
        blocks.append(run)


def _has_content(element: HtmlElement) -> bool:
    return bool(words_of(element)) or next(element.iter("img"), None) is not None
