"""The engine is at least as fast as its floors, by `benchmarks/delivery.py`: against Postfix's own sender, in one run.

`make trial` installs what it needs. Give it a machine that does nothing else meanwhile.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.delivery_measures import LARGE, rows

FLOORS = [row.key for row in rows(LARGE) if row.floor is not None]
# Floors that were set on one machine, and the row that says the same of a slower one.
ELSEWHERE = {"cpu-none": "sink-none", "cpu-ed25519": "sink-ed25519", "cpu-rsa": "rsa-possible", "rsa": "rsa-possible"}
REACHED = ("meets the target", "above the floor")

pytestmark = pytest.mark.trial


@pytest.fixture(scope="module")
def measured() -> dict[str, dict[str, Any]]:
    """Every row, by its key."""
    command = [sys.executable, "-m", "benchmarks.delivery", "--json"]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], text=True, stdout=subprocess.PIPE, check=False)
    assert done.stdout, f"the benchmark ended with {done.returncode}"
    return {row["key"]: row for row in json.loads(done.stdout)["rows"]}


@pytest.mark.parametrize("key", FLOORS)
def test_the_engine_is_above_its_floor(measured: dict[str, dict[str, Any]], key: str) -> None:
    row = measured[key]
    assert row["value"] is not None, f"{row['name']}: {row['verdict']}"
    is_reached = row["verdict"] in REACHED or measured.get(ELSEWHERE.get(key, ""), {}).get("verdict") in REACHED
    assert is_reached, f"{row['name']}: {row['value']:.3f} {row['unit']}, floor {row['floor']}; each run: {row['runs']}"
