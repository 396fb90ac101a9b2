"""Whatever is wrong: one readable line that names it and says what to do, the right exit status, and nothing lost."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from publisher.store.db import exclusive
from publisher.wiring import Publication, load_settings
from tests.cli.command import FRIDAY, MONDAY, THURSDAY, publisher
from tests.newsroom import FOLDER, Newsroom, smtp, x
from tests.peers import mailbox

GOOD = """<rss version="2.0"><channel><title>Good</title><link>https://good.example.org/</link>
<item><title>A harbour learns to count ships</title><link>https://good.example.org/1</link>
<pubDate>Thu, 21 May 2026 10:00:00 +0900</pubDate></item></channel></rss>"""


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[Newsroom]:
    room = Newsroom.open(tmp_path / "publication", "sqlite:///var/publisher.db")
    opened = room.database
    yield room
    opened.close()


def configure(newsroom: Newsroom, more: str) -> Path:
    path = newsroom.root / "config.toml"
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    return newsroom.root


def source(name: str, url: str) -> str:
    return f'\n[[source]]\nname = "{name}"\nkind = "feed"\nurl = "{url}"\n'


class _Slow(BaseHTTPRequestHandler):
    """404 for what is gone; for the rest ten bytes a second."""

    def do_GET(self) -> None:
        if self.path == "/gone":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml")
        self.end_headers()
        try:
            for start in range(0, len(GOOD), 10):
                self.wfile.write(GOOD[start : start + 10].encode())
                time.sleep(1)
        except OSError:
            pass

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it so
        """Quiet."""


@pytest.fixture
def slow_server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Slow)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_one_bad_source_of_each_kind_is_named_and_the_good_one_is_collected(
    newsroom: Newsroom, slow_server: str
) -> None:
    (newsroom.root / "folder").mkdir()
    (newsroom.root / "empty.xml").write_bytes(b"")
    (newsroom.root / "page.html").write_text("<!doctype html><html><body><h1>Hello</h1></body></html>")
    (newsroom.root / "good.xml").write_text(GOOD)
    sources = {
        "a-directory": "file:folder",
        "an-empty-file": "file:empty.xml",
        "a-page": "file:page.html",
        "nothing": "file:nothing.xml",
        "gone": f"{slow_server}/gone",
        "slow": f"{slow_server}/feed",
        "good": "file:good.xml",
    }
    more = '\n[fetch]\nprivate_addresses = true\ntimeout = "2s"\nretries = 0\nspacing = 0\n'
    root = configure(newsroom, more + "".join(source(name, url) for name, url in sources.items()))
    said = publisher(root, "collect", "--now", MONDAY)
    complaints = dict(line.removeprefix("publisher: source ").split(": ", 1) for line in said.err.splitlines())
    assert complaints.keys() == sources.keys() - {"good"}
    assert "folder" in complaints["a-directory"]
    assert "empty" in complaints["an-empty-file"]
    assert "HTML page" in complaints["a-page"]
    assert "404" in complaints["gone"]
    assert said.status == 0  # most of the week is there
    assert "A harbour learns to count ships" in publisher(root, "items", "list").out


def test_when_every_source_fails_the_status_says_so(newsroom: Newsroom) -> None:
    config = newsroom.root / "config.toml"
    without_desk = config.read_text(encoding="utf-8").replace('name = "desk"\nkind = "editor"', "")
    config.write_text(without_desk.replace("[[source]]\n", source("gone", "file:nothing.xml"), 1), encoding="utf-8")
    assert publisher(newsroom.root, "collect").status == 1


def test_five_mistakes_in_the_settings_are_listed_at_once(newsroom: Newsroom) -> None:
    config = newsroom.root / "config.toml"
    text = config.read_text(encoding="utf-8")
    text = text.replace('"Asia/Seoul"', '"Asia/Soul"').replace("approvals = 1", 'approvals = "one"\ngrase = "6h"')
    text = text.replace('secret = "file:var/secret"', 'secret = "hunter2-canary"')
    config.write_text(text + '\n[[channel]]\nname = "pigeon"\nkind = "pigeon"\n', encoding="utf-8")
    said = publisher(newsroom.root, "collect")
    assert said.status == 2
    for part in ("publication.timezone", "schedule.approvals", "schedule.grase", "publication.secret", "pigeon"):
        assert part in said.err
    assert "5 problems" in said.err
    assert "canary" not in said.err


def test_no_settings_at_all_says_how_to_begin(tmp_path: Path) -> None:
    said = publisher(tmp_path, "collect")
    assert said.status == 2
    assert "publisher init" in said.err


def test_a_missing_secret_stops_its_channel_only(newsroom: Newsroom) -> None:
    root = configure(newsroom, "\n" + x("http://127.0.0.1:9"))
    ready(newsroom)
    said = publisher(root, "send", "--now", FRIDAY)
    assert said.status == 1
    assert "channel x" in said.complaint and "X_CONSUMER_KEY" in said.complaint
    assert len(newsroom.letters()) == 1


def test_without_the_publications_secret_nothing_is_sent(newsroom: Newsroom) -> None:
    root = newsroom.root
    ready(newsroom)
    (root / "var" / "secret").unlink()
    said = publisher(root, "send", "--now", FRIDAY)
    assert said.status == 1
    assert "file:var/secret" in said.complaint
    assert newsroom.letters() == []


def test_a_database_from_a_newer_version_is_refused(newsroom: Newsroom) -> None:
    with sqlite3.connect(newsroom.root / "var" / "publisher.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    said = publisher(newsroom.root, "collect")
    assert said.status == 1
    assert "newer" in said.complaint


def test_a_database_that_was_never_made_says_what_to_run(newsroom: Newsroom) -> None:
    newsroom.database.close()
    for path in (newsroom.root / "var").glob("publisher.db*"):
        path.unlink()
    said = publisher(newsroom.root, "compose")
    assert said.status == 1
    assert "publisher db upgrade" in said.complaint


def test_a_second_send_is_told_who_is_sending(newsroom: Newsroom) -> None:
    with exclusive(newsroom.database, "send"):
        said = publisher(newsroom.root, "send")
    assert said.status == 1
    assert "process" in said.complaint


def test_a_template_with_an_error_is_named_with_its_line(newsroom: Newsroom) -> None:
    newsroom.writes("A harbour learns to count ships", "Library robots take the night shift", "Bread by forecast")
    template = newsroom.root / "templates" / "letter.mjml.j2"
    template.write_text("<mjml>\n<mj-body>\n{{ issue.nothing }}\n</mj-body></mjml>", encoding="utf-8")
    said = publisher(newsroom.root, "compose", "--now", THURSDAY)
    assert said.status == 1
    assert "letter.mjml.j2" in said.complaint and "line 3" in said.complaint
    assert publisher(newsroom.root, "issues", "list", "--json").out.strip() == "[]"


def test_with_no_subscribers_the_issue_is_held_and_says_so(newsroom: Newsroom) -> None:
    root = newsroom.root
    ready(newsroom, readers=0)
    said = publisher(root, "send", "--now", FRIDAY)
    assert said.status == 1
    assert "held: there are no subscribers" in said.out


def test_a_relay_that_is_not_there_loses_nobody(newsroom: Newsroom) -> None:
    config = newsroom.root / "config.toml"
    config.write_text(config.read_text(encoding="utf-8").replace(FOLDER, smtp(9)), encoding="utf-8")
    ready(newsroom)
    said = publisher(newsroom.root, "send", "--now", FRIDAY)
    assert said.status == 1
    assert "channel letter" in said.complaint and "127.0.0.1:9" in said.complaint
    assert "audience 1 = 1 queued   unexplained 0" in publisher(newsroom.root, "issues", "show", "1").out


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["issues", "show", "77"], "77"),
        (["issues", "approve", "77", "--by", "nobody@example.org"], "77"),
        (["items", "show", "77"], "77"),
        (["subscribers", "show", "nobody@example.org"], "nobody"),
        (["subscribers", "import", "nothing.csv", "--list", "weekly"], "nothing.csv"),
        (["subscribers", "add", "nobody", "--list", "weekly"], "nobody"),
        (["subscribers", "export", "--list", "monthly"], "monthly"),
        (["compose", "--now", "yesterday"], "yesterday"),
        (["issues", "preview", "1"], "--out"),
    ],
)
def test_what_does_not_exist_is_named_in_one_line(newsroom: Newsroom, words: list[str], named: str) -> None:
    said = publisher(newsroom.root, *words)
    assert said.status in (1, 2)
    assert named in said.complaint


def test_a_word_that_is_no_command_is_wrong_use(tmp_path: Path) -> None:
    assert publisher(tmp_path, "collekt").status == 2
    assert publisher(tmp_path, "issues", "show").status == 2


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB; who may not mount one gets files that may not grow beyond that."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() == 0:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], check=True)
        yield folder
        subprocess.run(["umount", folder], check=True)
        return
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, limits[1]))
    yield folder
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_is_told_and_nothing_of_the_import_is_kept(small_disk: Path) -> None:
    newsroom = Newsroom.open(small_disk / "publication", "sqlite:///var/publisher.db")
    newsroom.has_readers(3)
    newsroom.database.close()
    people = "email,name\n" + "".join(f"more{n}@example.org,{'A long name ' * 8}{n}\n" for n in range(9_000))
    (small_disk.parent / "people.csv").write_text(people, encoding="utf-8")
    root = newsroom.root
    said = publisher(root, "subscribers", "import", "../../people.csv", "--list", "weekly", "--yes")
    assert said.status == 1
    assert "publisher.db" in said.complaint
    assert '"total": 3' in publisher(root, "subscribers", "list", "--json").out


def ready(newsroom: Newsroom, *, readers: int = 1) -> None:
    """An issue that is composed and approved, to leave on Friday. A changed config.toml is read again."""
    room = Newsroom(Publication(load_settings(newsroom.root / "config.toml")))
    room.writes("A harbour learns to count ships", "Library robots take the night shift", "Bread by forecast")
    room.has_readers(readers)
    room.has_editors("kim@example.org")
    room.composes()
    room.approves()
    room.database.close()


def test_a_file_is_never_overwritten_by_an_export(newsroom: Newsroom) -> None:
    said = publisher(newsroom.root, "subscribers", "export", "--list", "weekly", "--out", "config.toml")
    assert said.status == 2
    assert "config.toml is there already" in said.complaint
    assert publisher(newsroom.root, "subscribers", "export", "--list", "weekly", "--out", "/nope/x.csv").status == 1


@pytest.mark.parametrize("time", ["0001-01-01T00:00+00:00", "9999-12-31T23:59+00:00"])
def test_a_time_beyond_reason_is_wrong_use(newsroom: Newsroom, time: str) -> None:
    said = publisher(newsroom.root, "compose", "--now", time)
    assert said.status == 2 and time in said.complaint


def test_a_reader_of_our_output_that_goes_away_is_no_trouble(newsroom: Newsroom) -> None:
    command = f"{sys.executable} -m publisher items list | true"
    done = subprocess.run(command, shell=True, cwd=newsroom.root, capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_asked_to_stop_a_send_finishes_what_is_under_way_and_gives_back_the_rest(tmp_path: Path) -> None:
    with mailbox(tmp_path, delay=0.2) as box:
        newsroom = Newsroom.open(tmp_path / "publication", "sqlite:///var/publisher.db", smtp(box.port, connections=2))
        ready(newsroom, readers=40)
        command = [sys.executable, "-m", "publisher", "send", "--now", FRIDAY]
        sender = subprocess.Popen(command, cwd=newsroom.root, stderr=subprocess.PIPE, text=True)
        while box.count() < 3:
            time.sleep(0.02)
        sender.send_signal(signal.SIGTERM)
        _, told = sender.communicate(timeout=30)
        assert sender.returncode == 128 + signal.SIGTERM
        assert "stopped" in told
        deliveries = newsroom.issue()["deliveries"]
        assert deliveries["sending"] == deliveries["claimed"] == deliveries["unknown"] == 0
        assert deliveries["accepted"] == box.count() < 40
        newsroom.database.close()


@pytest.mark.parametrize(
    "words",
    [
        ("issues", "correct", "1", "--by", "kim@example.org", "--explain", "The name", "--title", "Caf\udce9"),
        ("issues", "skip", "2026-06-05", "--reason", "Caf\udce9 day"),
        ("Caf\udce9",),
    ],
)
def test_an_argument_that_is_no_utf_8_is_refused_in_one_line(newsroom: Newsroom, words: tuple[str, ...]) -> None:
    said = publisher(newsroom.root, *words)
    assert said.status == 2
    assert "is not UTF-8 text: Caf\\udce9" in said.complaint
