"""Run the command as a person would: another process, in the publication's folder."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

MONDAY = "2026-05-25T09:00+09:00"
THURSDAY = "2026-05-28T09:00+09:00"
FRIDAY = "2026-05-29T07:30+09:00"


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
    done = subprocess.run(
        [sys.executable, "-m", "publisher", *words],
        cwd=root,
        text=True,
        capture_output=True,
        env=os.environ | environ,
        check=False,
        timeout=60,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Said(done.returncode, done.stdout, done.stderr)
