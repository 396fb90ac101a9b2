"""`publisher issues`: look at an issue, change it, seal it, hold it back."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from publisher.cli.check import check
from publisher.cli.common import Config, Json, Now, local, moment, open_publication, print_json, print_table
from publisher.cli.correct import correct
from publisher.cli.items import read_text
from publisher.cli.pause import cancel, pause, resume
from publisher.cli.resolve import resolve
from publisher.cli.show import issue_page, missing_pictures, print_issue
from publisher.cli.skip import skip
from publisher.domain.message import SLOT
from publisher.errors import WrongUse

if TYPE_CHECKING:
    from publisher.domain.proof import Change
    from publisher.wiring import Publication

app = typer.Typer(no_args_is_help=True)
app.command()(check)
app.command()(skip)
app.command()(correct)
app.command()(pause)
app.command()(resume)
app.command()(cancel)
app.command()(resolve)

Number = Annotated[int, typer.Argument(metavar="N", help="The issue's number.", min=1)]


@app.command("list")
def list_(context: typer.Context, config: Config = None, json: Json = False) -> None:
    """All issues, the newest first."""
    from publisher.store.pages import issue as pages

    publication = open_publication(context, config)
    with publication.database.read() as session:
        rows = pages.all_issues(session)
    if json:
        print_json(rows)
        return
    print_table(
        ["No.", "state", "leaves", "title"],
        [
            [row["number"], row["state"], local(row["leaves_at"] or row["send_at"], publication), row["title"]]
            for row in rows
        ],
        widest=80,
    )


@app.command()
def show(
    context: typer.Context,
    number: Number,
    csv_: Annotated[bool, typer.Option("--csv", help="One row for each delivery.")] = False,
    config: Config = None,
    json: Json = False,
) -> None:
    """Where the issue stands: the accounting equation, and who is unknown, refused or waiting, with reasons."""
    publication = open_publication(context, config)
    if csv_:
        _print_csv(publication, number)
        return
    page = issue_page(publication, number)
    if json:
        print_json(page)
    else:
        print_issue(publication, page)


@app.command()
def preview(
    context: typer.Context,
    number: Number,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Write every surface here.")] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="EMAIL", help="Send the letter as a test, marked so.")
    ] = None,
    config: Config = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """The proof, exactly as an approval would seal it: files in DIR, or a test letter to one address."""
    from publisher.stages import preview as stage
    from publisher.stages import render

    if out is None and to is None:
        raise WrongUse("say where to: --out DIR writes files, --to EMAIL sends a test letter")
    publication = open_publication(context, config)
    time = moment(now, publication)
    shown = render.run(publication.database, number, publication.renderer, publication.rule, now=time)
    identity = publication.identity()
    pictures = shown.pictures
    written = stage.write(shown.proof, number, identity, out, pictures=pictures, now=time) if out else []
    size = stage.weight(shown.proof, number, identity, pictures=pictures, now=time)
    sent = ""
    if to:
        channel = publication.first_mail_channel()
        sent = stage.send_test(shown.proof, number, identity, channel, to, pictures=pictures, now=time)
    page = issue_page(publication, number)
    if json:
        files = [str(path) for path in written]
        missing = {pick["position"]: pick["picture_problem"] for pick in page["picks"] if pick["picture_problem"]}
        told = {"number": number, "digest": shown.digest, "files": files, "test": sent, "letter_bytes": size}
        print_json(told | {"missing_pictures": missing})
        return
    _print_changes(shown.changed)
    carried = f", of which pictures {_kilobytes(stage.of_pictures(pictures))}" if pictures else ""
    print(f"No. {number}, proof {shown.digest[:12]}, a letter of {_kilobytes(size)}{carried}")
    for line in (*missing_pictures(page), *written, *([f"a test letter: {sent}"] if sent else [])):
        print(f"  {line}")


@app.command()
def edit(
    context: typer.Context,
    number: Number,
    title: Annotated[str | None, typer.Option(help="What stands on top of letter and page.")] = None,
    subject: Annotated[str | None, typer.Option(help="The letter's subject.")] = None,
    preheader: Annotated[str | None, typer.Option(help="What a mail program shows beside the subject.")] = None,
    note: Annotated[str | None, typer.Option(help="The editor's note, Markdown.")] = None,
    byline: Annotated[str | None, typer.Option(help="Who signs the issue.")] = None,
    pick: Annotated[int | None, typer.Option(help="The position of the item that the next options are about.")] = None,
    headline: Annotated[str | None, typer.Option(help="The item's headline.")] = None,
    body_file: Annotated[
        Path | None, typer.Option(help="A file with the letter's paragraphs, Markdown; - reads standard input.")
    ] = None,
    blurb: Annotated[str | None, typer.Option(help="The short text for posts.")] = None,
    add: Annotated[list[int] | None, typer.Option(metavar="ITEM", help="Put this item in, at the end.")] = None,
    drop: Annotated[list[int] | None, typer.Option(help="Take this position out.")] = None,
    order: Annotated[str | None, typer.Option(metavar="3,1,2", help="These positions first, in this order.")] = None,
    by: Annotated[str, typer.Option("--by", metavar="EMAIL", help="The editor who changes it.")] = "",
    config: Config = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """Change words or order. Whatever was approved and is changed by it must be approved anew."""
    from publisher.stages import edit as stage

    if pick is None and any(value is not None for value in (headline, body_file, blurb)):
        raise WrongUse("--headline, --body-file and --blurb are about one item; say which with --pick POSITION")
    publication = open_publication(context, config)
    at = pick or 0
    change = stage.Edit(
        title=title,
        subject=subject,
        preheader=preheader,
        note=note,
        byline=byline,
        headlines={at: headline} if headline is not None else {},
        bodies={at: read_text(body_file)} if body_file else {},
        blurbs={at: blurb} if blurb is not None else {},
        add=tuple(
            stage.candidate(publication.database, publication.settings.sources, item_id) for item_id in add or ()
        ),
        drop=tuple(drop or ()),
        order=_positions(order),
    )
    edited = stage.run(
        publication.database,
        number,
        change,
        publication.renderer,
        publication.rule,
        min_items=publication.settings.issue.min_items,
        now=moment(now, publication),
        by=by,
    )
    if json:
        print_json(
            {
                "number": number,
                "voided": edited.voided,
                "changed": [{"surface": c.surface, "kind": c.kind, "diff": c.diff} for c in edited.changed],
            }
        )
        return
    _print_changes(edited.changed)
    if not edited.changed:
        print(f"No. {number} is as it was")
    page = issue_page(publication, number)
    print(f"No. {number} is {page['state']}" + (f": {page['state_reason']}" if page["state_reason"] else ""))
    if edited.voided:
        print(f"{edited.voided} approval(s) voided: run publisher issues approve {number} --by … again")


@app.command()
def approve(
    context: typer.Context,
    number: Number,
    by: Annotated[str, typer.Option("--by", metavar="EMAIL", help="The editor who approves.")],
    digest: Annotated[str, typer.Option(help="Approve only if this is still the proof.")] = "",
    despite_hold: Annotated[bool, typer.Option("--despite-hold", help="Approve although it is held.")] = False,
    config: Config = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """Seal the proof: what was approved is what goes out. What `publisher issues check` calls blocking stops it.

    What it calls a warning is printed and does not stop it here: the cooling-off is there for second thoughts.
    """
    from publisher.stages import approve as stage
    from publisher.stages import check as checking

    publication = open_publication(context, config)
    schedule, time = publication.settings.schedule, moment(now, publication)
    report = checking.run(publication.database, number, publication.surroundings, now=time)
    sealed = stage.run(
        publication.database,
        number,
        by=by,
        approvals=schedule.approvals,
        cooling_off=schedule.cooling_off,
        identity=publication.identity(),
        grace=schedule.grace,
        now=time,
        digest=digest or report.digest,
        despite_hold=despite_hold,
        findings=report.findings,
    )
    if json:
        print_json(
            {
                "number": number,
                "digest": sealed.digest,
                "approvals": sealed.given,
                "needed": sealed.needed,
                "audience": sealed.audience,
                "leaves_at": sealed.leaves_at,
                "warnings": [finding.what for finding in report.findings if finding.level == "warning"],
            }
        )
        return
    for finding in report.findings:
        if finding.level == "warning":
            print(f"warning: {finding.what}; {finding.todo}")
    print(f"No. {number}: proof {sealed.digest[:12]} approved by {by}, audience {sealed.audience}")
    if not sealed.audience:
        print("nobody is subscribed yet; it will be held when its time comes, unless somebody is")
    if sealed.leaves_at:
        print(f"leaves {local(sealed.leaves_at, publication)}; until then: publisher issues pull-back {number}")
    else:
        print(f"{sealed.lacks}; it waits for the others")


@app.command("pull-back")
def pull_back(
    context: typer.Context,
    number: Number,
    by: Annotated[str, typer.Option("--by", metavar="EMAIL", help="Who does it.")] = "",
    config: Config = None,
    now: Now = None,
) -> None:
    """Take an approved issue back to draft before it leaves."""
    from publisher.stages import approve as stage

    publication = open_publication(context, config)
    stage.pull_back(publication.database, number, by=by, now=moment(now, publication))
    print(f"No. {number} is a draft again; its approvals are withdrawn")


@app.command()
def hold(
    context: typer.Context,
    number: Number,
    reason: Annotated[str, typer.Option(help="Why, for the other editors.")] = "held by an editor",
    by: Annotated[str, typer.Option("--by", metavar="EMAIL", help="Who does it.")] = "",
    config: Config = None,
    now: Now = None,
) -> None:
    """Hold an issue that has not been released."""
    from publisher.stages import approve as stage

    publication = open_publication(context, config)
    stage.hold(publication.database, number, reason=reason, by=by, now=moment(now, publication))
    print(f"No. {number} is held: {reason}")


def cut_lines(text: str, most: int = 600) -> str:
    return text if len(text) <= most else text[:most] + "…"


def _kilobytes(count: int) -> str:
    return f"{max(1, round(count / 1000)):,} KB"


def _positions(order: str | None) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in order.split(",")) if order else ()
    except ValueError:
        raise WrongUse(f"--order {order!r} is not a list of positions; write one like 3,1,2") from None


def _print_changes(changed: Sequence[Change]) -> None:
    for change in changed:
        print(f"{change.kind} {change.surface}")
        if change.surface in ("html", "page"):
            continue  # the same words stand in the text, without the markup around them
        for line in change.diff[2:14]:
            shown = SLOT.sub(lambda mark: "{{" + mark[1] + "}}", line).replace("\\n", "\n        ")
            print(f"    {cut_lines(shown)}")
        if len(change.diff) > 14:
            print(f"    … {len(change.diff) - 14} more lines")


def _print_csv(publication: Publication, number: int) -> None:
    import csv

    from publisher.mail.identity import message_id
    from publisher.store.pages import deliveries as pages
    from publisher.transfer.csvtext import protected

    identity = publication.identity()
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(pages.HEADS)
    with publication.database.read() as session:
        name = partial(message_id, identity.secret, number, domain=identity.domain)
        for row in pages.rows(session, number, name):
            # A spreadsheet must not run what a reader or a relay wrote (SECURITY: formulas).
            writer.writerow([protected(cell) if isinstance(cell, str) else cell for cell in row])
