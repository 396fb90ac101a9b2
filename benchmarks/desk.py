"""How fast every page of the desk is after four years: `python -m benchmarks.desk [--json] [--rounds N]`.

The publication is the one of `desk_room.py`: 200,000 subscribers, 20,000 items, 200 issues. The server is a process of
its own. Each page is asked for N times, one after the other, as a browser without a cache asks; what it weighs is the
page with all that it links to. First paint is Chromium's own. The same pages of a publication with 20 issues say what
the years cost. Exit status 1 where a limit is broken.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urljoin

import requests

ROUNDS, WARM = 40, 3
MEDIAN_MS, P95_MS, PAINT_MS, BYTES = 60, 150, 500, 150_000
# What the years may cost: a page is no slower with 200 issues than with 20, but for what the clock itself varies.
SLOWER, SLACK_MS = 1.3, 12
MANY, FEW = 200, 20
PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
CHROMIUM = "/usr/bin/chromium"
PLACES = (
    *("/desk", "/desk?before=100"),
    *("/desk/issues/{draft}", "/desk/issues/{draft}/choose", "/desk/issues/{draft}/write"),
    *("/desk/issues/{draft}/revisions", "/desk/issues/{draft}/surfaces/letter", "/desk/issues/{draft}/cancellation"),
    *("/desk/issues/{going}", "/desk/issues/{going}/progress", "/desk/issues/{going}/report"),
    *("/desk/issues/{sent}", "/desk/issues/{sent}/report", "/desk/issues/{sent}/revisions", "/desk/issues/1"),
    *("/desk/sending", "/desk/sending/progress", "/desk/sources", "/desk/sources?only=trouble"),
    *("/desk/subscribers", "/desk/subscribers?list=weekly", "/desk/subscribers?before=90000"),
    *("POST /desk/subscribers/searches harbour.1", "POST /desk/subscribers/searches 김", "/desk/subscribers/4321"),
    *("/desk/editors", "/desk/trail", "/desk/trail?issue=150", "/desk/account", "/desk/settings", "/desk/specimens"),
)


@dataclass
class Row:
    """One page: milliseconds, bytes with all that it links to; `few` is the median with FEW issues.

    `cpu` is the processor time of an answer, in ms: on a machine that does other work too it says more than the clock.
    """

    page: str
    median: float
    p95: float
    size: int
    cpu: float
    status: int = 200
    paint: float | None = None
    few: float | None = None

    @property
    def faults(self) -> list[str]:
        found = [f"answers {self.status}"] if self.status != 200 else []
        found += [f"median {self.median:.0f} ms"] if self.median > MEDIAN_MS else []
        found += [f"p95 {self.p95:.0f} ms"] if self.p95 > P95_MS else []
        found += [f"{self.size / 1000:.0f} KB"] if self.size > BYTES else []
        found += [f"first paint {self.paint:.0f} ms"] if self.paint and self.paint > PAINT_MS else []
        if self.few is not None and self.median > max(SLOWER * self.few, self.few + SLACK_MS):
            found.append(f"{self.median:.0f} ms with many issues, {self.few:.0f} ms with {FEW}")
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast every page of the desk is after four years.")
    parser.add_argument(
        "folders", nargs="*", help="what `python -m benchmarks.desk_room` made, of 200 issues and of 20"
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--only", default="", help="a part of a page's address")
    asked = parser.parse_args()
    if asked.serve:
        _serve(Path(asked.serve))
        return
    with tempfile.TemporaryDirectory() as folder:
        given = [Path(name) for name in asked.folders]
        many = given[0] if given else _made(Path(folder) / "many", MANY)
        few = given[1] if given[1:] else _made(Path(folder) / "few", FEW)
        rows = measured(many, few, asked.rounds, asked.only)
    if asked.json:
        print(json.dumps([asdict(row) | {"faults": row.faults} for row in rows], ensure_ascii=False))
    else:
        _print(rows)
    sys.exit(1 if any(row.faults for row in rows) else 0)


def measured(many: Path, few: Path, rounds: int, only: str = "") -> list[Row]:
    with served(few) as (url, _, numbers):
        before = {page: _times(url, page, numbers, rounds // 2) for page in PLACES if only in page}
    rows = []
    with served(many) as (url, server, numbers):
        for page in PLACES:
            before_it = _cpu(server)
            if only not in page or not (times := _times(url, page, numbers, rounds)):
                continue
            cpu = 1000 * (_cpu(server) - before_it) / (len(times) + WARM)
            earlier = before.get(page)
            row = Row(page, statistics.median(times), _p95(times), _size(url, page, numbers), cpu)
            row.few = statistics.median(earlier) if earlier else None
            row.status = int(times[0]) if len(times) == 1 else 200
            rows.append(row)
            print(f"{page}: {row.median:.1f} ms", file=sys.stderr)
        _paint(url, numbers, rows)
    return rows


@contextmanager
def served(root: Path) -> Iterator[tuple[str, int, dict[str, int]]]:
    """The address of its desk, the server's process, and which issues are meant by the names in PLACES."""
    command = [sys.executable, "-m", "benchmarks.desk", "--serve", str(root)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        url, newest = process.stdout.readline().split()
        yield url, process.pid, {"draft": int(newest), "going": int(newest) - 1, "sent": int(newest) - 2}
    finally:
        process.terminate()
        process.wait()


def _made(root: Path, issues: int) -> Path:
    """In a process of its own, so that what it needs of memory is given back."""
    print(f"making a publication with {issues} issues …", file=sys.stderr)
    command = [sys.executable, "-m", "benchmarks.desk_room", str(root), str(issues)]
    subprocess.run(command, check=True, stdout=sys.stderr)
    return root


def _times(url: str, page: str, numbers: dict[str, int], rounds: int) -> list[float]:
    """Milliseconds of each answer, whole; nothing for a page that is not there, one status for one that is broken."""
    took = []
    with requests.Session() as browser:
        for round_ in range(WARM + rounds):
            began = time.perf_counter()
            answer = _ask(browser, url, page, numbers)
            if answer.status_code != 200:
                return [] if answer.status_code == 404 else [float(answer.status_code)]
            if round_ >= WARM:
                took.append((time.perf_counter() - began) * 1000)
    return took


def _ask(browser: requests.Session, url: str, page: str, numbers: dict[str, int]) -> requests.Response:
    if page.startswith("POST "):
        _, path, text = page.split(" ", 2)
        return browser.post(url + path, data={"text": text}, timeout=60)
    return browser.get(url + page.format(**numbers), timeout=60)


def _p95(times: list[float]) -> float:
    return sorted(times)[max(0, -(-len(times) * 95 // 100) - 1)]


def _cpu(process: int) -> float:
    """The seconds of processor time that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _size(url: str, page: str, numbers: dict[str, int]) -> int:
    """The bytes of the page and of the style sheets, scripts and icons that it links to."""
    with requests.Session() as browser:
        answer = _ask(browser, url, page, numbers)
        linked = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', answer.text))
        return len(answer.content) + sum(_wired(browser, urljoin(url, path)) for path in linked)


def _wired(browser: requests.Session, address: str) -> int:
    """The bytes of a file as they come, packed or not."""
    with browser.get(address, timeout=60, stream=True) as answer:
        return len(answer.raw.read(decode_content=False))


def _paint(url: str, numbers: dict[str, int], rows: list[Row]) -> None:
    """Chromium's first contentful paint of each whole page: the median of three, each with an empty cache."""
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        for row in rows:
            if row.page.startswith("POST ") or row.page.endswith(("/progress", "/letter")):
                continue
            times = []
            for _ in range(4):
                context = browser.new_context(viewport={"width": 1440, "height": 900})
                page = context.new_page()
                page.goto(url + row.page.format(**numbers))
                while (painted := page.evaluate(PAINTED)) is None:
                    page.wait_for_timeout(20)
                times.append(painted)
                context.close()
            row.paint = statistics.median(times[1:])
        browser.close()


def _print(rows: list[Row]) -> None:
    heads = (f"median (≤ {MEDIAN_MS} ms)", f"p95 (≤ {P95_MS})", f"paint (≤ {PAINT_MS})", f"KB (≤ {BYTES // 1000})")
    print(
        f"{'page':<46} {heads[0]:>16} {heads[1]:>12} {heads[2]:>14} {heads[3]:>11} {f'{FEW} issues':>10} {'CPU ms':>7}"
    )
    for row in sorted(rows, key=lambda row: -row.median):
        paint = "" if row.paint is None else f"{row.paint:.0f}"
        few = "" if row.few is None else f"{row.few:.1f}"
        line = f"{row.page:<46} {row.median:>16.1f} {row.p95:>12.1f} {paint:>14} {row.size / 1000:>11.0f} {few:>10}"
        line += f" {row.cpu:>7.1f}"
        print(f"{line}   {'SHORT: ' + ', '.join(row.faults) if row.faults else ''}".rstrip())


def _serve(root: Path) -> None:
    from benchmarks.desk_room import KIM, now_of
    from publisher.store import editors
    from publisher.store.db import upgrade
    from publisher.web.app import create
    from publisher.web.server import Server, listen
    from publisher.web.shell import Shell
    from publisher.wiring import Publication, load_settings
    from tests.newsroom import X_KEYS

    os.environ |= dict.fromkeys(X_KEYS.values(), "a key that opens nothing")
    publication = Publication(load_settings(root / "config.toml"))
    upgrade(publication.settings.database.url, root)
    newest, now = now_of(publication.database)
    with publication.database.write() as session:
        editors.by_email(session, KIM).role = "admin"
    server = Server(create(Shell(publication, lambda: now, guest=KIM)), listen("127.0.0.1", 0))
    print(server.url, newest, flush=True)
    server.run()


if __name__ == "__main__":
    main()
