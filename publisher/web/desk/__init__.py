"""For editors: what is planned, what it looks like, how it fares. Nothing here answers who is not signed in."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from publisher.web.desk import course, edits, entrance, home, issue, previews, specimens

AT = "/desk"

signed_in = APIRouter(dependencies=[Depends(entrance.editor)])
for part in (home, issue, edits, course, previews, specimens):
    signed_in.include_router(part.router, prefix=AT)

router = APIRouter()
router.include_router(entrance.router, prefix=AT)
router.include_router(signed_in)
