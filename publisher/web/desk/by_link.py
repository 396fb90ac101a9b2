"""Approve by the link of a notice: a look shows what it is about, a button approves. It opens nothing else."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from publisher.errors import ApprovalError, RenderError
from publisher.stages import approve as approving
from publisher.stages import check as checking
from publisher.store.pages import desk
from publisher.web.desk import shown
from publisher.web.desk.drawn import changed
from publisher.web.desk.frame import page
from publisher.web.shell import shell

router = APIRouter(prefix="/approve/{token}")


@router.get("")
def look(request: Request, token: str) -> Response:
    """The letter in words, what the checks say, whom it goes to, and a button. Nothing has happened yet."""
    return _page(request, token)


@router.post("")
def approve(request: Request, token: str, marks: Annotated[str, Form(max_length=8_000)] = "") -> Response:
    here = shell(request)
    publication, now = here.publication, here.now()
    found = approving.invited(publication.database, publication.identity(), token, now=now)
    if found is None:
        return _page(request, token)
    schedule = publication.settings.schedule
    report = checking.run(publication.database, found.number, publication.surroundings, now=now)
    try:
        sealed = approving.run(
            publication.database,
            found.number,
            by=found.editor.email,
            approvals=schedule.approvals,
            cooling_off=schedule.cooling_off,
            identity=publication.identity(),
            grace=schedule.grace,
            now=now,
            digest=found.digest,
            findings=report.findings,
            seen=marks,
            link=token,
        )
    except (ApprovalError, RenderError) as error:
        return _page(request, token, trouble=error.message)
    return page(request, "approve", token=token, sealed=sealed, invited=found, issue=None, trouble="")


def _page(request: Request, token: str, *, trouble: str = "") -> Response:
    here = shell(request)
    publication, now = here.publication, here.now()
    found = approving.invited(publication.database, publication.identity(), token, now=now)
    if found is None:
        return page(request, "approve", status=410, token=token, sealed=None, invited=None, issue=None, trouble=trouble)
    report = checking.run(publication.database, found.number, publication.surroundings, now=now)
    with publication.database.read() as session:
        issue = desk.issue(session, found.number, now)
    difference = issue["changed"] if issue["changed"] and issue["changed"].is_last_approval else None
    return page(
        request,
        "approve",
        status=409 if trouble else 200,
        token=token,
        sealed=None,
        invited=found,
        issue=issue,
        report=report,
        spoken=shown.spoken,
        standing=shown.standing(issue, issue["digest"], found.editor.email, publication.settings.schedule, now),
        cooling_off=publication.settings.schedule.cooling_off,
        changes=changed(difference.before, issue["proof"], difference.changes) if difference else [],
        trouble=trouble,
    )
