"""Subscribers, their lists, and the addresses that are never mailed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy
from sqlalchemy import Select, exists, func, literal, update
from sqlmodel import Session, col, select

from publisher.domain.audience import AudienceRule, ImportRow, SubscriberState, email_hash, email_key, masked
from publisher.errors import NotFound
from publisher.store.bulk import chunks, insert_new, insert_unless_there, table_of, update_by_id
from publisher.store.pages.lasting import Lasting
from publisher.store.tables import MembershipRow, Moment, SubscriberRow, SuppressionRow


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of the rows of an import; together they are all of them.

    `joined` were known and are on the list now; `kept_left` had left and stay away; `suppressed` are never mailed.
    """

    new: int = 0
    joined: int = 0
    updated: int = 0
    unchanged: int = 0
    kept_left: int = 0
    suppressed: int = 0


# --- the audience


def audience_select(lists: tuple[str, ...]) -> Select[tuple[int]]:
    """Who is due an issue of these lists? The ids of active subscribers, each once.

    On any of the lists, not having left that one, and not suppressed.
    """
    subscriber, membership, suppression = table_of(SubscriberRow), table_of(MembershipRow), table_of(SuppressionRow)
    is_member = exists().where(
        membership.c.subscriber_id == subscriber.c.id,
        membership.c.list_name.in_(lists),
        membership.c.left_at.is_(None),
    )
    is_suppressed = exists().where(suppression.c.email_hash == subscriber.c.email_hash)
    return sqlalchemy.select(subscriber.c.id).where(
        subscriber.c.state == SubscriberState.ACTIVE.value, is_member, ~is_suppressed
    )


def audience_count(session: Session, rule: AudienceRule) -> int:
    """How many subscribers are due an issue by this rule? Each is counted once, and copies are not mail."""
    due = audience_select(rule.lists).subquery()
    return session.connection().execute(sqlalchemy.select(func.count()).select_from(due)).scalar_one()


def audience_lately(session: Session, rule: AudienceRule) -> int:
    """What `audience_count` says, where there are many readers up to half a minute ago: for who looks again and again.

    Who comes, or leaves a list, shows at once. What is sealed and released is never counted so.
    """
    last = col(MembershipRow.left_at)
    left = [session.scalar(select(func.max(last)).where(MembershipRow.list_name == name)) for name in rule.lists]
    came = session.scalar(select(func.max(SubscriberRow.id)))
    return _LASTING.get(session, rule.lists, (came, *left), lambda: audience_count(session, rule))


_LASTING: Lasting[int] = Lasting(100, 30.0, lambda count: count >= 20_000)


# --- one subscriber


def leave(session: Session, who: int | str, now: datetime, *, list_name: str | None = None) -> SubscriberRow:
    """A subscriber, by id or address, leaves everything, or one list. Again does nothing more. Raises NotFound."""
    row = session.get(SubscriberRow, who) if isinstance(who, int) else find(session, who)
    if row is None:
        named = f"with the id {who}" if isinstance(who, int) else masked(who)
        raise NotFound(f"there is no subscriber {named}")
    of_theirs = update(MembershipRow).where(
        col(MembershipRow.subscriber_id) == row.id, col(MembershipRow.left_at).is_(None)
    )
    if list_name is not None:
        of_theirs = of_theirs.where(col(MembershipRow.list_name) == list_name)
    session.exec(of_theirs.values(left_at=now))
    if list_name is None and row.state != SubscriberState.LEFT:
        row.state, row.left_at = SubscriberState.LEFT.value, now
        session.add(row)
    return row


def find(session: Session, email: str) -> SubscriberRow | None:
    """The subscriber with that address, however it is spelt."""
    try:
        key = email_key(email)
    except ValueError:
        return None
    return session.exec(select(SubscriberRow).where(SubscriberRow.email_key == key)).one_or_none()


def by_id(session: Session, subscriber_id: int) -> SubscriberRow | None:
    """The subscriber with that id."""
    return session.get(SubscriberRow, subscriber_id)


# --- many subscribers


def import_rows(session: Session, rows: Sequence[ImportRow], list_name: str, origin: str, now: datetime) -> Imported:
    """Put checked rows on a list. Who left, or is suppressed, stays so; what a row leaves empty stays as it was."""
    folded: dict[str, ImportRow] = {}
    for row in rows:
        key = email_key(row.email)
        folded[key] = _over(folded[key], row) if key in folded else row
    plan = _Plan(repeated=len(rows) - len(folded))
    for some in chunks(list(folded.items())):
        hashes = {key: email_hash(key) for key, _ in some}
        known = _known(session, list(hashes), list_name)
        suppressed = _suppressed(session, list(hashes.values()))
        for key, row in some:
            plan.place(key, hashes[key], row, known.get(key), is_suppressed=hashes[key] in suppressed)
    insert_new(session, SubscriberRow, [values | {"added_at": now} for values in plan.new])
    update_by_id(session, SubscriberRow, plan.changed)
    for keys in chunks([*plan.joining, *(values["email_key"] for values in plan.new)]):
        _join(session, keys, list_name, origin, now)
    return plan.outcome()


# --- suppression


def suppress(session: Session, address: str, reason: str, now: datetime) -> None:
    """Never mail that address again, subscriber or not. The first reason stays. Raises ValueError for no address."""
    hashed = email_hash(email_key(address))
    insert_new(session, SuppressionRow, [{"email_hash": hashed, "reason": reason, "suppressed_at": now}])


def is_suppressed(session: Session, address: str) -> bool:
    return suppression_of(session, address) is not None


def suppression_of(session: Session, address: str) -> SuppressionRow | None:
    """Why that address is never mailed; None when it may be. Raises ValueError for no address."""
    return session.get(SuppressionRow, email_hash(email_key(address)))


# --- helpers


@dataclass(slots=True)
class _Plan:
    """What an import will write, decided row by row."""

    repeated: int
    new: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    joining: list[str] = field(default_factory=list)
    updated: int = 0
    unchanged: int = 0
    kept_left: int = 0
    suppressed: int = 0

    def place(self, key: str, hashed: str, row: ImportRow, known: Any, *, is_suppressed: bool) -> None:
        if is_suppressed:
            self.suppressed += 1
        elif known is None:
            self.new.append(_subscriber_values(key, hashed, row))
        elif known.state == SubscriberState.LEFT or known.list_left_at is not None:
            self.kept_left += 1
        else:
            words = _words(known, row)
            is_edited = words != {"name": known.name, "attributes": known.attributes, "state": known.state}
            if is_edited:
                self.changed.append({"id": known.id} | words)
            if known.joined_at is None:
                self.joining.append(key)
            elif is_edited:
                self.updated += 1
            else:
                self.unchanged += 1

    def outcome(self) -> Imported:
        return Imported(
            new=len(self.new),
            joined=len(self.joining),
            updated=self.updated,
            unchanged=self.unchanged + self.repeated,
            kept_left=self.kept_left,
            suppressed=self.suppressed,
        )


def _over(earlier: ImportRow, later: ImportRow) -> ImportRow:
    """One address twice in a file: what the later row says stands, and what it leaves out the earlier one says."""
    filled = {name: value for name, value in later.attributes.items() if value}
    return ImportRow(later.email, later.name or earlier.name, {**earlier.attributes, **filled}, later.line)


def _words(known: Any, row: ImportRow) -> dict[str, Any]:
    """A file names people whose consent its owner states, so an address that was pending is active from now on."""
    filled = {name: value for name, value in row.attributes.items() if value}
    return {
        "name": row.name or known.name,
        "attributes": {**known.attributes, **filled},
        "state": SubscriberState.ACTIVE.value,
    }


def _subscriber_values(key: str, hashed: str, row: ImportRow) -> dict[str, Any]:
    return {
        "email": row.email.strip(),
        "email_key": key,
        "email_hash": hashed,
        "name": row.name,
        "attributes": dict(row.attributes),
        "state": SubscriberState.ACTIVE.value,
        "left_at": None,
    }


def _known(session: Session, keys: Sequence[str], list_name: str) -> dict[str, Any]:
    """Which of these addresses do we have, and since when are they on the list?"""
    subscriber, membership = table_of(SubscriberRow), table_of(MembershipRow)
    query = (
        sqlalchemy.select(
            subscriber.c.id,
            subscriber.c.email_key,
            subscriber.c.name,
            subscriber.c.attributes,
            subscriber.c.state,
            membership.c.joined_at,
            membership.c.left_at.label("list_left_at"),
        )
        .outerjoin(membership, (membership.c.subscriber_id == subscriber.c.id) & (membership.c.list_name == list_name))
        .where(subscriber.c.email_key.in_(keys))
        .with_for_update(of=subscriber)  # who leaves meanwhile waits, and then has left (SQLite has one writer anyway)
    )
    return {row.email_key: row for row in session.connection().execute(query)}


def _suppressed(session: Session, hashes: Sequence[str]) -> set[str]:
    """Which of these addresses are never mailed? By their hashes."""
    hashed = table_of(SuppressionRow).c.email_hash
    query = sqlalchemy.select(hashed).where(hashed.in_(hashes))
    return set(session.connection().execute(query).scalars())


def _join(session: Session, keys: Sequence[str], list_name: str, origin: str, now: datetime) -> None:
    """Put the subscribers with these addresses on the list."""
    subscriber = table_of(SubscriberRow).c
    row = {
        "list_name": literal(list_name),
        "subscriber_id": subscriber.id,
        "joined_at": literal(now, Moment()),
        "origin": literal(origin),
    }
    members = sqlalchemy.select(*row.values()).where(subscriber.email_key.in_(keys)).order_by(subscriber.id)
    session.connection().execute(insert_unless_there(session, MembershipRow).from_select(list(row), members))
