"""`publisher issues correct`: put right what the page of a sent issue says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from publisher.cli.common import Config, Json, Now, local, moment, open_publication, print_json
from publisher.cli.items import read_text
from publisher.errors import WrongUse


def correct(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", help="The issue's number.", min=1)],
    by: Annotated[str, typer.Option("--by", metavar="EMAIL", help="The editor who corrects.")],
    explain: Annotated[str, typer.Option("--explain", metavar="TEXT", help="What was wrong, for the readers.")],
    title: Annotated[str | None, typer.Option(help="The title as it should have been.")] = None,
    note: Annotated[str | None, typer.Option(help="The editor's note, Markdown.")] = None,
    pick: Annotated[int | None, typer.Option(help="The position of the item that the next options are about.")] = None,
    headline: Annotated[str | None, typer.Option(help="The headline as it should have been.")] = None,
    body: Annotated[str | None, typer.Option(help="Markdown.")] = None,
    body_file: Annotated[Path | None, typer.Option(help="Markdown; - reads standard input.")] = None,
    config: Config = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """Correct the page of an issue that has gone out, and say so on it. Letters and posts stay as they are."""
    from publisher.stages import correct as stage

    if pick is None and any(value is not None for value in (headline, body, body_file)):
        raise WrongUse("--headline, --body and --body-file are about one item; say which with --pick POSITION")
    if pick is not None and all(value is None for value in (headline, body, body_file)):
        raise WrongUse("--pick names an item; say what is new in it with --headline, --body or --body-file")
    if body is not None and body_file is not None:
        raise WrongUse("--body and --body-file both give the new text; write one of them")
    text = read_text(body_file) if body_file else body
    at = pick or 0
    publication = open_publication(context, config)
    done = stage.run(
        publication.database,
        number,
        stage.Words(
            title=title,
            note=note,
            headlines={at: headline} if headline is not None else {},
            bodies={at: text} if text is not None else {},
        ),
        by=by,
        explanation=explain,
        renderer=publication.renderer,
        now=moment(now, publication),
    )
    correction = done.correction
    if json:
        shown = {"at": correction.at, "by": by, "explanation": correction.explanation, "words": correction.words}
        print_json({"number": number, "count": done.count, "correction": shown})
        return
    changed = ", ".join(correction.words) or "no words, a remark only"
    print(f"No. {number}, correction {done.count}, {local(correction.at, publication)}: {changed}")
    print(f"it stands on {publication.settings.publication.base_url.rstrip('/')}/issues/{number}")
