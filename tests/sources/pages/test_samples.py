"""Pages of different builds, with the clutter that such sites have: what a person finds on them is found."""

from __future__ import annotations

import pytest

from tests.sources.pages import table
from tests.sources.pages.cases import FIELDS, Case, cases


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_page_gives_what_a_person_finds_on_it(case: Case) -> None:
    found = case.read()
    assert {name: found[name] for name in FIELDS} == case.expected
    assert found["body"] == case.body


def test_pages_of_at_least_five_builds_are_read_and_shown_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert len({case.build for case in cases()}) >= 5
    assert table.main() == 0
    assert len(capsys.readouterr().out.splitlines()) == len(cases()) + 2
