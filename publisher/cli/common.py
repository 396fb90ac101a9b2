"""What all commands share: the publication, the time, and how rows are shown."""

from __future__ import annotations

import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from publisher.errors import WrongUse

if TYPE_CHECKING:
    from publisher.wiring import Publication

Config = Annotated[
    Path | None, typer.Option("--config", help="The publication's settings.", show_default="config.toml")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Now = Annotated[
    str | None, typer.Option("--now", metavar="TIME", help="Act as at this time, like 2026-05-25T09:00+09:00.")
]


def open_publication(context: typer.Context, config: Path | None) -> Publication:
    """The publication that `--config` names, before or after the command."""
    from publisher.wiring import Publication, load_settings

    return Publication(load_settings(config or context.find_root().obj))


def moment(text: str | None, publication: Publication) -> datetime:
    """`--now` as aware UTC, taken in the publication's zone where it names none; else the time that it is."""
    if text is None:
        return datetime.now(UTC)
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise WrongUse(f"--now {text!r} is not a time; write one like 2026-05-25T09:00+09:00") from None
    if not 1990 < given.year < 2200:
        raise WrongUse(f"--now {text!r} is no time at which an issue could be made")
    if given.tzinfo is None:
        given = given.replace(tzinfo=publication.settings.publication.timezone)
    return given.astimezone(UTC)


def local(time: datetime, publication: Publication) -> str:
    """A time as a person reads it, in the publication's zone: "Fri 2026-05-29 07:30 KST"."""
    return time.astimezone(publication.settings.publication.timezone).strftime("%a %Y-%m-%d %H:%M %Z")


def print_json(document: Any) -> None:
    import json

    print(json.dumps(document, ensure_ascii=False, indent=2, default=_plain))


def print_table(
    heads: Sequence[str], rows: Sequence[Sequence[object]], *, widest: int = 60, wraps: bool = False
) -> None:
    """Columns aligned for scripts that count Hangul as two columns wide, long cells cut with "…".

    With `wraps` the last column goes on below itself where a terminal is too narrow for it.
    """
    table = [[cut(str(cell), widest) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(heads, *table, strict=True)]
    room = shutil.get_terminal_size().columns - sum(widths[:-1]) - 2 * len(widths[:-1])
    for row in [list(heads), *table]:
        last = textwrap.wrap(row[-1], room) if wraps and room > 20 and sys.stdout.isatty() else []
        for at, part in enumerate(last or row[-1:]):
            cells = [*(row[:-1] if at == 0 else [""] * len(row[:-1])), part]
            line = (cell + " " * (size - width(cell)) for cell, size in zip(cells, widths, strict=True))
            print("  ".join(line).rstrip())


def width(text: str) -> int:
    """How many terminal columns a text takes."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def cut(text: str, widest: int) -> str:
    text = " ".join(text.split())
    if width(text) <= widest:
        return text
    while width(text) > widest - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
