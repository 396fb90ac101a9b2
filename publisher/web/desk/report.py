"""The report of an issue: what became of it, and how it was made. Nobody is followed: there are no opens and clicks."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from publisher.store.pages import report as pages
from publisher.web.desk.frame import page
from publisher.web.desk.previews import Number
from publisher.web.shell import shell

router = APIRouter(prefix="/issues/{number}/report")


@router.get("")
def report(request: Request, number: Number) -> Response:
    here = shell(request)
    with here.publication.database.read() as session:
        found = pages.report(session, number, here.now())
    return page(request, "report", issue=found)
