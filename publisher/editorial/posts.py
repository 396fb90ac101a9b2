"""A post as its writer keeps it, in Markdown for a site generator: what a reader of the site would see of it.

Jekyll, Hugo, Zola and their like put marks of their own between the words: `{% … %}`, `{{< … >}}`, `{: .wide}`. Those
go, outside of code; the words stay.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from publisher.domain.message import Picture
from publisher.editorial.illustration import first_picture
from publisher.editorial.markup import clean, from_html, plain, to_page

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_CODE = re.compile(r"(`+[^`\n]*`+)")
_MARKS = re.compile(
    r"\{\{[<%].{0,500}?[%>]\}\}"  # Hugo
    r"|\{%.{0,500}?%\}|\{\{.{0,500}?\}\}"  # Liquid, Tera
    r"|\{:[^{}]{0,300}\}"  # kramdown
    r"|(?<=\]\()@/[^()\s]{0,300}(?=[)\s])"  # a page of Zola's own, which has no address
)
_TITLE = re.compile(r"\s*<h1>(.*?)</h1>", re.DOTALL)
_HEADING = re.compile(r"<h([1-6])>(.*?)</h\1>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Post:
    """`heading` is the post's first, in one line; one that stands at the top is no part of `body`."""

    heading: str
    body: str
    picture: Picture | None


def read_post(markdown: str, base_url: str | None) -> Post:
    """Links and pictures are made absolute with `base_url`; without one, those that are relative are dropped."""
    html = to_page(_without_marks(markdown), with_html=True)
    title, first = _TITLE.match(html), _HEADING.search(html)
    heading = clean(plain(from_html(first[2]))) if first else ""
    return Post(
        heading=heading,
        body=from_html(html[title.end() :] if title and heading else html, base_url),
        picture=first_picture(html, base_url),
    )


def _without_marks(markdown: str) -> str:
    lines, fence = [], ""
    for line in markdown.split("\n"):
        opening = _FENCE.match(line)
        if fence:
            fence = "" if opening and opening[1].startswith(fence) and not line.strip(" `~") else fence
        elif opening:
            fence = opening[1]
        else:
            pieces = _CODE.split(line)
            line = "".join(piece if at % 2 else _MARKS.sub("", piece) for at, piece in enumerate(pieces))
        lines.append(line)
    return "\n".join(lines)
