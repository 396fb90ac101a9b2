"""What is found on pages of different builds, as a table: `python -m tests.sources.pages.table`."""

from __future__ import annotations

import sys

from publisher.cli.common import print_table
from tests.sources.pages.cases import FIELDS, Case, cases


def main() -> int:
    """Prints the table; the exit status is how many pages have something wrong."""
    rows = [_row(case) for case in cases()]
    print_table(["page", "build", "headline", "byline", "date", "picture", "dek", "text", "wrong"], rows, widest=46)
    wrong = sum(bool(row[-1]) for row in rows)
    print(f"{len(rows) - wrong} of {len(rows)} pages have headline, byline, date, main text and picture right")
    return wrong


def _row(case: Case) -> list[object]:
    found = case.read()
    wrong = [name for name in FIELDS if found[name] != case.expected[name]]
    wrong += ["body"] if found["body"] != case.body else []
    picture = found["picture"]
    said = [name for name, words in zip(("alt", "caption", "credit"), (picture or ["", ""])[1:], strict=False) if words]
    return [
        case.name,
        case.build,
        found["headline"],
        found["byline"] or "-",
        (found["published_at"] or "-")[:16],
        f"{picture[0].rsplit('/', 1)[-1]} ({', '.join(said)})" if picture else "-",
        found["dek"] or "-",
        f"{len(found['body']):,}",
        ", ".join(wrong),
    ]


if __name__ == "__main__":
    sys.exit(main())
