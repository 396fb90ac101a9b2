"""For editors: what is planned, what it looks like, how it fares. Nothing here answers who is not signed in."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from publisher.web.desk import (
    account,
    adding,
    by_link,
    choose,
    choosing_password,
    course,
    edits,
    entrance,
    home,
    issue,
    live,
    people,
    previews,
    report,
    revisions,
    sending,
    settings,
    signing,
    sources,
    specimens,
    steering,
    subscribers,
    trail,
    uploads,
    write,
)

AT = "/desk"

signed_in = APIRouter(dependencies=[Depends(entrance.editor)])
for part in (
    home,
    issue,
    steering,
    choose,
    adding,
    edits,
    uploads,
    write,
    live,
    revisions,
    course,
    previews,
    report,
    sending,
    settings,
    sources,
    specimens,
    subscribers,
    account,
    people,
    trail,
):
    signed_in.include_router(part.router, prefix=AT)

router = APIRouter()
for way_in in (signing, choosing_password, by_link):
    router.include_router(way_in.router, prefix=AT)
router.include_router(signed_in)
