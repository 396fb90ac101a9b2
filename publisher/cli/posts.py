"""`publisher posts`."""

from __future__ import annotations

from typing import Annotated

import typer

from publisher.cli.common import Config, Json, local, open_publication, print_json, print_table

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    config: Config = None,
    json: Json = False,
) -> None:
    """The newest posts first."""
    from publisher.store.pages import issue as pages

    publication = open_publication(context, config)
    with publication.database.read() as session:
        rows = pages.newest_posts(session, limit)
    if json:
        print_json(rows)
        return
    print_table(
        ["No.", "channel", "", "state", "due or done", "url or reason", "text"],
        [
            [
                row["number"],
                row["channel"],
                row["position"],
                row["state"],
                local(row["accepted_at"] or row["due_at"], publication),
                row["url"] or row["reason"],
                row["text"],
            ]
            for row in rows
        ],
        widest=50,
    )
