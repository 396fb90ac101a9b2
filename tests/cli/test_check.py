"""`publisher issues check`: a table for people, JSON and an exit status for scripts; approval heeds it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from publisher.stages.edit import Edit
from tests.cli.command import THURSDAY, publisher
from tests.newsroom import Newsroom


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A publication with a draft, a reader and an editor."""
    return newsroom(tmp_path).root


def newsroom(folder: Path) -> Newsroom:
    def begins(room: Newsroom) -> None:
        room.writes(
            "A harbour learns to count ships", "Library robots take the night shift", "Bread, baked by forecast"
        )
        room.has_readers(1)
        room.has_editors("kim@example.org")
        room.composes()

    return Newsroom.begun(begins, folder / "publication")


def blocked(folder: Path) -> Path:
    room = newsroom(folder)
    room.edits(Edit(title="For {{first_name}}"))
    room.database.close()
    return room.root


def test_what_only_warns_lets_a_script_go_on(root: Path) -> None:
    said = publisher(root, "issues", "check", "1", "--no-links", "--now", THURSDAY)
    assert said.status == 0, said
    lines = said.out.splitlines()
    assert lines[0].split() == ["level", "where", "what", "to", "do"]
    assert lines[1].startswith("warning  html ")
    assert lines[-2].startswith("No. 1, proof ") and lines[-2].endswith(": 1 warning")
    assert lines[-1] == "3 of 3 links were not looked at"


def test_what_blocks_stops_a_script_and_an_approval(tmp_path: Path) -> None:
    root = blocked(tmp_path)
    said = publisher(root, "issues", "check", "1", "--no-links", "--now", THURSDAY)
    assert said.status == 1 and said.err == ""
    assert "blocking  title  {{first_name}} is left over" in said.out
    refused = publisher(root, "issues", "approve", "1", "--by", "kim@example.org", "--now", THURSDAY)
    assert refused.status == 1
    assert "No. 1 cannot be approved: {{first_name}} is left over" in refused.complaint


def test_a_script_gets_everything(tmp_path: Path) -> None:
    said = publisher(blocked(tmp_path), "issues", "check", "1", "--no-links", "--json", "--now", THURSDAY)
    told = json.loads(said.out)
    assert said.status == 1 and told["blocks"] is True and told["number"] == 1
    assert told["findings"][0] == {
        "level": "blocking",
        "check": "slots",
        "where": "title",
        "what": "{{first_name}} is left over, and no reader’s name can be put there",
        "todo": "write {{first_name}}, {{name}} or {{email}}, or take it out",
        "item": None,
    }
    assert told["links"] == {"looked_at": 0, "of": 3}
    assert told["cost"] == {"x_dollars": 0.0, "with_link": 0, "without_link": 0}


def test_an_issue_that_is_not_there_is_said_so(root: Path) -> None:
    said = publisher(root, "issues", "check", "9", "--no-links", "--now", THURSDAY)
    assert said.status == 1 and "there is no issue 9" in said.complaint
