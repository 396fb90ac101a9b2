"""Every page of the desk is fast after four years, by `benchmarks/desk.py`: 200,000 subscribers, 200 issues.

Give it a machine that does nothing else meanwhile.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.trial


@pytest.fixture(scope="module")
def measured() -> list[dict[str, Any]]:
    """Every page that is there, with what it is short of."""
    command = [sys.executable, "-m", "benchmarks.desk", "--json"]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], text=True, stdout=subprocess.PIPE, check=False)
    assert done.stdout, f"the benchmark ended with {done.returncode}"
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def test_every_page_is_fast_and_light_and_no_slower_with_the_years(measured: list[dict[str, Any]]) -> None:
    assert [f"{row['page']}: {', '.join(row['faults'])}" for row in measured if row["faults"]] == []


@pytest.mark.parametrize("page", ["/desk", "/desk/sending", "/desk/subscribers", "/desk/issues/{draft}/choose"])
def test_the_measured_pages_are_those_that_there_are(measured: list[dict[str, Any]], page: str) -> None:
    assert page in [row["page"] for row in measured]
