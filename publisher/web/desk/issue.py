"""One issue: everything an editor needs to decide, and what became of it. Every change goes through a stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any
from weakref import WeakKeyDictionary

from fastapi import APIRouter, Form, Request, Response

from publisher.domain.issue import IssueState
from publisher.errors import ApprovalError, RenderError
from publisher.mail.identity import message_id
from publisher.render.slots import fill
from publisher.stages import approve as approving
from publisher.stages import check as checking
from publisher.stages import preview, render
from publisher.store.db import Database
from publisher.store.pages import deliveries, desk
from publisher.web.desk import shown
from publisher.web.desk.drawn import changed, feeds
from publisher.web.desk.entrance import Signed
from publisher.web.desk.frame import page, piece, to_issue
from publisher.web.desk.head import above
from publisher.web.desk.previews import SANDBOX, Number, Whose, reader
from publisher.web.desk.tables import Table
from publisher.web.shell import Shell, shell

Digest = Annotated[str, Form(pattern=r"^[0-9a-f]{64}$")]

OPEN = (IssueState.DRAFT, IssueState.HELD, IssueState.APPROVED)
WEIGHED_KEPT = 64

router = APIRouter(prefix="/issues/{number}")


@dataclass(frozen=True, slots=True)
class Weighed:
    """How many bytes a letter has, and how many of them are pictures; `problem` says why there can be none."""

    size: int = 0
    pictures: int = 0
    problem: str = ""


@router.get("")
def one(
    request: Request, number: Number, editor: Signed, said: str = "", seen: str = "", whose: Whose = ""
) -> Response:
    """Check mode of an issue that is open; of another one, how it fared."""
    return issue_page(request, number, editor.email, said=said, seen=seen, whose=whose)


@router.get("/progress")
def progress(request: Request, number: Number, editor: Signed, seen: str = "") -> Response:
    """Where it stands, as a piece of its page; 304 while nothing has changed. `seen` is the proof being looked at."""
    here = shell(request)
    with here.publication.database.read() as session:
        found = desk.progress(session, number, here.now())
    report = _report(here, found)
    tag = shown.tag(found | {"report": report}, here.words(request).code, seen)
    standing = shown.standing(found, seen, editor.email, here.publication.settings.schedule, here.now())
    name = "approval" if found["state"] in OPEN else "progress"
    return piece(request, name, tag, issue=found, standing=standing, **_before_approval(here, report))


@router.post("/approvals")
def approve(
    request: Request,
    number: Number,
    editor: Signed,
    digest: Digest,
    despite_hold: Annotated[bool, Form()] = False,
    marks: Annotated[str, Form(max_length=8_000)] = "",
) -> Response:
    """Seal the proof that was looked at, and no other; `marks` are of what the checks said of it."""
    publication, now = shell(request).publication, shell(request).now()
    schedule = publication.settings.schedule
    report = checking.run(publication.database, number, publication.surroundings, now=now)
    try:
        approving.run(
            publication.database,
            number,
            by=editor.email,
            approvals=schedule.approvals,
            cooling_off=schedule.cooling_off,
            identity=publication.identity(),
            grace=schedule.grace,
            now=now,
            digest=digest,
            despite_hold=despite_hold,
            findings=report.findings,
            seen=marks,
        )
    except (ApprovalError, RenderError) as error:
        return issue_page(request, number, editor.email, trouble=error.message, seen=digest, status=409)
    return to_issue(request, number, "approved")


@router.post("/withdrawals")
def pull_back(request: Request, number: Number, editor: Signed) -> Response:
    """Take it back before it leaves."""
    here = shell(request)
    try:
        approving.pull_back(here.publication.database, number, by=editor.email, now=here.now())
    except ApprovalError as error:
        return issue_page(request, number, editor.email, trouble=error.message, status=409)
    return to_issue(request, number, "pulled-back")


@router.post("/proofs")
def render_anew(request: Request, number: Number, editor: Signed) -> Response:
    """Render it again, so that an edited template or a new channel shows."""
    here = shell(request)
    publication = here.publication
    try:
        by, now = editor.email, here.now()
        render.run(publication.database, number, publication.renderer, publication.rule, now=now, by=by)
    except (ApprovalError, RenderError) as error:
        return issue_page(request, number, editor.email, trouble=error.message, status=409)
    return to_issue(request, number, "rendered")


@router.get("/deliveries.csv")
def ledger(request: Request, number: Number) -> Response:
    """One row for each delivery, as `issues show N --csv` prints them."""
    here = shell(request)
    identity = here.publication.identity()
    name = partial(message_id, identity.secret, number, domain=identity.domain)
    with here.publication.database.read() as session:
        table = Table(deliveries.HEADS)
        table.write(deliveries.rows(session, number, name))
    return table.answer(f"issue-{number}-deliveries")


def issue_page(
    request: Request,
    number: int,
    editor: str,
    *,
    said: str = "",
    seen: str = "",
    trouble: str = "",
    whose: str = "",
    note: str = "",
    status: int = 200,
) -> Response:
    """The page of one issue. It says what was done, or as `trouble` what was not; `whose` letter it shows."""
    here = shell(request)
    publication, now = here.publication, here.now()
    with publication.database.read() as session:
        found = desk.issue(session, number, now, seen)
    moving, report = found["progress"], _report(here, found)
    is_open = found["state"] in OPEN
    reading = reader(request, whose)
    kinds = {options.name: options.kind for options in publication.settings.channels}
    items = {pick["position"]: pick["item"] for pick in found["picks"]}
    home = publication.settings.publication.base_url.rstrip("/")
    proof, difference = found["proof"], found["changed"]
    return page(
        request,
        "check" if is_open else "issue",
        status=status,
        issue=found,
        head=above(request, number, "check", report) if is_open else None,
        standing=shown.standing(moving, found["digest"], editor, publication.settings.schedule, now),
        tag=shown.tag(moving | {"report": report}, here.words(request).code, found["digest"]),
        said=said,
        seen=seen,
        trouble=trouble,
        note=note,
        whose=whose,
        letter=_weighed(here, found),
        reader=reading,
        sandbox=SANDBOX,
        plain_text=fill(proof["text"], reading) if proof else "",
        subject=fill(proof["subject"], reading) if proof else "",
        preheader=fill(proof["preheader"], reading) if proof else "",
        width=shown.width,
        feeds=feeds(proof, found["posts"], items, kinds, home) if proof else [],
        changes=changed(difference.before, proof, difference.changes) if difference else [],
        **_before_approval(here, report),
    )


def _report(here: Shell, issue: Mapping[str, Any]) -> checking.Report | None:
    """What the checks say of an issue that is open and was rendered."""
    if issue["state"] not in OPEN or not issue["digest"]:
        return None
    publication = here.publication
    return checking.run(publication.database, issue["number"], publication.surroundings, now=here.now())


def _before_approval(here: Shell, report: checking.Report | None) -> dict[str, Any]:
    """What an approval is decided by, besides where the issue stands."""
    return {"report": report, "cooling_off": here.publication.settings.schedule.cooling_off}


def _weighed(here: Shell, issue: Mapping[str, Any]) -> Weighed:
    """How heavy a letter is; or why no letter can be made of this, which must be known before its time comes."""
    if issue["proof"] is None:
        return Weighed()
    kept = _WEIGHED.setdefault(here.publication.database, {})
    if issue["digest"] not in kept:
        while len(kept) >= WEIGHED_KEPT:
            kept.pop(next(iter(kept)))
        kept[issue["digest"]] = _weigh(here, issue)
    return kept[issue["digest"]]


# A letter of the same proof weighs the same, and to write one takes as long as a page.
_WEIGHED: WeakKeyDictionary[Database, dict[str, Weighed]] = WeakKeyDictionary()


def _weigh(here: Shell, issue: Mapping[str, Any]) -> Weighed:
    identity, enclosed = here.publication.identity(), issue["enclosed"]
    try:
        size = preview.weight(issue["proof"], issue["number"], identity, pictures=enclosed, now=here.now())
    except RenderError as error:
        return Weighed(problem=error.message)
    return Weighed(size, preview.of_pictures(enclosed))
