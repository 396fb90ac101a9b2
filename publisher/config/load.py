"""config.toml, and the lists beside it, into frozen settings: all that is wrong is told at once."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from publisher.config import words
from publisher.config.settings import (
    ChannelOptions,
    Database,
    Dkim,
    Fetching,
    IssueRules,
    ListOptions,
    Pictures,
    Publication,
    Schedule,
    Settings,
    SourceOptions,
)
from publisher.errors import ConfigError

LISTS_FILE = "subscribers/lists.toml"

_Model = TypeVar("_Model", bound=BaseModel)
_SECTIONS: dict[str, type[BaseModel]] = {
    "publication": Publication,
    "database": Database,
    "schedule": Schedule,
    "issue": IssueRules,
    "fetch": Fetching,
    "pictures": Pictures,
    "dkim": Dkim,
}
_REPEATED = ("source", "channel")


def load(
    path: Path,
    *,
    source_kinds: Mapping[str, Callable[[], type[SourceOptions]]],
    channel_kinds: Mapping[str, Callable[[], type[ChannelOptions]]],
) -> Settings:
    """The settings in `path`. Only the kinds that it uses are imported. Raises ConfigError with every problem.

    Places in a list are counted from 1: `source[2]` is the second `[[source]]`.
    """
    table = _read(path, "run `publisher init .` to make one, or name yours with --config PATH")
    problems = _unshowable(table)
    problems += [
        f"{key}: {words.unknown_key(key, [*_SECTIONS, *_REPEATED])}"
        for key in table
        if key not in _SECTIONS and key not in _REPEATED
    ]
    parts: dict[str, Any] = {key: _section(table, key, model, problems) for key, model in _SECTIONS.items()}
    sources = _repeated(table, "source", SourceOptions, source_kinds, problems)
    channels = _repeated(table, "channel", ChannelOptions, channel_kinds, problems)
    lists = _lists_beside(path, channels, problems)
    problems += _across(parts["issue"])
    if problems:
        raise ConfigError(str(path), problems)
    return Settings(
        root=path.resolve().parent,
        **parts,
        sources=tuple(sources.values()),
        channels=tuple(channels.values()),
        lists=lists,
    )


def load_lists(path: Path) -> tuple[ListOptions, ...]:
    """The lists that lists.toml defines, in its order. Raises ConfigError with every problem."""
    table = _read(path, "write it with one [[list]] for each list that readers may join")
    problems = _unshowable(table)
    problems += [f"{key}: {words.unknown_key(key, ['list'])}" for key in table if key != "list"]
    lists = _repeated(table, "list", ListOptions, None, problems)
    if problems:
        raise ConfigError(str(path), problems)
    return tuple(lists.values())


def _read(path: Path, when_missing: str) -> dict[str, Any]:
    def refuse(problem: str) -> NoReturn:
        raise ConfigError(str(path), [problem])

    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        refuse(f"there is no such file; {when_missing}")
    except OSError as error:
        refuse(f"cannot be read ({error.strerror}); it must be a file that this user may read")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        refuse(f"line {line}: this is not UTF-8 text; save the file as UTF-8")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        refuse(_syntax(str(error)))
    except (ValueError, RecursionError):
        refuse("there is a number or a nesting in it that is too large; write it smaller")


# A message of tomllib names a character or a key at most, never a value.
def _syntax(message: str) -> str:
    match = re.fullmatch(
        r"(?P<what>.*?) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", message
    )
    if not match:
        return f"this is not TOML ({message}); correct it there"
    where = f"line {match['line']}, column {match['column']}" if match["line"] else "at the end"
    meant = {
        "Invalid value": 'a value is missing or is text without quotation marks; write one, like name = "value"',
        "Cannot overwrite a value": "this key is given twice; take one of them out",
        "Invalid statement": 'this is not a key or a [section]; write a line like name = "value"',
    }
    what = match["what"]
    if what.startswith("Cannot declare"):
        return f"{where}: this section is given twice; take one of them out ([[source]] and [[channel]] may repeat)"
    return f"{where}: {meant.get(what) or f'this is not TOML ({what}); correct it there'}"


def _unshowable(value: Any, where: str = "") -> list[str]:
    """Control characters and private-use characters, which could be taken for slots, in any text of the tree."""
    match value:
        case str():
            for character in value:
                if unicodedata.category(character) in ("Cc", "Co", "Cs") and character not in "\n\t":
                    return [f"{where}: holds the character U+{ord(character):04X}, which cannot be shown; take it out"]
            return []
        case dict():
            return [found for key, part in value.items() for found in _unshowable(part, f"{where}.{key}".lstrip("."))]
        case list():
            return [found for n, part in enumerate(value, 1) for found in _unshowable(part, f"{where}[{n}]")]
    return []


def _section(table: Mapping[str, Any], key: str, model: type[_Model], problems: list[str]) -> _Model | None:
    values = table.get(key, {})
    if not isinstance(values, dict):
        problems.append(f"{key}: this is not a section; write [{key}] on a line of its own and its keys below")
        return None
    if key not in table and any(field.is_required() for field in model.model_fields.values()):
        required = ", ".join(name for name, field in model.model_fields.items() if field.is_required())
        problems.append(f"{key}: is missing; write [{key}] with {required}")
        return None
    return _validated(values, key, model, problems)


def _validated(values: Mapping[str, Any], where: str, model: type[_Model], problems: list[str]) -> _Model | None:
    try:
        return model.model_validate(_composed(values))
    except ValidationError as error:
        problems += words.problems(error, where, model)
        return None


def _composed(value: Any) -> Any:
    """Text in NFC, but for the names of files, which are what they are."""
    match value:
        case str():
            return value if value.startswith("file:") else unicodedata.normalize("NFC", value)
        case dict():
            return {key: _composed(part) for key, part in value.items()}
        case list():
            return [_composed(part) for part in value]
    return value


def _repeated(
    table: Mapping[str, Any],
    key: str,
    base: type[_Model],
    kinds: Mapping[str, Callable[[], type[_Model]]] | None,
    problems: list[str],
) -> dict[int, _Model]:
    """The valid ones of `[[key]]` by their place. `kinds` is None where there is but one kind."""
    entries = table.get(key, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        problems.append(f"{key}: write [[{key}]] with two brackets, once for each {key}")
        return {}
    valid: dict[int, _Model] = {}
    places: dict[str, int] = {}
    for place, entry in enumerate(entries, 1):
        name = entry.get("name")
        where = f"{key}[{place}]" + (f" ({name})" if isinstance(name, str) and name.isprintable() else "")
        if isinstance(name, str) and places.setdefault(name, place) != place:
            problems.append(f"{where}.name: {key}[{places[name]}] has this name already; give each its own")
        model = base if kinds is None else _kind(entry, where, kinds, problems)
        options = _validated(entry, where, model, problems) if model else None
        if options is not None:
            valid[place] = options
    return valid


def _kind(
    entry: Mapping[str, Any], where: str, kinds: Mapping[str, Callable[[], type[_Model]]], problems: list[str]
) -> type[_Model] | None:
    kind = entry.get("kind")
    if isinstance(kind, str) and kind in kinds:
        return kinds[kind]()
    what = "is missing" if kind is None else f"{words.shown(kind) or 'this'} is not a kind that is known"
    problems.append(f"{where}.kind: {what}; write one of {', '.join(sorted(kinds))}")
    return None


def _lists_beside(path: Path, channels: Mapping[int, ChannelOptions], problems: list[str]) -> tuple[ListOptions, ...]:
    """The lists in lists.toml; every list that a channel names must be one of them."""
    served = {place: tuple(getattr(channel, "lists", ())) for place, channel in channels.items()}
    lists_path = path.parent / LISTS_FILE
    if not any(served.values()) and not lists_path.exists():
        return ()
    try:
        lists = load_lists(lists_path)
    except ConfigError as error:
        problems += [f"{LISTS_FILE}: {problem}" for problem in error.problems]
        return ()
    known = [one.name for one in lists]
    for place, names in served.items():
        for name in names:
            if name not in known:
                listed = f"write one of {', '.join(known)}, or add it there" if known else "add it there"
                where = f"channel[{place}] ({channels[place].name}).lists"
                problems.append(f"{where}: there is no list {words.shown(name)} in {LISTS_FILE}; {listed}")
    return lists


def _across(issue: IssueRules | None) -> list[str]:
    if issue is not None and issue.min_items > issue.items:
        return [
            f"issue.min_items: {issue.min_items} is more than issue.items ({issue.items}), so every issue would be "
            "held; write it no larger"
        ]
    return []
