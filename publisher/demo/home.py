"""The front of the demo: one page about both editions, and behind it each edition's app under its own path."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from publisher.demo import pages
from publisher.demo.edition import Edition
from publisher.demo.script import EDITOR
from publisher.store.pages import issue as issues
from publisher.web import app as web
from publisher.web import errors
from publisher.web.files import Files
from publisher.web.guard import Guard
from publisher.web.shell import PAGES, Shell, shell

router = APIRouter()


class Front:
    """Gives each request to the app of the edition that its path begins with, and all others to the front page's."""

    def __init__(self, editions: Sequence[Edition], base_url: str) -> None:
        self._apps = {edition.script.language: edition_app(edition) for edition in editions}
        self._home = _home_app(editions, base_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        first = scope.get("path", "").partition("/")[2].partition("/")[0]
        app: ASGIApp = self._apps.get(first, self._home)
        await app(scope, receive, send)


def edition_app(edition: Edition) -> FastAPI:
    """The publication's own pages, with the demo's beside them."""
    here = Shell(edition.publication, edition.time.now, is_demo=True, guest=EDITOR, more={"demo_home": "/"})
    app = web.create(here)
    app.state.edition = edition
    app.include_router(pages.router)
    return app


def _home_app(editions: Sequence[Edition], base_url: str) -> FastAPI:
    app = FastAPI(title="Publisher", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.shell = Shell(editions[0].publication, editions[0].time.now, is_demo=True)
    app.state.editions = tuple(editions)
    app.add_middleware(Guard, base_url=base_url)
    errors.handle(app)
    app.include_router(router)
    app.mount("/static", Files(PAGES.parent / "static"), name="static")
    return app


@router.get("/")
def home(request: Request) -> Response:
    shown = [_shown(request, edition) for edition in request.app.state.editions]
    return shell(request).page(request, "demo/home", editions=shown)


@router.get("/next/{code}")
def upcoming(request: Request, code: str) -> Response:
    """The next draft of one edition, for the page that watches it."""
    for edition in request.app.state.editions:
        if edition.script.language == code:
            return shell(request).page(request, "demo/next", edition=_shown(request, edition))
    raise HTTPException(404)


def _shown(request: Request, edition: Edition) -> dict[str, Any]:
    with edition.publication.database.read() as session:
        first, coming = (issues.one(session, number) for number in (edition.first, edition.next))
    now = edition.time.now()
    due = coming["leaves_at"] or coming["send_at"]
    return {
        "code": edition.script.language,
        "name": edition.script.name,
        "root": edition.base_url.removeprefix(str(request.base_url).rstrip("/")),
        "zone": edition.zone,
        "first": first,
        "coming": coming,
        "gathered": edition.gathered[0],
        "letter": next(mail.number for mail in edition.inbox.mails if mail.recipient != EDITOR),
        "is_due": due <= now,
        # Each edition has its own clock; the page counts down by its own. Whole seconds: the next look is the same.
        "until": due + timedelta(seconds=round((shell(request).now() - now).total_seconds())),
    }
