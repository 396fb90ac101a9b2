"""What `benchmarks/delivery.py` measures, and against which targets."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.delivery_others import nodemailer, rsa_signature, smtplib_loop
from benchmarks.delivery_peers import (
    CONNECTIONS,
    Missing,
    Sink,
    certificate,
    null_sink,
    own_sink,
    slow_line,
    smtp_sink,
    smtp_source,
)
from benchmarks.delivery_room import Room, Run, Way

SMALL, LARGE, MILLION = 10_000, 100_000, 1_000_000
ONE_WAY_MS, FAR_CONNECTIONS = 10, 100
QUOTA = 200
RSA_WORKERS = 2
SMTPLIB_LETTERS = 500

Opening = Callable[[], AbstractContextManager[Sink]]


class Void(Exception):
    """A run that cannot count, because not everybody has every letter."""


@dataclass
class Row:
    """One line of the result. `is_most`: smaller is better. Without a target it is only told."""

    key: str
    name: str
    target: float | None = None
    floor: float | None = None
    is_most: bool = False
    unit: str = ""
    value: float | None = None
    why: str = ""
    runs: list[float] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        if self.value is None or self.target is None or self.floor is None:
            return self.why
        if self._reaches(self.target):
            return "meets the target"
        return "above the floor" if self._reaches(self.floor) else "BELOW THE FLOOR"

    @property
    def has_failed(self) -> bool:
        return self.verdict == "BELOW THE FLOOR" or self.why.startswith("void")

    def takes(self, value: float) -> None:
        self.runs.append(value)
        self.value = statistics.median(self.runs)

    def is_not(self, why: str) -> None:
        self.value, self.why = None, why

    def _reaches(self, bound: float) -> bool:
        assert self.value is not None
        return self.value <= bound if self.is_most else self.value >= bound


def rows(most: int) -> list[Row]:
    """ENGINE's targets and what is told beside them, in the order in which they are printed."""
    cpu = "processor time of a letter into smtp-sink"
    far = f"{2 * ONE_WAY_MS} ms round trip, {FAR_CONNECTIONS} connections, of connections / round trip"
    return [
        Row("none", f"no DKIM, {CONNECTIONS} connections / smtp-source", 1.10, 1.00),
        Row("ed25519", "ed25519 / smtp-source", 1.05, 0.95),
        Row("rsa", f"RSA-2048, {RSA_WORKERS} workers / smtp-source", 0.60, 0.50),
        Row("cpu-none", f"{cpu}, no DKIM", 60, 90, is_most=True, unit="µs"),
        Row("cpu-ed25519", f"{cpu}, ed25519", 100, 130, is_most=True, unit="µs"),
        Row("cpu-rsa", f"{cpu}, RSA-2048", 300, 350, is_most=True, unit="µs"),
        # Those above are of a machine on which smtp-sink needs 108 µs of a letter, and OpenSSL 210 for an RSA
        # signature. These say the same of any.
        Row("sink-none", f"{cpu}, no DKIM / the sink's own", 0.56, 0.83, is_most=True),
        Row("sink-ed25519", f"{cpu}, ed25519 / the sink's own", 0.93, 1.20, is_most=True),
        Row(
            "rsa-possible",
            f"RSA-2048, {RSA_WORKERS} workers, of what cores that only sign and sink could do",
            0.88,
            0.74,
        ),
        Row("far", far, 0.85, 0.75),
        Row("far-tls", f"{far}, TLS", 0.85, 0.75),
        Row("growth", f"rate at {most:,} / rate at {SMALL:,}", 0.95, 0.90),
        Row("memory", f"peak memory of a process at {most:,}", 60, 100, is_most=True, unit="MB"),
        Row("quota", f"used of a relay's quota of {QUOTA}/s, with nothing throttled", 0.98, 0.98),
        Row("tls", "TLS / in clear, to the same sink"),
        Row("null", "no DKIM to nullsink / smtp-source to nullsink"),
        Row("smtplib", f"smtplib loop with a commit for each, {SMTPLIB_LETTERS} letters / smtp-source"),
        Row("nodemailer", f"nodemailer, pool of {CONNECTIONS}, no ledger / smtp-source"),
        Row("sign", "this machine: an RSA-2048 signature by OpenSSL alone", unit="µs"),
        Row("sink", "this machine: what smtp-sink needs of a letter", unit="µs"),
    ]


@dataclass
class Size:
    """What sending to so many readers took, run by run: letters a second, µs of processor time of each, MB."""

    readers: int
    rates: list[float] = field(default_factory=list)
    cpus: list[float] = field(default_factory=list)
    memories: list[float] = field(default_factory=list)

    def takes(self, run: Run) -> None:
        self.rates.append(run.rate)
        self.cpus.append(run.cpu)
        self.memories.append(run.memory)
        told(f"{self.readers:,} readers: {run.line()}")

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    @property
    def cpu(self) -> float:
        return statistics.median(self.cpus)

    @property
    def memory(self) -> float:
        return max(self.memories)


class Bench:
    """Takes the measures, `pairs` times each, and says on stderr how it goes."""

    def __init__(self, folder: Path, readers: int, pairs: int, *, most: int) -> None:
        self.readers, self.pairs, self.most = readers, pairs, most
        self.rows = {row.key: row for row in rows(most)}
        self.octets: dict[str, int] = {}
        self.curve: list[Size] = []
        self._folder = folder
        self._rooms: dict[int, Room] = {}

    def measure(self, only: str = "") -> None:
        """Every measure with `only` in its name. A name is made of the keys of the rows that the measure fills in."""
        measures: dict[str, Callable[[], None]] = {
            "none cpu-none sink-none sink": partial(self._against_source, "none", Way()),
            "ed25519 cpu-ed25519 sink-ed25519": partial(self._against_source, "ed25519", Way(dkim="ed25519")),
            "rsa cpu-rsa rsa-possible sign": partial(self._against_source, "rsa", Way(dkim="rsa", workers=RSA_WORKERS)),
            "null": self._to_nullsink,
            "far": partial(self._far, "far", Way(FAR_CONNECTIONS), null_sink),
            "far-tls": partial(self._far, "far-tls", Way(FAR_CONNECTIONS, is_tls=True), tls_sink),
            "tls": self._in_tls,
            "growth memory": self._grows,
            "quota": self._keeps_a_quota,
            "smtplib": partial(self._another, "smtplib", smtplib_loop, SMTPLIB_LETTERS),
            "nodemailer": partial(self._another, "nodemailer", nodemailer, self.readers),
        }
        for name, take in measures.items():
            if only not in name:
                self._is_not(name, "not asked for")
                continue
            try:
                take()
            except Missing as missing:
                told(self._is_not(name, f"not measured: {missing}"))
            except Void as void:
                told(self._is_not(name, f"void: {void}"))

    def _is_not(self, name: str, why: str) -> str:
        for key in name.split():
            self.rows[key].is_not(why)
        return f"{name}: {why}"

    def _against_source(self, key: str, way: Way) -> None:
        octets, sink = self._octets(way), partial(smtp_sink, self._folder)
        for _ in range(self.pairs):
            ours, theirs = self._sends(way, sink), self._source(octets, sink)
            self.rows[key].takes(ours.rate / theirs)
            self.rows[f"cpu-{key}"].takes(ours.cpu)
            if key == "rsa":
                self._signs_as_it_can(ours)
            else:
                self.rows[f"sink-{key}"].takes(ours.cpu / ours.sink_cpu)
            if key == "none":
                self.rows["sink"].takes(ours.sink_cpu)
            told(f"{key}: {ours.line()}; smtp-source {theirs:,.0f}/s; {ours.rate / theirs:.3f}")

    def _signs_as_it_can(self, run: Run) -> None:
        """Cores that did nothing but sign and sink would send so many a second at the most."""
        self.rows["sign"].takes(rsa_signature() * 1e6)
        possible = RSA_WORKERS * 1e6 / (self.rows["sign"].runs[-1] + run.sink_cpu)
        self.rows["rsa-possible"].takes(run.rate / possible)

    def _to_nullsink(self) -> None:
        octets = self._octets(Way())
        for _ in range(self.pairs):
            ours, theirs = self._sends(Way(), null_sink), self._source(octets, null_sink)
            self.rows["null"].takes(ours.rate / theirs)
            told(f"to nullsink: {ours.line()}; smtp-source {theirs:,.0f}/s; {ours.rate / theirs:.3f}")

    def _far(self, key: str, way: Way, near_sink: Opening) -> None:
        @contextmanager
        def far_sink() -> Iterator[Sink]:
            with near_sink() as near, slow_line(near.port, ONE_WAY_MS) as port:
                far = Sink(port)
                yield far
            far.accepted, far.cpu = near.accepted, near.cpu

        possible = way.connections * 1000 / (2 * ONE_WAY_MS)
        for _ in range(self.pairs):
            run = self._sends(way, far_sink)
            self.rows[key].takes(run.rate / possible)
            told(f"{key}: {run.line()} of {possible:,.0f}/s")

    def _in_tls(self) -> None:
        for _ in range(self.pairs):
            secret, clear = self._sends(Way(is_tls=True), tls_sink), self._sends(Way(), own_sink)
            self.rows["tls"].takes(secret.rate / clear.rate)
            told(f"tls: {secret.line()}; in clear {clear.line()}; {secret.rate / clear.rate:.3f}")

    def _grows(self) -> None:
        small, most = Size(SMALL), Size(self.most)
        between = [Size(LARGE)] if self.most > LARGE else []
        self.curve = [Size(1_000), small, *between, most]
        for size in between:
            size.takes(self._sends(Way(), null_sink, size.readers))
        for _ in range(self.pairs):
            for size in (self.curve[0], small, most):
                size.takes(self._sends(Way(), null_sink, size.readers))
            self.rows["growth"].takes(most.rates[-1] / small.rates[-1])
            self.rows["memory"].takes(most.memories[-1])

    def _keeps_a_quota(self) -> None:
        for _ in range(self.pairs):
            run = self._sends(Way(pace=f"{QUOTA}/s"), partial(own_sink, "--quota", str(QUOTA)), QUOTA * 10)
            if run.told["throttled"]:
                raise Void(f"{run.told['throttled']} answers were throttled")
            used = (run.told["accepted"] - 1) / (run.told["last"] - run.told["first"]) / QUOTA
            self.rows["quota"].takes(used)
            told(f"quota: {used:.3f} of {QUOTA}/s")

    def _another(self, key: str, sender: Callable[[int, int, int], float], count: int) -> None:
        octets, sink = self._octets(Way()), partial(smtp_sink, self._folder)
        for _ in range(self.pairs):
            with sink() as peer:
                rate = count / sender(peer.port, count, octets)
            if peer.accepted != count:
                raise Void(f"it sent {count:,}, and the sink has {peer.accepted:,}")
            theirs = self._source(octets, sink)
            self.rows[key].takes(rate / theirs)
            told(f"{key}: {rate:,.0f}/s; smtp-source {theirs:,.0f}/s; {rate / theirs:.3f}")

    def _sends(self, way: Way, sink: Opening, readers: int = 0) -> Run:
        """One run of the engine that counts. Raises Missing and Void."""
        room = self._room(readers or self.readers)
        with sink() as peer:
            run = room.sends(way, peer.port)
        run.told, run.sink_cpu = peer.told, peer.cpu / max(1, peer.accepted) * 1e6
        if run.problem or run.accepted != peer.accepted:
            raise Void(run.problem or f"the ledger has {run.accepted:,}, and the sink has {peer.accepted:,}")
        return run

    def _source(self, octets: int, sink: Opening) -> float:
        """Letters a second of smtp-source."""
        with sink() as peer:
            cost = smtp_source(peer.port, self.readers, octets)
        if peer.accepted != self.readers:
            raise Void(f"smtp-source sent {self.readers:,}, and the sink has {peer.accepted:,}")
        return self.readers / cost.seconds

    def _octets(self, way: Way) -> int:
        key = way.dkim or "none"
        if key not in self.octets:
            self.octets[key] = self._room(100).weighs(way)
            told(f"a letter ({key}) has {self.octets[key]:,} octets on the wire")
        return self.octets[key]

    def _room(self, readers: int) -> Room:
        if readers not in self._rooms:
            told(f"making a publication with {readers:,} readers")
            self._rooms[readers] = Room(self._folder, readers)
        return self._rooms[readers]


def tls_sink() -> AbstractContextManager[Sink]:
    return own_sink("--cert", certificate()[0])


def told(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
