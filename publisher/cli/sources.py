"""`publisher sources` and `publisher channels`: what config.toml names, and how it fares."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from publisher.cli import opml
from publisher.cli.common import Config, Json, Now, moment, open_publication, print_json, print_table
from publisher.cli.find import find
from publisher.errors import WrongUse

if TYPE_CHECKING:
    from publisher.config.settings import SourceOptions
    from publisher.sources import Source
    from publisher.stages.collect import Checked
    from publisher.wiring import Publication

app = typer.Typer(no_args_is_help=True)
app.command()(find)
app.command("import")(opml.import_)
app.command()(opml.export)
channels = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_sources(context: typer.Context, config: Config = None, json: Json = False) -> None:
    """Every source, and how it fared when it was last asked."""
    from publisher.cli.reading import last_success, wrong
    from publisher.store.pages import source as pages

    publication = open_publication(context, config)
    with publication.database.read() as session:
        rows = pages.sources(session, publication.settings.sources, datetime.now(UTC))
    if json:
        print_json(rows)
        return
    print_table(
        ["source", "kind", "rights", "items", "a week", "state", "last success", "what is wrong and what to do"],
        [
            [
                *(row["name"], row["kind"], row["rights"], row["items"], row["items_a_week"], row["state"]),
                *(last_success(row, publication), wrong(row, publication)),
            ]
            for row in rows
        ],
        widest=400,
        wraps=True,
    )


@app.command()
def check(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Only these sources.")] = None,
    config: Config = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """Ask every source now, and say what is wrong and what to do; exit status 1 where something is.

    Sources that are left alone for a while are asked as well. How each fares is remembered, and one that is well again
    is collected from at the next `publisher collect`; no item is stored here.
    """
    from publisher.cli.reading import last_success, showing, wrong
    from publisher.stages import collect as stage

    publication = open_publication(context, config)
    start, chosen = moment(now, publication), _chosen(publication, names or [])
    with showing(len(chosen), is_quiet=json) as told:
        checked = stage.check(publication.database, chosen, publication.fetcher, now=start, told=told)
    rows = _checked(publication, checked, start)
    if json:
        print_json(rows)
    else:
        print_table(
            ["source", "state", "last success", "a week", "what is wrong and what to do"],
            [
                [
                    row["name"],
                    row["state"],
                    last_success(row, publication),
                    row["items_a_week"],
                    wrong(row, publication),
                ]
                for row in rows
            ],
            widest=400,
            wraps=True,
        )
    ill = sum(not row["is_well"] for row in rows)
    if ill:
        sys.stdout.flush()
        print(f"publisher: {ill} of {len(rows)} sources {'needs' if ill == 1 else 'need'} a look", file=sys.stderr)
        raise typer.Exit(1)


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


def _chosen(publication: Publication, names: list[str]) -> list[tuple[SourceOptions, Source]]:
    """The sources of those names, or all that there are to ask."""
    to_ask = [one for one in publication.sources() if one[0].kind != "editor"]
    known = [options.name for options, _ in to_ask]
    if strange := [name for name in names if name not in known]:
        there_are = f"there are {', '.join(known)}" if known else "there is none yet; add a [[source]]"
        raise WrongUse(f"config.toml has no source {strange[0]} that could be asked; {there_are}")
    return [one for one in to_ask if not names or one[0].name in names]


def _checked(publication: Publication, checked: list[Checked], now: datetime) -> list[dict[str, Any]]:
    """What was found now, beside what is stored of each."""
    from publisher.domain.health import Standing
    from publisher.store.pages import source as pages

    by_name = {one.source: one for one in checked}
    configured = [options for options in publication.settings.sources if options.name in by_name]
    with publication.database.read() as session:
        rows = pages.sources(session, configured, now)
    found = []
    for row in rows:
        one = by_name[row["name"]]
        a_week = row["items_a_week"] if one.a_week is None else one.a_week
        passed_over = f"{len(one.problems)} entries passed over: {one.problems[0]}" if one.problems else ""
        row |= pages.fares(one.health) | {"items_a_week": a_week, "items_now": one.items, "problems": one.problems}
        is_well = one.standing == Standing.WELL and not one.error
        found.append(row | {"is_well": is_well, "wrong": one.error or row["wrong"] or passed_over})
    return found
