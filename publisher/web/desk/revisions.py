"""What an issue said before: every revision is looked at, compared with another one, and brought back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.responses import RedirectResponse

from publisher.domain import draft
from publisher.language import Language
from publisher.stages import edit
from publisher.store.pages import revisions
from publisher.web.desk.compared import difference
from publisher.web.desk.edits import back_to, means
from publisher.web.desk.entrance import Signed
from publisher.web.desk.frame import page
from publisher.web.desk.head import above, written
from publisher.web.desk.labels import label
from publisher.web.desk.previews import Number
from publisher.web.shell import shell

Revision = Annotated[int, Path(ge=0, le=2**31 - 1)]
Asked = Annotated[int | None, Query(ge=0, le=2**31 - 1)]

router = APIRouter(prefix="/issues/{number}/revisions")


@dataclass(frozen=True, slots=True)
class Changed:
    """A field of two revisions: what it is called, and its words in pieces, each with "+", "-" or " " before it."""

    label: str
    pieces: list[tuple[str, str]]


@router.get("")
def listed(request: Request, number: Number, of: Asked = None, to: Asked = None) -> Response:
    """All revisions; with `of` that one beside the one `to`, or beside what the issue says now."""
    here = shell(request)
    head = above(request, number, "revisions")
    with here.publication.database.read() as session:
        found = revisions.listed(session, number)
        then = revisions.said(session, number, of) if of is not None else {}
        after = revisions.said(session, number, to) if of is not None else {}
    zone = here.publication.settings.publication.timezone
    changed = [_changed(here.words(request), name, then, after, zone) for name in draft.changed(then, after)]
    return page(
        request,
        "revisions",
        head=head,
        revisions=found,
        of=of,
        to=to,
        changed=changed,
        label=lambda name: label(here.words(request), name, head.fields["order"].value),
    )


@router.post("/{revision}/restorations")
def restore(request: Request, number: Number, revision: Revision, editor: Signed) -> Response:
    """The issue says again what it said then. What it says now stays a revision."""
    here = shell(request)
    database = here.publication.database
    edit.restore(database, number, revision, means(here), by=editor.email, now=here.now())
    return RedirectResponse(back_to(request, number, f"/desk/issues/{number}/revisions", "restored"), 303)


def _changed(words: Language, name: str, then: Mapping[str, str], after: Mapping[str, str], zone: tzinfo) -> Changed:
    item = str(draft.place(name).item)
    order = next((said["order"] for said in (after, then) if item in said.get("order", "").split()), "")
    before, now = (_readable(name, said, zone) for said in (then, after))
    return Changed(label(words, name, order), difference(before, now))


def _readable(name: str, said: Mapping[str, str], zone: tzinfo) -> str:
    """A field as people read it: an order by its headlines, a time on the clock of the publication."""
    value = said.get(name, "")
    if name == "order":
        return "\n".join(said.get(f"pick:{item}:headline", item) for item in value.split())
    return written(name, value, zone)
