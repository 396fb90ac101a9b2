"""The sample's proof, byte for byte. After a wanted change: `UPDATE_GOLDEN=1 pytest tests/render/test_golden.py`.

What changed is then in the diff of tests/render/golden, to be looked at like any other change.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from publisher.domain.proof import Proof
from tests.render import sample

GOLDEN = Path(__file__).with_name("golden")
SURFACES = sorted(
    ["audience", "html", "page", "preheader", "sender", "subject", "text"] + [f"post:x:{n}" for n in range(1, 7)]
)


@pytest.mark.parametrize("language", sample.EDITIONS)
@pytest.mark.parametrize("surface", SURFACES)
def test_every_surface_is_the_golden_one(proofs: dict[str, Proof], language: str, surface: str) -> None:
    file = GOLDEN / language / f"{surface.replace(':', '-')}.txt"
    made = proofs[language][surface]
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(made.encode())
    golden = file.read_bytes().decode()
    assert made == golden, f"{file.name} differs {_first_difference(made, golden)}"


@pytest.mark.parametrize("language", sample.EDITIONS)
def test_a_proof_has_these_surfaces_in_the_order_of_their_names(proofs: dict[str, Proof], language: str) -> None:
    assert [surface.name for surface in proofs[language].surfaces] == SURFACES


def test_the_comparison_tells_a_single_changed_character() -> None:
    assert _first_difference("one two", "one too") == "at 5: made 'one two', golden 'one too'"


def _first_difference(made: str, golden: str) -> str:
    at = next((n for n, (one, other) in enumerate(zip(made, golden, strict=False)) if one != other), None)
    at = min(len(made), len(golden)) if at is None else at
    around = slice(max(0, at - 40), at + 40)
    return f"at {at}: made {made[around]!r}, golden {golden[around]!r}"
