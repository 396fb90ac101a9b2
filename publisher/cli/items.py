"""`publisher items`: list, show, add an address, write by hand."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from publisher.cli.common import Config, Json, Now, cut, local, moment, open_publication, print_json, print_table
from publisher.errors import WrongUse

if TYPE_CHECKING:
    from publisher.domain.item import ItemFound
    from publisher.wiring import Publication

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    config: Config = None,
    json: Json = False,
) -> None:
    """The newest items first."""
    from publisher.store.pages import item as pages

    publication = open_publication(context, config)
    with publication.database.read() as session:
        rows = pages.newest(session, limit)
    if json:
        print_json(rows)
        return
    print_table(
        ["id", "published", "source", "used in", "headline"],
        [
            [row["id"], str(row["published_at"] or "")[:10], row["source"], row["used_in"] or "", row["headline"]]
            for row in rows
        ],
        widest=80,
    )


@app.command()
def show(
    context: typer.Context,
    item_id: Annotated[int, typer.Argument(metavar="ID")],
    history: Annotated[bool, typer.Option(help="What each edit of its source changed, the oldest first.")] = False,
    config: Config = None,
    json: Json = False,
) -> None:
    """One item, whole."""
    from publisher.store.pages import item as pages

    publication = open_publication(context, config)
    with publication.database.read() as session:
        page = pages.history(session, item_id) if history else pages.one(session, item_id)
    if json:
        print_json(page)
    elif isinstance(page, list):
        _print_history(page, publication.settings.publication.timezone)
    else:
        for name, value in page.items():
            print(f"{name:13} {value}" if name != "body" else f"body\n\n{value}\n")


@app.command()
def add(context: typer.Context, url: str, config: Config = None, now: Now = None, json: Json = False) -> None:
    """Fetch the page at URL, make it an item, and say what was found on it. Adding it again edits the item."""
    from publisher.sources.editor import from_page
    from publisher.stages import collect

    publication = open_publication(context, config)
    options, time = publication.editor_source(), moment(now, publication)
    zone = publication.settings.publication.timezone
    found = from_page(publication.fetcher.get(url), zone, language=options.language, now=time)
    item_id = collect.write(publication.database, options, found, now=time)
    if json:
        print_json({"id": item_id} | asdict(found))
        return
    print(f"item {item_id}: {found.headline}")
    for name, value in _found(found, publication).items():
        if name != "headline":
            print(f"  {name:9}  {cut(value, 100) if value else 'none was found'}")
    if found.published_at and found.published_at < time - publication.settings.issue.window:
        print(f"It is too old to be chosen by itself; `publisher issues edit N --add {item_id}` puts it into an issue.")


def _found(item: ItemFound, publication: Publication) -> dict[str, str]:
    """What was found on a page, each in a line."""
    picture = item.picture
    words = [picture.url, picture.alt, picture.caption, picture.credit] if picture else []
    return {
        "headline": item.headline,
        "dek": item.dek,
        "byline": item.byline,
        "published": local(item.published_at, publication) if item.published_at else "",
        "language": item.language,
        "picture": " | ".join(filter(None, words)),
        "text": f"{len(item.body):,} characters: {item.body}" if item.body else "",
        "address": item.canonical or item.url or "",
    }


@app.command()
def write(
    context: typer.Context,
    headline: Annotated[str, typer.Option(help="One line of plain text.")],
    body: Annotated[str, typer.Option(help="Markdown.")] = "",
    body_file: Annotated[Path | None, typer.Option(help="A file of Markdown; - reads standard input.")] = None,
    url: Annotated[str | None, typer.Option(help="Where readers find more.")] = None,
    byline: Annotated[str, typer.Option(help="Who wrote it.")] = "",
    picture: Annotated[str, typer.Option(help="The picture's address.")] = "",
    alt: Annotated[str, typer.Option(help="What the picture shows.")] = "",
    caption: Annotated[str, typer.Option(help="The line under the picture.")] = "",
    credit: Annotated[str, typer.Option(help="Whose picture it is.")] = "",
    config: Config = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """Write an item by hand."""
    from publisher.domain.message import Picture
    from publisher.sources.editor import written
    from publisher.stages import collect

    publication = open_publication(context, config)
    options = publication.editor_source()
    time = moment(now, publication)
    found = written(
        headline=headline,
        body=read_text(body_file) if body_file else body,
        url=url,
        byline=byline,
        language=options.language or publication.settings.publication.language,
        picture=Picture(picture, alt, caption, credit) if picture else None,
        now=time,
    )
    _tell(collect.write(publication.database, options, found, now=time), found.headline, json)


def _print_history(versions: list[dict[str, Any]], zone: ZoneInfo) -> None:
    if not versions:
        print("it was not edited since it was first seen")
    for version in versions:
        print(f"{version['replaced_at'].astimezone(zone):%Y-%m-%d %H:%M}")
        for name, now in version["changed"].items():
            if name == "body":
                print("\n".join(_edit(version["body"], now)))
            else:
                print(f"  {name:13} {_said(version[name])}\n  {'':13} → {_said(now)}")


def _edit(before: str, after: str) -> Iterator[str]:
    """The paragraphs that an edit took out or put in."""
    yield "  body"
    _, _, *lines = unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    yield from (f"    {line[0]} {line[1:]}" for line in lines if line[0] in "-+" and line[1:].strip())


def _said(value: object) -> str:
    return "nothing" if value in (None, "", []) else str(value)


def read_text(path: Path) -> str:
    """A file's text, or standard input for "-". Raises WrongUse."""
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise WrongUse(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise WrongUse(f"{path} is not UTF-8 text; save it as UTF-8 and try again") from error


def _tell(item_id: int, headline: str, json: bool) -> None:
    if json:
        print_json({"id": item_id, "headline": headline})
    else:
        print(f"item {item_id}: {headline}")
