"""What collecting costs: feeds from files, and many feeds over HTTP, for the first time and when nothing is new.

A row is a process of its own, `publisher collect` from its start to its end, whose modules were compiled before; but
"looking alone" is what is left without the start of a process. Beside the time on the wall stands that of the
processor, to which limits are held, because the machine may be busy with other things.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

MONDAY = datetime(2026, 5, 25, tzinfo=UTC)
WEEK = Path(__file__).resolve().parents[2] / "shared" / "data" / "week-2026-W21" / "feeds"
ENTRIES = 20
LATENCY = 0.05
FAST_ENOUGH = 5.0  # times that a second look is faster than the first, with nothing new


@dataclass(frozen=True)
class Run:
    """One process: seconds on the wall and of the processor, and the most memory in MB."""

    wall: float
    processor: float
    peak: float


def from_files(feeds: Path = WEEK, limit: float = 2.0) -> bool:
    """Twenty real feeds from files, by a process that has read nothing yet."""
    if not feeds.is_dir():
        print(f"collecting from files: there are no feeds in {feeds}")
        return True
    paths = sorted(feeds.glob("*.xml"))
    with TemporaryDirectory() as folder:
        root = _publication(Path(folder, "publication"), [(path.stem, f"file:{path}") for path in paths])
        _run(root, "sources", "check")  # so that all modules are compiled
        first, second = _collect(root), _collect(root)
        bare = _run(root, "sources", "list")
    _heads(f"{len(paths)} feeds from files")
    _row("the first time", first, f"limit {limit:.1f} s")
    _row("nothing new", second, "")
    _row("sources list", bare, "a process that opens the database and looks at no source")
    return _is_fast_enough(first, second, bare) and first.processor <= limit


def over_http(count: int = 500, limit: float = 20.0, memory: float = 300.0) -> bool:
    """Many feeds of a server that takes its time, with and without ETag."""
    is_good = True
    for has_etag in (True, False):
        with TemporaryDirectory() as folder, _serving(has_etag=has_etag) as address:
            sources = [(f"feed-{number}", f"{address}/{number}.xml") for number in range(count)]
            root = _publication(Path(folder, "publication"), sources)
            first, second = _collect(root), _collect(root)
            bare = _run(root, "sources", "list")
        _heads(f"{count} feeds over HTTP, {LATENCY * 1000:.0f} ms each, {'ETag' if has_etag else 'no ETag'}")
        _row("the first time", first, f"limit {limit:.0f} s, {memory:.0f} MB")
        _row("nothing new", second, "")
        is_good = _is_fast_enough(first, second, bare) and is_good
        is_good = is_good and first.processor <= limit and first.peak <= memory
    return is_good


def _is_fast_enough(first: Run, second: Run, bare: Run) -> bool:
    """Whether a look that finds nothing new is so much faster than the first, the start of a process taken off."""
    faster = (first.processor - bare.processor) / max(second.processor - bare.processor, 0.01)
    print(
        f"  looking alone: {faster:.1f} times faster when nothing is new, in time of the processor ({FAST_ENOUGH:.0f})"
    )
    return faster >= FAST_ENOUGH


def _heads(title: str) -> None:
    print(f"{title:52}{'wall s':>8}{'CPU s':>8}{'MB':>6}")


def _row(name: str, run: Run, remark: str) -> None:
    print(f"  {name:50}{run.wall:>8.2f}{run.processor:>8.2f}{run.peak:>6.0f}  {remark}")


def _collect(root: Path) -> Run:
    return _run(root, "collect", "--json", "--now", MONDAY.isoformat())


def _run(root: Path, *words: str) -> Run:
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "publisher", *words]
    begun = perf_counter()
    process = subprocess.Popen(command, cwd=root, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, used = os.wait4(process.pid, 0)
    wall = perf_counter() - begun
    assert process.stderr
    said = process.stderr.read().decode()
    process.returncode = status
    if status and words[0] == "collect":
        sys.exit(f"publisher {' '.join(words)} failed: {said[-2000:]}")
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _publication(root: Path, sources: list[tuple[str, str]]) -> Path:
    from publisher.stages import init
    from publisher.store import db

    init.run(root, random_bytes=lambda count: b"b" * count)
    more = "\n[fetch]\nprivate_addresses = true\nspacing = 0\n" + "".join(
        f'\n[[source]]\nname = "{name.partition(".")[0].lower()}"\nkind = "feed"\nurl = "{url}"\n'
        for name, url in sources
    )
    config = root / "config.toml"
    config.write_text(config.read_text(encoding="utf-8") + more, encoding="utf-8")
    db.upgrade("sqlite:///var/publisher.db", root)
    return root


@contextmanager
def _serving(*, has_etag: bool) -> Iterator[str]:
    """A server in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.sources_collect", "etag" if has_etag else "plain"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


async def _serve(*, has_etag: bool) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await reader.readuntil(b"\r\n\r\n")).decode()
        await asyncio.sleep(LATENCY)
        if has_etag and '\r\nif-none-match: "1"' in asked.lower():
            writer.write(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nConnection: close\r\n\r\n')
        else:
            body = _feed(asked.split()[1])
            etag = 'ETag: "1"\r\n' if has_etag else ""
            head = f"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n{etag}Content-Length: {len(body)}\r\n"
            writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def _feed(path: str) -> bytes:
    words = "It pours tea, and nobody waits long. " * 10
    items = "".join(
        f"<item><guid>{path}-{at}</guid><title>Robot {at} of {path} pours tea</title>"
        f"<link>https://paper.example{path}/{at}</link><description>{words}</description>"
        f"<pubDate>{format_datetime(MONDAY - timedelta(hours=9 * at))}</pubDate></item>"
        for at in range(ENTRIES)
    )
    return f"<rss version='2.0'><channel><title>Paper</title>{items}</channel></rss>".encode()


if __name__ == "__main__":
    asyncio.run(_serve(has_etag=sys.argv[1:] == ["etag"]))
