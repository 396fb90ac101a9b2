"""`publisher issues skip`: leave out a week on purpose, or take that back."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from publisher.cli.common import Config, Json, Now, local, moment, open_publication, print_json
from publisher.errors import WrongUse


def skip(
    context: typer.Context,
    day: Annotated[str, typer.Argument(metavar="DATE", help="The day on which it would leave, like 2026-10-02.")],
    reason: Annotated[str, typer.Option(help="Why, for the other editors.")] = "",
    tell_readers: Annotated[
        bool, typer.Option("--tell-readers", help="Say so in the letter before it, on the pages and in the feed.")
    ] = False,
    by: Annotated[str, typer.Option("--by", metavar="EMAIL", help="The editor who skips it.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Take it back.")] = False,
    config: Config = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """Leave out the issue that is planned for a day. One that is composed for it already is cancelled."""
    from publisher.stages import skip as stage

    publication = open_publication(context, config)
    schedule, zone = publication.settings.schedule, publication.settings.publication.timezone
    date_, time = _date(day), moment(now, publication)
    if undo:
        done = stage.undo(
            publication.database, date_, line=schedule.send, zone=zone, now=time, holidays=schedule.holidays
        )
    else:
        done = stage.run(
            publication.database,
            date_,
            line=schedule.send,
            zone=zone,
            now=time,
            reason=reason,
            tells_readers=tell_readers,
            by=by,
        )
    if json:
        print_json({"skipped": not undo, "times": list(done.times), "issues": list(done.numbers)})
        return
    for send_at in done.times:
        print(f"{local(send_at, publication)}: " + ("planned again" if undo else "no issue"))
    for number in done.numbers:
        print(f"No. {number} is " + ("open again; it needs a new approval" if undo else "cancelled"))


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUse(f"{text!r} is not a date; write one like 2026-10-02") from None
