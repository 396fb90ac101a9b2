"""Writes docs/reference/ from the program itself: `python docs/make_reference.py`.

settings.md comes from the settings tree (the line under each key is its line here), commands.md from the command line.
`tests/test_docs.py` fails when a file is not what this would write.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import typer  # noqa: E402 - the checkout is put on the path first
from pydantic import BaseModel  # noqa: E402
from pydantic.fields import FieldInfo  # noqa: E402

from publisher import cli  # noqa: E402
from publisher.config import settings, values  # noqa: E402
from publisher.config.described import described  # noqa: E402
from publisher.wiring import MAIL_KINDS, SOCIAL_KINDS, SOURCE_KINDS  # noqa: E402

REFERENCE = ROOT / "docs" / "reference"

# The kinds of value that are more than their Python type, by what checks them.
KINDS = (
    (values.Line, "one line of text"),
    (values.Mailbox, "mail address"),
    (values.MailboxOrNone, "mail address"),
    (values.WebAddress, "web address"),
    (values.ApiUrl, "web address"),
    (values.DatabaseURL, "database address"),
    (values.CronLine, "cron line"),
    (values.Duration, "duration"),
    (values.Pace, "pace"),
    (values.DomainPaces, "table of paces"),
    (values.SecretPlace, "place of a secret"),
    (values.DomainOrNone, "domain"),
    (values.Selector, "selector"),
    (values.Zone, "time zone"),
    (settings.Name, "name"),
)
SHARED = {"config": "--config", "now": "--now", "json": "--json"}

SETTINGS_HEAD = """\
# Settings

`config.toml` is the publication's settings, `subscribers/lists.toml` its lists. A key that is not here is refused, with
the nearest one that is; all mistakes are listed at once. Relative paths are taken from the folder of `config.toml`.

- A **duration** is a number and `s`, `m`, `h` or `d`: `"15m"`. 0 needs no unit.
- A **pace** is a number of letters in a time, `s`, `min`, `h` or `day`: `"14/s"`, `"10000/h"`. Letters leave evenly, a
  little under it. A **table of paces** has recipient domains, each with a pace, and `"*"` for each that is not named.
- A **cron line** has five fields: minute, hour, day of the month, month, weekday (`SUN` to `SAT`, or 0 to 7). It is on
  the clock of `publication.timezone`. A time that the clock leaps over in spring comes as much later; one that comes
  twice in autumn fires once.
- The **place of a secret** is `"env:NAME"`, an environment variable, or `"file:PATH"`. The secret itself is never here.
- A **name** has small letters, digits, `-` and `_`, at most 40.
"""

COMMANDS_HEAD = """\
# Commands

Every stage can be run by hand. An error is one readable line that says what to do. Exit status: 0 done, 1 a failure,
2 wrong use; a command that was stopped by a signal ends with 128 and its number, `publisher run` with 0.

Three options are the same everywhere, before or after the command's name for `--config`:

| option | what |
|---|---|
| `--config PATH` | The publication's settings; `config.toml` in this folder by default. |
| `--now TIME` | Act as at this time, like `2026-05-25T09:00+09:00`; without an offset on the publication's clock. |
| `--json` | Print one JSON document and nothing else. |
"""


def main() -> None:
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """Every generated file of docs/reference by its name."""
    return {"settings.md": settings_page(), "commands.md": commands_page()}


# --- settings


def settings_page() -> str:
    parts = [SETTINGS_HEAD, "## config.toml\n"]
    for name, field in settings.Settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            parts += [f"### [{name}]\n", _table(field.annotation)]
    parts += ["### [[source]]\n", "Where items come from; as many as you like. Every kind has these keys:\n"]
    parts += _kinds(settings.SourceOptions, {kind: module for kind, (module, _) in SOURCE_KINDS.items()})
    parts += ["### [[channel]]\n", "Where issues go; as many as you like. Every kind has these keys:\n"]
    parts += _kinds(
        settings.ChannelOptions, {kind: module for kind, (module, _) in (MAIL_KINDS | SOCIAL_KINDS).items()}
    )
    parts += ["## subscribers/lists.toml\n", "### [[list]]\n", _table(settings.ListOptions)]
    return "\n".join(parts)


def _kinds(base: type[BaseModel], modules: dict[str, str]) -> Iterator[str]:
    yield _table(base, kind=f"one of {', '.join(f'`{kind}`' for kind in sorted(modules))}")
    for kind, module in modules.items():
        options = importlib.import_module(module).Options
        shared = {name: field.default for name, field in base.model_fields.items()}
        own = [
            name for name, field in options.model_fields.items() if name not in shared or field.default != shared[name]
        ]
        yield f'#### kind = "{kind}"\n'
        yield _table(options, only=[name for name in own if name != "kind"])


def _table(model: type[BaseModel], only: list[str] | None = None, kind: str = "") -> str:
    said = described(model)
    lines = ["| key | type | default | what |", "|---|---|---|---|"]
    for name, field in model.model_fields.items():
        if only is None or name in only:
            shown = kind if kind and name == "kind" else _type(field)
            lines.append(f"| `{name}` | {shown} | {_default(field)} | {said[name]} |")
    return "\n".join(lines) + "\n"


def _type(field: FieldInfo) -> str:
    for kind, shown in KINDS:
        if any(mark in field.metadata for mark in get_args(kind)[1:]):
            return shown
    bounds = {type(mark).__name__: mark for mark in field.metadata}
    shown = _annotation(field.annotation)
    if shown == "whole number" and "Ge" in bounds and "Le" in bounds:
        return f"{shown}, {bounds['Ge'].ge} to {bounds['Le'].le}"
    if shown == "whole number" and "Ge" in bounds:
        return f"{shown}, {bounds['Ge'].ge} or more"
    return shown


def _annotation(annotation: Any) -> str:
    for kind, shown in KINDS:
        if annotation == kind:
            return shown
    match get_origin(annotation), get_args(annotation):
        case origin, options if origin is Literal:
            return " or ".join(f"`{option}`" for option in options if option)
        case origin, (inner, *_) if origin is tuple:
            return f"list of {_annotation(inner)}".replace("day", "days")
        case origin, (inner, *_) if origin is Annotated:
            return _annotation(inner)
        case origin, options if origin in (Union, UnionType):
            return " or ".join(_annotation(option) for option in options if option is not NoneType)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(f"`{option.value}`" for option in annotation)
    return {str: "text", int: "whole number", bool: "`true` or `false`", date: "day"}[annotation]


def _default(field: FieldInfo) -> str:
    match field.default:
        case _ if field.is_required():
            return "**needed**"
        case _ if field.default_factory is not None or field.default in ("", None, (), {}):
            return ""
        case bool(value):
            return f"`{str(value).lower()}`"
        case Enum(value=value):
            return f"`{value}`"
        case timedelta() as span:
            return f"`{_span(span)}`"
    return f"`{field.default}`"


def _span(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


# --- commands


def commands_page() -> str:
    root: Any = typer.main.get_command(cli.build(cli.GROUPS))
    plain = {name: command for name, command in root.commands.items() if not hasattr(command, "commands")}
    groups = {name: command for name, command in root.commands.items() if hasattr(command, "commands")}
    parts = [COMMANDS_HEAD, "## The publication and its stages\n"]
    parts += [_command(f"publisher {name}", command) for name, command in plain.items()]
    for name, group in groups.items():
        parts.append(f"## publisher {name}\n\n{group.help}\n")
        parts += [_command(f"publisher {name} {verb}", command) for verb, command in group.commands.items()]
    return "\n".join(parts)


def _command(words: str, command: Any) -> str:
    arguments = [part for part in command.params if part.param_type_name == "argument"]
    options = [part for part in command.params if part.param_type_name == "option" and part.name not in SHARED]
    shared = [SHARED[part.name] for part in command.params if part.name in SHARED and part.name != "config"]
    needed = [f"{part.opts[0]} {_metavar(part)}" for part in options if part.required]
    usage = " ".join(
        [words, *map(_argument, arguments), *needed, *(["[OPTIONS]"] if len(options) > len(needed) else [])]
    )
    help_ = re.sub(r"\s*\n\s*", " ", (command.help or "").strip())
    lines = [f"### {words}\n", f"    {usage}\n", help_ + (f" Takes {' and '.join(shared)}." if shared else "") + "\n"]
    rows = [
        f"| `{part.opts[-1] if part.param_type_name == 'option' else _argument(part)}{_value(part)}` | {_said(part)} |"
        for part in [*arguments, *options]
        if _said(part) or part.param_type_name == "option"
    ]
    if rows:
        lines += ["| | what |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def _argument(part: Any) -> str:
    name = part.metavar or str(part.name).upper()
    return name if part.required else f"[{name}]"


def _value(part: Any) -> str:
    return "" if part.param_type_name == "argument" or part.is_flag else f" {_metavar(part)}"


def _metavar(part: Any) -> str:
    if part.metavar:
        return str(part.metavar)
    annotation = part.type_descriptor.annotation
    kind = next(iter(get_args(annotation)), annotation)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "\\|".join(choice.value for choice in kind)
    return {int: "NUMBER", Path: "PATH"}.get(kind, "TEXT")


def _said(part: Any) -> str:
    said = part.help or ""
    default = part.default
    if part.param_type_name == "option" and not part.is_flag and default not in (None, "", (), []):
        said += f" Default: `{getattr(default, 'value', default)}`."
    if part.param_type_name == "option" and part.multiple:
        said += " May be given several times."
    return said.strip()


if __name__ == "__main__":
    main()
