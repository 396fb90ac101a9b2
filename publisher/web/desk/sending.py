"""What goes out now, and the brake: pause it, let it go on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from publisher.domain.audience import masked
from publisher.domain.rights import Right
from publisher.errors import WrongUse
from publisher.stages import pause as pausing
from publisher.store.pages import sending as pages
from publisher.web.desk import shown
from publisher.web.desk.entrance import Signed
from publisher.web.desk.frame import may, page, piece
from publisher.web.desk.previews import Number
from publisher.web.shell import shell

EVERY_IDLE = 20

router = APIRouter(prefix="/sending")


@router.get("")
def sending(request: Request, said: str = "") -> Response:
    return _page(request, said=said)


@router.get("/progress")
def progress(request: Request) -> Response:
    """The page's middle; 304 while nothing has changed."""
    found = _found(request)
    return piece(request, "sending-now", **found)


@router.post("/{number}/pauses")
def pause(request: Request, number: Number, editor: Signed) -> Response:
    here = shell(request)
    return _done(
        request, "paused", lambda: pausing.run(here.publication.database, number, by=editor.email, now=here.now())
    )


@router.post("/{number}/resumptions")
def resume(request: Request, number: Number, editor: Signed) -> Response:
    here = shell(request)
    return _done(
        request, "resumed", lambda: pausing.resume(here.publication.database, number, by=editor.email, now=here.now())
    )


def _done(request: Request, said: str, act: Callable[[], None]) -> Response:
    try:
        act()
    except WrongUse as error:
        return _page(request, trouble=error.message, status=409)
    return RedirectResponse(f"{request.scope.get('root_path', '')}/desk/sending?said={said}", 303)


def _page(request: Request, *, said: str = "", trouble: str = "", status: int = 200) -> Response:
    return page(request, "sending", status=status, said=said, trouble=trouble, **_found(request))


def _found(request: Request) -> dict[str, Any]:
    """What is shown, how soon it is worth looking again, and a tag that names it: the time that passes is not in it."""
    here = shell(request)
    with here.publication.database.read() as session:
        found = pages.now_going(session, here.publication.settings.channels, here.now())
    for issue in found["issues"]:
        issue["to_go"] = shown.to_go(issue)
    every = max((shown.every(issue, here.now()) for issue in found["issues"]), default=EVERY_IDLE) or EVERY_IDLE
    code, names = here.words(request).code, may(request, Right.SUBSCRIBERS)
    tag = hashlib.sha256(repr((code, names, found)).encode()).hexdigest()[:20]
    return {"going": found, "every": every, "tag": tag, "masked": masked}
