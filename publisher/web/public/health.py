"""For those who watch the process: whether it is alive, and whether it can do its work."""

from __future__ import annotations

import anyio
from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse

from publisher.errors import DatabaseError
from publisher.store.pages import public
from publisher.web.shell import Shell, shell

PATIENCE = 3.0
# Where the database is stands in the log; this address is open to everybody.
UNREACHABLE = "the database does not answer; `publisher db check` says why"

router = APIRouter()


@router.get("/healthz")
async def alive() -> PlainTextResponse:
    return PlainTextResponse("alive\n")


@router.get("/readyz")
async def ready(request: Request) -> PlainTextResponse:
    """200, or 503 with what is wrong, a line each."""
    here = shell(request)
    troubles = list(here.troubles())
    with anyio.move_on_after(PATIENCE) as waiting:
        is_there = await to_thread.run_sync(_answers, here, abandon_on_cancel=True)
    if waiting.cancelled_caught or not is_there:
        troubles.append(UNREACHABLE)
    if not troubles:
        return PlainTextResponse("ready\n")
    return PlainTextResponse("".join(f"{trouble}\n" for trouble in troubles), 503)


def _answers(here: Shell) -> bool:
    try:
        with here.publication.database.read() as session:
            public.version(session, here.now())
    except DatabaseError:
        return False
    return True
