"""The letter: Jinja, then MJML, once per issue; and its plain text, written from the same structure.

A subscriber costs no rendering: what differs between readers is a slot mark, and `mail/` fills those.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from markupsafe import Markup

from publisher.domain.message import slot
from publisher.editorial import markup
from publisher.render import mjml
from publisher.render.face import Face
from publisher.render.slots import TAG, marked, marked_html
from publisher.render.view import IssueView, PublicationView, default_values
from publisher.render.words import Words

HTML_TEMPLATE = "letter.mjml.j2"
TEXT_TEMPLATE = "letter.txt.j2"

# What mail programs show after the preheader, instead of the first words of the letter: nothing, for a while.
PREHEADER_FILLER = "\u034f\u200c\u00a0" * 60


def html(face: Face, values: Mapping[str, object]) -> str:
    """The letter as HTML with slot marks. Raises RenderError."""
    return mjml.html(face.fill(HTML_TEMPLATE, values), face)


def text(face: Face, values: Mapping[str, object]) -> str:
    """The letter as plain text with slot marks; lines are as long as their paragraphs. Raises RenderError."""
    return tidied(face.fill(TEXT_TEMPLATE, values).text)


def values(publication: PublicationView, issue: IssueView, words: Words) -> dict[str, object]:
    """All that a letter's templates may use."""
    defaults = default_values(words)
    # Letter and page show the same bodies.
    fragment = cache(lambda markdown: marked_html(markup.to_html(markdown), defaults))

    def prose(markdown: str, **styles: str) -> Markup:
        # The fragment is well-formed and washed (`editorial/markup.py`), so it may go in as it is.
        return Markup(styled(fragment(markdown), styles))  # noqa: S704 - see above

    def plain_text(markdown: str) -> str:
        return marked(markup.to_text(markdown), defaults)

    return {
        "publication": publication,
        "issue": issue,
        "words": words,
        "leave_url": slot("leave_url"),
        "reader": {name: slot(name, default) for name, default in defaults.items()},
        "filler": PREHEADER_FILLER,
        "prose": prose,
        "plain_text": plain_text,
    }


def styled(fragment: str, styles: Mapping[str, str]) -> str:
    """`fragment` with a style on each tag that `styles` names: mail programs drop style sheets, never these."""

    def style(tag: re.Match[str]) -> str:
        css = styles.get(tag[2])
        return tag[0] if tag[1] or not css else f'<{tag[2]} style="{css}"{tag[3]}>'

    return TAG.sub(style, fragment)


def tidied(text: str) -> str:
    """`text` without white space at line ends and with at most one empty line in a row."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n") + "\n"
