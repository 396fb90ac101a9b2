"""`publisher sources` and `publisher channels`: what config.toml names, and how it fares."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from publisher.cli import opml
from publisher.cli.common import Config, Json, local, open_publication, print_json, print_table

app = typer.Typer(no_args_is_help=True)
channels = typer.Typer(no_args_is_help=True)
app.command("import")(opml.import_)
app.command()(opml.export)


@app.command("list")
def list_sources(context: typer.Context, config: Config = None, json: Json = False) -> None:
    """Every source, when it was last read, and what went wrong."""
    from publisher.store.pages import source as pages

    publication = open_publication(context, config)
    with publication.database.read() as session:
        rows = pages.sources(session, publication.settings.sources, datetime.now(UTC))
    if json:
        print_json(rows)
        return
    print_table(
        ["source", "kind", "rights", "items", "last read", "what went wrong"],
        [
            [
                row["name"],
                row["kind"],
                row["rights"],
                row["items"],
                local(row["last_read_at"], publication) if row["last_read_at"] else "never",
                row["last_error"],
            ]
            for row in rows
        ],
        widest=80,
    )


@channels.command("list")
def list_channels(context: typer.Context, config: Config = None, json: Json = False) -> None:
    """Every channel, and why it is paused if it is."""
    from publisher.store.pages import source as pages

    publication = open_publication(context, config)
    with publication.database.read() as session:
        rows = pages.channels(session, publication.settings.channels)
    if json:
        print_json(rows)
        return
    print_table(
        ["channel", "kind", "paused because"], [[row["name"], row["kind"], row["paused"]] for row in rows], widest=100
    )
