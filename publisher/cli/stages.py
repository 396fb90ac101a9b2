"""`publisher init`, `collect`, `compose`, `send`."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from signal import SIGINT, SIGTERM
from typing import TYPE_CHECKING, Annotated, Any

import typer

from publisher.cli.common import Config, Json, Now, local, moment, open_publication, print_json, print_table

if TYPE_CHECKING:
    from publisher.delivery.engine import Clock, Tally
    from publisher.wiring import Publication


def add_to(app: typer.Typer) -> None:
    """The stages are commands of the top level."""
    for command in (init, collect, compose, send):
        app.command()(command)


def init(target: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is empty or new.")]) -> None:
    """Write a publication that works: settings, templates, lists and its secret."""
    import secrets

    from publisher.stages import init as stage

    written = stage.run(target, random_bytes=secrets.token_bytes)
    print(f"wrote {len(written)} files to {target}")
    print(f"next: cd {target} && publisher db upgrade && publisher editors add YOU@EXAMPLE.ORG --role admin")


def collect(
    context: typer.Context,
    asks_all: Annotated[
        bool, typer.Option("--all", help="Also those that failed of late and are left alone for a while.")
    ] = False,
    config: Config = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """Look at every source that is due and store its items.

    A source that fails is asked again later and later, once a day at least; what was left out is said.
    """
    from publisher.cli.reading import showing
    from publisher.stages import collect as stage

    publication = open_publication(context, config)
    start, sources = moment(now, publication), publication.sources()
    with showing(len(sources), is_quiet=json) as told:
        reports = stage.run(publication.database, sources, publication.fetcher, now=start, asks_all=asks_all, told=told)
    _tell_of_sources(publication, start)
    if json:
        print_json([_collected(report) for report in reports])
    else:
        print_table(
            ["source", "new", "edited", "unchanged", "what went wrong"],
            [_collected_row(report, publication) for report in reports],
            widest=100,
        )
    for report in reports:
        if report.error and report.is_asked:
            print(f"publisher: source {report.source}: {report.error}", file=sys.stderr)
    if reports and all(report.error for report in reports):
        raise typer.Exit(1)


def compose(context: typer.Context, config: Config = None, now: Now = None, json: Json = False) -> None:
    """Make the draft of the issue that leaves next."""
    from publisher.cli.show import issue_page, print_issue
    from publisher.stages import compose as stage
    from publisher.stages import notify

    publication = open_publication(context, config)
    database, start = publication.database, moment(now, publication)
    composed = stage.run(database, publication.settings, publication.renderer, publication.rule, now=start)
    if composed.is_new:
        notify.tell(database, publication.notice_writer, notify.about(database, composed.number), now=start)
    if composed.skip_reason:
        if json:
            print_json({"number": None, "send_at": composed.send_at, "skipped": composed.skip_reason})
        else:
            print(f"no issue for {local(composed.send_at, publication)}: {composed.skip_reason}; nothing was composed")
        return
    page = issue_page(publication, composed.number)
    if json:
        print_json(page)
        return
    if not composed.is_new:
        print(f"No. {composed.number} was composed already; nothing was changed")
    print_issue(publication, page)
    if page["state"] == "held":
        print(f"No. {composed.number} is held: {page['state_reason']}")
        print(f"put one in with: publisher issues edit {composed.number} --add ITEM (publisher items list)")
    elif page["state"] == "draft":
        print(
            f"next: publisher issues preview {composed.number} --out DIR, then issues approve {composed.number} --by …"
        )


def send(context: typer.Context, config: Config = None, now: Now = None, json: Json = False) -> None:
    """Release what is approved and due, send every letter and post whose time has come, and tell the editors."""
    from publisher.cli.progress import showing
    from publisher.scheduler.sending import releasing, sending
    from publisher.stages import pause
    from publisher.stages import send as stage

    publication = open_publication(context, config)
    start = moment(now, publication)
    clock = publication.clock(start)
    with stage.alone(publication.database), _stopping_well() as asked:
        released = releasing(publication, start)
        grace = publication.settings.schedule.grace
        stopped = pause.stale(publication.database, grace=grace, now=start)
        with showing({} if json else _to_send(publication)) as tells:
            sent = stage.run(sending(publication, clock, is_stopping=lambda: bool(asked), told=tells))
        mailed = _tell_editors(publication, clock, is_stopping=lambda: bool(asked))
    if json:
        channels = [_sent(one) for one in sent]
        print_json({"released": [_released(one) for one in released], "channels": channels, "notices": _report(mailed)})
    else:
        for one in released:
            late = f", late by {one.late_by}" if one.late_by.total_seconds() >= 60 else ""
            told = f"held: {one.hold_reason}" if one.hold_reason else f"released to {one.audience}{late}"
            print(f"No. {one.number} {told}")
        _print_sent(sent, publication)
        if mailed.accepted:
            print(f"{mailed.accepted} {'notice' if mailed.accepted == 1 else 'notices'} mailed to the editors")
    down = [f"No. {number} is paused: {reason}" for number, reason in stopped]
    down += [f"channel {one.channel}: {one.tally.down}" for one in sent if one.tally.down]
    down += [f"notices wait: {mailed.down}"] if mailed.down else []
    for line in down:
        print(f"publisher: {line}", file=sys.stderr)
    if asked:
        print("publisher: stopped; the next send goes on from here", file=sys.stderr)
        raise typer.Exit(128 + asked[0])
    if down or any(one.hold_reason for one in released):
        raise typer.Exit(1)


def _tell_of_sources(publication: Publication, now: datetime) -> None:
    """Put what the editors should know of the sources into the outbox; it leaves with the next send."""
    from publisher.store.pages import source as pages

    with publication.database.read() as session:
        news = pages.troubles(session, publication.settings.sources, now)
    if news:
        from publisher.stages import notify  # what writes and mails notices is slow to import

        notify.tell(publication.database, publication.notice_writer, news, now=now)


def _to_send(publication: Publication) -> dict[str, int]:
    """How many letters and posts each channel has to send."""
    from publisher.store import outgoing

    with publication.database.read() as session:
        return outgoing.to_send(session)


def _tell_editors(publication: Publication, clock: Clock, is_stopping: Callable[[], bool]) -> Tally:
    """Put what became of the issues into the outbox, and mail what is due of it."""
    from publisher.stages import notify, pause

    database, now = publication.database, clock.now()
    _tell_of_sources(publication, now)
    news = [*notify.recent(database, now=now), *pause.waiting(database)]
    notify.tell(database, publication.notice_writer, news, now=now)
    return notify.send(
        database,
        publication.notice_channel(),
        publication.identity(),
        worker=publication.worker,
        clock=clock,
        is_stopping=is_stopping,
    )


@contextmanager
def _stopping_well() -> Iterator[list[int]]:
    """The signals that asked to stop so far; what is under way is finished, the rest is given back."""
    asked: list[int] = []
    before = {number: signal.signal(number, lambda got, _: asked.append(got)) for number in (SIGINT, SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _waiting(publication: Publication) -> str:
    """Which approved issues leave later, and when."""
    from publisher.store.pages import issue as pages

    with publication.database.read() as session:
        rows = [row for row in pages.all_issues(session) if row["state"] == "approved"]
    return "".join(f"; No. {row['number']} leaves {local(row['leaves_at'], publication)}" for row in rows)


def _collected(report: Any) -> dict[str, Any]:
    counts = {name: getattr(report, name) for name in ("source", "new", "edited", "unchanged", "error", "problems")}
    return counts | {"is_asked": report.is_asked, "asked_again_at": report.health.due_at}


def _collected_row(report: Any, publication: Publication) -> list[Any]:
    if report.is_asked:
        return [report.source, report.new, report.edited, report.unchanged, report.error or _problems(report.problems)]
    due_at = report.health.due_at
    left_out = f"left out until {local(due_at, publication)}: " if due_at else ""
    return [report.source, "", "", "", left_out + report.error]


def _report(report: Any) -> dict[str, Any]:
    return {field.name: getattr(report, field.name) for field in fields(report)}


def _problems(problems: tuple[str, ...]) -> str:
    return f"{len(problems)} entries passed over: {problems[0]}" if problems else ""


def _released(one: Any) -> dict[str, Any]:
    return {
        "number": one.number,
        "audience": one.audience,
        "late_by": one.late_by.total_seconds(),
        "hold_reason": one.hold_reason,
    }


def _sent(one: Any) -> dict[str, Any]:
    return {"number": one.number, "channel": one.channel, "what": one.what} | {
        field.name: getattr(one.tally, field.name) for field in fields(one.tally)
    }


def _print_sent(sent: Sequence[Any], publication: Publication) -> None:
    from publisher.cli.show import next_due

    if not sent:
        print("nothing is due" + _waiting(publication))
        return
    print_table(
        ["No.", "channel", "what", "accepted", "refused", "deferred", "unknown", "dropped"],
        [
            [one.number, one.channel, one.what, t.accepted, t.refused, t.deferred, t.unknown, t.dropped]
            for one in sent
            if (t := one.tally)
        ],
    )
    for number in sorted({one.number for one in sent}):
        due = next_due(publication, number)
        print(f"No. {number}: " + (f"the next is due {local(due, publication)}" if due else "everything is settled"))
