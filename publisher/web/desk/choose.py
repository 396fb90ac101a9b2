"""Choose: the candidates of an issue beside the issue itself. Every act writes another order, and the order was seen.

An act is a word and the item it is for, like `drop:812`; who acts says which order they saw, so that two people never
overwrite each other silently. `view` is what the candidates were looked through with, to come back to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse

from publisher.domain import draft
from publisher.domain.arrangement import Arrangement
from publisher.editorial.swap import Ranked, next_best
from publisher.errors import ApprovalError, NotFound, WrongUse
from publisher.stages import edit
from publisher.stages.compose import window_start
from publisher.store import issues
from publisher.store.pages import choose as pages
from publisher.store.pages import head as heads
from publisher.store.pages import writing
from publisher.web.desk.edits import form_of, means
from publisher.web.desk.entrance import Signed
from publisher.web.desk.frame import asked, page
from publisher.web.desk.head import OPEN, above
from publisher.web.desk.previews import Number
from publisher.web.shell import Shell, shell

SECTIONS = 9  # as many as there are keys for them
_ACT = re.compile(r"(drop|up|down|top|add|swap|section|move):([1-9][0-9]{0,17})(?::(.*))?", re.DOTALL)

router = APIRouter(prefix="/issues/{number}")


class View(BaseModel):
    """How the candidates are looked through; what is not understood is as if nothing was asked."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    q: str = Field(default="", max_length=200)
    source: str = Field(default="", max_length=40)
    language: Literal["", "ko", "en"] = Field(default="", alias="in")
    show: pages.Show = "all"
    has_picture: bool = Field(default=False, alias="pic")
    back: Literal["", "14", "30", "90", "365", "all"] = ""
    page: int = Field(default=1, ge=1, le=10_000)

    @classmethod
    def of(cls, query: Mapping[str, str]) -> View:
        names = {field.alias or name for name, field in cls.model_fields.items()}
        known = {name: value for name, value in query.items() if name in names}
        try:
            return cls.model_validate(known)
        except ValidationError as error:
            wrong = {str(problem["loc"][0]) for problem in error.errors()}
            return cls.model_validate({name: value for name, value in known.items() if name not in wrong})

    def query(self, **other: object) -> str:
        """As it stands in an address, but for `other`."""
        told = self.model_dump(by_alias=True, exclude_defaults=True) | other
        return urlencode({name: 1 if value is True else value for name, value in told.items() if value})

    @property
    def is_narrow(self) -> bool:
        return bool(self.q or self.source or self.language or self.show != "all" or self.has_picture)

    def filters(self, composed_at: datetime, window: timedelta, zone: Any) -> pages.Filters:
        span = timedelta(days=int(self.back)) if self.back.isdigit() else window
        return pages.Filters(
            since=None if self.back == "all" else window_start(composed_at, span, zone),
            is_ranked=not self.back,
            words=self.q,
            source=self.source,
            language=self.language,
            show=self.show,
            has_picture=self.has_picture,
            page=self.page,
        )


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an act was not done. Where somebody changed the order meanwhile, `by` did so at `at`, and these are new."""

    message: str = ""
    by: str = ""
    at: datetime | None = None
    came: tuple[int, ...] = ()
    went: tuple[int, ...] = ()


@router.get("/choose")
def choose(request: Request, number: Number, at: Annotated[str, Query(max_length=40)] = "") -> Response:
    """The candidates and the issue; an issue that has left has nothing to choose any more."""
    return choose_page(request, number, View.of(request.query_params), at=at)


@router.post("/orders")
def order(request: Request, number: Number, editor: Signed, form: Annotated[FormData, Depends(form_of)]) -> Response:
    """Do one act to the order that was seen; what somebody else made of it meanwhile is told, never overwritten."""
    here, view = shell(request), View.of(dict(parse_qsl(str(form.get("view", "")))))
    act = _ACT.fullmatch(str(form.get("act", "")))
    if act is None:
        return RedirectResponse(address(request, number, view), 303)
    item = int(act[2])
    other = str(form.get(f"section.{item}", "")) if act[3] is None else act[3]
    seen = draft.order_of(draft.clean("order", str(form.get("order", ""))))
    try:
        wanted, place = _done(here, number, seen, act[1], item, other)
        was = {"order": str(form.get("was.order", draft.mark(" ".join(map(str, seen)))))}
        saved = edit.save(here.publication.database, number, wanted, was, means(here), by=editor.email, now=here.now())
    except (ApprovalError, NotFound, WrongUse) as error:
        return choose_page(request, number, view, trouble=Trouble(error.message), status=409)
    if saved.conflicts:
        return choose_page(request, number, view, trouble=_overtaken(seen, saved.conflicts[0]), status=409)
    return RedirectResponse(address(request, number, view, place), 303)


def address(request: Request, number: int, view: View, at: str = "") -> str:
    """The same page again, at that place of it."""
    query = view.query(**({"at": at} if at else {}), **({"lang": asked(request)} if asked(request) else {}))
    root = request.scope.get("root_path", "")
    return f"{root}/desk/issues/{number}/choose{query and '?' + query}{at and '#' + at}"


def choose_page(
    request: Request, number: int, view: View, *, at: str = "", trouble: Trouble | None = None, status: int = 200
) -> Response:
    here = shell(request)
    settings = here.publication.settings
    head = above(request, number, "choose")
    if head.state not in OPEN:
        return RedirectResponse(f"{request.scope.get('root_path', '')}/desk/issues/{number}", 303)
    picks = {pick.item_id: pick for pick in head.picks}
    zone = settings.publication.timezone
    with here.publication.database.read() as session:
        issue = issues.by_number(session, number)
        filters = view.filters(issue.composed_at, settings.issue.window, zone)
        found = pages.candidates(session, issue, settings.sources, filters)
        gone = pages.dropped(session, issue, picks)
        ranked = pages.standing(session, issue)
        best = _next_best(here, ranked, picks, [one.item for one in gone])
        named = {*picks, *(one for one in best.values() if one), *(one.item for one in gone)}
        named |= {*(trouble.came if trouble else ()), *(trouble.went if trouble else ())}
        known = pages.told(session, issue, settings.sources, named, members=True)
        sections = _sections(here, [pick.section for pick in head.picks], writing.sections(session, number))
    return page(
        request,
        "choose",
        status=status,
        head=head,
        view=view,
        found=found,
        picks=head.picks,
        known=known,
        best=best,
        gone=gone,
        sections=sections,
        sources=settings.sources,
        days=settings.issue.window.days,
        trouble=trouble,
        at=at,
        mark=head.fields["order"].mark,
        texts_searched=pages.TEXTS_SEARCHED,
    )


def _done(
    here: Shell, number: int, seen: tuple[int, ...], act: str, item: int, other: str
) -> tuple[dict[str, str], str]:
    """The fields to write for an act, and the place of the page where it shows. Raises WrongUse."""
    with here.publication.database.read() as session:
        fact = heads.head(session, number, None, here.now()).fact
        sections = {pick.item_id: pick.section for pick in fact.picks}
        before = Arrangement(seen, sections)
        match act:
            case "drop":
                after, place = before.dropped(item), _beside(seen, item)
            case "up" | "down":
                after, place = before.stepped(item, -1 if act == "up" else 1), f"pick-{item}"
            case "top":
                after, place = before.moved(item, 0), f"pick-{item}"
            case "move":
                after, place = before.moved(item, _whole(other) - 1), f"pick-{item}"
            case "swap":
                after, place = before.swapped(item, _whole(other)), f"pick-{_whole(other)}"
            case "section":
                after, place = before.sectioned(item, draft.clean(f"pick:{item}:section", other)), f"pick-{item}"
            case _:
                issue = issues.by_number(session, number)
                said = pages.last_section(session, issue, item) if item not in sections else ""
                after, place = before.added(item, said), f"pick-{item}"
    moved = {one for one in after.order if after.section(one) != sections.get(one, "") or one not in sections}
    words = {f"pick:{one}:section": after.section(one) for one in moved if after.section(one) or one in sections}
    return words | {"order": " ".join(map(str, after.order))}, place


def _whole(said: str) -> int:
    if not re.fullmatch("[0-9]{1,18}", said):
        raise WrongUse("that act names no item; load the page again and repeat it")
    return int(said)


def _beside(seen: tuple[int, ...], item: int) -> str:
    """Where somebody goes on who has dropped an item: the one behind it, or else the one before."""
    if item not in seen or len(seen) == 1:
        return "issue"
    at = seen.index(item)
    return f"pick-{seen[at + 1] if at + 1 < len(seen) else seen[at - 1]}"


def _overtaken(seen: tuple[int, ...], conflict: edit.Conflict) -> Trouble:
    now = draft.order_of(conflict.theirs)
    return Trouble(
        by=conflict.by,
        at=conflict.at,
        came=tuple(item for item in now if item not in seen),
        went=tuple(item for item in seen if item not in now),
    )


def _next_best(here: Shell, rows: list[Any], picks: Mapping[int, Any], gone: list[int]) -> dict[int, int | None]:
    """What would take the place of each pick."""
    by_hand = {options.name for options in here.publication.settings.sources if options.kind == "editor"}
    ranked = [
        Ranked(row.item_id, row.story, row.source, row.rank or 0, row.is_used, row.source in by_hand) for row in rows
    ]
    there = [one for one in ranked if one.item_id in picks]
    most = here.publication.settings.issue.per_source
    return {item: next_best(ranked, there, item, most, gone) for item in picks}


def _sections(here: Shell, of_issue: list[str], of_late: list[str]) -> list[str]:
    """The headings to choose from, those of config.toml first: their keys never change."""
    names = [*here.publication.settings.issue.sections, *of_issue, *of_late]
    return list(dict.fromkeys(name for name in names if name))[:SECTIONS]
