"""How fast letters leave, against Postfix's own sender on the same machine in the same minute.

    python -m benchmarks.delivery [--quick | --full] [--only WORD] [--json]

Our engine is run as `publisher send` runs it, ledger and all, in a process of its own. It and smtp-source take turns
with the same octets to a fresh sink each, and are compared turn by turn; a row is the median. A run counts only where
ledger and sink have every letter. Exit status 1 where a row is below its floor or void. Ratios can be compared between
machines, seconds cannot. What a row needs and is not here is said in that row.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.delivery_measures import LARGE, MILLION, Bench, Row

PAIRS, READERS = 5, 20_000
QUICK_PAIRS, QUICK_READERS = 2, 5_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    how_much = parser.add_mutually_exclusive_group()
    how_much.add_argument("--quick", action="store_true", help=f"{QUICK_PAIRS} pairs of {QUICK_READERS:,}: for a look")
    how_much.add_argument("--full", action="store_true", help=f"the cost curve up to {MILLION:,} readers")
    parser.add_argument("--only", default="", metavar="WORD", help="only measures with WORD in their name")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    options = parser.parse_args()
    readers, pairs = (QUICK_READERS, QUICK_PAIRS) if options.quick else (READERS, PAIRS)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="bench-delivery-") as folder:
        bench = Bench(Path(folder), readers, pairs, most=MILLION if options.full else LARGE)
        bench.measure(options.only)
    print(json.dumps(document(bench, load), indent=2) if options.json else table(bench, load))
    return 1 if any(row.has_failed for row in bench.rows.values()) else 0


def table(bench: Bench, load: float) -> str:
    octets = ", ".join(f"{count:,} ({key})" for key, count in bench.octets.items())
    lines = [
        f"{bench.readers:,} letters a run, median of {bench.pairs} pairs, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, load {load:.1f} before it began",
        f"octets of a letter on the wire: {octets or 'not measured'}",
        "",
        f"{'':<80} {'measured':>10} {'target':>8} {'floor':>8}",
        *(_line(row) for row in bench.rows.values()),
    ]
    if bench.curve:
        lines += ["", f"{'readers':>10} {'letters/s':>10} {'CPU µs':>8} {'MB':>6}   to nullsink, no DKIM"]
        lines += [f"{s.readers:>10,} {s.rate:>10,.0f} {s.cpu:>8.0f} {s.memory:>6.0f}" for s in bench.curve if s.rates]
    return "\n".join(lines)


def _line(row: Row) -> str:
    if row.value is None:
        return f"{row.name:<80} {row.verdict}"
    sign = "≤" if row.is_most else "≥"
    bounds = [f"{sign} {bound:g}" if bound else "" for bound in (row.target, row.floor)]
    value = f"{row.value:.0f} {row.unit}" if row.unit else f"{row.value:.3f}"
    return f"{row.name:<80} {value:>10} {bounds[0]:>8} {bounds[1]:>8}  {row.verdict}"


def document(bench: Bench, load: float) -> dict[str, object]:
    return {
        "readers": bench.readers,
        "pairs": bench.pairs,
        "cores": os.cpu_count(),
        "load": load,
        "python": platform.python_version(),
        "octets": bench.octets,
        "rows": [asdict(row) | {"verdict": row.verdict} for row in bench.rows.values()],
        "curve": [asdict(size) for size in bench.curve],
    }


if __name__ == "__main__":
    sys.exit(main())
