"""The web application of one publication."""

from __future__ import annotations

from fastapi import FastAPI

from publisher.web import desk, errors
from publisher.web.desk.attempts import Attempts
from publisher.web.desk.entrance import NotSignedIn, ask
from publisher.web.files import Files
from publisher.web.guard import Guard
from publisher.web.kept import Front, Kept
from publisher.web.public import feed, health, issues, leave, pictures
from publisher.web.shell import PAGES, Shell
from publisher.web.together import Together


def create(shell: Shell, *, kept: Kept | None = None) -> FastAPI:
    """The app of the publication in `shell`. It opens no port and starts no thread. `kept` keeps its public pages."""
    publication = shell.publication.settings.publication
    # Redirects to another spelling of an address would repeat the Host that a request names, whatever it is.
    app = FastAPI(title=publication.name, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.shell = shell
    app.state.kept = kept or Kept(lambda: issues.version(shell))
    app.state.attempts = Attempts()
    app.state.readers = Together(lambda ids: leave.looked_up(shell, ids))
    # The owner's own look, their logo among it, takes the place of ours.
    app.state.files = Files(PAGES.parent / "static", shell.publication.settings.root / "templates/web/static")
    app.add_middleware(Front, kept=app.state.kept)
    app.add_middleware(Guard, base_url=publication.base_url)
    errors.handle(app)
    app.add_exception_handler(NotSignedIn, ask)
    app.mount("/static", app.state.files, name="static")
    for router in (issues.router, feed.router, leave.router, pictures.router, health.router, desk.router):
        app.include_router(router)
    return app
