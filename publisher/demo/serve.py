"""The whole demo in one process, on 127.0.0.1 only: played, then served until it is told to stop."""

from __future__ import annotations

import ctypes
import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from socket import socket

from starlette.types import ASGIApp

from publisher.demo.edition import STEPS, Edition, blank_database, edition, go_live, play
from publisher.demo.home import Front
from publisher.demo.script import SCRIPTS
from publisher.scheduler.clock import Scheduler
from publisher.web.server import GRACEFUL_SECONDS, Server

LEAD = timedelta(minutes=2)
_LOOK_EVERY = timedelta(seconds=4)
_STOPS_WITHIN = timedelta(seconds=3)
ALL_STEPS = STEPS * len(SCRIPTS)


@contextmanager
def demo(
    folder: Path, listening: socket, told: Callable[[str, str], None], *, lead: timedelta = LEAD
) -> Iterator[tuple[str, list[Edition]]]:
    """Play the week in `folder` and serve it while the block lasts; gives the address.

    `told` hears the edition's name and what it does: each of the ALL_STEPS as it begins, and later whatever happens.
    `lead` is how long before the next issue's planned time the clocks begin to run.
    """
    host, port = listening.getsockname()[:2]
    url = f"http://{host}:{port}"
    with ExitStack() as stack:
        blank = blank_database(folder)
        editions = []
        for script in SCRIPTS:
            opened = stack.enter_context(edition(script, folder / script.language, f"{url}/{script.language}", blank))
            play(opened, lambda what, name=script.name: told(name, what))  # type: ignore[misc]  # mypy cannot infer it
            editions.append(opened)
        _tidy()
        for opened in editions:
            go_live(opened, lead)
            stack.enter_context(_living(opened, told))
        stack.enter_context(_serving(Front(editions, url), listening))
        yield url, editions


def _tidy() -> None:
    """Give back what playing a week took and watching does not need: 5 MB."""
    gc.collect()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):  # glibc has it, others give back by themselves
        trim(0)


@contextmanager
def _living(edition: Edition, told: Callable[[str, str], None]) -> Iterator[None]:
    """The clock of one edition, as `publisher run` has it, that looks more often."""
    scheduler = Scheduler(
        edition.publication, edition.clock, tick=_LOOK_EVERY, told=lambda line: told(edition.script.name, line)
    )
    scheduler.start()
    try:
        yield
    finally:
        scheduler.stop(_STOPS_WITHIN)


@contextmanager
def _serving(app: ASGIApp, listening: socket) -> Iterator[None]:
    server = Server(app, listening)
    thread = threading.Thread(target=server.run, name="web", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.stop()
        thread.join(GRACEFUL_SECONDS + 2)
