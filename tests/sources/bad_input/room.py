"""A publication whose sources are these, and the real `publisher collect` as a process of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from publisher.store.tables import ItemRow
from tests.newsroom import FOLDER, Newsroom
from tests.sources.bad_input.hostile import POSTS, Case, config

FETCH = '[fetch]\nprivate_addresses = {}\nspacing = "0s"\nretries = 0\ntimeout = "5s"\n\n'
MONDAY = "2026-05-25T21:00+09:00"

# What getrusage tells begins with the memory of the process that forked; this is of the command alone.
COMMAND = """
import atexit, re
from pathlib import Path
def tell():
    status = Path("/proc/self/status").read_text()
    Path("peak").write_text(re.search(r"VmHWM:\\s+(\\d+)", status)[1])
atexit.register(tell)
from publisher.cli import main
main()
"""


@dataclass(frozen=True)
class Ran:
    """What one command printed, and what it took: seconds, megabytes."""

    status: int
    out: str
    err: str
    seconds: float
    peak: int


@dataclass(frozen=True)
class Collected:
    """What one `publisher collect --json` said of each source, and what it took: seconds, megabytes."""

    status: int
    reports: dict[str, dict[str, Any]]
    seconds: float
    peak: int
    complaints: str = field(repr=False)


@dataclass(frozen=True)
class Room:
    newsroom: Newsroom
    cases: Sequence[Case]

    @classmethod
    def open(cls, folder: Path, cases: Sequence[Case], *, private: bool = True) -> Room:
        more = FETCH.format(str(private).lower()) + config(list(cases)) + "\n" + FOLDER
        newsroom = Newsroom.open(folder / "room", "sqlite:///var/publisher.db", more)
        (newsroom.root / "posts").mkdir()
        for name, text in POSTS.items():
            (newsroom.root / "posts" / name).write_text(text, encoding="utf-8")
        return cls(newsroom, cases)

    def runs(self, *words: str, now: str = MONDAY, patience: float = 120) -> Ran:
        """The real command, in a process of its own."""
        begun = time.monotonic()
        said = subprocess.run(
            [sys.executable, "-c", COMMAND, *words, "--now", now],
            cwd=self.newsroom.root,
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
        )
        seconds = time.monotonic() - begun
        assert "Traceback" not in said.stderr, said.stderr
        peak = int((self.newsroom.root / "peak").read_text()) // 1024
        return Ran(said.returncode, said.stdout, said.stderr, seconds, peak)

    def collects(self) -> Collected:
        ran = self.runs("collect", "--json")
        reports = {report["source"]: report for report in json.loads(ran.out)}
        return Collected(ran.status, reports, ran.seconds, ran.peak, ran.err)

    def stored(self) -> dict[str, list[ItemRow]]:
        """The items of each source."""
        with self.newsroom.database.read() as session:
            rows = session.exec(select(ItemRow).order_by(col(ItemRow.id))).all()
        found: dict[str, list[ItemRow]] = {case.name: [] for case in self.cases}
        for row in rows:
            found[row.source].append(row)
        return found


def wrongs(cases: Sequence[Case], collected: Collected, stored: dict[str, list[ItemRow]]) -> list[tuple[object, ...]]:
    """The cases that did not end as they are to, with what was said and stored."""
    found: list[tuple[object, ...]] = []
    for case in cases:
        report, count = collected.reports[case.name], len(stored[case.name])
        error, problems = report["error"], "; ".join(report["problems"])
        is_told = re.search(case.error, error) if case.error else not error
        if case.error:
            is_told = is_told and error.startswith(case.url) and "\n" not in error and len(error) < 400
        is_passed_over = re.search(case.problem, problems) if case.problem else not problems
        if not is_told or not is_passed_over or count != case.items:
            found.append((case.name, count, error, problems[:200]))
    return found


def table(cases: Sequence[Case], collected: Collected, stored: dict[str, list[ItemRow]]) -> str:
    """For people: what became of each source."""
    lines = [f"{'source':26} {'items':>6}  what is said of it"]
    for case in cases:
        report = collected.reports[case.name]
        said = re.sub(r"http://\S+?(?=[:/]\d*/|/)", "http://…", report["error"] or "; ".join(report["problems"]))
        lines.append(f"{case.name:26} {len(stored[case.name]):6}  {said[:150]}")
    return "\n".join([*lines, f"{collected.seconds:.1f} s, {collected.peak} MB at most"])
