"""`publisher editors`: who works at the desk, and how they get in."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from publisher.cli.common import Config, Json, Now, local, moment, open_publication, print_json, print_table
from publisher.errors import WrongUse

app = typer.Typer(no_args_is_help=True)
Email = Annotated[str, typer.Argument(help="The editor's address.")]


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
    role: Annotated[
        Role | None,
        typer.Option(
            help="What they may: write; also send tests and hold; also approve; also invite others.",
            show_default="admin for the first, editor for others; who is there keeps theirs",
        ),
    ] = None,
    language: Annotated[
        Language | None,
        typer.Option(help="What their notices and their desk are written in.", show_default="the publication's"),
    ] = None,
    config: Config = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """Add an editor, or give one another role or language. Prints a link by which a new one chooses a password."""
    from publisher.domain.notice import INVITATION_LASTS
    from publisher.stages import enroll
    from publisher.store import editors

    publication, spoken = open_publication(context, config), language.value if language else None
    time = moment(now, publication)
    added = enroll.add_editor(publication.database, email, role and role.value, now=time, language=spoken)
    with publication.database.read() as session:
        editor = editors.by_email(session, added)
    expires, invitation = time + INVITATION_LASTS, ""
    if not editor.password_hash:
        invitation = publication.identity().invitation_url(editors.standing(editor), expires)
    if json:
        found = {"email": added, "role": editor.role} | ({"language": spoken} if spoken else {})
        print_json(found | ({"invitation": invitation, "expires": expires} if invitation else {}))
        return
    print(f"{added} is {editor.role}")
    if invitation:
        print(f"invitation, good once within 7 days: {invitation}")


@app.command("list")
def list_(context: typer.Context, config: Config = None, now: Now = None, json: Json = False) -> None:
    """All editors: their role and language, how they sign in, and when they were last seen at the desk."""
    from publisher.store.pages import people

    publication = open_publication(context, config)
    with publication.database.read() as session:
        found = people.everybody(session, moment(now, publication))
    ours = publication.settings.publication.language
    if json:
        shown = ("email", "role", "language", "name", "has_password", "has_codes", "seen_at")
        print_json([{key: one[key] or ours if key == "language" else one[key] for key in shown} for one in found])
        return
    rows = [
        [
            one["email"],
            one["role"],
            one["language"] or ours,
            "password and code" if one["has_codes"] else "password" if one["has_password"] else "link",
            local(one["seen_at"], publication) if one["seen_at"] else "",
        ]
        for one in found
    ]
    print_table(["email", "role", "language", "signs in by", "last seen"], rows)


@app.command()
def passwd(
    context: typer.Context,
    email: Email,
    drop_codes: Annotated[
        bool, typer.Option("--drop-codes", help="Ask for no one-time code any more: their authenticator is lost.")
    ] = False,
    config: Config = None,
    now: Now = None,
) -> None:
    """Give an editor another password: asked for on a terminal, else the first line of what is piped in.

    They are signed out everywhere.
    """
    import secrets

    from publisher.domain.password import SALT_BYTES
    from publisher.stages import account
    from publisher.store import editors

    publication = open_publication(context, config)
    with publication.database.read() as session:
        editors.by_email(session, email)  # who is no editor is told before anybody thinks of a password
    account.set_password(
        publication.database,
        email,
        _password(),
        publication=publication.settings.publication.name,
        salt=secrets.token_bytes(SALT_BYTES),
        now=moment(now, publication),
        by="",
        drops_codes=drop_codes,
    )
    print(f"{email.strip().lower()} has another password and is signed out everywhere")


@app.command()
def link(
    context: typer.Context,
    email: Email,
    to: Annotated[str, typer.Option(metavar="PATH", help="What it shows then, like /desk/issues/43.")] = "",
    config: Config = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """A link that lets an editor who has no password into the desk for seven days, and whoever else has it too."""
    from publisher.domain.notice import LINK_LASTS
    from publisher.store import editors

    publication = open_publication(context, config)
    with publication.database.read() as session:
        editor = editors.by_email(session, email)
    expires = moment(now, publication) + LINK_LASTS
    url = publication.identity().enter_url(editors.badge(editor), expires, to)
    if json:
        print_json(
            {"email": editor.email, "url": url, "expires": expires, "asks_for_password": bool(editor.password_hash)}
        )
        return
    print(url)
    if editor.password_hash:
        print("they have a password, and the page asks for it; forgotten: publisher editors passwd", file=sys.stderr)


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("new password", hide_input=True, confirmation_prompt="once more", err=True))
    given = sys.stdin.readline()
    if not given:
        raise WrongUse("no password came in; pipe it in as one line, or run this on a terminal")
    return given.rstrip("\r\n")
