"""`publisher sources check`, as somebody uses it who has just been told that something is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.command import publisher
from tests.newsroom import THURSDAY, Newsroom
from tests.troubled import Troubled, troubled

NOW = THURSDAY.isoformat()
STATES = {
    "windmere": "well",
    "harbour": "broken",
    "old-post": "gone",
    "members": "locked",
    "busy": "failing",
    "bakery": "broken",
    "lighthouse": "silent",
    "ferry": "moved",
    "vault": "broken",
}


@pytest.fixture
def nine(tmp_path: Path) -> Iterator[tuple[Path, Troubled]]:
    with troubled(THURSDAY) as nine:
        room = Newsroom.open(tmp_path / "publication", "sqlite:///var/publisher.db", more=nine.config)
        room.database.close()
        yield room.root, nine


def test_one_healthy_and_eight_differently_broken_sources_are_told_apart(nine: tuple[Path, Troubled]) -> None:
    root, _ = nine
    said = publisher(root, "sources", "check", "--json", "--now", NOW)
    rows = {row["name"]: row for row in json.loads(said.out)}
    assert {name: row["state"] for name, row in rows.items()} == STATES
    assert said.complaint == "publisher: 8 of 9 sources need a look"
    assert said.status == 1
    assert [name for name, row in rows.items() if not row["wrong"]] == ["windmere"]
    assert rows["windmere"]["items_a_week"] == 2.0
    for name, advice in {
        "harbour": "check the address",
        "old-post": "take it out",
        "members": "correct the one that is there",
        "bakery": "is an HTML page, not a feed",
        "busy": "asks to come back in 7200 s",
        "lighthouse": "it usually has something every 7 days; look whether",
        "ferry": "/timetable/news.xml; write that address into config.toml",
        "vault": "certificate that is not trusted",
    }.items():
        assert advice in rows[name]["wrong"], name
    assert "wrong@" not in said.out + said.err


def test_a_source_may_be_checked_alone(nine: tuple[Path, Troubled]) -> None:
    root, _ = nine
    said = publisher(root, "sources", "check", "windmere", "--now", NOW)
    assert said.status == 0 and said.err == ""
    assert [line.split()[0] for line in said.out.splitlines()] == ["source", "windmere"]
    assert publisher(root, "items", "list").out.count("\n") == 1  # only the heads: nothing was stored
    said = publisher(root, "sources", "check", "windmer")
    assert said.status == 2 and "no source windmer that could be asked; there are windmere, harbour" in said.complaint


def test_what_a_check_learnt_is_shown_and_heeded(nine: tuple[Path, Troubled]) -> None:
    root, _ = nine
    publisher(root, "sources", "check", "--now", NOW)
    listed = publisher(root, "sources", "list").out
    assert all(f" {state} " in listed for state in STATES.values())
    later = (THURSDAY + timedelta(minutes=10)).isoformat()
    collected = {row["source"]: row for row in json.loads(publisher(root, "collect", "--json", "--now", later).out)}
    assert [name for name, row in collected.items() if not row["is_asked"]] == ["old-post", "busy"]
    assert collected["windmere"]["new"] == 10
    table = publisher(root, "collect", "--now", later)
    assert "left out until Thu 2026-05-28 11:00 KST: http://127.0.0.1" in table.out
    assert "busy" not in table.err
    asked = json.loads(publisher(root, "collect", "--json", "--all", "--now", later).out)
    assert all(row["is_asked"] for row in asked)


def test_nothing_is_shown_of_how_far_it_is_in_a_pipe(nine: tuple[Path, Troubled]) -> None:
    root, _ = nine
    assert publisher(root, "collect", "--now", NOW).err.count("\n") == 6  # one line for each that cannot be read
