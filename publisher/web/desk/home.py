"""The desk's first page: what comes next, every issue so far, and whether the clock runs."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from publisher.store.pages import desk
from publisher.web.desk import shown
from publisher.web.desk.frame import page
from publisher.web.shell import shell

router = APIRouter()


@router.get("")
def home(request: Request) -> Response:
    here = shell(request)
    settings = here.publication.settings
    with here.publication.database.read() as session:
        found = desk.overview(session)
    planned = shown.ahead(settings.schedule, settings.publication.timezone, found["issues"], found["skips"], here.now())
    return page(request, "home", planned=planned, troubles=list(here.troubles()), **found)
