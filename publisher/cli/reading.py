"""What looking at the sources shows: how far it has come, while it goes on, and how each fares, in a line."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from publisher.cli.common import cut, local
from publisher.domain.health import Standing

if TYPE_CHECKING:
    from publisher.wiring import Publication

NAMED = 3  # of those that are being read


@contextmanager
def showing(count: int, *, is_quiet: bool = False) -> Iterator[Callable[[str, bool], None]]:
    """Where to tell which source is begun and which is done, from any thread; in a pipe nothing is shown.

    The line is on standard error and is gone at the end.
    """
    if is_quiet or not count or not sys.stderr.isatty():
        yield lambda name, is_done: None
        return
    from rich.console import Console  # 0.1 s, and only a terminal needs it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    guard, reading = threading.Lock(), dict[str, None]()
    columns = (TextColumn("reading"), BarColumn(20), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=8) as progress:
        bar = progress.add_task("", total=count)

        def told(name: str, is_done: bool) -> None:
            with guard:
                if is_done:
                    reading.pop(name, None)
                    progress.advance(bar)
                else:
                    reading[name] = None
                progress.update(bar, description=_named(list(reading)))

        yield told


def wrong(row: Mapping[str, Any], publication: Publication) -> str:
    """What is wrong with a source and what to do; where that is only to wait, until when."""
    said, due_at = str(row["wrong"]), row["asked_again_at"]
    if row["state"] != Standing.FAILING or not due_at:
        return said
    return f"{said}; nothing to do yet, it is asked again {local(due_at, publication)}"


def last_success(row: Mapping[str, Any], publication: Publication) -> str:
    return local(row["last_success_at"], publication) if row["last_success_at"] else "never"


def _named(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return cut(", ".join(names[:NAMED]), 60).replace("[", r"\[") + more
