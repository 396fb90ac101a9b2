"""Who did what to which issue: the trail, for everybody at the desk, and as a table for admins."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response

from publisher.stages import account
from publisher.store.pages import trail
from publisher.web.desk.entrance import Signed
from publisher.web.desk.frame import page
from publisher.web.desk.tables import Table
from publisher.web.shell import shell

AT_ONCE = 50
# A form that was left empty sends an empty value, so numbers come as text here.
Number = Annotated[str, Query(pattern=r"^[0-9]{0,9}$")]
Person = Annotated[str, Query(max_length=320)]
Asked = Annotated[str, Form(pattern=r"^[0-9]{0,9}$")]
Name = Annotated[str, Form(max_length=320)]

router = APIRouter(prefix="/trail")


@router.get("")
def look(request: Request, issue: Number = "", by: Person = "", before: Number = "") -> Response:
    here = shell(request)
    with here.publication.database.read() as session:
        found = trail.page(
            session,
            issue=int(issue) if issue else None,
            by=by or None,
            before=int(before) if before else None,
            limit=AT_ONCE,
        )
        people = trail.people(session)
    asked = {name: value for name, value in (("issue", issue), ("by", by)) if value}
    return page(
        request,
        "trail",
        acts=found["acts"],
        older=urlencode(asked | {"before": found["next"]}) if found["next"] else "",
        people=people,
        issue=issue,
        by=by,
        is_first=not before,
    )


@router.post("/tables")
def table(request: Request, editor: Signed, issue: Asked = "", by: Name = "") -> Response:
    """All of it, which is noted."""
    here = shell(request)
    account.exported(here.publication.database, "trail", by=editor.email, now=here.now())
    with here.publication.database.read() as session:
        found = Table(trail.HEADS)
        found.write(trail.rows(session, issue=int(issue) if issue else None, by=by or None))
    return found.answer("trail")
