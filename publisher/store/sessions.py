"""Where editors are signed in: a row for each browser, known by the hash of what its cookie holds.

Who reads the database has no cookie. A row that has ended lets nobody in, and goes at somebody's next sign-in.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, update
from sqlmodel import Session, col, select

from publisher.store.tables import EditorRow, SessionRow

LASTS = timedelta(days=14)  # since the sign-in, whatever is done
IDLE = timedelta(days=3)  # since it was last used: from a Thursday's draft to the next working day
SEEN_EVERY = timedelta(minutes=5)


def hash_of(token: str) -> str:
    """What a session is known by. The token is 256 bits of chance, so that no salt is needed."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def begin(session: Session, token_hash: str, editor_id: int, browser: str, now: datetime) -> None:
    """Another browser is signed in. What has ended meanwhile goes."""
    ended = or_(col(SessionRow.ends_at) <= now, col(SessionRow.seen_at) <= now - IDLE)
    session.connection().execute(delete(SessionRow).where(ended))
    session.add(
        SessionRow(
            token_hash=token_hash, editor_id=editor_id, made_at=now, seen_at=now, ends_at=now + LASTS, browser=browser
        )
    )


def find(session: Session, token_hash: str, now: datetime) -> tuple[SessionRow, EditorRow] | None:
    """The session of that cookie and its editor, while neither has ended."""
    query = (
        select(SessionRow, EditorRow)
        .join(EditorRow, col(EditorRow.id) == col(SessionRow.editor_id))
        .where(SessionRow.token_hash == token_hash, col(SessionRow.ends_at) > now, col(SessionRow.seen_at) > now - IDLE)
        .where(col(EditorRow.removed_at).is_(None))
    )
    return session.exec(query).one_or_none()


def seen(session: Session, token_hash: str, now: datetime) -> None:
    """It was used. Says so for one that is there, and makes none."""
    session.connection().execute(update(SessionRow).where(col(SessionRow.token_hash) == token_hash).values(seen_at=now))


def of(session: Session, editor_id: int, now: datetime) -> list[SessionRow]:
    """Where that editor is signed in, the last used first."""
    query = (
        select(SessionRow)
        .where(SessionRow.editor_id == editor_id, col(SessionRow.ends_at) > now, col(SessionRow.seen_at) > now - IDLE)
        .order_by(col(SessionRow.seen_at).desc(), col(SessionRow.token_hash))
    )
    return list(session.exec(query))


def end(session: Session, editor_id: int, token_hash: str) -> bool:
    """Sign that editor out of one browser; False where they were not in it."""
    mine = delete(SessionRow).where(col(SessionRow.token_hash) == token_hash, col(SessionRow.editor_id) == editor_id)
    return bool(session.connection().execute(mine).rowcount)


def end_all(session: Session, editor_id: int, *, but: str = "") -> None:
    """Sign that editor out everywhere, except where the cookie's hash is `but`."""
    session.connection().execute(
        delete(SessionRow).where(col(SessionRow.editor_id) == editor_id, col(SessionRow.token_hash) != but)
    )
