"""`publisher subscribers`: import, add, leave, show, list, export."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from publisher.cli.common import Config, Json, Now, local, moment, open_publication, print_json, print_table
from publisher.errors import NotFound, WrongUse

if TYPE_CHECKING:
    from publisher.wiring import Publication

app = typer.Typer(no_args_is_help=True)

ListName = Annotated[str, typer.Option("--list", metavar="NAME", help="A list of subscribers/lists.toml.")]


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV with a column email; name and any others are kept.")],
    list_name: ListName,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would do, and do nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: Config = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """Import a CSV. Who left stays left, who is suppressed stays suppressed, refused rows come back as a file."""
    from publisher.stages import enroll
    from publisher.transfer.plain import read_csv, write_refused

    publication = open_publication(context, config)
    _must_exist(publication, list_name)
    read = read_csv(_content(file))
    time = moment(now, publication)
    if not (dry_run or yes or json) and sys.stdin.isatty():
        typer.confirm(f"import {len(read.rows)} rows into {list_name}?", abort=True)
    planned = enroll.import_rows(publication.database, read.rows, list_name, origin=file.name, now=time, is_dry=dry_run)
    refused = file.with_name(f"{file.stem}.refused.csv")
    if read.refused and not dry_run:
        refused.write_bytes(write_refused(read.refused))
    counts = {name: getattr(planned, name) for name in planned.__slots__} | {"refused": len(read.refused)}
    if json:
        print_json(counts | {"list": list_name, "dry_run": dry_run})
        return
    print(("would import: " if dry_run else "imported: ") + ", ".join(f"{n} {name}" for name, n in counts.items()))
    for row in read.refused[:10]:
        print(f"  line {row.line}: {row.reason}")
    if read.refused and not dry_run:
        print(f"refused rows, each with its reason: {refused}")


@app.command()
def add(
    context: typer.Context,
    email: str,
    list_name: ListName,
    name: Annotated[str, typer.Option(help="What the letter calls them.")] = "",
    config: Config = None,
    now: Now = None,
) -> None:
    """Add one subscriber to a list."""
    from publisher.stages import enroll

    publication = open_publication(context, config)
    _must_exist(publication, list_name)
    entry = enroll.add(publication.database, email, name, list_name, now=moment(now, publication))
    told = {
        enroll.Entry.NEW: "added",
        enroll.Entry.JOINED: f"on {list_name}",
        enroll.Entry.THERE: f"on {list_name}",
        enroll.Entry.LEFT_BEFORE: "left before, and not added: only they can come back",
        enroll.Entry.SUPPRESSED: "suppressed; never to be mailed, and not added",
    }
    print(f"{email}: {told[entry]}")


@app.command()
def leave(context: typer.Context, email: str, config: Config = None, now: Now = None) -> None:
    """Take one subscriber off every list; no import brings them back."""
    from publisher.stages import enroll

    publication = open_publication(context, config)
    enroll.leave(publication.database, email, now=moment(now, publication))
    print(f"{email} has left")


@app.command()
def suppress(
    context: typer.Context,
    email: str,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "asked never to be mailed",
    config: Config = None,
    now: Now = None,
) -> None:
    """Never mail this address again, whatever is imported."""
    from publisher.stages import enroll

    publication = open_publication(context, config)
    enroll.suppress(publication.database, email, reason, now=moment(now, publication))
    print(f"{email} is suppressed: {reason}")


@app.command()
def show(context: typer.Context, email: str, config: Config = None, json: Json = False) -> None:
    """One subscriber: state, lists, and the letters they were sent."""
    from publisher.store.pages import subscriber as pages

    publication = open_publication(context, config)
    with publication.database.read() as session:
        page = pages.one(session, email)
    if page is None:
        raise NotFound(f"nobody subscribes as {email}")
    if json:
        print_json(page)
        return
    suppressed = f"  suppressed: {page['suppressed']}" if page["suppressed"] else ""
    print(f"{page['email']}  {page['name']}  {page['state']}{suppressed}")
    for membership in page["lists"]:
        since = local(membership["joined_at"], publication)
        left = f", left {local(membership['left_at'], publication)}" if membership["left_at"] else ""
        print(f"  {membership['list']}: since {since}{left}  ({membership['origin']})")
    for letter in page["letters"]:
        print(f"  No. {letter['number']} on {letter['channel']}: {letter['state']}  {letter['reason']}".rstrip())


@app.command("list")
def list_(
    context: typer.Context,
    list_name: Annotated[str | None, typer.Option("--list", metavar="NAME", help="Of this list only.")] = None,
    search: Annotated[str, typer.Option(help="Part of an address or a name.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    config: Config = None,
    json: Json = False,
) -> None:
    """Subscribers, by their address."""
    from publisher.store.pages import subscriber as pages

    publication = open_publication(context, config)
    with publication.database.read() as session:
        rows = pages.some(session, list_name=list_name, search=search, limit=limit)
        total = pages.count(session, list_name=list_name, search=search)
    if json:
        print_json({"total": total, "subscribers": rows})
        return
    print_table(["id", "email", "name", "state"], [[r["id"], r["email"], r["name"], r["state"]] for r in rows])
    if total > len(rows):
        print(f"… {total} in all")


@app.command()
def export(
    context: typer.Context,
    list_name: ListName,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="A file that does not exist yet.")] = None,
    config: Config = None,
) -> None:
    """A list as CSV, to standard output or a file; cells that a spreadsheet would run are made inert."""
    from publisher.store.pages import subscriber as pages
    from publisher.transfer.plain import write_csv

    publication = open_publication(context, config)
    _must_exist(publication, list_name)
    if out is not None and out.exists():
        raise WrongUse(f"{out} is there already and was not touched; name another file")
    with publication.database.read() as session:
        content = write_csv(pages.export(session, list_name))
    if out is None:
        sys.stdout.buffer.write(content)
    else:
        out.write_bytes(content)
        print(f"{list_name} was written to {out}")


def _must_exist(publication: Publication, name: str) -> None:
    known = [options.name for options in publication.lists]
    if name not in known:
        raise WrongUse(f"there is no list {name!r} in subscribers/lists.toml; there is {', '.join(known) or 'none'}")


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {error.strerror}") from error
