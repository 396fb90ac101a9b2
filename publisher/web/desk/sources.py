"""Where items come from: how each source fares, what it gave last, what is wrong; and a look at it now."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request, Response
from starlette.responses import RedirectResponse

from publisher.domain.health import Standing
from publisher.errors import NotFound, WrongUse
from publisher.stages import collect
from publisher.store.pages import source as pages
from publisher.web.desk.checks import WITHIN, checks
from publisher.web.desk.entrance import Signed
from publisher.web.desk.frame import page, piece
from publisher.web.shell import Shell, shell

NEWEST = 3
EVERY, EVERY_IDLE = 1, 60
WELL = (Standing.WELL, Standing.NEW)

Name = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Only = Literal["", "trouble"]

router = APIRouter(prefix="/sources")


@router.get("")
def sources(request: Request, only: Only = "") -> Response:
    return page(request, "sources", **_found(request, only))


@router.get("/progress")
def progress(request: Request, only: Only = "") -> Response:
    """The page's middle; 304 while nothing has changed."""
    found = _found(request, only)
    return piece(request, "sources-now", **found)


@router.post("/{name}/checks")
def check(request: Request, name: Name, editor: Signed) -> Response:
    """Begin to look at it; the page answers at once, and shows what comes of it. Raises NotFound, WrongUse."""
    here = shell(request)
    one = _named(here, name)
    publication, now = here.publication, here.now()
    checks(request).begin(
        name,
        lambda: collect.run(
            *(publication.database, [one], publication.fetcher),
            now=now,
            asks_all=True,
            by=editor.email,
            within=WITHIN,
        )[0],
    )
    return RedirectResponse(f"{request.scope.get('root_path', '')}/desk/sources#source-{name}", 303)


def _named(here: Shell, name: str) -> Any:
    one = next((one for one in here.publication.sources() if one[0].name == name), None)
    if one is None:
        raise NotFound(f"config.toml has no source {name}")
    if one[0].kind == "editor":
        raise WrongUse(f"{name} holds what editors write; there is nothing to look at")
    return one


def _found(request: Request, only: Only) -> dict[str, Any]:
    here, looks = shell(request), checks(request)
    configured = here.publication.settings.sources
    # Before the database: a look that is over has written what it found, so the page never says so without showing it.
    is_busy, told = looks.are_under_way, {options.name: looks.of(options.name) for options in configured}
    with here.publication.database.read() as session:
        rows = pages.sources(session, configured, here.now())
        newest = pages.newest(session, [options.name for options in configured], NEWEST)
    titles = {options.name: options.title for options in configured}
    for row in rows:
        row |= {"title": titles[row["name"]], "newest": newest[row["name"]], "look": told[row["name"]]}
    ill = [row for row in rows if row["state"] not in WELL]
    tag = hashlib.sha256(repr((here.words(request).code, only, rows)).encode()).hexdigest()[:20]
    return {
        "sources": ill if only else rows,
        "all_count": len(rows),
        "ill_count": len(ill),
        "only": only,
        "every": EVERY if is_busy else EVERY_IDLE,
        "is_busy": is_busy,
        "tag": tag,
    }
