"""`publisher issues resolve`: what is unknown, by evidence or by an editor's word."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from publisher.cli.common import Config, Json, Now, moment, open_publication, print_json
from publisher.errors import WrongUse

if TYPE_CHECKING:
    from datetime import datetime

    from publisher.stages.resolve import Found
    from publisher.store.resolve import Unknowns
    from publisher.wiring import Publication


class Decision(StrEnum):
    LEAVE = "leave"
    SEND_AGAIN = "send-again"


def resolve(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", help="The issue's number.", min=1)],
    unknown: Annotated[
        Decision | None, typer.Option(help="Leave them as they are, or send the same letter again.")
    ] = None,
    log: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="The relay's log (Postfix, also .gz; - is standard input). The oldest first."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    by: Annotated[str, typer.Option("--by", metavar="EMAIL", help="The editor who decides.")] = "",
    config: Config = None,
    now: Now = None,
    json: Json = False,
) -> None:
    """Settle letters and posts of which nobody can tell whether they arrived: by a relay's log, or by your word."""
    from publisher.stages import resolve as stage

    publication = open_publication(context, config)
    time = moment(now, publication)
    evidence = [_evidence(publication, number, path, time) for path in log or ()]
    if not json:
        for path, found in zip(log or (), evidence, strict=True):
            _print_evidence(path, found)
    open_, left = stage.look(publication.database, number)
    if not json:
        print(_counted(number, open_, left, has_log=bool(log)))
    done = None
    if unknown and open_.total:
        _ask(unknown, open_, is_sure=yes, is_json=json)
        act = stage.leave if unknown is Decision.LEAVE else stage.send_again
        done = act(publication.database, number, now=time, by=by, seen=open_.total)
    if json:
        print_json(_document(number, evidence, open_, left, unknown if done else None))
    elif done and unknown is Decision.LEAVE:
        print(f"{_named(done)} stay unknown; nobody is asked about them any more")
    elif done:
        print(f"{_named(done)} are queued again and leave at the next send, with the same Message-ID and Date")
    elif open_.total:
        print(f"decide with: publisher issues resolve {number} --unknown leave (or send-again)")


def _evidence(publication: Publication, number: int, path: Path, now: datetime) -> Found:
    from publisher.stages import resolve as stage

    identity = publication.identity()
    if str(path) == "-":
        return stage.evidence(publication.database, number, identity, sys.stdin.buffer, name="standard input", now=now)
    with path.open("rb", buffering=0) as file:
        return stage.evidence(publication.database, number, identity, file, name=str(path), now=now)


def _print_evidence(path: Path, found: Found) -> None:
    fates = ", ".join(f"{count} {fate}" for fate, count in sorted(found.fates.items()))
    print(
        f"{path}: {found.lines:,} lines; the relay had taken {found.accepted:,} of {found.unknown:,} unknown letters"
        + (f" ({fates})" if fates else "")
    )
    if found.is_cut:
        print(f"{path} is damaged or ends in the middle; what stands before that has been used")


def _counted(number: int, open_: Unknowns, left: Unknowns, *, has_log: bool) -> str:
    from publisher.stages.resolve import PROBABLY_THERE

    so = f" ({left.total:,} are left as they are)" if left.total else ""
    if not open_.total:
        return f"No. {number}: nothing is unknown and undecided{so}"
    if has_log:
        return f"No. {number}: {_named(open_)} unknown{so}; if that is the whole log of the time, they did not arrive"
    return f"No. {number}: {_named(open_)} unknown{so}, about {PROBABLY_THERE} % probably have it"


def _named(counted: Unknowns) -> str:
    parts = [(counted.letters, "letter"), (counted.posts, "post")]
    return " and ".join(f"{count:,} {what}{'' if count == 1 else 's'}" for count, what in parts if count)


def _ask(decision: Decision, open_: Unknowns, *, is_sure: bool, is_json: bool) -> None:
    if is_sure:
        return
    if is_json or not sys.stdin.isatty():
        raise WrongUse(f"{_named(open_)} would be decided about; say --yes if that is meant")
    what = "leave" if decision is Decision.LEAVE else "send again, so that most of them get it twice,"
    typer.confirm(f"{what} {_named(open_)}?", abort=True)


def _document(
    number: int, evidence: list[Found], open_: Unknowns, left: Unknowns, decision: Decision | None
) -> dict[str, Any]:
    from dataclasses import asdict

    from publisher.stages.resolve import PROBABLY_THERE

    return {
        "number": number,
        "evidence": [asdict(found) for found in evidence],
        "undecided": asdict(open_),
        "left_so": asdict(left),
        "probably_there_percent": PROBABLY_THERE,
        "decision": decision.value if decision else None,
    }
