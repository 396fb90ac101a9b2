"""The web application of one publication."""

from __future__ import annotations

from fastapi import FastAPI

from publisher.web import desk, errors
from publisher.web.files import Files
from publisher.web.guard import Guard
from publisher.web.kept import Kept
from publisher.web.public import feed, health, issues, leave, pictures
from publisher.web.shell import PAGES, Shell


def create(shell: Shell) -> FastAPI:
    """The app of the publication in `shell`. It opens no port and starts no thread."""
    publication = shell.publication.settings.publication
    # Redirects to another spelling of an address would repeat the Host that a request names, whatever it is.
    app = FastAPI(title=publication.name, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.shell = shell
    app.state.kept = Kept(lambda: issues.version(shell))
    app.add_middleware(Guard, base_url=publication.base_url)
    errors.handle(app)
    for router in (issues.router, feed.router, leave.router, pictures.router, health.router, desk.router):
        app.include_router(router)
    app.mount("/static", Files(PAGES.parent / "static"), name="static")
    return app
