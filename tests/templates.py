"""Jinja turns a template into Python once for each test process, although every publication has a copy of its own.

Only what follows from the text is kept. Each copy is compiled under its own path, so that a message names that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from jinja2 import Environment

_compile: Any = Environment.compile
_written: dict[object, str] = {}


@contextmanager
def read_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Environment, "compile", _compiled)
        yield


def _compiled(
    self: Any,
    source: Any,
    name: str | None = None,
    filename: str | None = None,
    raw: bool = False,
    defer_init: bool = False,
) -> Any:
    if raw or not isinstance(source, str):
        return _compile(self, source, name, filename, raw, defer_init)
    key = (source, name, defer_init, *_ways(self))
    if key not in _written:
        _written[key] = _compile(self, source, name, filename, True, defer_init)
    return self._compile(_written[key], filename or "<template>")


def _ways(environment: Any) -> tuple[object, ...]:
    """Whatever else of an environment decides what a template becomes."""
    return (
        environment.autoescape,
        environment.trim_blocks,
        environment.lstrip_blocks,
        environment.keep_trailing_newline,
        environment.undefined,
        tuple(environment.extensions),
        getattr(environment, "newstyle_gettext", None),
        frozenset(environment.filters.items()),
        frozenset(environment.tests.items()),
    )
