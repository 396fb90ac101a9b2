"""What stands above a Markdown file: YAML between ---, TOML between +++.

It promises text, lists and tables only: no value is converted on the way, so that a title "No" stays a title and a date
stays as it is written. What is broken is an error that names the line of the file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from publisher.errors import SourceError

_LONGEST = 64_000  # characters; a long one has two thousand
_FENCES = {"---": r"(?:---|\.\.\.)", "+++": r"\+\+\+"}
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Written:
    """A file taken apart: what stands above, by its keys in small letters, and the Markdown below."""

    front: Mapping[str, Any] = field(default_factory=dict)
    body: str = ""

    def texts(self, *keys: str) -> list[str]:
        """The texts of the first of the keys that has any; several where it holds a list."""
        return next(filter(None, (_texts(self.front.get(key)) for key in keys)), [])

    def text(self, *keys: str) -> str:
        return next(iter(self.texts(*keys)), "")

    def table(self, *keys: str) -> Mapping[str, Any]:
        """The first of the keys that is a table of its own."""
        return next((value for key in keys if isinstance(value := self.front.get(key), dict)), {})


def take_apart(text: str) -> Written:
    """Raises SourceError, "line N: …", where the front matter is broken."""
    whole = _NOT_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).lstrip("\ufeff")
    text = whole.lstrip("\n")
    fence = text[:3]
    if fence not in _FENCES or text[3:].partition("\n")[0].strip():
        return Written(body=text)
    start = text.find("\n") + 1
    end = (
        re.compile(rf"^{_FENCES[fence]}[ \t]*$", re.MULTILINE).search(text, start, start + _LONGEST) if start else None
    )
    if end is None:
        raise SourceError(f"line 1: the front matter has no end; close it with a line {fence}")
    above = len(whole) - len(text) + 1  # lines
    front = (_yaml if fence == "---" else _toml)(text[start : end.start()], above)
    return Written({_key(key): value for key, value in front.items()}, text[end.end() :].lstrip("\n"))


def _yaml(text: str, above: int) -> dict[Any, Any]:
    try:
        found = yaml.load(text, _TextLoader)  # noqa: S506 (it makes nothing but text, lists and tables)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = error.problem or error.context or "it cannot be read"
        raise _broken(above + (mark.line + 1 if mark else 1), "YAML", what) from error
    except yaml.YAMLError as error:
        raise _broken(above + 1, "YAML", "it holds a character that YAML does not allow") from error
    except RecursionError as error:
        raise _broken(above + 1, "YAML", "it is nested too deeply") from error
    if found is not None and not isinstance(found, dict):
        raise SourceError(f"line {above + 1}: the front matter is no table; write lines like title: …")
    return found or {}


class _TextLoader(yaml.BaseLoader):
    """Knows no types and no aliases, with which a page of YAML could grow to gigabytes."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases (*name) are not read", event.start_mark)
        return super().compose_node(parent, index)


def _toml(text: str, above: int) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = re.search(r"^(.*?) \(at (?:line (\d+)|end of document)", str(error))
        last = text.rstrip("\n").count("\n") + 1
        line, what = (int(match[2] or last), match[1]) if match else (last, str(error))
        raise _broken(above + line, "TOML", what) from error
    except (ValueError, RecursionError) as error:
        raise _broken(above + 1, "TOML", "a number or a nesting in it is too large") from error


def _broken(line: int, shape: str, what: str) -> SourceError:
    is_colon = what.startswith("mapping values")
    advice = "a text with a colon in it needs quotation marks" if is_colon else "correct it there"
    return SourceError(f"line {line}: the front matter is not {shape} ({what[:120].lower()}); {advice}")


def _key(key: object) -> str:
    return str(key).strip().lower().replace("-", "_") if isinstance(key, str | int) else ""


def _texts(value: object) -> list[str]:
    """What is text in a value; a table in a list counts by its name."""
    match value:
        case str():
            return [value.strip()] if value.strip() else []
        case bool():
            return [str(value).lower()]
        case list():
            return [text for part in value[:50] for text in _texts(part)]
        case dict():
            return _texts(value.get("name"))
        case None:
            return []
    return [str(value)]  # a number or a date of TOML
