"""How much of what went out is what the draft said."""

from __future__ import annotations

import re
from collections.abc import Mapping

# What readers read; where a post goes, and when, is no part of it.
_READ = re.compile(r"title|subject|preheader|deks|note|pick:\d+:(?:headline|body|blurb|alt|caption)")


def share(draft: Mapping[str, str], final: Mapping[str, str]) -> float:
    """The share of the characters of `final`, an issue's fields, that stand in fields which `draft` had word for word.

    An item that was swapped in counts for nothing, a body in which one word was changed neither. 1.0 where there is no
    text at all.
    """
    said = {field: value for field, value in final.items() if value and _READ.fullmatch(field) and _is_in(field, final)}
    whole = sum(map(len, said.values()))
    same = sum(len(value) for field, value in said.items() if draft.get(field) == value and _is_in(field, draft))
    return same / whole if whole else 1.0


def swapped(draft: Mapping[str, str], final: Mapping[str, str]) -> int:
    """How many items went out that the draft had not."""
    return len(set(final.get("order", "").split()) - set(draft.get("order", "").split()))


def _is_in(field: str, words: Mapping[str, str]) -> bool:
    """Whether the field is of the issue itself, or of an item that is in it."""
    return not field.startswith("pick:") or field.split(":")[1] in words.get("order", "").split()
