"""How long a real week takes from a cold start: `python -m benchmarks.week [FOLDER]`, a folder of feed files.

Each run is a new process. "one process" collects and composes, as a scheduler's tick does; "imports only" is what it
costs to have the same modules loaded and the database open, so the ratio says how much of the time is our own work.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

RUNS = 5
MONDAY = datetime(2026, 5, 25, tzinfo=UTC)
WEEK = Path(__file__).resolve().parents[2] / "shared" / "data" / "week-2026-W21" / "feeds"


def main() -> None:
    feeds = Path(sys.argv[1]) if len(sys.argv) > 1 else WEEK
    if not feeds.is_dir():
        sys.exit(f"there are no feeds in {feeds}; name a folder of feed files")
    whole, imports, helps, peaks = [], [], [], []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            root = _publication(Path(folder) / "publication", feeds)
            seconds, peak = _run("week", root)
            whole.append(seconds)
            peaks.append(peak)
            imports.append(_run("imports", root)[0])
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "publisher", "--help"], check=True, stdout=subprocess.DEVNULL)
        helps.append(time.perf_counter() - started)
    one, bare, told = statistics.median(whole), statistics.median(imports), statistics.median(helps)
    print(f"collect and compose, one process   {one:.2f} s   (least {min(whole):.2f}; target 3.00)")
    print(f"imports and an open database only  {bare:.2f} s   ratio {one / bare:.2f}")
    print(f"publisher --help                   {told:.2f} s   (target 0.20)")
    print(f"peak memory                        {max(peaks):.0f} MB  (target 200)")


def _publication(root: Path, feeds: Path) -> Path:
    from publisher.stages import init
    from publisher.store import db

    init.run(root, random_bytes=lambda count: b"b" * count)
    sources = "".join(
        f'\n[[source]]\nname = "{path.name.partition(".")[0].lower()}"\nkind = "feed"\nurl = "file:{path}"\n'
        for path in sorted(feeds.glob("*.xml"))
    )
    config = root / "config.toml"
    config.write_text(config.read_text(encoding="utf-8") + sources, encoding="utf-8")
    db.upgrade("sqlite:///var/publisher.db", root)
    return root


def _run(what: str, root: Path) -> tuple[float, float]:
    """Seconds from the start of a new process to its end, and its peak memory in MB."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.week", f"--{what}", str(root)], check=True, capture_output=True, text=True
    )
    return time.perf_counter() - started, float(done.stdout)


def _child(what: str, root: Path) -> None:
    from publisher.wiring import Publication, load_settings

    publication = Publication(load_settings(root / "config.toml"))
    from publisher.stages import collect, compose

    database, sources, renderer = publication.database, publication.sources(), publication.renderer
    if what == "--week":
        collect.run(database, sources, publication.fetcher, now=MONDAY)
        compose.run(database, publication.settings, renderer, publication.rule, now=MONDAY)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in ("--week", "--imports"):
        _child(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
