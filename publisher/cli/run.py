"""`publisher run`: clock, sending and pages of one publication in one process, until it is told to stop."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from signal import SIGINT, SIGTERM
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from publisher.cli.common import Config, Now, local, moment, open_publication

if TYPE_CHECKING:
    from publisher.delivery.engine import Clock
    from publisher.store.hold import Hold
    from publisher.web.server import Server
    from publisher.wiring import Publication

# Together under the five seconds within which who asks us to stop may count on it.
STAGES_STOP_WITHIN = timedelta(seconds=3.5)
PAGES_STOP_WITHIN = 1.0
ALL_STOP_WITHIN = 4.7


def add_to(app: typer.Typer) -> None:
    app.command()(run)


def run(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Where the pages are served; 0.0.0.0 for every network.")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(help="On which port.", show_default="that of a local base_url, else 8000")
    ] = None,
    trust_clock: Annotated[
        bool, typer.Option("--trust-clock", help="Forget runs that lie in the future: the clock was wrong before.")
    ] = False,
    tick: Annotated[float, typer.Option(hidden=True, help="Seconds between two looks at the clock.")] = 5.0,
    config: Config = None,
    now: Now = None,
) -> None:
    """Collect, compose, send and serve the pages, at the times that config.toml names, until it is stopped."""
    from publisher.store.db import exclusive

    with _asked() as asked:
        publication = open_publication(context, config)
        start = moment(now, publication) if now else None
        with exclusive(publication.database, "run") as held:
            clock = publication.wall_clock(start)
            _make_sure_it_can_be_written(publication, clock.now(), trust_clock)
            has_ended = _work(
                publication, clock, held, asked, _listen(publication, host, port), timedelta(seconds=tick)
            )
        publication.database.close()
    _leave(1 if asked.is_lost else 0, has_ended)


def _work(
    publication: Publication, clock: Clock, held: Hold, asked: _Asked, listening: socket.socket, tick: timedelta
) -> bool:
    """Until somebody asks to end; whether everything that was under way then has ended."""
    from publisher.scheduler.clock import Scheduler
    from publisher.web.app import create
    from publisher.web.server import Server
    from publisher.web.shell import Shell

    scheduler = Scheduler(publication, clock, tick=tick, held=held, on_lost=lambda: asked.end(because_lost=True))
    server = Server(create(Shell(publication, now=clock.now, troubles=scheduler.troubles)), listening)
    pages = threading.Thread(target=server.run, name="pages", daemon=True)
    scheduler.start()
    pages.start()
    _greet(publication, server, clock.now())
    asked.wait()
    # Whatever may hang from here on, a database that is frozen among it, does not keep the process.
    last = threading.Timer(ALL_STOP_WITHIN, lambda: _leave(1 if asked.is_lost else 0, has_ended=False))
    last.daemon = True
    last.start()
    server.stop()
    has_ended = scheduler.stop(STAGES_STOP_WITHIN)
    pages.join(PAGES_STOP_WITHIN)
    return has_ended and not pages.is_alive()


def _listen(publication: Publication, host: str, asked: int | None) -> socket.socket:
    """Links in letters lead to base_url: where that is this machine itself, it says which port is meant."""
    from publisher.web.server import listen

    home = urlsplit(publication.settings.publication.base_url)
    meant = home.port if home.hostname in ("127.0.0.1", "localhost", "::1") else None
    return listen(host, (meant or 8000) if asked is None else asked)


def _make_sure_it_can_be_written(publication: Publication, now: datetime, trust_clock: bool) -> None:
    """A database that cannot be written is told now, before anybody counts on us."""
    from publisher.store import runs

    with publication.database.write() as session:
        forgotten = runs.forget_after(session, now) if trust_clock else 0
    if forgotten:
        print(f"forgot {forgotten} runs of a time that is still to come", file=sys.stderr)


def _greet(publication: Publication, server: Server, now: datetime) -> None:
    from publisher.config.cron import next_time

    schedule, zone = publication.settings.schedule, publication.settings.publication.timezone
    print(f"{publication.settings.publication.name}: {server.url}  (Ctrl-C ends it)", file=sys.stderr)
    for name, line in (("collect", schedule.collect), ("compose", schedule.compose), ("send", schedule.send)):
        print(f"  {name:8} {local(next_time(line, zone, now), publication)}", file=sys.stderr)
    sys.stderr.flush()


class _Asked:
    """That somebody asks this process to end: a signal, or the clock that lost its right to run.

    A signal may reach any thread, and then wakes no lock that this one waits for. So it is written into a socket.
    """

    def __init__(self) -> None:
        self._here, self._there = socket.socketpair()
        self._there.setblocking(False)
        self.is_lost = False

    def fileno(self) -> int:
        return self._there.fileno()

    def end(self, *, because_lost: bool) -> None:
        self.is_lost = because_lost
        self._there.send(b"!")

    def wait(self) -> None:
        self._here.recv(1)

    def close(self) -> None:
        self._here.close()
        self._there.close()


@contextmanager
def _asked() -> Iterator[_Asked]:
    asked = _Asked()
    wakeup = signal.set_wakeup_fd(asked.fileno(), warn_on_full_buffer=False)
    before = {number: signal.signal(number, lambda *_: None) for number in (SIGINT, SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(wakeup)
        asked.close()


def _leave(status: int, has_ended: bool) -> None:
    """A relay or a source that hangs must not keep us: the ledger has written down what it may have had."""
    if has_ended:
        raise typer.Exit(status)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
