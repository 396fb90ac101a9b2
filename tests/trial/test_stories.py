"""How well the stories of a real week are told apart, against what people said."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.editorial.labels import Measured, measure


@pytest.mark.trial
def test_the_stories_of_the_real_week_as_people_see_them(shared: Path) -> None:
    measured = measure(shared / "data" / "week-2026-W21")
    print("\n" + table(measured))
    wrong = [name for one in measured if not one.label.startswith("same") for name in one.named(one.joined)]
    assert wrong == []


def table(measured: list[Measured]) -> str:
    same = [one for one in measured if one.label.startswith("same")]
    other = [one for one in measured if not one.label.startswith("same")]
    lines = [f"{'what people said':24}{'pairs':>8}{'one story':>12}"]
    lines += [f"{one.label:24}{len(one.pairs):>8}{len(one.joined):>12}" for one in [*same, *other]]
    right, wrong = sum(len(one.joined) for one in same), sum(len(one.joined) for one in other)
    lines += [
        f"precision {right / (right + wrong):.3f}, on the look-alikes too",
        f"recall    {right / sum(len(one.pairs) for one in same):.3f}",
        *(f"missed: {name}" for one in same for name in one.named(one.pairs - one.joined)),
        *(f"wrong: {name}" for one in other for name in one.named(one.joined)),
    ]
    return "\n".join(lines)
