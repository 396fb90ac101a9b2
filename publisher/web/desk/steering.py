"""What an editor does with an issue but approve it: test it, ask for changes, hold it, move it, read it as another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse

from publisher.domain.draft import YEARS
from publisher.errors import NotFound, PublisherError, WrongUse
from publisher.stages import approve as approving
from publisher.stages import ask as asking
from publisher.stages import check as checking
from publisher.stages import move as moving
from publisher.stages import preview
from publisher.store import issues, pictures, subscribers
from publisher.store.pages import desk
from publisher.web.desk import frame
from publisher.web.desk.entrance import Signed
from publisher.web.desk.frame import to_issue
from publisher.web.desk.issue import issue_page
from publisher.web.desk.previews import Number
from publisher.web.shell import Shell, shell

Words = Annotated[str, Form(max_length=4_000)]
Line = Annotated[str, Form(max_length=300)]

router = APIRouter(prefix="/issues/{number}")


@router.post("/tests")
def send_test(request: Request, number: Number, editor: Signed, to: Words = "") -> Response:
    """A test letter to the editor, or to those that they name."""
    here = shell(request)
    return _done(request, number, editor.email, "tested", lambda: _test(here, number, editor.email, to or editor.email))


@router.post("/requests")
def ask(request: Request, number: Number, editor: Signed, note: Words = "") -> Response:
    """For changes, of those who wrote it."""
    database, now = shell(request).publication.database, shell(request).now()

    def act() -> None:
        asking.run(database, number, by=editor.email, note=note, now=now)

    return _done(request, number, editor.email, "asked", act, note=note)


@router.post("/holds")
def hold(request: Request, number: Number, editor: Signed, reason: Line = "") -> Response:
    """It does not leave before somebody approves it all the same."""
    database, now = shell(request).publication.database, shell(request).now()
    told = " ".join(reason.split())
    why = f"held by {editor.email}: {told}" if told else f"held by {editor.email}"

    def act() -> None:
        approving.hold(database, number, reason=why, by=editor.email, now=now)

    return _done(request, number, editor.email, "held", act)


@router.post("/moves")
def move(request: Request, number: Number, editor: Signed, to: Annotated[str, Form(max_length=40)] = "") -> Response:
    """It leaves at another time, on the clock of the publication; without one, at its own again."""
    here = shell(request)
    schedule, zone = here.publication.settings.schedule, here.publication.settings.publication.timezone

    def act() -> None:
        moving.run(
            here.publication.database,
            number,
            _time(to, zone),
            by=editor.email,
            line=schedule.send,
            zone=zone,
            cooling_off=schedule.cooling_off,
            now=here.now(),
        )

    return _done(request, number, editor.email, "moved", act)


@router.post("/readers")
def read_as(request: Request, number: Number, editor: Signed, address: Line = "") -> Response:
    """Look at the surfaces as a subscriber has them. It changes nothing, but an address belongs into no link."""
    with shell(request).publication.database.read() as session:
        issues.by_number(session, number)
        found = subscribers.find(session, address)
    if found is None:
        trouble = "nobody is subscribed with that address; the page of the subscribers finds them by a part of it"
        return issue_page(request, number, editor.email, trouble=trouble, status=404)
    language = f"&lang={frame.asked(request)}" if frame.asked(request) else ""
    root = request.scope.get("root_path", "")
    return RedirectResponse(f"{root}/desk/issues/{number}?as={found.id}{language}#surfaces", 303)


@router.post("/link-checks")
def look_at_links(request: Request, number: Number, editor: Signed) -> Response:
    """Have every link of it looked at in the background; the page shows how far that is."""
    here = shell(request)
    publication = here.publication
    checking.start(publication.database, number, publication.surroundings, publication.fetcher, clock=here.now)
    return to_issue(request, number, "looking")


def _done(
    request: Request, number: int, editor: str, said: str, act: Callable[[], object], *, note: str = ""
) -> Response:
    """Do it, and say on the page of the issue that it was done, or why not."""
    try:
        act()
    except NotFound:
        raise
    except PublisherError as error:
        return issue_page(request, number, editor, trouble=error.message, note=note, status=409)
    return to_issue(request, number, said)


def _test(here: Shell, number: int, by: str, to: str) -> None:
    publication = here.publication
    with publication.database.read() as session:
        issue = issues.by_number(session, number)
        found = desk.shown_proof(session, issue)
        if found is None:
            raise WrongUse(f"No. {number} has no proof yet; there is nothing to send")
        enclosed = pictures.carried(session, found[1]["html"])
    preview.send_tests(
        publication.database,
        found[1],
        number,
        publication.identity(),
        publication.first_mail_channel(),
        [to],
        by=by,
        pictures=enclosed,
        now=here.now(),
    )


def _time(written: str, zone: ZoneInfo) -> datetime | None:
    """A time as `datetime-local` writes it, on the clock of `zone`. Raises WrongUse."""
    if not written.strip():
        return None
    try:
        time = datetime.fromisoformat(written.strip())
        if time.year not in YEARS:
            raise ValueError(time.year)
        return time if time.tzinfo else time.replace(tzinfo=zone)
    except ValueError:
        raise WrongUse("that is no time; write it like 2026-05-29T12:00") from None
