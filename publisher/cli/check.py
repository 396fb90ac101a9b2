"""`publisher issues check`: what an editor should know before approval."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from publisher.cli.common import Config, Json, Now, moment, open_publication, print_json, print_table

if TYPE_CHECKING:
    from publisher.preflight.finding import Finding
    from publisher.stages.check import Progress, Report


def check(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", help="The issue's number.", min=1)],
    no_links: Annotated[bool, typer.Option("--no-links", help="Ask neither the web nor the DNS.")] = False,
    config: Config = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """What should be mended before approval, and what to look at. Exit status 1 when anything blocks it.

    Links that nobody looked at lately are asked for, and the DNS about the sender, which may take a minute.
    """
    from publisher.stages import check as stage
    from publisher.stages import render

    publication = open_publication(context, config)
    time, database = moment(now, publication), publication.database
    render.run(database, number, publication.renderer, publication.rule, now=time)
    around = publication.surroundings
    if not no_links:
        stage.look(database, number, around, publication.fetcher, clock=lambda: time, told=_tell)
    report = stage.run(database, number, around, now=time)
    if json:
        print_json(_document(report))
    else:
        _print(report)
    if report.blocking:
        raise typer.Exit(1)


def _tell(progress: Progress) -> None:
    """One line on a terminal, which goes when it is done."""
    if sys.stderr.isatty():
        done = progress.is_done
        print(
            "\r\033[K" + ("" if done else f"{progress.looked_at} of {progress.of} links looked at"),
            end="",
            file=sys.stderr,
        )


def _print(report: Report) -> None:
    if report.findings:
        rows = [[one.level, one.where, f"{one.what}: {one.todo}"] for one in report.findings]
        print_table(["level", "where", "what to do"], rows, widest=400, wraps=True)
    counts = {level: sum(one.level == level for one in report.findings) for level in ("blocking", "warning", "note")}
    told = ", ".join(f"{count} {level}" for level, count in counts.items() if count) or "nothing found"
    print(f"No. {report.number}, proof {report.digest[:12]}: {told}")
    if not report.links.is_done:
        print(f"{report.links.of - report.links.looked_at} of {report.links.of} links were not looked at")


def _document(report: Report) -> dict[str, object]:
    return {
        "number": report.number,
        "digest": report.digest,
        "blocks": bool(report.blocking),
        "findings": [_finding(one) for one in report.findings],
        "links": {"looked_at": report.links.looked_at, "of": report.links.of},
        "cost": {
            "x_dollars": float(report.cost.dollars),
            "with_link": report.cost.with_link,
            "without_link": report.cost.without_link,
        },
    }


def _finding(finding: Finding) -> dict[str, object]:
    return asdict(finding) | {"item": finding.item_id}
