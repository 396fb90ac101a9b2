"""What every publication of the tests has in common is worked out once for each test process, not for each of them.

Jinja turns a template into Python once, although every publication has a copy of its own; each copy is compiled under
its own path, so that a message names that. SQLAlchemy turns a statement into SQL once for all databases of a kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from jinja2 import Environment
from sqlalchemy import Engine, create_engine

from publisher.store import engine

_compile: Any = Environment.compile
_written: dict[object, str] = {}


@contextmanager
def once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Environment, "compile", _compiled)
        patch.setattr(engine, "create_engine", _create_engine)
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


class _Statements(dict[Any, Any]):
    """SQLAlchemy's compiled cache; its keys begin with the dialect, of which every engine has one of its own."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get(_of_its_kind(key), default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        super().__setitem__(_of_its_kind(key), compiled)


def _of_its_kind(key: tuple[Any, ...]) -> tuple[Any, ...]:
    dialect, *statement = key
    return (type(dialect), *statement)


_statements = _Statements()


def _create_engine(*place: Any, **options: Any) -> Engine:
    made = create_engine(*place, **options)
    made.update_execution_options(compiled_cache=_statements)
    return made
