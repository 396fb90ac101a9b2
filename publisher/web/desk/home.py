"""The desk's first page: what waits for this editor, what comes next, the issues so far, and whether the clock runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from publisher.domain.rights import Right
from publisher.store.pages import home as pages
from publisher.store.pages import source
from publisher.web.desk import shown
from publisher.web.desk.entrance import Signed
from publisher.web.desk.frame import may, page
from publisher.web.shell import shell

router = APIRouter()


@router.get("")
def home(request: Request, editor: Signed, before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None) -> Response:
    here = shell(request)
    settings = here.publication.settings
    with here.publication.database.read() as session:
        found = pages.overview(session, before=before)
        ill = source.ill(session, settings.sources)
    planned = shown.ahead(settings.schedule, settings.publication.timezone, found["coming"], found["skips"], here.now())
    for issue in found["open"]:
        issue["waits"] = _waits(request, issue, editor.email)
    found["open"].sort(key=lambda issue: not issue["waits"])  # the others stay as they are
    troubles = list(here.troubles())
    return page(request, "home", planned=planned, troubles=troubles, ill=ill, before=before, **found)


def _waits(request: Request, issue: Mapping[str, Any], email: str) -> str:
    """What this editor is wanted for: "approve", "resume" or "decide"; empty where it is others' turn, or nobody's."""
    match issue["state"]:
        case "draft" | "held" if may(request, Right.APPROVE) and email not in issue["approved_by"]:
            return "approve"
        case "paused" if may(request, Right.RESUME):
            return "resume"
        case "sending" | "paused" if issue["undecided"] and may(request, Right.DECIDE):
            return "decide"
    return ""
