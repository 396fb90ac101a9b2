"""Letters shared out to processes: each reader gets one, whoever sends it, and nobody's end takes any along."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from publisher.scheduler.sending import sending
from publisher.stages import send
from tests.channels.smtp_servers import ScriptedRelay
from tests.newsroom import FRIDAY, THURSDAY, Newsroom, smtp

READERS, CONNECTIONS = 60, 4


@pytest.fixture
def relay() -> Iterator[ScriptedRelay]:
    with ScriptedRelay() as relay:
        yield relay


@pytest.fixture
def newsroom(tmp_path: Path, database_url: str, relay: ScriptedRelay) -> Iterator[Newsroom]:
    opened = Newsroom.open(
        tmp_path / "publication", database_url, smtp(relay.port, connections=CONNECTIONS) + "workers = 2\n"
    )
    opened.has_readers(READERS)
    opened.has_editors("kim@example.org")
    opened.writes("A harbour learns to count ships", "Library robots", "Bread by forecast", now=THURSDAY)
    opened.composes(now=THURSDAY)
    opened.approves(number=1, now=THURSDAY)
    opened.releases(now=FRIDAY)
    yield opened
    opened.database.close()


def sends(newsroom: Newsroom, stops_after: float | None = None) -> list[send.Sent]:
    publication, began = newsroom.publication, time.monotonic()
    given = sending(
        publication,
        publication.clock(FRIDAY),
        is_stopping=lambda: stops_after is not None and time.monotonic() - began > stops_after,
    )
    with send.alone(newsroom.database):
        return send.run(given)


def counts(newsroom: Newsroom) -> dict[str, int]:
    return {state: count for state, count in newsroom.issue()["deliveries"].items() if count}


def test_two_processes_send_one_letter_to_each_reader(newsroom: Newsroom, relay: ScriptedRelay) -> None:
    [sent] = sends(newsroom)
    assert sent.tally.accepted == READERS
    assert counts(newsroom) == {"accepted": READERS}
    assert len(relay.had) == len(set(relay.had)) == READERS
    assert list(newsroom.publication.journals.iterdir()) == []
    assert relay.connections <= CONNECTIONS


def test_told_to_stop_the_processes_end_and_give_back_what_they_had(newsroom: Newsroom) -> None:
    sends(newsroom, stops_after=0.0)
    assert set(counts(newsroom)) <= {"accepted", "queued"}
    assert sum(counts(newsroom).values()) == READERS


def test_a_process_that_is_killed_is_told_and_the_next_send_settles_what_it_had(
    newsroom: Newsroom, relay: ScriptedRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def remembered(command: list[str], **more: Any) -> subprocess.Popen[bytes]:
        process: subprocess.Popen[bytes] = popen(command, **more)
        begun.append(process)
        return process

    monkeypatch.setattr("publisher.delivery.worker.subprocess.Popen", remembered)

    def kill() -> bool:
        if begun and len(relay.had) > 5 and begun[0].poll() is None:
            os.kill(begun[0].pid, signal.SIGKILL)
        return False

    publication = newsroom.publication
    with send.alone(newsroom.database):
        [sent] = send.run(sending(publication, publication.clock(FRIDAY), is_stopping=kill))
    if sent.tally.down:
        assert "a worker process ended with status -9" in sent.tally.down
    monkeypatch.undo()
    sends(newsroom)
    after = counts(newsroom)
    assert after["accepted"] + after.get("unknown", 0) == READERS
    assert after.get("unknown", 0) <= CONNECTIONS
    assert len(relay.had) == len(set(relay.had))
