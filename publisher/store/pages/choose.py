"""What an issue may be made of: its candidates, searched and filtered, a page at a time. Read-only."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from publisher.config.settings import SourceOptions
from publisher.domain.issue import IssueState
from publisher.domain.item import Rights
from publisher.store import items, pictures, revisions
from publisher.store.tables import CandidateRow, IssueRow, ItemRow, PickRow, RevisionRow

A_PAGE = 40
# Headlines are searched in all items, texts in so many of the newest: no search takes longer with the years.
TEXTS_SEARCHED = 5_000
MOST_WORDS = 6
DROPPED_SHOWN = 20
ORDERS_READ = 100  # of the newest revisions that changed the order
Show = Literal["all", "new", "used", "stories"]


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked for. `since` is None for all that there is; `page` counts from 1."""

    since: datetime | None
    is_ranked: bool = False
    words: str = ""
    source: str = ""
    language: str = ""
    show: Show = "all"
    has_picture: bool = False
    page: int = 1

    @property
    def is_folded(self) -> bool:
        """Whether stories are shown by their leads; where something is looked for, each item stands for itself."""
        return not (self.words or self.source or self.language or self.has_picture or self.show == "used")


@dataclass(frozen=True, slots=True)
class Told:
    """An item as it is chosen from. `thumb` is the file name of its picture where that is ours to show and stored.

    `reason` is what composing said, empty for what came later; `used_in` the issue that has it, if one has.
    """

    item: int
    headline: str
    url: str
    source: str
    language: str
    byline: str
    at: datetime
    has_picture: bool
    thumb: str
    rank: int
    story: int
    reason: str
    used_in: int | None
    text: str
    others: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Dropped:
    """An item that was in the issue, in its last words there; `by` took it out at `at`."""

    item: int
    headline: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """One page of candidates. `count` is how many there are in all; None where that was not counted."""

    items: tuple[Told, ...]
    count: int | None
    has_more: bool


def candidates(session: Session, issue: IssueRow, sources: Sequence[SourceOptions], filters: Filters) -> Found:
    """What is no pick yet: ranked as composing did where that is asked for, else the newest first."""
    where = [*_filtered(session, issue, sources, filters), col(ItemRow.id).not_in(_picked(issue))]
    if filters.is_folded:
        where.append(col(ItemRow.id).not_in(_behind_a_lead(issue)))
    query: Select[Any] = select(col(ItemRow.id)).where(*where)
    # Of all there is the index gives the newest; what has no date of its own stands behind them there.
    newest = col(ItemRow.published_at).desc().nulls_last() if filters.since is None else _dated_at().desc()
    order: list[ColumnElement[Any]] = [newest, col(ItemRow.id).desc()]
    if filters.is_ranked and not filters.words:
        rank = func.coalesce(col(CandidateRow.rank), 0)
        query = _joined(issue, col(ItemRow.id)).where(*where)
        order = [case((rank > 0, rank), else_=_UNRANKED), *order]
    start = (filters.page - 1) * A_PAGE
    ids: list[int] = list(session.scalars(query.order_by(*order).offset(start).limit(A_PAGE + 1)))
    is_all = start == 0 and len(ids) <= A_PAGE
    count = len(ids) if is_all else None
    if not is_all and not filters.words and filters.since is not None:
        count = session.scalar(select(func.count()).select_from(ItemRow).where(*where))
    shown = told(session, issue, sources, ids[:A_PAGE], members=filters.is_folded)
    return Found(tuple(shown[one] for one in ids[:A_PAGE]), count, len(ids) > A_PAGE)


def told(
    session: Session, issue: IssueRow, sources: Sequence[SourceOptions], ids: Collection[int], *, members: bool
) -> dict[int, Told]:
    """These items by their id; with `members` each with the others of its story that the issue does not have."""
    others = _members(session, issue, ids) if members else {}
    wanted = {*ids, *(one for some in others.values() for one in some)}
    rows = session.execute(_joined(issue, *_SHOWN).where(col(ItemRow.id).in_(wanted))).all()
    used = items.used_in(session, [row.id for row in rows])
    options = {source.name: source for source in sources}
    ours = [row.picture_url for row in rows if row.picture_url and _may_show(row, options)]
    stored = pictures.stored(session, ours) if ours else {}
    known: dict[int, Told] = {}
    for row in rows:
        picture = stored.get(row.picture_url) if _may_show(row, options) else None
        number = used.get(row.id)
        known[row.id] = Told(
            item=row.id,
            headline=row.headline,
            url=row.url,
            source=row.source,
            language=row.language or getattr(options.get(row.source), "language", ""),
            byline=row.byline,
            at=row.published_at or row.first_seen_at,
            has_picture=bool(row.picture_url),
            thumb=(picture.small or picture).file_name if picture else "",
            rank=row.rank or 0,
            story=row.story_item_id or row.id,
            reason=row.reason or "",
            used_in=number if number != issue.number else None,
            text=row.text,
        )
    return {
        one: _with_others(known[one], [known[other] for other in others.get(one, ()) if other in known])
        for one in ids
        if one in known
    }


def standing(session: Session, issue: IssueRow) -> list[Any]:
    """Every ranked lead of the issue and every pick of it: item_id, story, rank, source, is_used."""
    ranked = select(col(CandidateRow.item_id)).where(col(CandidateRow.issue_id) == issue.id, col(CandidateRow.rank) > 0)
    story = func.coalesce(col(CandidateRow.story_item_id), col(ItemRow.id)).label("story")
    is_used = col(ItemRow.id).in_(_used(issue)).label("is_used")
    columns: tuple[Any, ...] = (
        col(ItemRow.id).label("item_id"),
        story,
        col(ItemRow.source),
        col(CandidateRow.rank),
        is_used,
    )
    either = or_(col(ItemRow.id).in_(ranked), col(ItemRow.id).in_(_picked(issue)))
    return list(session.execute(_joined(issue, *columns).where(either)))


def dropped(session: Session, issue: IssueRow, there: Collection[int], limit: int = DROPPED_SHOWN) -> list[Dropped]:
    """What was in the issue once and is not `there`, the last that went first."""
    order = col(RevisionRow.words)["order"].as_string()
    has_one = or_(col(RevisionRow.number) == 0, cast(col(RevisionRow.fields), String).like('%"order"%'))
    columns = (col(RevisionRow.number), col(RevisionRow.by), col(RevisionRow.made_at), order)
    query = select(*columns).where(col(RevisionRow.issue_id) == issue.id, has_one)
    found: list[Dropped] = []
    seen, later = set(there), None
    for number, by, at, said in session.execute(query.order_by(col(RevisionRow.number).desc()).limit(ORDERS_READ)):
        for item in map(int, (said or "").split()):
            if item in seen or later is None or len(found) == limit:
                continue
            seen.add(item)
            found.append(Dropped(item, _last_headline(session, issue, item, before=later[0]), *later[1:]))
        later = (number, by, at)
    return found


def last_section(session: Session, issue: IssueRow, item: int) -> str:
    """The heading under which the item stood when it was in the issue last."""
    assert issue.id is not None  # it was read from the database
    return revisions.last_words(session, issue.id, item).get(f"pick:{item}:section", "")


def _last_headline(session: Session, issue: IssueRow, item: int, *, before: int) -> str:
    said = col(RevisionRow.words)[f"pick:{item}:headline"].as_string()
    query = select(said).where(col(RevisionRow.issue_id) == issue.id, col(RevisionRow.number) < before)
    return session.scalar(query.order_by(col(RevisionRow.number).desc()).limit(1)) or ""


_UNRANKED = 1_000_000
_SHOWN = (
    *(col(ItemRow.id), col(ItemRow.headline), col(ItemRow.url), col(ItemRow.source), col(ItemRow.language)),
    *(col(ItemRow.byline), col(ItemRow.published_at), col(ItemRow.first_seen_at), col(ItemRow.picture_url)),
    *(col(ItemRow.rights), col(CandidateRow.rank), col(CandidateRow.story_item_id), col(CandidateRow.reason)),
    func.substr(col(ItemRow.body), 1, 600).label("text"),
)


def _joined(issue: IssueRow, *columns: Any) -> Select[Any]:
    is_of_issue = and_(col(CandidateRow.item_id) == col(ItemRow.id), col(CandidateRow.issue_id) == issue.id)
    return select(*columns).select_from(ItemRow).outerjoin(CandidateRow, is_of_issue)


def _dated_at() -> ColumnElement[datetime]:
    return func.coalesce(col(ItemRow.published_at), col(ItemRow.first_seen_at))


def _filtered(
    session: Session, issue: IssueRow, sources: Sequence[SourceOptions], filters: Filters
) -> list[ColumnElement[bool]]:
    """The conditions that were asked for."""
    where = []
    if filters.since is not None:
        # Both halves can use an index.
        undated = and_(col(ItemRow.published_at).is_(None), col(ItemRow.first_seen_at) >= filters.since)
        where.append(or_(col(ItemRow.published_at) >= filters.since, undated))
    if filters.source:
        where.append(col(ItemRow.source) == filters.source)
    if filters.language:
        says = [source.name for source in sources if source.language == filters.language]
        unsaid = and_(col(ItemRow.language) == "", col(ItemRow.source).in_(says))
        where.append(or_(col(ItemRow.language).startswith(filters.language), unsaid))
    if filters.has_picture:
        where.append(col(ItemRow.picture_url) != "")
    match filters.show:
        case "new":
            where.append(col(ItemRow.id).not_in(_used(issue)))
        case "used":
            where.append(col(ItemRow.id).in_(_used(issue)))
        case "stories":
            where.append(col(ItemRow.id).in_(_leads_of_others(issue)))
        case "all":
            pass
    return where + _worded(session, filters.words)


def _worded(session: Session, words: str) -> list[ColumnElement[bool]]:
    """Each word is in the headline, or in the text of one of the newest items."""
    asked = unicodedata.normalize("NFC", words).split()[:MOST_WORDS]
    if not asked:
        return []
    oldest = select(col(ItemRow.published_at)).where(col(ItemRow.published_at).is_not(None))
    since = session.scalar(oldest.order_by(col(ItemRow.published_at).desc()).offset(TEXTS_SEARCHED).limit(1))
    is_recent = [col(ItemRow.published_at) >= since] if since else []
    return [
        or_(_has(session, col(ItemRow.headline), word), and_(*is_recent, _has(session, col(ItemRow.body), word)))
        for word in asked
    ]


def _has(session: Session, text: Any, word: str) -> ColumnElement[bool]:
    """LIKE of SQLite takes a small letter for a large one by itself; there, to make both small took twice as long."""
    for sign in "\\%_":
        word = word.replace(sign, f"\\{sign}")
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    found: ColumnElement[bool] = (text.like if is_sqlite else text.ilike)(f"%{word}%", escape="\\")
    return found


def _picked(issue: IssueRow) -> Select[Any]:
    return select(col(PickRow.item_id)).where(col(PickRow.issue_id) == issue.id)


def _used(issue: IssueRow) -> Select[Any]:
    """What another issue has that was not cancelled."""
    other = aliased(IssueRow)
    return (
        select(col(PickRow.item_id))
        .join(other, col(other.id) == col(PickRow.issue_id))
        .where(col(other.id) != issue.id, col(other.state) != IssueState.CANCELLED.value)
    )


def _behind_a_lead(issue: IssueRow) -> Select[Any]:
    """The members of a story for which a ranked lead stands."""
    leads = select(col(CandidateRow.item_id)).where(col(CandidateRow.issue_id) == issue.id, col(CandidateRow.rank) > 0)
    return select(col(CandidateRow.item_id)).where(
        col(CandidateRow.issue_id) == issue.id,
        col(CandidateRow.story_item_id) != col(CandidateRow.item_id),
        col(CandidateRow.story_item_id).in_(leads),
    )


def _leads_of_others(issue: IssueRow) -> Select[Any]:
    return select(col(CandidateRow.story_item_id)).where(
        col(CandidateRow.issue_id) == issue.id, col(CandidateRow.story_item_id) != col(CandidateRow.item_id)
    )


def _members(session: Session, issue: IssueRow, ids: Collection[int]) -> dict[int, list[int]]:
    """The others of each story of which one of `ids` is, but for those that are picks."""
    # All of its candidates are read at once: to look for each story by itself took five times as long.
    columns = (col(CandidateRow.item_id), col(CandidateRow.story_item_id))
    rows = session.execute(select(*columns).where(col(CandidateRow.issue_id) == issue.id)).all()
    picked = set(session.scalars(_picked(issue)))
    stories: dict[int, list[int]] = {}
    for item, story in rows:
        stories.setdefault(story, []).append(item)
    told_in = {item: story for item, story in rows if len(stories[story]) > 1}
    return {
        item: sorted(one for one in stories[told_in[item]] if one != item and one not in picked)
        for item in ids
        if item in told_in
    }


def _may_show(row: Any, options: Mapping[str, SourceOptions]) -> bool:
    """Whether the picture of this item is ours to show."""
    source = options.get(row.source)
    return source is not None and items.rights_of(row, source) in (Rights.OWN, Rights.LICENSED)


def _with_others(one: Told, others: Sequence[Told]) -> Told:
    return replace(one, others=tuple(others)) if others else one
