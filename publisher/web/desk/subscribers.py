"""Subscribers: find somebody, see what they were sent, add one by hand, take one off.

Addresses are looked for by a POST: what stands in an address of ours may be written into logs on its way.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Query, Request, Response
from starlette.responses import RedirectResponse

from publisher.errors import NotFound, WrongUse
from publisher.stages import enroll
from publisher.stages.enroll import Entry
from publisher.store import subscribers as store
from publisher.store.pages import subscriber as pages
from publisher.web.desk.entrance import Signed
from publisher.web.desk.frame import page
from publisher.web.shell import shell

Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
Text = Annotated[str, Form(max_length=320)]
Before = Annotated[int | None, Query(ge=1, le=2**63 - 1)]

_BLANK = {"email": "", "list": "", "name": "", "consent": ""}

router = APIRouter(prefix="/subscribers")


@router.get("")
def subscribers(
    request: Request, list_name: Annotated[str, Query(alias="list", max_length=40)] = "", before: Before = None
) -> Response:
    """Who came last, a page at a time."""
    here = shell(request)
    with here.publication.database.read() as session:
        rows = pages.newest(session, list_name=list_name, before=before)
    return _page(request, rows=rows, list_name=list_name, before=before)


@router.post("/searches")
def search(request: Request, text: Text = "") -> Response:
    """Who begins with that; of a whole address also whether it is never mailed."""
    here = shell(request)
    with here.publication.database.read() as session:
        rows = pages.begins_with(session, text) if text.strip() else []
        barred = "" if rows else _barred(session, text)
    return _page(request, rows=rows, sought=text.strip(), barred=barred)


@router.post("")
def add(
    request: Request,
    editor: Signed,
    email: Text,
    list_name: Annotated[str, Form(alias="list", max_length=40)],
    name: Annotated[str, Form(max_length=200)] = "",
    consent: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """Put somebody on a list who has consented elsewhere, and say where."""
    here = shell(request)
    form = {"email": email, "list": list_name, "name": name, "consent": consent}
    if list_name not in [options.name for options in here.publication.lists]:
        raise NotFound("there is no such list in subscribers/lists.toml")
    if not consent.strip():
        return _page(request, form=form, wrong={"consent": ""}, status=400)
    try:
        database, said = here.publication.database, " ".join(consent.split())
        entry = enroll.add(database, email, name.strip(), list_name, consent=said, by=editor.email, now=here.now())
    except WrongUse:
        return _page(request, form=form, wrong={"email": ""}, status=400)
    if entry == Entry.SUPPRESSED:
        return _page(request, form=form, wrong={"email": entry.value}, status=409)
    with here.publication.database.read() as session:
        row = store.find(session, email)
    assert row is not None  # it was added, or was there
    return _to(request, row.id or 0, entry.value)


@router.get("/{subscriber_id}")
def one(request: Request, subscriber_id: Id, said: str = "") -> Response:
    here = shell(request)
    with here.publication.database.read() as session:
        found = pages.one(session, subscriber_id)
    if found is None:
        raise NotFound(f"there is no subscriber {subscriber_id}")
    titles = {options.name: options.title for options in here.publication.lists}
    return page(request, "subscriber", who=found, said=said, titles=titles)


@router.post("/{subscriber_id}/leaves")
def leave(
    request: Request,
    subscriber_id: Id,
    editor: Signed,
    list_name: Annotated[str, Form(alias="list", max_length=40)] = "",
) -> Response:
    """Take them off one list, or off all. Raises NotFound."""
    here = shell(request)
    database = here.publication.database
    enroll.leave(database, subscriber_id, list_name=list_name or None, by=editor.email, now=here.now())
    return _to(request, subscriber_id, "left")


def _barred(session: Any, text: str) -> str:
    """Why that address, which nobody subscribes with, is never mailed; empty where it may be, or is no address."""
    try:
        found = store.suppression_of(session, text)
    except ValueError:
        return ""
    return found.reason if found else ""


def _page(request: Request, *, status: int = 200, rows: Any = None, **more: Any) -> Response:
    here = shell(request)
    with here.publication.database.read() as session:
        numbers = pages.numbers(session, [options.name for options in here.publication.lists])
        rows = pages.newest(session) if rows is None else rows
    shown = {"list_name": "", "before": None, "sought": "", "barred": "", "form": _BLANK, "wrong": {}} | more
    is_full = len(rows) == pages.A_PAGE
    lists = here.publication.lists
    return page(
        request, "subscribers", status=status, rows=rows, is_full=is_full, numbers=numbers, lists=lists, **shown
    )


def _to(request: Request, subscriber_id: int, said: str) -> RedirectResponse:
    root = request.scope.get("root_path", "")
    return RedirectResponse(f"{root}/desk/subscribers/{subscriber_id}?said={said}", 303)
