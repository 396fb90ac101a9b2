"""Jobs side by side: bounded, one at a time for each host, and nobody waits for a host while another is free."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from publisher.fetch.turns import Job, Turns


class Hosts:
    """Jobs that take a moment, with a record of who was asked beside whom."""

    def __init__(self, spacing: float = 0.0, lasts: float = 0.01) -> None:
        self.spacing, self.lasts = spacing, lasts
        self.free_at: dict[str, float] = {}
        self.now = 0
        self.most = 0
        self.busy: set[str] = set()
        self.doubled: list[str] = []
        self.order: list[str] = []
        self.lock = threading.Lock()

    def free_in(self, host: str) -> float:
        return max(0.0, self.free_at.get(host, 0.0) - time.monotonic())

    def job(self, name: str, host: str) -> Job[str]:
        def run() -> str:
            with self.lock:
                self.doubled += [host] if host in self.busy else []
                self.busy.add(host)
                self.now += 1
                self.most = max(self.most, self.now)
                self.free_at[host] = time.monotonic() + self.spacing
            time.sleep(self.lasts)
            with self.lock:
                self.busy.discard(host)
                self.now -= 1
                self.order.append(name)
            return name.upper()

        return Job(name, host, run)


def test_every_job_is_done_once_and_no_more_than_some_at_once() -> None:
    hosts = Hosts()
    jobs = [hosts.job(f"{number}", f"host{number % 20}") for number in range(60)]
    results = list(Turns(jobs, hosts.free_in, 5).results())
    assert sorted(results) == sorted((job.name, job.name.upper()) for job in jobs)
    assert hosts.most == 5 and hosts.doubled == []


def test_nobody_waits_for_the_pace_of_one_host_while_others_are_free() -> None:
    hosts = Hosts(spacing=0.2)
    jobs = [hosts.job(f"big{number}", "big") for number in range(6)] + [
        hosts.job(f"small{number}", f"host{number}") for number in range(20)
    ]
    begun = time.monotonic()
    turns = Turns(jobs, hosts.free_in, 2)
    done = [name for name, _ in turns.results()]
    assert time.monotonic() - begun >= 1.0  # the pace of the big one was kept
    assert {name for name in done if name.startswith("small")} <= set(done[:22])
    assert done[-1] == "big5"


def test_no_thread_is_left_when_all_is_done_or_nobody_wants_the_rest() -> None:
    hosts = Hosts(lasts=0.02)
    before = threading.active_count()
    list(Turns([hosts.job(f"{number}", "one") for number in range(3)], hosts.free_in, 8).results())
    turns = Turns([hosts.job(f"{number}", f"host{number}") for number in range(500)], hosts.free_in, 4)
    next(turns.results())
    turns.end()
    assert _soon(lambda: threading.active_count() <= before)
    assert len(hosts.order) < 100


def test_a_host_that_bears_it_is_asked_several_times_at_once() -> None:
    hosts = Hosts()
    list(Turns([hosts.job(f"{number}", "one") for number in range(20)], hosts.free_in, 8, 3).results())
    assert hosts.most == 3


def test_nothing_to_do_is_done() -> None:
    assert list(Turns[str]([], lambda host: 0.0, 4).results()) == []


def _soon(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.01)
    return False
