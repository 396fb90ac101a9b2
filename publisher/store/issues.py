"""Issues, their picks, and why each candidate was chosen or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, insert
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from publisher.domain.issue import Issue, IssueState, Pick, PostWish
from publisher.domain.item import Choice
from publisher.errors import Busy, NotFound
from publisher.store.bulk import insert_unless_there, table_of
from publisher.store.db import IS_WRITE
from publisher.store.items import picture_of, picture_values
from publisher.store.tables import CandidateRow, IssueRow, PickRow


def create(session: Session, issue: Issue, *, composed_at: datetime, state_reason: str = "") -> IssueRow:
    """A new issue, without its picks. Raises Busy when another process has made the one for that time or number."""
    row = IssueRow(number=issue.number, language=issue.language, composed_at=composed_at, send_at=issue.send_at)
    row.sqlmodel_update(_words(issue))
    row.state, row.state_reason, row.state_since = issue.state.value, state_reason, composed_at
    statement = insert_unless_there(session, IssueRow).returning(table_of(IssueRow).c.id)
    made = session.connection().execute(statement, row.model_dump(exclude={"id"})).scalar_one_or_none()
    if made is not None:
        return session.get_one(IssueRow, made)
    there = by_send_at(session, issue.send_at)
    if there is not None:
        raise Busy(f"No. {there.number} was made for that time by another process meanwhile; nothing was changed")
    raise Busy(f"No. {issue.number} was made by another process meanwhile, for another time; run this again")


def update(session: Session, row: IssueRow, issue: Issue) -> None:
    """Write the words of an edited issue; its picks go through `put_picks`, its state through `set_state`."""
    row.sqlmodel_update(_words(issue))
    session.add(row)


def set_state(session: Session, row: IssueRow, state: IssueState, reason: str = "", *, now: datetime) -> None:
    """The issue is in that state, since `now` unless it was already; held for another reason is held anew."""
    if row.state != state or (state == IssueState.HELD and row.state_reason != reason):
        row.state_since = now
    row.state = state.value
    row.state_reason = reason
    session.add(row)


def by_number(session: Session, number: int) -> IssueRow:
    """The issue with that number; in a writing session it is ours until the commit. Raises NotFound."""
    row = session.exec(_held(session).where(IssueRow.number == number)).one_or_none()
    if row is None:
        raise NotFound(f"there is no issue {number}; {_existing(session)}")
    return row


def by_send_at(session: Session, send_at: datetime) -> IssueRow | None:
    """The issue that is planned for exactly that time."""
    return session.exec(_held(session).where(IssueRow.send_at == send_at)).one_or_none()


def next_number(session: Session, first_number: int) -> int:
    """The number of the next issue: one more than the last, and at least `first_number`."""
    last = session.exec(select(func.max(IssueRow.number))).one()
    return first_number if last is None else max(last + 1, first_number)


def list_issues(session: Session, limit: int | None = None) -> list[IssueRow]:
    """Every issue, the newest first."""
    return list(session.exec(select(IssueRow).order_by(col(IssueRow.number).desc()).limit(limit)))


def drafts_planned_before(session: Session, moment: datetime) -> list[IssueRow]:
    """Which drafts should have left before that time, and nobody approved them?"""
    planned = func.coalesce(col(IssueRow.moved_to), col(IssueRow.send_at))
    query = select(IssueRow).where(IssueRow.state == IssueState.DRAFT.value, planned < moment)
    return list(session.exec(query.order_by(col(IssueRow.number))))


def due_for_release(session: Session, now: datetime) -> list[IssueRow]:
    """Which approved issues' time has come? The one that has waited longest first."""
    return list(
        session.exec(
            select(IssueRow)
            .where(IssueRow.state == IssueState.APPROVED.value, col(IssueRow.leaves_at) <= now)
            .order_by(col(IssueRow.leaves_at), col(IssueRow.number))
        )
    )


def put_picks(session: Session, issue_id: int, picks: Sequence[Pick]) -> None:
    """These are the issue's picks now, instead of all that were. Raises ValueError unless positions run from 1."""
    if [pick.position for pick in picks] != list(range(1, len(picks) + 1)):
        raise ValueError("the positions of picks count from 1 without gaps")
    session.flush()
    connection = session.connection()
    connection.execute(delete(table_of(PickRow)).where(table_of(PickRow).c.issue_id == issue_id))
    if picks:
        connection.execute(insert(table_of(PickRow)), [_pick_values(issue_id, pick) for pick in picks])


def picks(session: Session, issue_id: int) -> list[PickRow]:
    """The issue's picks in their order."""
    query = select(PickRow).where(PickRow.issue_id == issue_id).order_by(col(PickRow.position))
    # SQLite gives the ids of deleted picks to new ones, so what the session remembers may be an older pick.
    return list(session.exec(query.execution_options(populate_existing=True)))


def put_candidates(session: Session, issue_id: int, choices: Sequence[Choice]) -> None:
    """Why each candidate was chosen for this issue or not, instead of what was said before."""
    session.flush()
    table = table_of(CandidateRow)
    connection = session.connection()
    connection.execute(delete(table).where(table.c.issue_id == issue_id))
    values = [
        {
            "issue_id": issue_id,
            "item_id": choice.item_id,
            "story_item_id": choice.story_item_id,
            "reason": choice.reason,
            "rank": choice.rank,
        }
        for choice in choices
    ]
    if values:
        connection.execute(insert(table), values)


def candidate_rows(session: Session, issue_id: int) -> list[CandidateRow]:
    """What composing said about each candidate, story by story."""
    return list(
        session.exec(
            select(CandidateRow)
            .where(CandidateRow.issue_id == issue_id)
            .order_by(col(CandidateRow.story_item_id), col(CandidateRow.item_id))
        )
    )


def to_fact(session: Session, row: IssueRow) -> Issue:
    """The issue with its picks, as rendering wants it."""
    assert row.id is not None  # it was read from the database
    return Issue(
        number=row.number,
        state=IssueState(row.state),
        series=row.series,
        title=row.title,
        deks=tuple(row.deks),
        note=row.note,
        byline=row.byline,
        byline_address=row.byline_address,
        subject=row.subject,
        preheader=row.preheader,
        language=row.language,
        send_at=row.send_at,
        picks=tuple(_pick(pick) for pick in picks(session, row.id)),
    )


def _held(session: Session) -> SelectOfScalar[IssueRow]:
    """Issues; in a writing session PostgreSQL locks what is read, so that two verbs never change one issue at once.

    SQLite has one writer anyway and leaves the lock out. FOR NO KEY UPDATE: deliveries that name the issue go on.
    """
    query = select(IssueRow)
    if session.info.get(IS_WRITE):
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return query


def _existing(session: Session) -> str:
    first, last = session.exec(select(func.min(IssueRow.number), func.max(IssueRow.number))).one()
    if first is None:
        return "there is none yet, run `publisher compose`"
    return f"there is {first}" if first == last else f"there are {first} to {last}"


def _words(issue: Issue) -> dict[str, Any]:
    return {
        "series": issue.series,
        "title": issue.title,
        "deks": list(issue.deks),
        "note": issue.note,
        "byline": issue.byline,
        "byline_address": issue.byline_address,
        "subject": issue.subject,
        "preheader": issue.preheader,
        "language": issue.language,
    }


def _pick_values(issue_id: int, pick: Pick) -> dict[str, Any]:
    return {
        "issue_id": issue_id,
        "item_id": pick.item_id,
        "position": pick.position,
        "headline": pick.headline,
        "body": pick.body,
        "blurb": pick.blurb,
        "reason": pick.reason,
        "url": pick.url or "",
        "attribution": pick.attribution,
        "section": pick.section,
        "sponsor": pick.sponsor,
        "posts": {channel: told for channel, wish in pick.posts.items() if (told := _wish(wish))},
        **picture_values(pick.picture),
    }


def _pick(row: PickRow) -> Pick:
    return Pick(
        position=row.position,
        item_id=row.item_id,
        headline=row.headline,
        body=row.body,
        blurb=row.blurb,
        reason=row.reason,
        url=row.url or None,
        attribution=row.attribution,
        picture=picture_of(row),
        section=row.section,
        sponsor=row.sponsor,
        posts={channel: _wished(told) for channel, told in sorted(row.posts.items())},
    )


def _wish(wish: PostWish) -> dict[str, str]:
    told = {
        "text": wish.text,
        "tags": wish.tags,
        "at": wish.at.astimezone(UTC).isoformat() if wish.at else "",
        "off": "off" if wish.is_off else "",
    }
    return {name: value for name, value in told.items() if value}


def _wished(told: Mapping[str, str]) -> PostWish:
    at = told.get("at")
    return PostWish(
        text=told.get("text", ""),
        tags=told.get("tags", ""),
        at=datetime.fromisoformat(at) if at else None,
        is_off=bool(told.get("off")),
    )
