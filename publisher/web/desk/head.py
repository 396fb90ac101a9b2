"""What stands above an issue in all its modes: what it is, when it leaves, who else is here, what keeps it back.

A page of an issue passes `head=above(request, number, mode)` to its template and includes `desk/head.html.j2`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import NamedTuple
from weakref import WeakKeyDictionary

from starlette.requests import Request

from publisher.domain import draft
from publisher.domain.approval import asked, leaves_at
from publisher.domain.issue import IssueState, Pick
from publisher.domain.rights import Right
from publisher.language import Language
from publisher.preflight import Finding
from publisher.stages import check as checking
from publisher.store.db import Database
from publisher.store.pages import head
from publisher.web.desk import shown
from publisher.web.desk.frame import may
from publisher.web.desk.labels import label
from publisher.web.shell import shell

STOPS_HOLD = 20.0  # seconds; nearly half of a page is to check the issue again
WAITS = (IssueState.DRAFT, IssueState.HELD)
OPEN = (*WAITS, IssueState.APPROVED)


class Field(NamedTuple):
    """One field as a form has it: its text, and the mark of what was read from the store."""

    value: str
    mark: str


class Fields:
    """Every field of an issue by its name; one that says nothing is empty."""

    def __init__(self, words: Mapping[str, str], zone: tzinfo) -> None:
        self._words = words
        self._zone = zone

    def __getitem__(self, name: str) -> Field:
        value = self._words.get(name, "")
        return Field(written(name, value, self._zone), draft.mark(value))

    def names(self) -> list[str]:
        return list(self._words)


@dataclass(frozen=True, slots=True)
class Other:
    """Somebody else who has the issue open: in which field or mode they are, and `at`, that in words."""

    name: str
    place: str
    at: str


@dataclass(frozen=True, slots=True)
class Head:
    """`blocked` says why it cannot be approved now: role, unrendered, nothing, empty, stopped, waits; else it is empty.

    `stops` are the findings of the checks that stop an approval, for who may approve.
    `wanted` is who asked for changes, and what for, until it is approved.
    """

    number: int
    state: str
    series: str
    title: str
    mode: str
    picks: tuple[Pick, ...]
    fields: Fields
    revision: int
    width: int
    leaves_at: datetime
    is_open: bool
    others: tuple[Other, ...]
    written_by: str
    approved_by: tuple[str, ...]
    needed: int
    blocked: str
    stops: tuple[Finding, ...]
    unrendered: str
    wanted: tuple[str, str] | None
    back: str
    said: str


def above(request: Request, number: int, mode: str, report: checking.Report | None = None) -> Head:
    """The head of that issue for whoever asks; `mode` is choose, write, check or revisions. Raises NotFound.

    A page that has the `report` of the checks already gives it; else they are made here.
    """
    here = shell(request)
    settings, editor = here.publication.settings, request.state.editor
    with here.publication.database.read() as session:
        found = head.head(session, number, editor.id, here.now())
    row = found.issue
    stops = _stops(request, found, report)
    planned = row.moved_to or row.send_at
    return Head(
        number=number,
        state=row.state,
        series=row.series,
        title=row.title,
        mode=mode,
        picks=found.fact.picks,
        fields=Fields(found.fields, settings.publication.timezone),
        revision=row.revision,
        width=shown.width(row.subject),
        leaves_at=row.leaves_at or leaves_at(planned, here.now(), settings.schedule.cooling_off),
        is_open=row.state in OPEN,
        others=tuple(_others(here.words(request), found)),
        written_by=found.written_by,
        approved_by=found.approved_by,
        needed=settings.schedule.approvals,
        blocked=_blocked(request, found, stops, editor.email),
        stops=stops,
        unrendered=row.unrendered,
        wanted=asked(row.state_reason) if row.state == IssueState.DRAFT else None,
        back=_back(request),
        said=request.query_params.get("said", ""),
    )


def written(name: str, value: str, zone: tzinfo) -> str:
    """A field's value as a form has it: a time on the clock of `zone`, as `datetime-local` writes it."""
    if not value or draft.place(name).name != "at":
        return value
    return datetime.fromisoformat(value).astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def _others(words: Language, found: head.Above) -> Iterator[Other]:
    """Who else is here, by the name that the desk knows them by."""
    for editor, place in found.others:
        name = editor.name or editor.email.partition("@")[0]
        yield Other(name, place, label(words, place, found.fields["order"]) if place else "")


def _back(request: Request) -> str:
    """The address of this page, which a form returns to."""
    item = request.query_params.get("item", "")
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    return f"{path}?item={item}" if item.isdecimal() else path


def _stops(request: Request, found: head.Above, report: checking.Report | None) -> tuple[Finding, ...]:
    """What the checks have against an approval that could be given now."""
    if not found.digest or found.issue.state not in WAITS or not may(request, Right.APPROVE):
        return ()
    if report is not None:
        return tuple(report.blocking)
    publication, number = shell(request).publication, found.issue.number
    kept = _KEPT.setdefault(publication.database, {})
    asked_for = (found.issue.revision, found.digest)
    if (there := kept.get(number)) and there.asked_for == asked_for and time.monotonic() < there.until:
        return there.stops
    report = checking.run(publication.database, number, publication.surroundings, now=shell(request).now())
    kept[number] = _Stops(asked_for, time.monotonic() + STOPS_HOLD, tuple(report.blocking))
    return kept[number].stops


@dataclass(frozen=True, slots=True)
class _Stops:
    """What kept a proof back when it was checked, which holds for every head until then; an approval checks anew."""

    asked_for: tuple[int, str]
    until: float
    stops: tuple[Finding, ...]


_KEPT: WeakKeyDictionary[Database, dict[int, _Stops]] = WeakKeyDictionary()


def _blocked(request: Request, found: head.Above, stops: Sequence[Finding], editor: str) -> str:
    if not may(request, Right.APPROVE):
        return "role"
    if found.issue.unrendered:
        return "unrendered"
    if not found.fact.picks:
        return "empty"
    if not found.digest:
        return "nothing"
    if stops:
        return "stopped"
    return "waits" if editor in found.approved_by else ""
