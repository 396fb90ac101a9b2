"""The publication's face: the owner's templates, and what to say when one of them has a mistake.

Templates are trusted like code; the values put into them are not, and are never read as templates.
"""

from __future__ import annotations

import traceback
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from sys import maxsize
from types import GeneratorType
from typing import cast

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
)

import publisher
from publisher.errors import RenderError

_PACKAGE = Path(publisher.__file__).parent


def packaged_templates() -> Path:
    """The templates of this installation: a wheel has them in the package, a checkout beside it."""
    packaged = _PACKAGE / "skeleton" / "templates"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "templates"


@dataclass(frozen=True, slots=True)
class Filled:
    """A template with its values. `pieces` is (offset in `text`, line of the compiled template) in order."""

    text: str
    name: str
    template: Template
    pieces: tuple[tuple[int, int], ...]

    def line_at(self, offset: int) -> int:
        """The template's line that made the text at `offset`; the nearest one before it where that is not known."""
        place = max(bisect_right(self.pieces, (offset, maxsize)) - 1, 0)
        start, compiled = self.pieces[place]
        end = self.pieces[place + 1][0] if place + 1 < len(self.pieces) else len(self.text)
        line = self.template.get_corresponding_lineno(compiled) + self.text.count("\n", start, offset)
        shown = self.text[max(self.text.rfind("\n", 0, offset) + 1, start) : end].split("\n", 1)[0].strip()
        # A run of plain text may have lost lines to statements before it; what stands there says where it is from.
        lines = Path(self.template.filename or "").read_text(encoding="utf-8").split("\n")
        return next((number for number in range(line, len(lines) + 1) if shown and shown in lines[number - 1]), line)


class Face:
    """The templates of one folder. An edited file counts from the next render on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=_is_markup,  # noqa: S701 - a function, on for all but plain text
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )

    def has(self, name: str) -> bool:
        return (self._folder / name).is_file()

    def shown(self, name: str, line: int | None = None) -> str:
        """How a message names a template."""
        where = f"{self._folder.name}/{name}"
        return where if line is None else f"{where}, line {line}"

    def fill(self, name: str, values: Mapping[str, object]) -> Filled:
        """The template `name` with `values`. Raises RenderError with the file, the line and what to do."""
        try:
            template = self._environment.get_template(name)
            chunks = cast(
                "GeneratorType[str, None, None]", template.root_render_func(template.new_context(dict(values)))
            )
            texts, pieces, offset = [], [], 0
            for chunk in chunks:
                pieces.append((offset, chunks.gi_frame.f_lineno if chunks.gi_frame else 1))
                texts.append(chunk)
                offset += len(chunk)
        except RenderError:
            raise
        # A template is a program of the owner's, so anything can come out of it.
        except Exception as error:
            raise self._explained(name, self._in_template_lines(error), values) from error
        return Filled("".join(texts), name, template, tuple(pieces))

    def _in_template_lines(self, error: Exception) -> Exception:
        """`error` with a traceback of the templates' lines, where Jinja's compiled code had its own."""
        try:
            self._environment.handle_exception()
        except Exception as rewritten:
            return rewritten
        return error

    def _explained(self, name: str, error: Exception, values: Mapping[str, object]) -> RenderError:
        match error:
            case TemplateSyntaxError():
                where = self.shown(error.name or name, error.lineno)
                return RenderError(f"{where}: {(error.message or '').rstrip('.')}; correct that line")
            case TemplateNotFound() if error.name == name:
                return RenderError(
                    f"{self.shown(name)} is not there; copy it from a fresh publication made with `publisher init DIR`"
                )
            case TemplateNotFound():
                return RenderError(f"{self._where(name, error)}: there is no template {error.name}")
            case UndefinedError():
                known = ", ".join(sorted(key for key, value in values.items() if not callable(value)))
                return RenderError(f"{self._where(name, error)}: {error.message}; a template knows {known}")
            case UnicodeDecodeError():
                return RenderError(f"{self.shown(name)} is not UTF-8 text; save it as UTF-8")
            case _:
                return RenderError(f"{self._where(name, error)}: {type(error).__name__}: {error}; correct that line")

    def _where(self, name: str, error: Exception) -> str:
        """The deepest line of a template that was at work when `error` came."""
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            path = Path(frame.filename)
            if path.is_relative_to(self._folder):
                return self.shown(path.relative_to(self._folder).as_posix(), frame.lineno)
        return self.shown(name)


def _is_markup(name: str | None) -> bool:
    """Whether values are escaped in this template: always, but in plain text, where there is nothing to escape."""
    return name is None or not name.endswith(".txt.j2")
