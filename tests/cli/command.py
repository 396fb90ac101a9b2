"""Run the command as a person would: another process, in the publication's folder.

Most of what a command costs is reading its modules. So these processes are forked from one that has read them already;
everything else is theirs: arguments, folder, environment, largest file, output, exit status. That a command works which
has to read them is seen where the pages of the documentation are played and where a wheel is installed.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path
from tempfile import TemporaryDirectory

MONDAY = "2026-05-25T09:00+09:00"
THURSDAY = "2026-05-28T09:00+09:00"
FRIDAY = "2026-05-29T07:30+09:00"
PATIENCE = 60.0  # however slow the machine is


@dataclass(frozen=True)
class Said:
    """What the command printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line on standard error; more than one is a failure of its own."""
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, self.err
        return lines[0]


def publisher(root: Path, *words: str, **environ: str) -> Said:
    with TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        process = _reader().Process(target=_command, args=(words, root, os.environ | environ, limits, out, err))
        process.start()
        process.join(PATIENCE)
        if process.is_alive():
            process.kill()
            process.join()
        status = process.exitcode
        process.close()
        said = Said(-1 if status is None else status, out.read_text("utf-8"), err.read_text("utf-8"))
    assert said.status >= 0 and "Traceback" not in said.err, (words, said)
    return said


@cache
def _reader() -> ForkServerContext:
    """The process that has read the modules and is forked."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.cli.command", "tests.cli.modules"])
    return context


def _command(
    words: tuple[str, ...], root: Path, environ: Mapping[str, str], limits: tuple[int, int], out: Path, err: Path
) -> None:
    """What the new process does."""
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    for stream, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), stream)
    os.chdir(root)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["publisher", *words]
    from publisher.cli import main

    main()
