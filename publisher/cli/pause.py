"""`publisher issues pause` and `resume`: an issue that is going out."""

from __future__ import annotations

from typing import Annotated

import typer

from publisher.cli.common import Config, Json, Now, moment, open_publication, print_json

Number = Annotated[int, typer.Argument(metavar="N", help="The issue's number.", min=1)]


def pause(
    context: typer.Context,
    number: Number,
    by: Annotated[str, typer.Option("--by", metavar="EMAIL", help="The editor who pauses it.")] = "",
    config: Config = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """Stop an issue that is going out: what has not left yet waits until it is resumed."""
    from publisher.stages import pause as stage

    publication = open_publication(context, config)
    stage.run(publication.database, number, by=by, now=moment(now, publication))
    if json:
        print_json({"number": number, "state": "paused"})
    else:
        print(f"No. {number} is paused; next: publisher issues resume {number}")


def resume(context: typer.Context, number: Number, config: Config = None, now: Now = None, json: Json = False) -> None:
    """Let a paused issue go on, however late it is."""
    from publisher.stages import pause as stage

    publication = open_publication(context, config)
    stage.resume(publication.database, number, now=moment(now, publication))
    if json:
        print_json({"number": number, "state": "sending"})
    else:
        print(f"No. {number} goes on; what waits leaves at the next send")
