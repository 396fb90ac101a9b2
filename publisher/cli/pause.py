"""`publisher issues pause`, `resume` and `cancel`: an issue that goes out, or would."""

from __future__ import annotations

from typing import Annotated

import typer

from publisher.cli.common import Config, Json, Now, moment, open_publication, print_json
from publisher.cli.show import issue_page, who_has_it

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


def resume(
    context: typer.Context,
    number: Number,
    by: Annotated[str, typer.Option("--by", metavar="EMAIL", help="The editor who lets it go on.")] = "",
    config: Config = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """Let a paused issue go on, however late it is."""
    from publisher.stages import pause as stage

    publication = open_publication(context, config)
    stage.resume(publication.database, number, by=by, now=moment(now, publication))
    if json:
        print_json({"number": number, "state": "sending"})
    else:
        print(f"No. {number} goes on; what waits leaves at the next send")


def cancel(
    context: typer.Context,
    number: Number,
    reason: Annotated[str, typer.Option(help="Why, for the other editors; every reader's row says it too.")] = "",
    by: Annotated[str, typer.Option("--by", metavar="EMAIL", help="The editor who cancels it.")] = "",
    config: Config = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """Cancel an issue for good, also while it goes out: what has not left never leaves."""
    from publisher.stages import cancel as stage

    publication = open_publication(context, config)
    dropped = stage.run(publication.database, number, reason=reason, by=by, now=moment(now, publication))
    page = issue_page(publication, number)
    if json:
        names = ("state", "state_reason", "deliveries", "fate")
        print_json({"number": number, "dropped": dropped} | {name: page[name] for name in names})
        return
    print(f"No. {number} is {page['state_reason']}")
    if page["released_at"]:
        print(who_has_it(page))
    if page["fate"]["on_the_wire"]:
        print("what is on the wire gets its answer yet; see publisher issues show " + str(number))
