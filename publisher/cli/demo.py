"""`publisher demo`: a made-up week, served."""

from __future__ import annotations

from pathlib import Path

import typer


def add_to(app: typer.Typer) -> None:
    app.command()(demo)


def demo() -> None:
    """Run a made-up week into an inbox and a timeline of its own, and show what came of it."""
    import tempfile

    from publisher.cli.show import issue_page, print_issue
    from publisher.demo.edition import run

    folder = Path(tempfile.mkdtemp(prefix="publisher-demo-"))
    print("A made-up week, in Korean and in English. Nothing leaves this machine.")
    for edition in run(folder):
        print("\n" + "─" * 72)
        print_issue(edition.publication, issue_page(edition.publication, edition.number))
        print(f"\nthe letter    {edition.letter.as_uri()}")
        print(f"the timeline  {edition.timeline.as_uri()}")
        print(f"the inbox     {edition.inbox}  ({edition.letters} letters)")
        print(f"try           publisher --config {edition.publication.settings.root / 'config.toml'} issues show 43")
        edition.publication.database.close()
