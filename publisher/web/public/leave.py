"""Leaving: the link in every letter. To look at it changes nothing; the button, or the mail program's own, does.

The token is all the authority there is (RFC 8058): no cookie, no login, no redirect. Whether a subscriber exists is
told to nobody who has not their token.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from fastapi import APIRouter, Request, Response
from markupsafe import escape
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

from publisher.mail.identity import leaver
from publisher.stages import enroll
from publisher.stages.preview import TEST_READER
from publisher.store.pages import public
from publisher.web.asked import asked
from publisher.web.guard import is_foreign
from publisher.web.kept import Made
from publisher.web.public.issues import kept
from publisher.web.shell import Shell, shell
from publisher.web.together import Together

_ONE_CLICK = re.compile(rb'List-Unsubscribe(?:=|"\s+)One-Click', re.IGNORECASE)  # as a form or as multipart
_SLOT = "\ue000"  # where the address goes: of private use, so no text of ours has it

router = APIRouter()


@router.get("/leave")
@router.get("/leave/{token:path}")
async def show(request: Request, token: str = "") -> Response:
    here = shell(request)
    subscriber_id = leaver(here.secret, token)
    if subscriber_id is None or subscriber_id == TEST_READER:
        return await run_in_threadpool(_page, request, subscriber_id, is_done=False)
    return await _question(request, here, await _readers(request).ask(subscriber_id))


@router.post("/leave/{token:path}")
async def leave(request: Request, token: str) -> Response:
    here = shell(request)
    if not _ONE_CLICK.search(await request.body()) and is_foreign(request.headers, here.own):
        raise HTTPException(403)
    return await run_in_threadpool(_leave, request, token)


def _leave(request: Request, token: str) -> Response:
    here = shell(request)
    is_known = enroll.leave_by_link(here.publication.database, here.secret, token, now=here.now())
    if is_known and "text/html" not in request.headers.get("accept", ""):
        words = here.words(request)
        return PlainTextResponse(
            f"{words.gettext('You are unsubscribed')}.\n", headers={"Content-Language": words.code}
        )
    return _page(request, leaver(here.secret, token), is_done=True)


def _page(request: Request, subscriber_id: int | None, *, is_done: bool) -> Response:
    here = shell(request)
    if subscriber_id is None:
        return _unlisted(here.page(request, "public/leave-unknown", status=404))
    if subscriber_id == TEST_READER:
        return _unlisted(here.page(request, "public/leave-test", is_done=is_done))
    return _unlisted(
        here.page(request, "public/leave", reader=looked_up(here, [subscriber_id]).get(subscriber_id), is_done=is_done)
    )


async def _question(request: Request, here: Shell, reader: public.Reader | None) -> Response:
    """The page with the button. Scanners look at everybody's: it is made once, with a slot."""
    state = "erased" if reader is None else "left" if reader.has_left else "stays"
    nobody = replace(reader, masked=_SLOT) if reader else None
    made = await kept(request).page(
        ("leave", state, request.scope.get("root_path", ""), here.words(request).code, asked(request)),
        lambda: Made.of(here.page(request, "public/leave", {}, reader=nobody, is_done=False)),
    )
    assert made is not None
    content = made.content.replace(_SLOT.encode(), str(escape(reader.masked)).encode()) if reader else made.content
    return _unlisted(Response(content, media_type="text/html", headers=dict(made.headers)))


def _readers(request: Request) -> Together[int, public.Reader]:
    found = request.app.state.readers
    assert isinstance(found, Together)
    return found


def looked_up(here: Shell, subscriber_ids: Collection[int]) -> Mapping[int, public.Reader]:
    """Those of the subscribers who are there, for their leave pages."""
    with here.publication.database.connect() as connection:
        return public.readers(connection, subscriber_ids)


def _unlisted(response: Response) -> Response:
    """No cache and no search engine keeps it."""
    response.headers.update({"X-Robots-Tag": "noindex", "Cache-Control": "no-store"})
    return response
