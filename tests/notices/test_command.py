"""Editors are told by whoever works by hand or by cron, too."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.command import FRIDAY, THURSDAY, publisher
from tests.newsroom import Newsroom
from tests.stages.conftest import HEADLINES


def kinds(root: Path) -> list[tuple[str, str]]:
    rows = json.loads(publisher(root, "notices", "list", "--json").out)
    return sorted((row["kind"], row["state"]) for row in rows)


def test_compose_and_send_tell_the_editors_and_the_list_shows_it(tmp_path: Path) -> None:
    root = tmp_path / "publication"
    room = Newsroom.open(root, f"sqlite:///{tmp_path}/publisher.db", language="ko")
    room.writes(*HEADLINES)
    room.has_readers(2)
    added = publisher(root, "editors", "add", "kim@example.org", "--language", "en")
    assert added.status == 0, added.err
    assert json.loads(publisher(root, "editors", "list", "--json").out)[0]["language"] == "en"

    publisher(root, "compose", "--now", THURSDAY)
    assert kinds(root) == [("draft-ready", "queued")]
    said = publisher(root, "send", "--now", THURSDAY)
    assert "1 notice mailed to the editors" in said.out
    assert kinds(root) == [("draft-ready", "accepted")]

    publisher(root, "issues", "approve", "1", "--by", "kim@example.org", "--now", THURSDAY)
    sent = json.loads(publisher(root, "send", "--now", FRIDAY, "--json").out)
    assert sent["notices"]["accepted"] == 1
    assert kinds(root) == [("draft-ready", "accepted"), ("sent", "accepted")]
    table = publisher(root, "notices", "list").out
    assert "No. 1 has been sent: 2 of 2 letters accepted" in table
    assert "/enter/" not in table
    room.database.close()


def test_nobody_is_told_of_an_issue_that_was_there_already(tmp_path: Path) -> None:
    root = tmp_path / "publication"
    room = Newsroom.open(root, f"sqlite:///{tmp_path}/publisher.db")
    room.writes(*HEADLINES)
    room.has_editors("kim@example.org")
    for _ in range(2):
        publisher(root, "compose", "--now", THURSDAY)
    assert len(kinds(root)) == 1
    room.database.close()


def test_a_publication_that_was_never_upgraded_is_told_so_in_a_line(tmp_path: Path) -> None:
    root = tmp_path / "publication"
    assert publisher(tmp_path, "init", str(root)).status == 0
    said = publisher(root, "notices", "list")
    assert said.status == 1 and "publisher db upgrade" in said.complaint
