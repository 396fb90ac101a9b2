"""The web application of one publication."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from publisher.web import desk
from publisher.web.guard import Guard
from publisher.web.public import feed, health, issues, leave, pictures
from publisher.web.shell import PAGES, Shell


def create(shell: Shell) -> FastAPI:
    """The app of the publication in `shell`. It opens no port and starts no thread."""
    app = FastAPI(title=shell.publication.settings.publication.name, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.shell = shell
    own = urlsplit(shell.publication.settings.publication.base_url)
    app.add_middleware(Guard, origin=f"{own.scheme}://{own.netloc}")
    for router in (issues.router, feed.router, leave.router, pictures.router, health.router, desk.router):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=PAGES.parent / "static"), name="static")
    return app
