"""The other side of a send, each a process of its own on 127.0.0.1: sinks, a slow line, and senders to compare with.

Sinks are made anew for every run, on a port where nothing listens, and ended by their id. `smtp-sink` and `smtp-source`
are Postfix's (Debian: postfix); `nullsink` and `delayproxy` are compiled from ../shared/tools.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT.parent / "shared" / "tools"
CONNECTIONS = 10
_FLAGS = ("-O2", "-w")


class Missing(Exception):
    """What a measurement needs is not here; the message says what."""


@dataclass
class Sink:
    """A running sink. The rest is filled in when it has ended; `cpu` is in seconds, of its process."""

    port: int
    accepted: int = -1
    cpu: float = 0.0
    told: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a sender took. `cpu` is user and system time, in seconds."""

    seconds: float
    cpu: float


@cache
def tool(name: str) -> Path:
    """A compiled program of ../shared/tools. Raises Missing."""
    source = TOOLS / f"{name}.c"
    if not source.exists():
        raise Missing(f"{name}: ../shared/tools is not here")
    compiler = shutil.which("cc")
    if not compiler:
        raise Missing(f"{name}: no C compiler (Debian: gcc libc6-dev)")
    program = Path(_programs()) / name
    subprocess.run([compiler, *_FLAGS, "-o", program, source], check=True)
    return program


def postfix(name: str) -> str:
    """A program of Postfix. Raises Missing."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if not found:
        raise Missing(f"{name}: Postfix is not installed (Debian: postfix)")
    return found


def free_port() -> int:
    """A port on which nothing listens: two sinks on one port would share the letters and nobody would know."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    assert not _listens(port), f"something listens on {port} already"
    return port


@contextmanager
def smtp_sink(folder: Path) -> Iterator[Sink]:
    """Postfix's sink: the yardstick. It counts into a file."""
    program, sink, log = postfix("smtp-sink"), Sink(free_port()), folder / "smtp-sink.count"
    unprivileged = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [program, "-c", *unprivileged, f"127.0.0.1:{sink.port}", "2000"]
    with log.open("wb") as out, _serving(command, sink, stdout=out):
        yield sink
    counts = re.findall(rb"mesg=(\d+)", log.read_bytes()[-100:])
    sink.accepted = int(counts[-1]) if counts else 0


@contextmanager
def null_sink(log: Path | None = None) -> Iterator[Sink]:
    """The sink that costs least, so that the sender is what is measured."""
    sink = Sink(free_port())
    command = [str(tool("nullsink")), str(sink.port), *([str(log)] if log else [])]
    with _serving(command, sink) as said:
        yield sink
    counts = re.search(r"msgs=(\d+)", said[0])
    sink.accepted = int(counts[1]) if counts else 0


@contextmanager
def own_sink(*more: str | Path) -> Iterator[Sink]:
    """`benchmarks/delivery_sink.py` with those options."""
    sink = Sink(free_port())
    command = [sys.executable, "-m", "benchmarks.delivery_sink", str(sink.port), *map(str, more)]
    with _serving(command, sink) as said:
        yield sink
    sink.told = json.loads(said[0])
    sink.accepted = sink.told["accepted"]


@contextmanager
def slow_line(to: int, milliseconds: int) -> Iterator[int]:
    """A port that leads to another, each way taking that long."""
    line = Sink(free_port())
    with _serving([str(tool("delayproxy")), str(line.port), str(to), str(milliseconds)], line):
        yield line.port


@cache
def certificate() -> tuple[Path, Path]:
    """For 127.0.0.1: a file with certificate and key, and the CA that a client has to trust."""
    import trustme

    folder = Path(_programs())
    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(folder / "sink.pem")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    return folder / "sink.pem", folder / "ca.pem"


def smtp_source(port: int, count: int, octets: int) -> Cost:
    """Postfix's own sender, with reused connections: `count` messages with content of that many octets."""
    # -l is the length without the headers, which smtp-source makes itself.
    length = octets - _source_headers()
    command = [postfix("smtp-source"), "-d", "-s", str(CONNECTIONS), "-m", str(count), "-l", str(length)]
    return timed([*command, "-f", "a@x.test", "-t", "b@y.test", f"127.0.0.1:{port}"])


def timed(command: Sequence[str]) -> Cost:
    """Run it to its end."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{command[0]} ended with {process.returncode}"
    return Cost(time.monotonic() - begun, usage.ru_utime + usage.ru_stime)


@cache
def _source_headers() -> int:
    """How many octets smtp-source puts before what -l asks for."""
    with own_sink() as sink:
        timed(
            [
                postfix("smtp-source"),
                "-m",
                "1",
                "-l",
                "1000",
                "-f",
                "a@x.test",
                "-t",
                "b@y.test",
                f"[127.0.0.1]:{sink.port}",
            ]
        )
    return int(sink.told["largest"]) - 1000


@cache
def _programs() -> str:
    """A folder that lives as long as this process."""
    holder = tempfile.TemporaryDirectory(prefix="bench-tools-")
    _KEPT.append(holder)
    return holder.name


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


@contextmanager
def _serving(command: Sequence[str], peer: Sink, stdout: Any = subprocess.PIPE) -> Iterator[list[str]]:
    """Ended at the end of the block; after it what is given has what the program said."""
    said: list[str] = []
    with subprocess.Popen(command, cwd=ROOT, text=True, stdout=stdout, stderr=subprocess.STDOUT) as process:
        try:
            deadline = time.monotonic() + 20
            while not _listens(peer.port):
                assert process.poll() is None and time.monotonic() < deadline, f"{command[0]} does not start"
                time.sleep(0.02)
            yield said
        finally:
            peer.cpu = _cpu(process.pid)
            process.terminate()
            said.append(process.communicate(timeout=10)[0] or "")


def _cpu(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
