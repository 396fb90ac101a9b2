"""`publisher demo`: a made-up week, served."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.progress import Progress


def add_to(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Where to serve it; 0 takes a free port.")
    ] = 8000,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", metavar="DIR", help="Make it in this new folder, and leave it there."),
    ] = None,
) -> None:
    """Play a made-up week into an inbox and a timeline of its own, then serve it until Ctrl-C."""
    from publisher.demo.serve import demo as playing
    from publisher.web.server import listen

    with ExitStack() as stack:
        stop = stack.enter_context(_asked_to_stop())
        listening = stack.enter_context(listen("127.0.0.1", port))
        folder = stack.enter_context(_folder(keep))
        with _telling(stop) as told:
            url, _ = stack.enter_context(playing(folder, listening, told))
        print(f"The demo is at {url}/ and ends with Ctrl-C.", flush=True)
        if keep is not None:
            print(f"It is kept in {keep}.", flush=True)
        if not no_browser and _has_display():
            _open(url)
        while not stop.wait(0.5):  # a signal that reaches another thread is only seen when this one wakes
            pass
    print("The demo has ended.", flush=True)


@contextmanager
def _asked_to_stop() -> Iterator[threading.Event]:
    """Set by Ctrl-C and by SIGTERM."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    except _StoppedEarly:
        print("The demo has ended.", flush=True)
        raise typer.Exit from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _StoppedEarly(Exception):
    """It was asked to end while the week was still being played."""


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    import tempfile

    if keep is not None:
        yield keep.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="publisher-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def _telling(stop: threading.Event) -> Iterator[Callable[[str, str], None]]:
    """A bar that grows on a terminal, a line for each step elsewhere; and what happens later, a line each time."""
    from publisher.demo.serve import ALL_STEPS

    print("A made-up week, in Korean and in English. Nothing leaves this machine.", flush=True)
    played = threading.Event()

    def told(name: str, what: str) -> None:
        if stop.is_set() and not played.is_set():
            raise _StoppedEarly
        if bar is None or played.is_set():
            print(f"{name}: {what}", flush=True)
        else:
            bar.update(bar.task_ids[0], advance=1, description=f"{name}: {what}")

    bar = _bar() if sys.stdout.isatty() else None
    with bar or nullcontext():
        if bar:
            bar.add_task("", total=ALL_STEPS)
        yield told
    played.set()


def _bar() -> Progress:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}"), transient=True)


def _has_display() -> bool:
    return sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _open(url: str) -> None:
    import webbrowser

    with suppress(webbrowser.Error):  # the address is printed in any case
        webbrowser.open(url)
