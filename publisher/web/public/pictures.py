"""The publication's own pictures. A name never comes to show another one, so whoever has one never asks again."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from publisher.domain.picture import EXTENSIONS
from publisher.store import pictures
from publisher.web.kept import Made, given
from publisher.web.shell import shell

FOR_EVER = "public, max-age=31536000, immutable"
_NAME = re.compile(r"([0-9a-f]{64})\.(" + "|".join(EXTENSIONS.values()) + ")")

router = APIRouter()


@router.get("/pictures/{name}")
def picture(request: Request, name: str) -> Response:
    """The picture of that digest. What was stored is of our own making, so its media type can be believed."""
    named = _NAME.fullmatch(name)
    if named is None:
        raise HTTPException(404)
    with shell(request).publication.database.read() as session:
        row = pictures.by_digest(session, named[1])
    if row is None or EXTENSIONS[row.media_type] != named[2]:
        raise HTTPException(404)
    return given(request, Made(row.content, row.media_type, row.digest, {"Cache-Control": FOR_EVER}))
