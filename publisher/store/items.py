"""What sources gave: no item is ever saved twice; and what of it may go into an issue."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy
from sqlalchemy import ColumnElement, RowMapping, and_, case, func, or_, update
from sqlmodel import Session, col, select

from publisher.config.settings import SourceOptions
from publisher.domain.identity import address_of
from publisher.domain.issue import IssueState
from publisher.domain.item import Candidate, ColumnFound, ItemFound, Rights, fingerprint
from publisher.domain.message import Picture
from publisher.errors import NotFound
from publisher.store import versions
from publisher.store.again import recognise
from publisher.store.bulk import chunks, insert_new, table_of, update_by_id
from publisher.store.tables import ColumnRow, IssueRow, ItemRow, PickRow, SourceRow, VersionRow


@dataclass(frozen=True, slots=True)
class Saved:
    """How many of the items that a source gave were new, edited since they were last seen, or the same.

    `recognised` has the identity of an item for every entry that came under another one.
    """

    new: int = 0
    edited: int = 0
    unchanged: int = 0
    recognised: dict[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class FinishedColumn:
    """A column as composing looks at it. `item_ids` are those of its items that no issue has yet, in their order."""

    id: int
    source: str
    url: str
    series: str
    title: str
    deks: tuple[str, ...]
    note: str
    byline: str
    byline_address: str
    language: str
    item_ids: tuple[int, ...]


# --- saving


def save_items(
    session: Session,
    source: str,
    rights: Rights,
    items: Sequence[ItemFound],
    now: datetime,
    column_id: int | None = None,
) -> Saved:
    """Save what a source gave. An item is known by (source, identity): an edit or a new date never makes a second one.

    An entry whose identity is unknown may be an item that changed its id (`editorial/again.py`). What an item said
    before an edit is kept as a version of it. With `column_id` the items belong to that column, in the order given.
    """
    found = _by_identity(items)
    known = _known_items(session, source, list(found))
    unknown = [identity for identity in found if identity not in known]
    again = recognise(session, source, found, unknown, column_id)
    if again:
        found = _by_identity(replace(one, identity=again.get(one.identity, one.identity)) for one in found.values())
        known |= _known_items(session, source, list(again.values()))
    new, changed, edited = [], [], []
    for position, item in enumerate(found.values(), start=1):
        place = {"column_id": column_id, "column_position": position} if column_id is not None else {}
        telling = _telling(item, rights) | place
        before = known.get(item.identity)
        if before is None:
            new.append(_item_values(source, item, now) | telling | {"first_seen_at": now})
        elif any(before[name] != value for name, value in telling.items()):
            if telling["fingerprint"] != before["fingerprint"]:
                edited.append(before["id"])
            changed.append(_item_values(source, item, now) | telling | {"id": before["id"]})
    insert_new(session, ItemRow, new)
    versions.keep(session, edited, now)
    update_by_id(session, ItemRow, changed)
    return Saved(len(new), len(edited), len(items) - len(new) - len(edited), again)


def save_column(session: Session, source: str, rights: Rights, column: ColumnFound, now: datetime) -> Saved:
    """Save a finished column and its items in order; says how it went with the items.

    An item that the column no longer holds stays stored, but is offered to no issue any more.
    """
    values = _column_values(source, column, now)
    insert_new(session, ColumnRow, [values | {"first_seen_at": now}])
    row = column_row(session, source, column.identity)
    assert row.id is not None  # it was read from the database
    if row.fingerprint != values["fingerprint"]:
        row.sqlmodel_update(values)
        session.add(row)
    items = [replace(item, language=item.language or column.language) for item in column.items]
    session.exec(
        update(ItemRow)
        .where(col(ItemRow.column_id) == row.id, col(ItemRow.identity).not_in([item.identity for item in items]))
        .values(column_position=None)
    )
    return save_items(session, source, rights, items, now, column_id=row.id)


# --- looking


def candidates(session: Session, sources: Sequence[SourceOptions], since: datetime, until: datetime) -> list[Candidate]:
    """Which items are dated from `since` to `until`? The newest first; those that an issue has already say so.

    An item without a date counts from when it was first seen, unless that was the first reading of its source, which is
    back catalogue. The items of a finished column take its date, and count from the first reading on.
    """
    options = {source.name: (order, source) for order, source in enumerate(sources)}
    dated_at = _dated_at()
    used = _used_in().subquery()
    query = (
        select(ItemRow, dated_at.label("dated_at"), used.c.number)
        .outerjoin(SourceRow, col(SourceRow.name) == col(ItemRow.source))
        .outerjoin(ColumnRow, col(ColumnRow.id) == col(ItemRow.column_id))
        .outerjoin(used, used.c.item_id == col(ItemRow.id))
        .where(
            # Both halves can use the index on published_at. A condition on the source would keep SQLite from it, and
            # it would read the whole history; so what a source that is gone gave is left out below.
            or_(
                col(ItemRow.published_at).between(since, until),
                and_(col(ItemRow.published_at).is_(None), dated_at.between(since, until)),
            ),
            or_(col(ItemRow.column_id).is_(None), col(ItemRow.column_position).is_not(None)),
        )
        .order_by(dated_at.desc(), col(ItemRow.id))
    )
    return [
        _candidate(row, moment, number, *options[row.source])
        for row, moment, number in session.exec(query)
        if row.source in options
    ]


def candidate(session: Session, sources: Sequence[SourceOptions], item_id: int) -> Candidate:
    """One item as composing looks at it, whatever its date. Raises NotFound, also for a source that is gone."""
    row = get_item(session, item_id)
    for order, source in enumerate(sources):
        if source.name == row.source:
            return _candidate(row, row.published_at, used_in(session, [item_id]).get(item_id), order, source)
    raise NotFound(f"item {item_id} is from {row.source}, a source that is not in config.toml any more")


def columns(session: Session, since: datetime, until: datetime) -> list[FinishedColumn]:
    """Which finished columns of that time still have items that no issue has? The newest first."""
    dated_at = func.coalesce(col(ColumnRow.published_at), col(ColumnRow.first_seen_at))
    in_time = select(ColumnRow).where(dated_at.between(since, until))
    rows = session.exec(in_time.order_by(dated_at.desc(), col(ColumnRow.id).desc())).all()
    used = _used_in().subquery()
    unused = (
        select(ItemRow.column_id, ItemRow.id)
        .outerjoin(used, used.c.item_id == col(ItemRow.id))
        .where(
            col(ItemRow.column_id).in_([row.id for row in rows]),
            col(ItemRow.column_position).is_not(None),
            used.c.number.is_(None),
        )
        .order_by(col(ItemRow.column_position))
    )
    found: dict[int, list[int]] = {}
    for column_id, item_id in session.exec(unused):
        if column_id is not None and item_id is not None:
            found.setdefault(column_id, []).append(item_id)
    return [_finished(row, found[row.id]) for row in rows if row.id in found]


def list_items(
    session: Session, limit: int = 50, *, source: str | None = None, since: datetime | None = None
) -> list[ItemRow]:
    """The newest items, by when they were first seen."""
    query = select(ItemRow)
    if source is not None:
        query = query.where(col(ItemRow.source) == source)
    if since is not None:
        query = query.where(col(ItemRow.first_seen_at) >= since)
    return list(session.exec(query.order_by(col(ItemRow.first_seen_at).desc(), col(ItemRow.id).desc()).limit(limit)))


def get_item(session: Session, item_id: int) -> ItemRow:
    """The item with that id. Raises NotFound."""
    row = session.get(ItemRow, item_id)
    if row is None:
        raise NotFound(f"there is no item {item_id}; `publisher items list` shows those there are")
    return row


def id_of(session: Session, source: str, identity: str) -> int:
    """The id of the item that a source knows by `identity`. Raises NotFound."""
    found = session.exec(select(ItemRow.id).where(ItemRow.source == source, ItemRow.identity == identity)).one_or_none()
    if found is None:
        raise NotFound(f"source {source} has no item {identity}")
    return found


def known(session: Session, source: str, identities: Collection[str]) -> set[str]:
    """Which of these identities are items of the source already?"""
    return set(_known_items(session, source, list(identities)))


def column_row(session: Session, source: str, identity: str) -> ColumnRow:
    """The finished column that a source knows by `identity`. Raises NotFound."""
    row = session.exec(
        select(ColumnRow).where(ColumnRow.source == source, ColumnRow.identity == identity)
    ).one_or_none()
    if row is None:
        raise NotFound(f"source {source} has no column {identity}")
    return row


def used_in(session: Session, item_ids: Sequence[int]) -> dict[int, int]:
    """Which of these items does an issue have already, and which issue? By its number; a cancelled one has none."""
    used = _used_in().where(col(PickRow.item_id).in_(item_ids))
    return dict(session.exec(used).all())


def rights_of(row: Any, source: SourceOptions) -> Rights:
    """What may be used of an item: what its source says, and for one that was added by hand what it was added with."""
    return Rights(row.rights) if source.kind == "editor" else source.rights


def picture_of(row: ItemRow | PickRow | VersionRow) -> Picture | None:
    if not row.picture_url:
        return None
    return Picture(row.picture_url, row.picture_alt, row.picture_caption, row.picture_credit)


def picture_values(picture: Picture | None) -> dict[str, str]:
    """The four columns that keep a picture."""
    picture = picture or Picture("")
    return {
        "picture_url": picture.url,
        "picture_alt": picture.alt,
        "picture_caption": picture.caption,
        "picture_credit": picture.credit,
    }


# --- helpers


# What differs where a row must be written again.
_TELLING = ("fingerprint", "rights", "canonical_url", "column_id", "column_position")


def _by_identity(items: Iterable[ItemFound]) -> dict[str, ItemFound]:
    """Of several with one identity the first counts."""
    found: dict[str, ItemFound] = {}
    for item in items:
        found.setdefault(item.identity, item)
    return found


def _known_items(session: Session, source: str, identities: Sequence[str]) -> dict[str, RowMapping]:
    """Which of these items do we have, and as what?"""
    item = table_of(ItemRow).c
    columns = (item.identity, item.id, *(item[name] for name in _TELLING))
    known = {}
    for some in chunks(identities):
        query = sqlalchemy.select(*columns).where(item.source == source, item.identity.in_(some))
        known.update({row["identity"]: row for row in session.connection().execute(query).mappings()})
    return known


def _telling(item: ItemFound, rights: Rights) -> dict[str, Any]:
    return {"fingerprint": fingerprint(item), "canonical_url": address_of(item), "rights": rights.value}


def _item_values(source: str, item: ItemFound, now: datetime) -> dict[str, Any]:
    return {
        "source": source,
        "identity": item.identity,
        "url": item.url or "",
        "headline": item.headline,
        "body": item.body,
        "language": item.language,
        "byline": item.byline,
        "dek": item.dek,
        "canonical": item.canonical or "",
        "enclosures": [asdict(enclosure) for enclosure in item.enclosures],
        **picture_values(item.picture),
        "published_at": item.published_at,
        "updated_at": now,
    }


def _column_values(source: str, column: ColumnFound, now: datetime) -> dict[str, Any]:
    words = asdict(replace(column, items=()))
    del words["items"]
    published_at = column.published_at.isoformat() if column.published_at else None
    given = json.dumps(words | {"published_at": published_at}, sort_keys=True)
    return words | {
        "source": source,
        "url": column.url or "",
        "deks": list(column.deks),
        "fingerprint": hashlib.sha256(given.encode()).hexdigest(),
        "updated_at": now,
    }


def _dated_at() -> ColumnElement[datetime]:
    """The date of an item, of its column, or where neither has one the time it was first seen."""
    is_back_catalogue = and_(
        col(ItemRow.column_id).is_(None), col(ItemRow.first_seen_at) <= col(SourceRow.first_read_at)
    )
    seen = case((is_back_catalogue, None), else_=col(ItemRow.first_seen_at))
    return func.coalesce(col(ItemRow.published_at), col(ColumnRow.published_at), seen)


def _used_in() -> Any:
    """Which issue has each item? The latest that was not cancelled."""
    return (
        select(PickRow.item_id, func.max(IssueRow.number).label("number"))
        .join(IssueRow, col(IssueRow.id) == col(PickRow.issue_id))
        .where(IssueRow.state != IssueState.CANCELLED.value)
        .group_by(col(PickRow.item_id))
    )


def _candidate(
    row: ItemRow, dated_at: datetime | None, number: int | None, order: int, source: SourceOptions
) -> Candidate:
    assert row.id is not None  # it was read from the database
    return Candidate(
        item_id=row.id,
        source=row.source,
        source_order=order,
        attribution=_attribution(row, source),
        rights=rights_of(row, source),
        headline=row.headline,
        body=row.body,
        url=row.url,
        canonical_url=row.canonical_url,
        dated_at=dated_at,
        language=row.language or source.language,
        byline=row.byline,
        picture=picture_of(row),
        used_in=number,
        is_by_hand=source.kind == "editor",
    )


def _attribution(row: ItemRow, source: SourceOptions) -> str:
    """Whom readers are told it comes from: the source's title, else the site; a name of config.toml says little."""
    host = (urlsplit(row.url).hostname or "").removeprefix("www.") if row.url else ""
    # A page of others that somebody added by its address is not our own, whatever our own source is called.
    title = "" if source.kind == "editor" and rights_of(row, source) is not Rights.OWN else source.title
    return title or host or ("" if source.kind in ("editor", "column") else source.name)


def _finished(row: ColumnRow, item_ids: Sequence[int]) -> FinishedColumn:
    assert row.id is not None  # it was read from the database
    return FinishedColumn(
        id=row.id,
        source=row.source,
        url=row.url,
        series=row.series,
        title=row.title,
        deks=tuple(row.deks),
        note=row.note,
        byline=row.byline,
        byline_address=row.byline_address,
        language=row.language,
        item_ids=tuple(item_ids),
    )
