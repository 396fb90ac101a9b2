"""A finished column, as a page or as pasted text, becomes an issue's parts: pure, Korean and English.

It promises that an item has its own paragraphs only, and that what a news site puts around a column stays outside. The
page is read in three steps: taken apart into lines and pictures (`html`, `text`), its sub-headings found (`headings`),
and each line put where it belongs (`reading`, `entry`). What a line is, `lines` and `furniture` say.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from publisher.domain.item import ColumnFound
from publisher.editorial.columns.html import read_html_page
from publisher.editorial.columns.reading import column_identity, item_identity, read_column
from publisher.editorial.columns.text import read_text_page
from publisher.editorial.markup import to_page

__all__ = ["column_identity", "from_html_page", "from_markdown", "from_text", "item_identity"]


def from_html_page(html: str, zone: ZoneInfo, *, url: str | None = None, language: str = "") -> ColumnFound:
    """The column on a page; `url` is where it was found, which its canonical link overrides.

    schema.org and OpenGraph give the time, and the title where the page shows none; their picture is none of an item's.
    Raises SourceError that says what was found instead.
    """
    return read_column(read_html_page(html, url, zone), zone, language=language)


def from_text(text: str, zone: ZoneInfo, *, language: str = "") -> ColumnFound:
    """The column in text that was copied from its page.

    There is no address of a picture in such text, so captions and credits are left out and no item has a picture; the
    column has no URL. Raises SourceError that says what was found instead.
    """
    return read_column(read_text_page(text), zone, language=language)


def from_markdown(markdown: str, zone: ZoneInfo, *, language: str = "") -> ColumnFound:
    """The column in Markdown: `# title`, `## sub-heading`, pictures as `![alt](https://…)` with the caption below.

    Raises SourceError that says what was found instead.
    """
    return read_column(read_html_page(to_page(markdown), None, zone), zone, language=language)
