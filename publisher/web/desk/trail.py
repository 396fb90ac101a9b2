"""Who did what to which issue: the trail, for everybody at the desk, and as a table for admins."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from starlette.responses import StreamingResponse

from publisher.stages import account
from publisher.store.pages import trail
from publisher.transfer.csvtext import protected
from publisher.web.desk.entrance import Signed
from publisher.web.desk.frame import page
from publisher.web.shell import shell

AT_ONCE = 50
TABLE_IN_MEMORY, PIECE = 1_000_000, 65_536
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
    """All of it, which is noted. Cells that a spreadsheet would take for a formula are text."""
    here = shell(request)
    # A file, so that years of it are neither held in memory nor keep the database waiting for a slow reader.
    written = SpooledTemporaryFile(TABLE_IN_MEMORY, "w+", encoding="utf-8", newline="")  # noqa: SIM115  _pieces closes it
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(trail.HEADS)
    try:
        with here.publication.database.read() as session:
            for row in trail.rows(session, issue=int(issue) if issue else None, by=by or None):
                writer.writerow([protected(cell) if isinstance(cell, str) else cell for cell in row])
        account.exported(here.publication.database, "trail", by=editor.email, now=here.now())
    except BaseException:
        written.close()
        raise
    headers = {"Content-Disposition": 'attachment; filename="trail.csv"'}
    return StreamingResponse(_pieces(written), media_type="text/csv; charset=utf-8", headers=headers)


def _pieces(written: IO[str]) -> Iterator[str]:
    with written:
        written.seek(0)
        while piece := written.read(PIECE):
            yield piece
