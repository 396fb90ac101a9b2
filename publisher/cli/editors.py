"""`publisher editors`: who may approve."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from publisher.cli.common import Config, Json, Now, moment, open_publication, print_json, print_table

app = typer.Typer(no_args_is_help=True)


class Role(StrEnum):
    AUTHOR = "author"
    EDITOR = "editor"
    APPROVER = "approver"
    ADMIN = "admin"


@app.command()
def add(
    context: typer.Context,
    email: str,
    role: Annotated[Role, typer.Option()] = Role.EDITOR,
    config: Config = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """Add an editor."""
    from publisher.stages import enroll

    publication = open_publication(context, config)
    added = enroll.add_editor(publication.database, email, role.value, now=moment(now, publication))
    if json:
        print_json({"email": added, "role": role.value})
    else:
        print(f"{added} is {role.value}")


@app.command("list")
def list_(context: typer.Context, config: Config = None, json: Json = False) -> None:
    """All editors."""
    from publisher.store import editors

    publication = open_publication(context, config)
    with publication.database.read() as session:
        rows = [[row.email, row.role] for row in editors.list_editors(session)]
    if json:
        print_json([{"email": email, "role": role} for email, role in rows])
    else:
        print_table(["email", "role"], rows)
