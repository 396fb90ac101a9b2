"""Slots: where editors write `{{first_name}}`, each reader's letter says that reader's name.

Editors get these few slots, not a template language. `marked` and `marked_html` turn what an editor wrote into the
marks of `domain/message.py`; `fill` and `resolved` put values where the marks are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from publisher.domain.message import READER_SLOTS, SLOT, slot
from publisher.errors import RenderError

# A default may hold neither markup nor another slot, so that it is the same words in HTML, text and a subject.
_WRITTEN = re.compile(r"\{\{\s*(" + "|".join(READER_SLOTS) + r")\s*(?:\|([^{}|<>&\"]*))?\}\}")
_ANY = re.compile(r"\{\{(.{0,60}?)\}\}", re.DOTALL)
# An address is left as it is: a slot inside one would hand the reader's own value to whoever is behind the link.
_ADDRESS_OR_SLOT = re.compile(r"(?:https?://|mailto:)[^\s<>\"]+|" + _WRITTEN.pattern)
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:[^>\"]|\"[^\"]*\")*)>")


def marked(text: str, defaults: Mapping[str, str]) -> str:
    """`text` with each written slot as a mark; a `{{` that is no slot stays as it is.

    `defaults` holds the words for a reader whose value is not known, where the editor gave none.
    """

    def mark(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return match[0]
        default = (match[2] or "").strip().replace("'", "’")
        return slot(name, default or defaults.get(name, ""))

    return _ADDRESS_OR_SLOT.sub(mark, text)


def marked_html(html: str, defaults: Mapping[str, str]) -> str:
    """Like `marked`, in the words between the tags only, never in an attribute."""
    parts, end = [], 0
    for tag in TAG.finditer(html):
        parts += [marked(html[end : tag.start()], defaults), tag[0]]
        end = tag.end()
    return "".join([*parts, marked(html[end:], defaults)])


def refuse_unknown(text: str, where: str) -> None:
    """Raises RenderError where an editor's own text holds a `{{…}}` that is no slot."""
    for match in _ANY.finditer(text):
        if not _WRITTEN.fullmatch(match[0]):
            names = ", ".join("{{" + name + "}}" for name in READER_SLOTS)
            raise RenderError(
                f"the {where} has {{{{{match[1].strip()}}}}}, which is no slot; there are {names}, "
                "each with words for readers without one after a bar: {{first_name|reader}}"
            )


def fill(text: str, values: Mapping[str, str], encode: Callable[[str], str] = str) -> str:
    """`text` with each mark replaced by `encode` of the reader's value, or by the mark's default."""
    return SLOT.sub(lambda mark: encode(values[mark[1]]) if values.get(mark[1]) else mark[2], text)


def resolved(text: str) -> str:
    """`text` as someone reads it of whom nothing is known: every mark replaced by its default."""
    return fill(text, {})
