"""`publisher items`, as an editor runs it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.domain.item import ItemFound, Rights
from publisher.store import items
from tests.cli.command import publisher
from tests.newsroom import THURSDAY, Newsroom

RAIN = ItemFound("1", "Rain in Paju", "https://example.org/1", "It rained all day.\n\nNobody minded.", THURSDAY)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication with two items, of which the first was edited twice."""
    newsroom = Newsroom.open(tmp_path_factory.mktemp("items"), "sqlite:///var/publisher.db")
    poured = replace(RAIN, headline="More rain in Paju", body="It poured.\n\nNobody minded.")
    dated = replace(poured, published_at=None)
    for day, found in enumerate((RAIN, poured, dated)):
        with newsroom.database.write() as session:
            again = [found, ItemFound("2", "Wind")]
            items.save_items(session, "desk", Rights.OWN, again, THURSDAY + timedelta(days=day))
    newsroom.database.close()
    return newsroom.root


def test_the_history_says_when_an_edit_came_and_what_it_changed(root: Path) -> None:
    assert publisher(root, "items", "show", "1", "--history").out.splitlines() == [
        "2026-05-29 09:00",
        "  headline      Rain in Paju",
        "                → More rain in Paju",
        "  body",
        "    - It rained all day.",
        "    + It poured.",
        "2026-05-30 09:00",
        "  published_at  2026-05-28 00:00:00+00:00",
        "                → nothing",
    ]


def test_the_history_of_what_was_never_edited_says_so(root: Path) -> None:
    assert publisher(root, "items", "show", "2", "--history").out == "it was not edited since it was first seen\n"


def test_the_history_can_be_read_by_a_program(root: Path) -> None:
    first, second = json.loads(publisher(root, "items", "show", "1", "--history", "--json").out)
    assert (first["headline"], first["changed"]["headline"]) == ("Rain in Paju", "More rain in Paju")
    assert first["replaced_at"] == "2026-05-29T00:00:00+00:00"
    assert second["changed"] == {"published_at": None}


def test_the_history_of_an_item_that_there_is_not_says_so(root: Path) -> None:
    said = publisher(root, "items", "show", "77", "--history")
    assert said.status != 0
    assert "no item 77" in said.complaint
