"""A real `publisher run`, in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 60.0  # however slow the machine is


@dataclass
class Process:
    """`log` is what it wrote on standard error; its pages are at `url`."""

    root: Path
    popen: subprocess.Popen[bytes]
    file: Path

    @property
    def log(self) -> str:
        return self.file.read_text(encoding="utf-8", errors="replace")

    @property
    def url(self) -> str:
        found = re.search(r"http://\S+", self.log)
        assert found, self.log
        return found[0]

    def until(self, is_so: Callable[[], object]) -> None:
        """Wait for that; fails when the process ends, or after a minute."""
        deadline = time.monotonic() + PATIENCE
        while not is_so():
            assert self.popen.poll() is None, f"ended with {self.popen.returncode}: {self.log}"
            assert time.monotonic() < deadline, f"it did not come about: {self.log}"
            time.sleep(0.05)

    def says(self, words: str) -> None:
        self.until(lambda: words in self.log)

    def ends(self, by: signal.Signals) -> tuple[int, float]:
        """Its exit status after that signal, and how many seconds it took."""
        begun = time.monotonic()
        self.popen.send_signal(by)
        status = self.popen.wait(PATIENCE)
        return status, time.monotonic() - begun


@contextmanager
def run(root: Path, *words: str, **environ: str) -> Iterator[Process]:
    """Started, and serving its pages on a free port; killed at the end if it still lives."""
    number = len(list(root.glob("run-*.log")))
    file = root / f"run-{number}.log"
    command = [sys.executable, "-m", "publisher", "run", "--port", "0", *words]
    with file.open("wb") as log:
        popen = subprocess.Popen(command, cwd=root, stdout=log, stderr=log, env=os.environ | environ)
    process = Process(root, popen, file)
    try:
        process.says("(Ctrl-C ends it)")
        yield process
        assert "Traceback" not in process.log, process.log
    finally:
        popen.kill()
        popen.wait()
