"""The course of an issue: pause it, let it go on, cancel it, decide about what is unknown. Each through its stage."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response

from publisher.errors import WrongUse
from publisher.stages import cancel as cancelling
from publisher.stages import pause as pausing
from publisher.stages import resolve
from publisher.store.pages import desk
from publisher.web.desk.entrance import Signed
from publisher.web.desk.frame import page, to_issue
from publisher.web.desk.issue import issue_page
from publisher.web.desk.previews import Number
from publisher.web.shell import shell

Reason = Annotated[str, Form(max_length=300)]
Seen = Annotated[int, Form(ge=1, le=2**31 - 1)]

router = APIRouter(prefix="/issues/{number}")


@router.post("/pauses")
def pause(request: Request, number: Number, editor: Signed) -> Response:
    """What has not left yet waits."""
    here = shell(request)
    try:
        pausing.run(here.publication.database, number, by=editor.email, now=here.now())
    except WrongUse as error:
        return issue_page(request, number, editor.email, trouble=error.message, status=409)
    return to_issue(request, number, "paused")


@router.post("/resumptions")
def resume(request: Request, number: Number, editor: Signed) -> Response:
    here = shell(request)
    try:
        pausing.resume(here.publication.database, number, by=editor.email, now=here.now())
    except WrongUse as error:
        return issue_page(request, number, editor.email, trouble=error.message, status=409)
    return to_issue(request, number, "resumed")


@router.get("/cancellation")
def look_before(request: Request, number: Number) -> Response:
    """Who has it and who never would, and a button. A look cancels nothing."""
    here = shell(request)
    with here.publication.database.read() as session:
        found = desk.progress(session, number, here.now())
    return page(request, "cancel", issue=found)


@router.post("/cancellations")
def cancel(request: Request, number: Number, editor: Signed, reason: Reason = "") -> Response:
    """For good: what has not left never leaves."""
    here = shell(request)
    try:
        cancelling.run(here.publication.database, number, reason=reason, by=editor.email, now=here.now())
    except WrongUse as error:
        return issue_page(request, number, editor.email, trouble=error.message, status=409)
    return to_issue(request, number, "cancelled")


@router.post("/decisions")
def decide(
    request: Request,
    number: Number,
    editor: Signed,
    unknown: Annotated[Literal["leave", "send-again"], Form()],
    seen: Seen,
) -> Response:
    """About what is unknown, as many as the editor has seen."""
    here = shell(request)
    act = resolve.leave if unknown == "leave" else resolve.send_again
    try:
        act(here.publication.database, number, now=here.now(), by=editor.email, seen=seen)
    except WrongUse as error:
        return issue_page(request, number, editor.email, trouble=error.message, status=409)
    return to_issue(request, number, "left-so" if unknown == "leave" else "sent-again")
