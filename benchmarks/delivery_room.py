"""A real publication with a released issue for any number of readers, copied afresh for every run of the engine."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.delivery_peers import CONNECTIONS, ROOT, Missing, certificate, own_sink
from publisher.channels.smtp import Options
from publisher.config.settings import Settings
from publisher.domain.audience import ImportRow
from publisher.sources.editor import written
from publisher.stages import collect, enroll
from tests.newsroom import CONFIG, THURSDAY, Newsroom

ITEM = 300  # characters of an item's body; with it the letter is about 39 KB on the wire
IMPORTED = 50_000  # readers in one transaction
URL = "sqlite:///var/publisher.db"
WORDS = (
    *("harbour", "library", "robots", "ships", "bread", "forecast", "night", "shift", "learns", "counts", "takes"),
    *("measures", "valley", "council", "paper", "engine", "river", "winter", "people", "city", "light", "small"),
    *("bites", "machine", "reads", "writes", "plans", "letter", "reader", "market", "measure", "forest", "signal"),
)


@dataclass(frozen=True)
class Way:
    """How a run mails: over how many connections, signed with which key, by how many workers, how fast, in TLS."""

    connections: int = CONNECTIONS
    dkim: str = ""
    workers: int = 0
    pace: str = ""
    is_tls: bool = False

    def channel(self, port: int) -> str:
        """The channel as config.toml has it. Raises Missing for a setting that this version has not."""
        line = {
            "host": '"127.0.0.1"',
            "port": str(port),
            "security": '"tls"' if self.is_tls else '"none"',
            "connections": str(self.connections),
            "lists": '["weekly"]',
        }
        line |= {"ca_file": f'"{certificate()[1]}"'} if self.is_tls else {}
        line |= {"workers": str(self.workers)} if self.workers else {}
        line |= {"pace": f'"{self.pace}"'} if self.pace else {}
        missing = line.keys() - Options.model_fields.keys()
        if missing:
            raise Missing(f"the smtp channel has no setting {', '.join(sorted(missing))} yet")
        keys = "".join(f"{key} = {value}\n" for key, value in line.items())
        return f'[[channel]]\nname = "letter"\nkind = "smtp"\n{keys}\n'

    def signature(self) -> str:
        """The [dkim] table. Raises Missing where this version has none."""
        if not self.dkim:
            return ""
        if "dkim" not in Settings.model_fields:
            raise Missing("config.toml has no [dkim] table yet")
        return f'[dkim]\nselector = "bench"\nkeys = ["file:var/dkim-{self.dkim}.pem"]\n'


@dataclass
class Run:
    """One send: letters a second, µs of processor time of each, and the most memory of a process of it, in MB.

    `problem` says why it cannot count. `sink_cpu` is what its sink needed for a letter, in µs; `told` what our own sink
    told.
    """

    rate: float
    cpu: float
    memory: float
    accepted: int
    problem: str = ""
    sink_cpu: float = 0.0
    told: dict[str, Any] = field(default_factory=dict)

    def line(self) -> str:
        sink = f"its sink {self.sink_cpu:.0f} µs, {self.sink_cpu * self.rate / 1e6:.0%} busy"
        return f"{self.rate:,.0f}/s, {self.cpu:.0f} µs, {self.memory:.0f} MB, {sink}"


class Room:
    """A publication whose issue went to `readers`, ready to be sent again and again."""

    def __init__(self, folder: Path, readers: int) -> None:
        self.readers = readers
        self._folder = folder
        self._made = folder / f"made-{readers}"
        newsroom = Newsroom.open(self._made, URL, Way().channel(1))
        try:
            _fill(newsroom, readers)
        finally:
            newsroom.database.close()

    def sends(self, way: Way, port: int) -> Run:
        """The engine, in a process of its own, to what listens on that port. Raises Missing."""
        with tempfile.TemporaryDirectory(dir=self._folder, prefix="run-") as name:
            root = Path(name) / "publication"
            more = way.channel(port) + way.signature()
            if way.dkim:
                _keys(self._made, way.dkim)
            shutil.copytree(self._made, root)
            (root / "config.toml").write_text(_config(more), encoding="utf-8")
            return _run(root, self.readers)

    def weighs(self, way: Way) -> int:
        """How many octets the content of one letter has on the wire."""
        with own_sink() as sink:
            run = self.sends(way, sink.port)
        assert not run.problem, run.problem
        octets: int = sink.told["octets"]
        return round(octets / sink.accepted)


def _fill(newsroom: Newsroom, readers: int) -> None:
    dice, database = random.Random(1), newsroom.database
    day_before = THURSDAY - timedelta(days=1)
    for number in range(6):
        item = written(
            headline=" ".join(dice.choices(WORDS, k=7)).capitalize(),
            body=_prose(dice),
            url=f"https://news.example.org/{number}",
            byline="",
            language="en",
            picture=None,
            now=day_before,
        )
        collect.write(database, newsroom.publication.editor_source(), item, now=day_before)
    for first in range(0, readers, IMPORTED):
        numbers = range(first + 1, min(first + IMPORTED, readers) + 1)
        rows = [ImportRow(email=f"reader{number}@example.org", name=f"Reader {number}") for number in numbers]
        enroll.import_rows(database, rows, "weekly", origin="a benchmark", now=THURSDAY)
    newsroom.has_editors("kim@example.org")
    newsroom.composes()
    newsroom.approves()
    released = newsroom.releases()
    assert [one.audience for one in released] == [readers], released


def _prose(dice: random.Random) -> str:
    text = ""
    while len(text) < ITEM:
        text += " ".join(dice.choices(WORDS, k=14)).capitalize() + ". "
    return text.strip()


def _config(more: str) -> str:
    return CONFIG.format(
        name="Small Bites", series="AI in small bites", language="en", url=URL, approvals=1, per_source=6, more=more
    )


def _keys(root: Path, kind: str) -> None:
    """`publisher mail keys`, once."""
    if (root / "var" / f"dkim-{kind}.pem").exists():
        return
    command = [sys.executable, "-m", "publisher", "mail", "keys", f"--{kind}", "--selector", "bench"]
    done = subprocess.run(command, cwd=root, text=True, capture_output=True, check=False)
    if done.returncode:
        raise Missing(f"publisher mail keys: {done.stderr.strip()}")


def _run(root: Path, readers: int) -> Run:
    command = [sys.executable, "-m", "benchmarks.delivery_run", str(root)]
    process = subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    workers = Workers(process.pid)
    out, err = process.communicate()
    memory = workers.ends()
    assert process.returncode == 0, err
    told = json.loads(out)
    accepted = told["ledger"].get("accepted", 0)
    problem = told["down"] or (f"{told['unexplained']} unexplained" if told["unexplained"] else "")
    if accepted != readers:
        problem = problem or f"the ledger has {accepted} of {readers} accepted: {told['ledger']}"
    rate, cpu = readers / told["seconds"], told["cpu"] / readers * 1e6
    return Run(rate, cpu, max(memory, told["memory"]), accepted, problem)


@dataclass
class Workers:
    """Looks at the processes that a process has started until it `ends`; then says the most memory one had, in MB."""

    parent: int
    _most: float = 0.0
    _is_over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def ends(self) -> float:
        self._is_over.set()
        self._thread.join()
        return self._most

    def _look(self) -> None:
        while not self._is_over.wait(0.2):
            for child in children(self.parent):
                self._most = max(self._most, _peak(child))


def children(process: int) -> list[int]:
    """The processes that a process has started and that still run."""
    try:
        told = [path.read_text() for path in Path(f"/proc/{process}/task").glob("*/children")]
    except OSError:
        return []
    return [int(number) for text in told for number in text.split()]


def _peak(process: int) -> float:
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0
