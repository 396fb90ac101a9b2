"""`publisher run` as a process: it serves, stops at once when asked, and is the only one."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from publisher.web.server import listen
from tests.channels.smtp_servers import Do, ScriptedRelay
from tests.cli.command import publisher
from tests.clock.process import run
from tests.newsroom import Newsroom, smtp
from tests.peers import mailbox
from tests.postgres import Postgres, cluster
from tests.served import serving

BEFORE_COMPOSE = "2026-05-28T08:59:45+09:00"
STOPS_WITHIN = 5.0
STORIES = ("A harbour learns to count ships", "Library robots take the night shift", "Bread by forecast")


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[Newsroom]:
    opened = Newsroom.open(tmp_path / "publication", "sqlite:///var/publisher.db")
    opened.has_editors("kim@example.org")
    opened.writes(*STORIES)
    yield opened
    opened.database.close()


def got(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return str(answer.read().decode())


def test_it_composes_at_its_time_serves_its_pages_and_says_only_what_happened(newsroom: Newsroom) -> None:
    with run(newsroom.root, "--now", BEFORE_COMPOSE) as process:
        process.says("compose: No. 1 is a draft, planned for Fri 2026-05-29 07:30 KST")
        assert got(f"{process.url}/readyz") == "ready\n"
        process.says("notices: 1 accepted")
        status, seconds = process.ends(signal.SIGTERM)
    assert status == 0 and seconds < STOPS_WITHIN
    lines = process.log.splitlines()
    assert lines[0] == f"Small Bites: {process.url}  (Ctrl-C ends it)"
    assert [line.split()[0] for line in lines[1:4]] == ["collect", "compose", "send"]
    assert len(lines) == 6, process.log
    assert "kim@example.org" not in process.log


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_once_also_with_pages_open(newsroom: Newsroom, by: signal.Signals) -> None:
    newsroom.has_readers(1)
    link = urlsplit(newsroom.publication.identity().leave_url(1)).path
    with run(newsroom.root) as process:
        where = urlsplit(process.url)
        assert where.hostname and where.port
        with (
            closing(socket.create_connection((where.hostname, where.port))) as idle,
            closing(socket.create_connection((where.hostname, where.port))) as half,
        ):
            idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert idle.recv(100).startswith(b"HTTP/1.1 200")
            half.sendall(f"POST {link} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf".encode())
            status, seconds = process.ends(by)
        assert status == 0, process.log
        assert seconds < STOPS_WITHIN


@pytest.mark.trial
def test_a_source_that_hangs_does_not_keep_it_from_stopping(newsroom: Newsroom) -> None:
    with closing(listen("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        config = newsroom.root / "config.toml"
        source = f'[[source]]\nname = "slow"\nkind = "feed"\nurl = "http://127.0.0.1:{port}/feed"\n\n'
        text = config.read_text().replace("[schedule]", '[schedule]\ncollect = "* * * * *"')
        config.write_text(text + source + "[fetch]\nprivate_addresses = true\n")
        with run(newsroom.root, "--now", "2026-05-28T09:59:45+09:00") as process:
            connection, _ = silent.accept()  # it asks, and nobody answers
            with closing(connection):
                status, seconds = process.ends(signal.SIGTERM)
        assert status == 0 and seconds < STOPS_WITHIN, (status, seconds, process.log)


@pytest.mark.trial
def test_a_second_one_is_refused_with_the_first_ones_process_and_host(newsroom: Newsroom) -> None:
    with run(newsroom.root) as process:
        said = publisher(newsroom.root, "run", "--port", "0")
        assert said.status == 1
        assert f"run is already running on this database: process {process.popen.pid} on " in said.complaint
        assert socket.gethostname() in said.complaint
        process.popen.kill()
        process.popen.wait()
        with run(newsroom.root) as after:
            assert after.ends(signal.SIGTERM)[0] == 0


@pytest.mark.trial
def test_of_two_on_one_postgresql_one_sends_and_the_other_may_take_over_when_it_is_gone(
    tmp_path: Path, postgres: Postgres
) -> None:
    name = postgres.create()
    with mailbox(tmp_path, delay=0.05) as relay:
        newsroom = Newsroom.open(tmp_path / "here", postgres.url(name), smtp(relay.port))
        newsroom.writes(*STORIES)
        newsroom.has_readers(40)
        newsroom.has_editors("kim@example.org")
        newsroom.composes()
        newsroom.approves()
        there = tmp_path / "there"  # the same publication on another machine
        shutil.copytree(newsroom.root, there)
        with run(newsroom.root, "--now", "2026-05-29T07:29:58+09:00") as first:
            refused = publisher(there, "run", "--port", "0", "--now", "2026-05-29T07:29:58+09:00")
            first.until(relay.count)
            first.popen.kill()
            first.popen.wait()
        assert refused.status == 1
        assert f"process {first.popen.pid} on {socket.gethostname()}" in refused.complaint
        with run(there, "--now", "2026-05-29T07:31:00+09:00") as second:
            second.until(lambda: newsroom.issue()["state"] == "sent")
            assert second.ends(signal.SIGTERM)[0] == 0
        deliveries = newsroom.issue()["deliveries"]
        assert deliveries["accepted"] + deliveries["unknown"] == 40 and newsroom.issue()["unexplained"] == 0
        got = [reader for reader, _, _ in relay.letters()]
        assert len(got) == len(set(got)) >= deliveries["accepted"]
        newsroom.database.close()
    postgres.drop(name)


@pytest.mark.trial
def test_a_database_that_is_frozen_does_not_keep_it_from_stopping(tmp_path: Path) -> None:
    with cluster() as server:  # one of its own: the others' must go on answering
        newsroom = Newsroom.open(tmp_path / "publication", server.url(server.create()))
        with run(newsroom.root, "--tick", "0.2") as process, server.frozen():
            time.sleep(0.5)  # so that a look at the database is under way
            status, seconds = process.ends(signal.SIGTERM)
        assert status == 0 and seconds < STOPS_WITHIN, (status, seconds, process.log)
        newsroom.database.close()


def test_a_port_that_is_taken_is_told_before_anything_is_done(newsroom: Newsroom) -> None:
    with serving() as other:
        said = publisher(newsroom.root, "run", "--port", str(other.port))
    assert said.status == 1
    assert said.complaint == (
        f"publisher: 127.0.0.1:{other.port} cannot be listened on: another program has this port; "
        "name another with --port, or end that program"
    )
    said = publisher(newsroom.root, "run", "--port", "70000")
    assert "a port is a number from 0 to 65535" in said.complaint
    assert "name one that it has with --host" in publisher(newsroom.root, "run", "--host", "203.0.113.9").complaint


def test_without_write_access_it_says_so_and_does_not_start(newsroom: Newsroom) -> None:
    newsroom.database.close()
    paths = [newsroom.root, *newsroom.root.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    # Root may write everywhere, unless it gives that right away.
    plain = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*plain, sys.executable, "-m", "publisher", "run"],
        cwd=newsroom.root,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    for path in paths:
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.endswith("allow it for this user\n") or "cannot be written" in done.stderr


@pytest.mark.trial
def test_a_relay_that_hangs_after_the_dot_leaves_the_answer_unknown_and_nothing_is_sent_twice(tmp_path: Path) -> None:
    with ScriptedRelay({"dot": Do.HANG}) as relay:
        newsroom = Newsroom.open(tmp_path / "publication", "sqlite:///var/publisher.db", smtp(relay.port))
        newsroom.writes(*STORIES)
        newsroom.has_readers(3)
        newsroom.has_editors("kim@example.org")
        newsroom.composes()
        newsroom.approves()
        with run(newsroom.root, "--now", "2026-05-29T07:30:00+09:00") as process:
            process.until(lambda: len(relay.had) == 3)
            status, seconds = process.ends(signal.SIGTERM)
        assert status == 0 and seconds < STOPS_WITHIN
        deliveries = newsroom.issue()["deliveries"]  # unknown, if there was time left to tell the database
        assert deliveries["claimed"] + deliveries["unknown"] == 3
        with run(newsroom.root, "--now", "2026-05-29T07:31:00+09:00") as process:
            process.until(lambda: newsroom.issue()["state"] == "sent")
            process.ends(signal.SIGTERM)
        assert newsroom.issue()["deliveries"]["unknown"] == 3 and newsroom.issue()["unexplained"] == 0
        assert len([letter for letter in relay.had if "reader" in letter[1]]) == 3
        newsroom.database.close()
