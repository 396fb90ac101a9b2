"""Pictures by what is in them, and where each came from."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from publisher.domain.picture import StoredPicture
from publisher.fetch.pictures import Prepared, prepare
from publisher.store.bulk import insert_new
from publisher.store.tables import PictureOriginRow, PictureRow

LONGEST_URL = 2_000  # PostgreSQL keeps no more than 2,700 bytes in a key
_TOO_LONG = f"has an address of more than {LONGEST_URL:,} characters"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a picture could not be had when it was last tried."""

    problem: str
    tried_at: datetime


def put(session: Session, origin_url: str, content: bytes, now: datetime) -> StoredPicture:
    """Store the picture in `content` as the one at `origin_url`, which then is never fetched. Raises PictureError."""
    prepared = prepare(content)
    keep(session, origin_url, prepared, now)
    return prepared.facts


def keep(session: Session, origin_url: str, prepared: Prepared, now: datetime) -> None:
    """Store a picture and that it is the one at `origin_url`; the same bytes from elsewhere are stored once."""
    facts = prepared.facts
    new = {
        "digest": facts.digest,
        "media_type": facts.media_type,
        "width": facts.width,
        "height": facts.height,
        "content": prepared.content,
        "stored_at": now,
    }
    insert_new(session, PictureRow, [new])
    origin = _origin(session, origin_url, now)
    origin.digest, origin.tried_at, origin.problem = facts.digest, now, ""
    session.add(origin)


def note_failure(session: Session, origin_url: str, problem: str, now: datetime) -> None:
    """Remember why the picture at `origin_url` could not be had; one that is stored stays stored."""
    origin = _origin(session, origin_url, now)
    if origin.digest is None:
        origin.tried_at, origin.problem = now, problem
        session.add(origin)


def stored(session: Session, urls: Collection[str]) -> dict[str, StoredPicture]:
    """Which of these addresses' pictures are stored, and as what?"""
    query = (
        select(PictureOriginRow.url, PictureRow.digest, PictureRow.media_type, PictureRow.width)
        .add_columns(col(PictureRow.height))
        .join(PictureRow, col(PictureRow.digest) == col(PictureOriginRow.digest))
        .where(col(PictureOriginRow.url).in_(urls))
    )
    return {url: StoredPicture(*facts) for url, *facts in session.connection().execute(query)}


def failures(session: Session, urls: Collection[str]) -> dict[str, Failure]:
    """Which of these addresses' pictures could not be had, and why?"""
    query = select(PictureOriginRow).where(col(PictureOriginRow.url).in_(urls), col(PictureOriginRow.digest).is_(None))
    return {row.url: Failure(row.problem, row.tried_at) for row in session.exec(query)}


def problems(session: Session, urls: Collection[str]) -> dict[str, str]:
    """Which of these addresses' pictures are left out, and why, for their editor?"""
    found = {url: failure.problem for url, failure in failures(session, urls).items()}
    return found | {url: _TOO_LONG for url in urls if len(url) > LONGEST_URL}


def by_digest(session: Session, digest: str) -> PictureRow | None:
    """The picture with that digest, its bytes included."""
    return session.get(PictureRow, digest)


def carried(session: Session, html: str) -> tuple[Prepared, ...]:
    """The pictures that a letter carries with it, as far as they are stored."""
    digests = set(_CARRIED.findall(html))
    if not digests:
        return ()
    rows = session.exec(select(PictureRow).where(col(PictureRow.digest).in_(digests)))
    return tuple(
        Prepared(StoredPicture(row.digest, row.media_type, row.width, row.height), row.content) for row in rows
    )


_CARRIED = re.compile(r' src="cid:([0-9a-f]{64})\.')


def _origin(session: Session, url: str, now: datetime) -> PictureOriginRow:
    if session.get(PictureOriginRow, url) is None:
        insert_new(session, PictureOriginRow, [{"url": url, "digest": None, "tried_at": now, "problem": ""}])
    return session.get_one(PictureOriginRow, url)
