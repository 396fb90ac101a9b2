"""What an issue said after each edit, and who wrote it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from publisher.errors import NotFound
from publisher.store.tables import IssueRow, RevisionRow

# As long as one person goes on typing, and no longer than this in all, it is one revision.
PAUSE, WHOLE = timedelta(minutes=2), timedelta(minutes=15)


def begin(session: Session, issue: IssueRow, words: Mapping[str, str]) -> None:
    """Keep what the issue said before its first edit, as revision 0 of nobody."""
    assert issue.id is not None
    if issue.revision == 0 and _row(session, issue.id, 0) is None:
        at = issue.composed_at
        session.add(RevisionRow(issue_id=issue.id, number=0, begun_at=at, made_at=at, words=dict(words)))
        session.flush()


def add(
    session: Session,
    issue: IssueRow,
    by: str,
    fields: Sequence[str],
    words: Mapping[str, str],
    *,
    is_new: bool,
    now: datetime,
) -> bool:
    """The issue says `words` since `now`; whether that is a revision of its own, and not the same typing going on.

    With `is_new` it always is one.
    """
    assert issue.id is not None
    newest = _row(session, issue.id, issue.revision)
    issue.revision += 1
    session.add(issue)
    goes_on = (
        newest is not None
        and newest.number > 0
        and newest.by == by
        and not is_new
        and now - newest.made_at < PAUSE
        and now - newest.begun_at < WHOLE
    )
    if not goes_on or newest is None:
        newest = RevisionRow(issue_id=issue.id, number=issue.revision, by=by, begun_at=now)
    newest.number = issue.revision
    newest.made_at = now
    newest.fields = list(dict.fromkeys([*newest.fields, *fields]))
    newest.words = dict(words)
    session.add(newest)
    session.flush()
    return not goes_on


def one(session: Session, issue: IssueRow, number: int) -> RevisionRow:
    """That revision of the issue. Raises NotFound."""
    assert issue.id is not None
    row = _row(session, issue.id, number)
    if row is None:
        raise NotFound(f"No. {issue.number} has no revision {number}")
    return row


def of_issue(session: Session, issue_id: int, limit: int = 200) -> list[RevisionRow]:
    """The newest revisions, the newest first."""
    query = select(RevisionRow).where(RevisionRow.issue_id == issue_id).order_by(col(RevisionRow.number).desc())
    return list(session.exec(query.limit(limit)))


def last_of(session: Session, issue_id: int, fields: Sequence[str]) -> dict[str, RevisionRow]:
    """The newest revision that wrote each of these fields; those that nobody wrote are missing."""
    wanted = set(fields)
    found: dict[str, RevisionRow] = {}
    for row in of_issue(session, issue_id):
        for field in wanted.intersection(row.fields):
            found.setdefault(field, row)
        if len(found) == len(wanted):
            break
    return found


def last_words(session: Session, issue_id: int, item_id: int) -> dict[str, str]:
    """What the pick of that item said when it was in the issue last; nothing if it never was since the first edit."""
    start = f"pick:{item_id}:"
    for row in of_issue(session, issue_id):
        words = {name: value for name, value in row.words.items() if name.startswith(start)}
        if words:
            return words
    return {}


def writers(session: Session, issue_id: int) -> set[str]:
    """Who wrote any of its revisions."""
    query = select(RevisionRow.by).where(RevisionRow.issue_id == issue_id, RevisionRow.number > 0).distinct()
    return set(session.exec(query))


def _row(session: Session, issue_id: int, number: int) -> RevisionRow | None:
    query = select(RevisionRow).where(RevisionRow.issue_id == issue_id, RevisionRow.number == number)
    return session.exec(query).one_or_none()
