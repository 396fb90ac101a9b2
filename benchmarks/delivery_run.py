"""One send in a process of its own, so that its processor time and memory are its own.

    python -m benchmarks.delivery_run FOLDER

Works off the released issue of the publication in FOLDER and prints, as JSON, what it cost and what the ledger says.
"""

from __future__ import annotations

import gc
import json
import re
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from publisher.cli import GARBAGE
from publisher.scheduler.sending import sending
from publisher.stages import send
from publisher.store.pages import issue as pages
from publisher.wiring import Publication, load_settings

NOW = datetime(2026, 5, 28, 22, 30, tzinfo=UTC)


def main() -> None:
    publication = Publication(load_settings(Path(sys.argv[1]) / "config.toml"))
    database = publication.database
    work = sending(publication, publication.clock(NOW))
    gc.set_threshold(*GARBAGE)
    before, begun = _cpu(), time.monotonic()
    with send.alone(database):
        sent = send.run(work)
    seconds, cpu = time.monotonic() - begun, _cpu() - before
    with database.read() as session:
        issue = pages.one(session, 1)
    told = {
        "seconds": seconds,
        "cpu": cpu,
        "memory": _peak(),
        "ledger": issue["deliveries"],
        "unexplained": issue["unexplained"],
        "down": next((one.tally.down for one in sent if one.tally.down), ""),
    }
    print(json.dumps(told))


def _cpu() -> float:
    """Of this process and of the workers that it has waited for."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _peak() -> float:
    """The most memory that this process has had, in MB; `ru_maxrss` would count that of the process it came from."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    main()
