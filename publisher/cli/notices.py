"""`publisher notices`: what editors were told by mail, and what of it has arrived."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from publisher.cli.common import Config, Json, local, open_publication, print_json, print_table

app = typer.Typer(no_args_is_help=True)


@app.callback()
def notices() -> None:
    """What editors are told by mail."""


@app.command("list")
def list_(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 50,
    config: Config = None,
    json: Json = False,
) -> None:
    """The newest notices first."""
    from publisher.store import notices as store

    publication = open_publication(context, config)
    with publication.database.read() as session:
        rows = store.newest(session, limit)
    if json:
        print_json([_shown(row, number) for row, number in rows])
        return
    print_table(
        ["No.", "kind", "to", "state", "due or done", "attempts", "subject", "reason"],
        [
            [
                "" if number is None else number,
                row.kind,
                row.recipient,
                _state(row),
                local(row.accepted_at or row.due_at, publication),
                row.attempts,
                row.subject,
                row.reason,
            ]
            for row, number in rows
        ],
        widest=50,
    )


def _shown(row: Any, number: int | None) -> dict[str, Any]:
    """A notice without its text: that is for its editor."""
    names = ("id", "kind", "recipient", "language", "subject", "attempts", "reason", "made_at", "due_at", "accepted_at")
    return {"number": number, "state": _state(row)} | {name: getattr(row, name) for name in names}


def _state(row: Any) -> str:
    return "deferred" if row.state == "queued" and row.attempts else str(row.state)
