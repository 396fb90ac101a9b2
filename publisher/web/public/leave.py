"""Leaving: the link in every letter. To look at it changes nothing; the button, or the mail program's own, does.

The token is all the authority there is (RFC 8058): no cookie, no login, no redirect. Whether a subscriber exists is
told to nobody who has not their token.
"""

from __future__ import annotations

import re

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

from publisher.mail.identity import leaver
from publisher.stages import enroll
from publisher.stages.preview import TEST_READER
from publisher.store.pages import public
from publisher.web.guard import is_foreign
from publisher.web.shell import shell

_ONE_CLICK = re.compile(rb'List-Unsubscribe(?:=|"\s+)One-Click', re.IGNORECASE)  # as a form or as multipart

router = APIRouter()


@router.get("/leave")
@router.get("/leave/{token:path}")
def show(request: Request, token: str = "") -> Response:
    here = shell(request)
    subscriber_id = leaver(here.publication.identity().secret, token)
    return _page(request, subscriber_id, is_done=False)


@router.post("/leave/{token:path}")
async def leave(request: Request, token: str) -> Response:
    here = shell(request)
    if not _ONE_CLICK.search(await request.body()) and is_foreign(request.headers, here.own):
        raise HTTPException(403)
    return await run_in_threadpool(_leave, request, token)


def _leave(request: Request, token: str) -> Response:
    here = shell(request)
    secret = here.publication.identity().secret
    is_known = enroll.leave_by_link(here.publication.database, secret, token, now=here.now())
    if is_known and "text/html" not in request.headers.get("accept", ""):
        words = here.words(request)
        return PlainTextResponse(
            f"{words.gettext('You are unsubscribed')}.\n", headers={"Content-Language": words.code}
        )
    return _page(request, leaver(secret, token), is_done=True)


def _page(request: Request, subscriber_id: int | None, *, is_done: bool) -> Response:
    here = shell(request)
    if subscriber_id is None:
        return _unlisted(here.page(request, "public/leave-unknown", status=404))
    if subscriber_id == TEST_READER:
        return _unlisted(here.page(request, "public/leave-test", is_done=is_done))
    with here.publication.database.read() as session:
        reader = public.reader(session, subscriber_id)
    return _unlisted(here.page(request, "public/leave", reader=reader, is_done=is_done))


def _unlisted(response: Response) -> Response:
    """No cache and no search engine keeps it."""
    response.headers.update({"X-Robots-Tag": "noindex", "Cache-Control": "no-store"})
    return response
