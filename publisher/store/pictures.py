"""Pictures by what is in them, and where each came from. What no issue shows is forgotten after a while."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy
from sqlalchemy import delete, exists
from sqlmodel import Session, col, select

from publisher.domain.picture import StoredPicture
from publisher.fetch.pictures import Prepared, prepare
from publisher.store.bulk import insert_new, table_of
from publisher.store.tables import PickRow, PictureOriginRow, PictureRow, SmallPictureRow

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
    """Store a picture, in both sizes, and that it is the one at `origin_url`; the same bytes are stored once."""
    small = prepared.small
    insert_new(session, PictureRow, [_values(one, now) for one in (small, prepared) if one])
    if small:
        sizes = {"digest": prepared.facts.digest, "small_digest": small.facts.digest}
        insert_new(session, SmallPictureRow, [sizes])
    origin = _origin(session, origin_url, now)
    origin.digest, origin.tried_at, origin.problem = prepared.facts.digest, now, ""
    session.add(origin)


def note_failure(session: Session, origin_url: str, problem: str, now: datetime) -> None:
    """Remember why the picture at `origin_url` could not be had; one that is stored stays stored."""
    origin = _origin(session, origin_url, now)
    if origin.digest is None:
        origin.tried_at, origin.problem = now, problem
        session.add(origin)


def stored(session: Session, urls: Collection[str]) -> dict[str, StoredPicture]:
    """Which of these addresses' pictures are stored, and as what?"""
    large, small = table_of(PictureRow).alias(), table_of(PictureRow).alias()
    origin, sizes = table_of(PictureOriginRow), table_of(SmallPictureRow)
    query = (
        sqlalchemy.select(origin.c.url, *_facts(large), *_facts(small))
        .join(large, large.c.digest == origin.c.digest)
        .outerjoin(sizes, sizes.c.digest == large.c.digest)
        .outerjoin(small, small.c.digest == sizes.c.small_digest)
        .where(origin.c.url.in_(urls))
    )
    return {
        url: StoredPicture(digest, media_type, width, height, StoredPicture(*narrow) if narrow[0] else None)
        for url, digest, media_type, width, height, *narrow in session.connection().execute(query)
    }


def failures(session: Session, urls: Collection[str]) -> dict[str, Failure]:
    """Which of these addresses' pictures could not be had, and why?"""
    query = select(PictureOriginRow).where(col(PictureOriginRow.url).in_(urls), col(PictureOriginRow.digest).is_(None))
    return {row.url: Failure(row.problem, row.tried_at) for row in session.exec(query)}


def forget_failures(session: Session, urls: Collection[str]) -> None:
    """As if the pictures at these addresses had never been tried; those that are stored stay so."""
    origin = table_of(PictureOriginRow)
    session.connection().execute(delete(origin).where(origin.c.url.in_(urls), origin.c.digest.is_(None)))


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


def forget_unused(session: Session, before: datetime) -> int:
    """Take out what no issue shows and was had, or last tried, before that time; how many pictures that were.

    An issue shows what its picks name. That never changes once it is sealed, so no address in a sealed proof dies.
    """
    session.flush()
    connection = session.connection()
    origin, picture, sizes = table_of(PictureOriginRow), table_of(PictureRow), table_of(SmallPictureRow)
    is_picked = exists().where(col(PickRow.picture_url) == origin.c.url)
    connection.execute(delete(origin).where(origin.c.tried_at < before, ~is_picked))
    is_from_somewhere = exists().where(origin.c.digest == sizes.c.digest)
    is_old = sizes.c.digest.in_(sqlalchemy.select(picture.c.digest).where(picture.c.stored_at < before))
    connection.execute(delete(sizes).where(is_old, ~is_from_somewhere))
    is_needed = exists().where(origin.c.digest == picture.c.digest)
    is_small = exists().where(sizes.c.small_digest == picture.c.digest)
    unused = delete(picture).where(picture.c.stored_at < before, ~is_needed, ~is_small)
    return connection.execute(unused).rowcount


def _values(prepared: Prepared, now: datetime) -> dict[str, Any]:
    facts = prepared.facts
    return {
        "digest": facts.digest,
        "media_type": facts.media_type,
        "width": facts.width,
        "height": facts.height,
        "content": prepared.content,
        "stored_at": now,
    }


def _facts(picture: Any) -> tuple[Any, ...]:
    return picture.c.digest, picture.c.media_type, picture.c.width, picture.c.height


def _origin(session: Session, url: str, now: datetime) -> PictureOriginRow:
    if session.get(PictureOriginRow, url) is None:
        insert_new(session, PictureOriginRow, [{"url": url, "digest": None, "tried_at": now, "problem": ""}])
    return session.get_one(PictureOriginRow, url)
