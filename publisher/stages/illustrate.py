"""Take a picture that an editor gives: looked at as any from outside, made anew, kept under an address of ours."""

from __future__ import annotations

from datetime import datetime

from publisher.domain.audit import Action
from publisher.domain.picture import UPLOADED
from publisher.fetch.pictures import prepare
from publisher.store import audit, issues, pictures
from publisher.store.db import Database


def run(database: Database, number: int, content: bytes, *, by: str, now: datetime) -> str:
    """Keep the picture in `content`; returns its address, `upload:` and its digest, for the field `picture` of a pick.

    Raises PictureError with what is wrong with the file, NotFound.
    """
    prepared = prepare(content)
    address = f"{UPLOADED}{prepared.facts.digest}"
    with database.write() as session:
        issues.by_number(session, number)
        pictures.keep(session, address, prepared, now)
        audit.note(session, by, Action.PICTURE_ADDED, number, prepared.facts.digest[:12], now=now)
    return address
