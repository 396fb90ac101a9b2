"""`publisher db`: upgrade, back up, check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from publisher.cli.common import Config, open_publication

app = typer.Typer(no_args_is_help=True)


@app.command()
def upgrade(context: typer.Context, config: Config = None) -> None:
    """Create the database, or bring it up to this program."""
    from publisher.store import db

    settings = open_publication(context, config).settings
    steps = db.upgrade(settings.database.url, settings.root)
    print("\n".join(steps) if steps else "the database is up to date")


@app.command()
def backup(
    context: typer.Context,
    to: Annotated[Path, typer.Argument(metavar="FILE", help="A file that does not exist yet.")],
    config: Config = None,
) -> None:
    """Copy the database, safely, while it is in use."""
    from publisher.store import db

    settings = open_publication(context, config).settings
    db.backup(settings.database.url, settings.root, to)
    print(f"the database was copied to {to}")


@app.command()
def check(context: typer.Context, config: Config = None) -> None:
    """Look for damage; exit status 1 when there is any."""
    from publisher.store import db

    settings = open_publication(context, config).settings
    problems = db.check(settings.database.url, settings.root)
    print("\n".join(problems) if problems else "the database is sound")
    if problems:
        raise typer.Exit(1)
