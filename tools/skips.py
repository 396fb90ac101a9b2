"""Fail when a test was skipped for any reason but that the real inputs (../shared) are absent.

    python tools/skips.py REPORT.xml

A skipped test proves nothing, and it is easy not to see.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET


def unexplained(report: str) -> list[str]:
    """Each such test of a JUnit report, with its reason."""
    found = []
    for case in ET.parse(report).iter("testcase"):  # noqa: S314  as above
        for skip in case.iter("skipped"):
            reason = skip.get("message") or ""
            if "../shared" not in reason and skip.get("type") != "pytest.xfail":
                found.append(f"{case.get('classname')}::{case.get('name')}: {reason}")
    return found


if __name__ == "__main__":
    problems = unexplained(sys.argv[1])
    for problem in problems:
        print(f"skipped without need: {problem}", file=sys.stderr)
    sys.exit(1 if problems else 0)
