"""What pydantic found wrong, in words for the person who writes config.toml.

A value is repeated only where it cannot be a secret: never one that stands under a name such as `password`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

_SECRET_NAMES = re.compile(r"secret|password|token|key|credential", re.IGNORECASE)
_SHOWN = 60

_KINDS_OF_VALUE = {
    "string": "text in quotation marks",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "tuple": "a list in square brackets",
    "list": "a list in square brackets",
    "set": "a list in square brackets",
    "dict": "a table",
    "model": "a table",
    "path": "a path in quotation marks",
}


def problems(error: ValidationError, where: str, model: type[BaseModel]) -> list[str]:
    """Every problem as "path: what is wrong; what to do". `where` is the path of the table that was validated."""
    found = error.errors(include_url=False)
    return [f"{_path(where, part['loc'])}: {_words(part, model)}" for part in found]


def unknown_key(key: str, known: Iterable[str]) -> str:
    """What to say of a key that nothing knows, with the nearest that is known."""
    listed = sorted(known)
    near = difflib.get_close_matches(key.lower(), listed, n=1)
    if near:
        return f"there is no such key; did you mean {near[0]}?"
    return f"there is no such key; known are {', '.join(listed)}"


def shown(value: Any, path: Sequence[Any] = ()) -> str:
    """`value` as a message may repeat it, or the empty string where it must not be repeated."""
    if not isinstance(value, str | int | float | bool) or any(_SECRET_NAMES.search(str(part)) for part in path):
        return ""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _path(where: str, loc: Iterable[Any]) -> str:
    path = where
    for part in loc:
        # Positions are counted from 1, as people count.
        path += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def _words(part: Mapping[str, Any], model: type[BaseModel]) -> str:
    kind, context = part["type"], part.get("ctx", {})
    value = shown(part["input"], part["loc"])
    subject = value or "this"
    match kind:
        case "missing":
            return "is missing; write it"
        case "extra_forbidden":
            return unknown_key(str(part["loc"][-1]), model.model_fields)
        case "value_error" | "assertion_error":
            return str(context["error"])
        case "literal_error" | "enum":
            return f"{subject} is not one of {_listed(context['expected'])}; write one of them"
        case "string_pattern_mismatch" if part["loc"][-1:] == ("name",):
            return f"{subject} cannot be a name; write a-z, 0-9, - and _, at most 40, a letter or digit first"
        case "string_pattern_mismatch":
            return f"{subject} does not have the form that is needed ({context['pattern']}); write it so"
        case "string_too_short" | "too_short":
            return "is empty; write something" if context["min_length"] == 1 else f"{subject} is too short"
        case "string_too_long" | "too_long":
            return f"{subject} is too long; at most {context['max_length']}"
        case "greater_than_equal":
            return f"{subject} is too small; write {context['ge']} or more"
        case "greater_than":
            return f"{subject or 'this'} is too small; write more than {_limit(context['gt'])}"
        case "less_than_equal":
            return f"{subject} is too large; write {context['le']} or less"
        case "less_than":
            return f"{subject} is too large; write less than {_limit(context['lt'])}"
        case "int_from_float" | "int_parsing_size":
            return f"{subject} is not a whole number that can be used; write one"
    wanted = _KINDS_OF_VALUE.get(re.split(r"_(?:type|parsing)|_", kind)[0])
    if wanted:
        return f"{subject} is not {wanted}; write it so"
    return re.sub(r"^Input should be", f"{subject} is wrong: it should be", part["msg"])


def _listed(expected: str) -> str:
    return re.sub(r" or (?='[^']*'$)", ", ", expected).replace("'", "")


def _limit(value: Any) -> str:
    return "0" if not value else str(value)
