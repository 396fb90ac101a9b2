"""The list of issues, and the page of each: the sealed one, byte for byte, or as its newest correction has it."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, RedirectResponse

from publisher.store import skips
from publisher.store.pages import public
from publisher.web.asked import asked
from publisher.web.files import Files
from publisher.web.kept import Kept, Made, address, given
from publisher.web.public.sealed import policy_of
from publisher.web.shell import Shell, shell

ON_A_PAGE = 30

router = APIRouter()


@router.get("/")
async def index(request: Request, before: str = "") -> Response:
    here, number = shell(request), _number(before)
    if before and number is None:
        raise HTTPException(404)
    key = (*address(request), *(part for part in (asked(request), number) if part))
    made = await kept(request).page(key, lambda: _index(request, here, number))
    assert made is not None
    return given(request, made)


@router.get("/issues")
@router.get("/issues/")
async def issues(request: Request) -> Response:
    return RedirectResponse(f"{request.scope.get('root_path', '')}/", 308)


@router.get("/issues/{number}")
async def issue(request: Request, number: str) -> Response:
    here, wanted = shell(request), _number(number)
    if wanted is None:
        raise HTTPException(404)
    made = await kept(request).page(address(request), lambda: _issue(here, wanted))
    if made is None:
        raise HTTPException(404)
    return given(request, made)


@router.get("/robots.txt")
async def robots(request: Request) -> Response:
    root = request.scope.get("root_path", "")
    lines = f"User-agent: *\nDisallow: {root}/leave/\nDisallow: {root}/desk\n"
    return PlainTextResponse(lines, headers={"Cache-Control": "public, max-age=86400"})


@router.get("/favicon.ico")
async def icon(request: Request) -> Response:
    """A sealed page names no icon, so browsers ask for this one."""
    files = request.app.state.files
    assert isinstance(files, Files)
    return files.answer(request, "favicon.svg")


def kept(request: Request) -> Kept:
    """The public pages that this app has made."""
    found = request.app.state.kept
    assert isinstance(found, Kept)
    return found


def version(here: Shell) -> str:
    """What the public pages are a function of, in short: what is public now, and the day on the publication's clock."""
    now = here.now()
    day = now.astimezone(here.publication.settings.publication.timezone).date()
    with here.publication.database.read() as session:
        return f"{day} {public.version(session, now)}"


def _index(request: Request, here: Shell, before: int | None) -> Made:
    with here.publication.database.read() as session:
        found = public.listed(session, ON_A_PAGE + 1, before=before)
        skipped = skips.announced(session, here.now()) if before is None else []
    page = here.page(
        request,
        "public/index",
        {} if before is None else {"before": str(before)},
        issues=found[:ON_A_PAGE],
        older=found[ON_A_PAGE - 1].number if len(found) > ON_A_PAGE else None,
        skipped=[(skip.send_at, skips.told(skip)) for skip in skipped],
        before=before,
        is_first=before is None,
    )
    return Made.of(page)


def _issue(here: Shell, number: int) -> Made | None:
    with here.publication.database.read() as session:
        page = public.page(session, number)
    if page is None:
        return None
    language = here.publication.settings.publication.language
    headers = {"Content-Language": language, "Content-Security-Policy": policy_of(page.content.decode())}
    return Made(page.content, "text/html", page.digest, headers)


def _number(text: str) -> int | None:
    """An issue's number as addresses write it: nothing before it, and no more than a database holds."""
    is_one = text.isascii() and text.isdigit() and len(text) <= 9 and not text.startswith("0")
    return int(text) if is_one else None
