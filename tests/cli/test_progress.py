"""A send on a terminal shows how far it has come; in a pipe it is quiet."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.cli.progress import Channel, showing
from publisher.delivery.engine import Tally
from tests.cli.command import FRIDAY, publisher
from tests.newsroom import Newsroom, smtp
from tests.peers import mailbox


def test_a_line_says_what_was_done_what_is_left_and_how_long_it_takes() -> None:
    channel = Channel(10_000, begun=0.0)
    channel.tells(Tally(accepted=1_990, refused=9, deferred=1), now=2.0)
    assert channel.line(2.0) == "1,990 accepted  9 refused  1 deferred  8,000 left  1,000/s  8 s to go"


def test_the_rate_is_that_of_late() -> None:
    channel = Channel(100_000, begun=0.0)
    for second in range(1, 61):
        channel.tells(Tally(accepted=1_000 * min(second, 30) + 10 * max(0, second - 30)), now=float(second))
    assert 9 <= channel.rate(60.0) <= 11
    assert channel.line(60.0).endswith("69,700 left  10/s  1 h 56 min to go")


def test_a_slow_one_is_told_by_the_minute_and_an_idle_one_promises_nothing() -> None:
    channel = Channel(100, begun=0.0)
    assert channel.line(5.0) == "0 accepted  100 left  0/s"
    channel.tells(Tally(accepted=1), now=6.0)
    assert "10/min" in channel.line(6.0)


def test_several_runs_on_one_channel_add_up() -> None:
    """Two issues one after the other, each with a tally of its own."""
    channel = Channel(30, begun=0.0)
    for count in (5, 10, 3, 20):
        channel.tells(Tally(accepted=count), now=1.0)
    assert channel.done["accepted"] == 30
    assert channel.left == 0


def test_where_nobody_looks_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with showing({"letter": 3}) as tells:
        tells("letter", Tally(accepted=3))
    assert stream.getvalue() == ""


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    """An approved issue for twelve readers, and a relay that takes its time over each letter."""
    with mailbox(tmp_path, delay=0.3) as relay:
        room = Newsroom.open(tmp_path / "publication", "sqlite:///var/publisher.db", smtp(relay.port, connections=2))
        room.writes("A harbour learns to count ships", "Library robots take the night shift", "Bread, by forecast")
        room.has_readers(12)
        room.has_editors("kim@example.org")
        room.composes()
        room.approves()
        yield room
        room.database.close()


def test_on_a_terminal_it_is_seen_and_then_gone(room: Newsroom) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "publisher", "send", "--now", FRIDAY]
    environ = os.environ | {"TERM": "xterm", "COLUMNS": "120"}
    running = subprocess.Popen(command, cwd=room.root, stderr=theirs, stdout=subprocess.PIPE, text=True, env=environ)
    os.close(theirs)
    seen = bytearray()
    try:
        while piece := os.read(ours, 65_536):
            seen += piece
    except OSError:  # how Linux says that the other end of a terminal is gone
        pass
    out, _ = running.communicate(timeout=60)
    os.close(ours)
    assert running.returncode == 0
    assert b"letter" in seen and b"12 left" in seen and b"to go" in seen
    assert seen.rstrip().endswith((b"\x1b[2K", b"\x1b[?25h")), "the line is wiped at the end"
    assert "12" in out and "everything is settled" in out


def test_in_a_pipe_and_as_json_it_says_nothing_on_the_way(room: Newsroom) -> None:
    said = publisher(room.root, "send", "--now", FRIDAY)
    assert (said.status, said.err) == (0, "")
    assert "everything is settled" in said.out
