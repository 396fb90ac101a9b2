"""What everybody may see: the issues that were released, what was corrected on them since, and a reader's own state.

An issue is public from its release on, also while its letters are going out or are paused. A draft, a held, an
approved or a cancelled one is not there at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func
from sqlmodel import Session, col, select

from publisher.domain.audience import SubscriberState, masked
from publisher.domain.issue import IssueState
from publisher.editorial import markup
from publisher.store import proofs
from publisher.store.skips import announced
from publisher.store.tables import CorrectionRow, IssueRow, SkipRow, SubscriberRow

_PUBLIC = tuple(state.value for state in (IssueState.SENDING, IssueState.PAUSED, IssueState.SENT))
_READERS = select(SubscriberRow.id, SubscriberRow.email, SubscriberRow.state, SubscriberRow.left_at).where(
    col(SubscriberRow.id).in_(bindparam("ids", expanding=True))
)


@dataclass(frozen=True, slots=True)
class Listed:
    """One issue in a list, in its words of today. `corrected_at` is the time of its newest correction."""

    number: int
    series: str
    title: str
    deks: tuple[str, ...]
    byline: str
    language: str
    released_at: datetime
    corrected_at: datetime | None

    @property
    def updated_at(self) -> datetime:
        return self.corrected_at or self.released_at


@dataclass(frozen=True, slots=True)
class Page:
    """An issue's page, byte for byte as it was sealed, or as its newest correction has it.

    `sender` is the surface that was sealed with it: whose the issue was on that day.
    """

    content: bytes
    sender: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Reader:
    """A subscriber as their own leave page shows them. `left_at` is None for who gets letters."""

    masked: str
    has_left: bool
    left_at: datetime | None


def version(session: Session, now: datetime) -> str:
    """A text that differs as soon as anything does that the public sees, at that time."""
    released = select(func.count(), func.max(IssueRow.released_at)).where(col(IssueRow.state).in_(_PUBLIC))
    corrections = select(func.count(), func.max(CorrectionRow.id))
    skips = select(func.count(), func.max(SkipRow.skipped_at)).where(col(SkipRow.tells_readers))
    told = [
        skip.send_at for skip in announced(session, now)
    ]  # one is over as time goes by, though nothing is written then
    return repr([told, *(tuple(session.exec(question).one()) for question in (released, corrections, skips))])


def listed(session: Session, limit: int, *, before: int | None = None) -> list[Listed]:
    """The newest public issues, of those with a number under `before`."""
    query = select(IssueRow).where(col(IssueRow.state).in_(_PUBLIC))
    if before is not None:
        query = query.where(IssueRow.number < before)
    rows = session.exec(query.order_by(col(IssueRow.number).desc()).limit(limit)).all()
    corrections = _corrections(session, [row.id for row in rows if row.id is not None])
    return [_listed(row, corrections.get(row.id or 0, [])) for row in rows]


def page(session: Session, number: int) -> Page | None:
    """The page of a public issue. Raises DatabaseError when its bytes are not those that were sealed."""
    row = session.exec(
        select(IssueRow).where(IssueRow.number == number, col(IssueRow.state).in_(_PUBLIC))
    ).one_or_none()
    if row is None:
        return None
    newest = select(CorrectionRow.page).where(CorrectionRow.issue_id == row.id).order_by(col(CorrectionRow.id).desc())
    corrected, proof = session.exec(newest.limit(1)).first(), proofs.sealed(session, row)
    return Page(proof["page"].encode() if corrected is None else corrected, proof["sender"])


def first_release(session: Session) -> tuple[datetime, str] | None:
    """When the first of all issues was released, and the `sender` surface that was sealed with it."""
    row = session.exec(
        select(IssueRow).where(col(IssueRow.state).in_(_PUBLIC)).order_by(col(IssueRow.released_at)).limit(1)
    ).first()
    return None if row is None or row.released_at is None else (row.released_at, proofs.sealed(session, row)["sender"])


def readers(connection: Connection, subscriber_ids: Collection[int]) -> dict[int, Reader]:
    """The subscribers with these ids, by id, each address masked and in one piece. Who was erased is not there."""
    rows = connection.execute(_READERS, {"ids": list(subscriber_ids)})
    return {
        subscriber_id: Reader(masked(email).replace("…", "\u2060…\u2060"), state == SubscriberState.LEFT, left_at)
        for subscriber_id, email, state, left_at in rows
    }


def _corrections(session: Session, issue_ids: Sequence[int]) -> dict[int, list[tuple[datetime, dict[str, str]]]]:
    """What was corrected on these issues, the oldest first, without the pages."""
    query = (
        select(CorrectionRow.issue_id, CorrectionRow.corrected_at, CorrectionRow.words)
        .where(col(CorrectionRow.issue_id).in_(issue_ids))
        .order_by(col(CorrectionRow.id))
    )
    found: dict[int, list[tuple[datetime, dict[str, str]]]] = {}
    for issue_id, corrected_at, words in session.exec(query):
        found.setdefault(issue_id, []).append((corrected_at, dict(words)))
    return found


def _listed(row: IssueRow, corrections: Iterable[tuple[datetime, dict[str, str]]]) -> Listed:
    title, deks, corrected_at = row.title, list(row.deks), None
    for corrected_at, words in corrections:  # noqa: B007  the newest time is wanted after the loop
        title = words.get("title", title)
        deks = [words.get(f"dek:{at}", dek) for at, dek in enumerate(deks, start=1)]
    assert row.released_at is not None  # a public issue was released
    return Listed(
        number=row.number,
        series=row.series,
        title=markup.clean(title),  # a list of all is no place for one issue to break
        deks=tuple(markup.clean(dek) for dek in deks),
        byline=row.byline,
        language=row.language,
        released_at=row.released_at,
        corrected_at=corrected_at,
    )
