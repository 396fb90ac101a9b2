"""`publisher editors`: who may approve."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from publisher.cli.common import Config, Json, Now, moment, open_publication, print_json, print_table

app = typer.Typer(no_args_is_help=True)


class Language(StrEnum):
    KO = "ko"
    EN = "en"


class Role(StrEnum):
    AUTHOR = "author"
    EDITOR = "editor"
    APPROVER = "approver"
    ADMIN = "admin"


@app.command()
def add(
    context: typer.Context,
    email: str,
    role: Annotated[Role, typer.Option(help="Their role. Every editor may approve so far.")] = Role.EDITOR,
    language: Annotated[
        Language | None,
        typer.Option(help="What their notices and their desk are written in.", show_default="the publication's"),
    ] = None,
    config: Config = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """Add an editor, or give one another role or language."""
    from publisher.stages import enroll

    publication = open_publication(context, config)
    spoken = language.value if language else None
    added = enroll.add_editor(publication.database, email, role.value, now=moment(now, publication), language=spoken)
    if json:
        print_json({"email": added, "role": role.value} | ({"language": spoken} if spoken else {}))
    else:
        print(f"{added} is {role.value}")


@app.command("list")
def list_(context: typer.Context, config: Config = None, json: Json = False) -> None:
    """All editors."""
    from publisher.store import editors

    publication = open_publication(context, config)
    with publication.database.read() as session:
        people = editors.list_editors(session)
    ours = publication.settings.publication.language
    rows = [[editor.email, editor.role, editor.language or ours] for editor in people]
    heads = ["email", "role", "language"]
    if json:
        print_json([dict(zip(heads, row, strict=True)) for row in rows])
    else:
        print_table(heads, rows)


@app.command()
def link(
    context: typer.Context,
    email: Annotated[str, typer.Argument(help="The editor's address.")],
    to: Annotated[str, typer.Option(metavar="PATH", help="What it shows then, like /desk/issues/43.")] = "",
    config: Config = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """A link that lets this editor into the desk for seven days. Whoever has it can approve in their name."""
    from publisher.domain.notice import LINK_LASTS
    from publisher.store import editors

    publication = open_publication(context, config)
    with publication.database.read() as session:
        editor = editors.by_email(session, email)
    expires = moment(now, publication) + LINK_LASTS
    url = publication.identity().enter_url(editors.badge(editor), expires, to)
    if json:
        print_json({"email": editor.email, "url": url, "expires": expires})
    else:
        print(url)
