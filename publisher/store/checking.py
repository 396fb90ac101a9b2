"""What preflight asks of the store: what sources said of an issue's items, and what earlier issues told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_
from sqlmodel import Session, col, select

from publisher.domain.issue import IssueState
from publisher.store import pictures
from publisher.store.tables import IssueRow, ItemRow, PickRow

REMEMBERED = 8  # issues whose headlines are compared; the same page is known again for ever


@dataclass(frozen=True, slots=True)
class SourceOfPick:
    """An item as its source gave it. `picture_problem` says why the picture of its pick could not be had."""

    item_id: int
    source: str
    rights: str
    headline: str
    body: str
    canonical_url: str
    picture_url: str
    published_at: datetime | None
    is_column: bool
    picture_problem: str


@dataclass(frozen=True, slots=True)
class EarlierPick:
    number: int
    item_id: int
    headline: str
    canonical_url: str


def sources_of_picks(session: Session, issue_id: int) -> list[SourceOfPick]:
    """What did the sources say of this issue's items?"""
    query = (
        select(ItemRow, PickRow.picture_url)
        .join(PickRow, col(PickRow.item_id) == col(ItemRow.id))
        .where(PickRow.issue_id == issue_id)
    )
    rows = session.exec(query).all()
    problems = pictures.problems(session, [picture for _, picture in rows if picture])
    return [
        SourceOfPick(
            item_id=row.id or 0,
            source=row.source,
            rights=row.rights,
            headline=row.headline,
            body=row.body,
            canonical_url=row.canonical_url,
            picture_url=row.picture_url,
            published_at=row.published_at,
            is_column=row.column_id is not None,
            picture_problem=problems.get(picture, ""),
        )
        for row, picture in rows
    ]


def earlier_picks(session: Session, number: int, canonical_urls: Collection[str]) -> Sequence[EarlierPick]:
    """What did the last REMEMBERED issues before this one tell, and which ever had one of these pages? Newest first."""
    told = (
        select(IssueRow.id)
        .where(IssueRow.number < number, IssueRow.state != IssueState.CANCELLED.value)
        .order_by(col(IssueRow.number).desc())
    )
    recent = list(session.exec(told.limit(REMEMBERED)))
    pages = sorted(url for url in canonical_urls if url)
    query = (
        select(IssueRow.number, PickRow.item_id, PickRow.headline, ItemRow.canonical_url)
        .join(PickRow, col(PickRow.issue_id) == col(IssueRow.id))
        .join(ItemRow, col(ItemRow.id) == col(PickRow.item_id))
        .where(IssueRow.number < number, IssueRow.state != IssueState.CANCELLED.value)
        .where(or_(col(IssueRow.id).in_(recent), col(ItemRow.canonical_url).in_(pages)))
        .order_by(col(IssueRow.number).desc(), col(PickRow.position))
    )
    return [EarlierPick(*row) for row in session.exec(query)]
