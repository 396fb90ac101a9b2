"""Saving: fields of an issue with what was seen of them, from a form as from the script; and who is here.

Names in a form are `word.FIELD` for what is written and `was.FIELD` for the mark of what was seen (`domain/draft.py`);
`keep.FIELD=theirs` leaves a field to the other one. `back` is the page that a plain form returns to.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from starlette.datastructures import FormData
from starlette.responses import JSONResponse, RedirectResponse

from publisher.domain import draft
from publisher.errors import WrongUse
from publisher.language import Language
from publisher.stages import attend, edit
from publisher.store.pages import writing
from publisher.web.desk.compared import difference
from publisher.web.desk.entrance import Signed
from publisher.web.desk.frame import asked, page
from publisher.web.desk.head import above, written
from publisher.web.desk.labels import MODES, label
from publisher.web.desk.previews import Number
from publisher.web.desk.shown import width
from publisher.web.shell import Shell, shell

LONGEST_BACK = 300
SUBJECT_ON_A_PHONE = 40  # columns
_BACK = re.compile(r"/desk/issues/[1-9][0-9]*(?:/[a-z-]+)*(?:\?[a-z]+=[A-Za-z0-9._-]+(?:&[a-z]+=[A-Za-z0-9._-]+)*)?")

router = APIRouter(prefix="/issues/{number}")


async def form_of(request: Request) -> AsyncIterator[FormData]:
    """The form, whatever names are in it; read after it is known who asks, its files there until the answer."""
    async with request.form() as form:
        yield form


Written = Annotated[FormData, Depends(form_of)]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a form wants to write, what it saw, and what in it cannot be written, each by its field."""

    words: Mapping[str, str]
    was: Mapping[str, str]
    refused: Mapping[str, str]


@router.post("/edits")
def save(request: Request, number: Number, editor: Signed, form: Written) -> Response:
    """Write the fields of the form; what somebody else wrote meanwhile is told, never overwritten."""
    here = shell(request)
    asking = _asked(form, here)
    database = here.publication.database
    saved = edit.save(database, number, asking.words, asking.was, means(here), by=editor.email, now=here.now())
    if request.headers.get("accept", "").startswith("application/json"):
        return JSONResponse(_told(request, number, asking, saved))
    if saved.conflicts or asking.refused:
        return _both(request, number, form, asking, saved)
    return RedirectResponse(back_to(request, number, str(form.get("back", "")), "saved"), 303)


@router.post("/presence")
def attending(
    request: Request,
    number: Number,
    editor: Signed,
    place: Annotated[str, Form(max_length=200)] = "",
    revision: Annotated[int, Form(ge=0)] = 0,
) -> Response:
    """They are here; the answer has who else is, and what the issue says by now if that is not `revision`."""
    here = shell(request)
    assert editor.id is not None
    is_place = place in MODES or _is_field(place)
    attend.run(here.publication.database, number, editor.id, place if is_place else "", now=here.now())
    head = above(request, number, place if place in MODES else "write")
    doing = page(request, "doing", head=head).body
    fields = {} if head.revision == revision else {name: tuple(head.fields[name]) for name in head.fields.names()}
    others = [{"name": other.name, "place": other.place} for other in head.others]
    return JSONResponse(
        {
            "revision": head.revision,
            "state": head.state,
            "doing": bytes(doing).decode(),
            "others": others,
            "by": head.written_by,
            "fields": {name: {"value": value, "mark": mark} for name, (value, mark) in fields.items()},
        }
    )


def means(here: Shell) -> edit.Means:
    """What saving needs of this publication."""
    publication = here.publication
    settings = publication.settings
    return edit.Means(publication.renderer, publication.rule, settings.sources, settings.issue.min_items)


def back_to(request: Request, number: int, back: str, said: str) -> str:
    """The page of an issue that a form came from, which says what was done; Check for any other address."""
    path = back if len(back) <= LONGEST_BACK and _BACK.fullmatch(back) else f"/desk/issues/{number}"
    language = f"&lang={asked(request)}" if asked(request) and "lang=" not in path else ""
    return f"{request.scope.get('root_path', '')}{path}{'&' if '?' in path else '?'}said={said}{language}"


def counts(here: Shell, words_of: Language, number: int, words: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """How long what was just saved is: a subject in columns, and each post of those items as its network counts it."""
    found: dict[str, dict[str, Any]] = {}
    if "subject" in words:
        found["subject"] = {"length": width(words["subject"]), "limit": SUBJECT_ON_A_PHONE}
    items = {place.item for place in map(draft.place, words) if place.item is not None}
    if items:
        with here.publication.database.read() as session:
            posts = writing.posts(session, number, items)
        silent = words_of.gettext("Nothing of this item is posted here.")
        for item in items:
            for options, channel in here.publication.social_channels():
                none = {"text": silent, "length": 0, "limit": channel.limits.max_length}
                found[f"pick:{item}:post:{options.name}:text"] = posts.get((item, options.name), none)
    return found


def _asked(form: FormData, here: Shell) -> Asked:
    """What the form asks for, each field looked at by itself: one that cannot be written keeps no other from it."""
    zone = here.publication.settings.publication.timezone
    words, was, refused = {}, {}, {}
    for name, value in form.multi_items():
        kind, _, field = name.partition(".")
        if not isinstance(value, str) or form.get(f"keep.{field}") == "theirs":
            continue
        if kind == "was":
            was[field] = value
        if kind != "word":
            continue
        try:
            words[field] = draft.clean(field, in_zone(field, value, zone))
        except WrongUse as error:
            if not _is_field(field):
                raise
            refused[field] = error.message
    return Asked({field: value for field, value in words.items() if field not in refused}, was, refused)


def in_zone(field: str, value: str, zone: tzinfo) -> str:
    """A time without a zone, as `datetime-local` gives it, is meant on the clock of the publication."""
    if draft.place(field).name != "at" or not value:
        return value
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return value
    return (time if time.tzinfo else time.replace(tzinfo=zone)).isoformat()


def _told(request: Request, number: int, asking: Asked, saved: edit.Saved) -> dict[str, Any]:
    """What the script is answered."""
    here = shell(request)
    words, zone = here.words(request), here.publication.settings.publication.timezone
    kept = dict(saved.words)
    return {
        "revision": saved.revision,
        "fields": {
            name: {"value": written(name, value, zone), "mark": draft.mark(value)} for name, value in kept.items()
        },
        "conflicts": [
            {
                "field": one.field,
                "yours": written(one.field, one.yours, zone),
                "theirs": written(one.field, one.theirs, zone),
                "mark": draft.mark(one.theirs),
                "by": one.by,
                "at": words.clock(one.at, zone) if one.at else "",
                "is_gone": one.is_gone,
            }
            for one in saved.conflicts
        ],
        "refused": {name: _sentence(words, name, why) for name, why in asking.refused.items()},
        "problem": words.tell(saved.problem),
        "voided": saved.voided,
        "counts": counts(here, words, number, kept),
    }


def _both(request: Request, number: int, form: FormData, asking: Asked, saved: edit.Saved) -> Response:
    """The page that shows what two people wrote into one field, side by side, and what cannot be written at all."""
    here = shell(request)
    words, zone = here.words(request), here.publication.settings.publication.timezone
    head = above(request, number, "write")
    refused = {name: _sentence(words, name, why) for name, why in asking.refused.items()}
    return page(
        request,
        "both",
        status=409 if saved.conflicts else 422,
        head=head,
        conflicts=saved.conflicts,
        refused=[
            (name, why, str(form.get(f"word.{name}", "")), asking.was.get(name, "")) for name, why in refused.items()
        ],
        back=str(form.get("back", "")),
        label=lambda name: label(words, name, head.fields["order"].value),
        written=lambda name, value: written(name, value, zone),
        mark=draft.mark,
        difference=difference,
    )


def _sentence(words: Language, field: str, why: str) -> str:
    """Why a field cannot be written, in the words of the desk."""
    return words.tell(why).replace(field, label(words, field))


def _is_field(name: str) -> bool:
    try:
        draft.place(name)
    except WrongUse:
        return False
    return True
