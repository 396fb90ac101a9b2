"""A page of the web becomes an item: pure, whatever built the page.

Each field is taken from where it is told best: the main text as trafilatura finds it, written by our own `markup`; the
headline, writers and dates from schema.org and Open Graph where they agree with the page; the picture where its caption
is. It promises that the name of the site is never the headline, that a time of change is never the date, and that what
is no article is a SourceError that says what it is. No input makes it crash, and every size is bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from lxml.html import HtmlElement

from publisher.domain.item import ItemFound
from publisher.domain.urls import canonical_url
from publisher.editorial.pages import facts
from publisher.editorial.pages.blocks import is_heading, shape
from publisher.editorial.pages.clutter import is_apart
from publisher.editorial.pages.edges import first_text, trimmed
from publisher.editorial.pages.headline import choose_headline, is_same_line
from publisher.editorial.pages.picture import captions, choose_picture
from publisher.editorial.pages.refusal import as_html, refusal
from publisher.editorial.pages.said import Said, read_said
from publisher.editorial.pages.text import MainText, main_text, to_markdown
from publisher.editorial.pages.tree import PageTree, names_of, read_tree, words_of

__all__ = ["as_html", "read_page"]

_NEAR = 25
_SHORT = 40


def read_page(
    content: bytes | str, url: str, zone: ZoneInfo, *, content_type: str = "", language: str = ""
) -> ItemFound:
    """The item on the page at `url`. A time without a zone is on the clock of `zone`; without a word on it, `language`.

    Its identity is the address that it was asked for, in its canonical form. Raises SourceError that says what is there
    instead: nothing, a feed, a login, an error, a list, a page that only a script fills.
    """
    html = as_html(content, content_type)
    page = read_tree(html, url)
    said = read_said(page)
    leaves = shape(page.body)
    text = main_text(page.body, leaves)
    headline = _headline(said, page, leaves, text)
    near = _near(leaves, text, headline)
    shown_dek = facts.dek(said, page, headline, "", near)
    under = captions(leaves)
    kept = trimmed([leaf for leaf in text.leaves if leaf not in under.values()], headline, shown_dek, zone)
    body = to_markdown(page.body, kept, page.base)
    dek = facts.dek(said, page, headline, body, near)
    refusal(page, said, leaves, kept, headline=headline, body=body, dek=dek)
    canonical = facts.canonical(said, page)
    return ItemFound(
        identity=canonical_url(url) or canonical_url(canonical or "") or url,
        headline=headline,
        url=_address(url, canonical),
        body=body,
        published_at=facts.published(said, page, near, zone),
        language=facts.language(said, f"{headline} {body}") or language,
        byline=facts.byline(said, page, near, text.inside, zone),
        picture=choose_picture(said, page, kept or text.leaves, text.inside, under),
        dek=dek,
        canonical=canonical,
    )


def _address(url: str, canonical: str | None) -> str | None:
    """Where readers go: the page as it was asked for, without tracking where the page names itself; None for a file."""
    if not url.lower().startswith(("http:", "https:")):
        return canonical
    return canonical if canonical and canonical_url(canonical) == canonical_url(url) else url


def _headline(said: Said, page: PageTree, leaves: Sequence[HtmlElement], text: MainText) -> str:
    headings = [leaf for leaf in leaves if is_heading(leaf) and leaf.tag in ("h1", "h2", "h3")]
    headings = [leaf for leaf in headings if not is_apart(leaf, text.inside) and not _is_logo(leaf)]
    order = {leaf: at for at, leaf in enumerate(leaves)}
    first = first_text(text.leaves)
    start = order[first] if first is not None else len(leaves)
    before = [leaf for leaf in headings if order[leaf] <= start and leaf.tag in ("h1", "h2")]
    return choose_headline(
        said=said.headline,
        og=page.meta("og:title"),
        twitter=page.meta("twitter:title"),
        title=page.title,
        headings=[words_of(leaf) for leaf in sorted(headings, key=lambda leaf: leaf.tag)],
        nearest=words_of(before[-1]) if before else "",
        sites=said.sites,
        url=page.url,
    )


def _is_logo(leaf: HtmlElement) -> bool:
    return bool({"logo", "masthead", "brand", "site-title"} & names_of(leaf))


def _near(leaves: Sequence[HtmlElement], text: MainText, headline: str) -> list[HtmlElement]:
    """The leaves where pages say who wrote it and when: under the headline, at the beginning and behind the end."""
    if not text.leaves:
        return list(leaves[:_NEAR])
    order = {leaf: at for at, leaf in enumerate(leaves)}
    begin = first_text(text.leaves)
    first, last = order[text.leaves[0] if begin is None else begin], order[text.leaves[-1]]
    titles = [at for at, leaf in enumerate(leaves[: first + 3]) if is_same_line(words_of(leaf), headline)]
    start = min(titles[-1], first) if titles else max(0, first - _NEAR // 2)
    found = [*leaves[start : first + 4], *leaves[max(first + 4, last - 1) : last + 3]]
    return found[: _NEAR * 2]
