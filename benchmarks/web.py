"""How many public pages a second one core serves, and how long the slowest take: `python -m benchmarks.web [SECONDS]`.

The server is a process of its own, pinned to one core; the load comes from another core, over connections that stay
open. It is `wrk` where that is installed, else a small client of our own, which asks less than the server can give.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

CONNECTIONS = 16
ISSUES = 30
TARGET, TARGET_MS = 800, 50


def main() -> None:
    seconds = int(sys.argv[1]) if sys.argv[1:2] and sys.argv[1].isdigit() else 5
    cores = sorted(os.sched_getaffinity(0))
    client = "wrk" if shutil.which("wrk") else "own client"
    print(f"server on core {cores[0]}, {client} on core {cores[-1]}, {CONNECTIONS} connections, {seconds} s a page")
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.web", "--serve", folder, str(cores[0])],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout is not None
            url, leave = server.stdout.readline().split()
            os.sched_setaffinity(0, {cores[-1]})
            for what, path in (
                ("list of issues", "/"),
                ("an issue", f"/issues/{ISSUES}"),
                ("feed", "/feed.atom"),
                ("style sheet", "/static/publisher.css"),
                ("leave page (never kept)", leave),
                ("no such page", "/nothing"),
            ):
                first = asyncio.run(_first(url, path))
                before, began = _cpu(server.pid), time.perf_counter()
                count, p99 = _wrk(url + path, seconds) if client == "wrk" else asyncio.run(_ask(url, path, seconds))
                rate = count / (time.perf_counter() - began)
                each = count / (_cpu(server.pid) - before)
                note = "" if rate >= TARGET and p99 < TARGET_MS else f"   target {TARGET}/s, {TARGET_MS} ms"
                print(
                    f"{what:<24} {rate:5.0f} requests/s   {each:5.0f} per second of CPU   p99 {p99:5.1f} ms"
                    f"   the first {first:5.1f} ms{note}"
                )
            print(f"memory of the server     {_memory(server.pid):7.0f} MB")
        finally:
            server.terminate()
            server.wait()


def _wrk(url: str, seconds: int) -> tuple[int, float]:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", url]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    count = re.search(r"(\d+) requests in", told)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", told)
    assert count and p99, told
    return int(count[1]), float(p99[1]) * {"us": 0.001, "ms": 1, "s": 1000}[p99[2]]


async def _ask(url: str, path: str, seconds: int) -> tuple[int, float]:
    host, port = url.removeprefix("http://").split(":")
    asked = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
    took: list[float] = []
    until = time.perf_counter() + seconds

    async def connection() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        while time.perf_counter() < until:
            began = time.perf_counter()
            writer.write(asked)
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
            took.append(time.perf_counter() - began)
        writer.close()

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    return len(took), statistics.quantiles(took, n=100)[98] * 1000


async def _first(url: str, path: str) -> float:
    """How long the very first answer takes: it makes the page. Those that follow are what is measured."""
    host, port = url.removeprefix("http://").split(":")
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
    await reader.read()
    writer.close()
    return (time.perf_counter() - began) * 1000


def _cpu(pid: int) -> float:
    """The seconds of processor time that the server has used: on a busy machine they say more than the clock."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0


def _serve(folder: Path, core: int) -> None:
    from publisher.web.app import create
    from publisher.web.server import Server, listen
    from publisher.web.shell import Shell
    from tests.newsroom import FRIDAY, THURSDAY, Newsroom

    room = Newsroom.open(folder, f"sqlite:///{folder}/publisher.db")
    room.has_readers(1)
    room.has_editors("kim@example.org")
    for number in range(1, ISSUES + 1):
        week = timedelta(weeks=number - 1)
        headlines = [f"{word} {number}: a harbour learns to count its ships" for word in ("One", "Two", "Six", "Ten")]
        room.writes(*headlines, now=THURSDAY + week - timedelta(days=1))
        room.composes(now=THURSDAY + week)
        room.approves(number=number, now=THURSDAY + week)
        room.releases(now=FRIDAY + week)
    os.sched_setaffinity(0, {core})
    server = Server(create(Shell(room.publication, lambda: FRIDAY + timedelta(weeks=ISSUES))), listen("127.0.0.1", 0))
    leave = room.publication.identity().leave_url(1).removeprefix("http://127.0.0.1:8000")
    print(server.url, leave, flush=True)
    server.run()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        _serve(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
