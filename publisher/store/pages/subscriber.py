"""Subscribers as a person or a file wants to see them. Read-only."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from unicodedata import normalize

from sqlalchemy import ColumnElement, and_, collate, func, or_, select
from sqlmodel import Session, col

from publisher.domain.audience import ImportRow
from publisher.store import subscribers
from publisher.store.pages.lasting import Lasting
from publisher.store.tables import DeliveryRow, IssueRow, MembershipRow, SubscriberRow, SuppressionRow

LETTERS_SHOWN = 200
A_PAGE = 50
KEPT_FOR, LONGEST_KEPT = 100, 30.0  # times as long as it took to count, and seconds
WORTH_KEEPING = 20_000  # subscribers
_LAST = "\U0010ffff"  # comes after whatever a text goes on with


def one(session: Session, who: int | str) -> dict[str, Any] | None:
    """One subscriber, by id or address, with lists and letters; None where there is nobody."""
    row = session.get(SubscriberRow, who) if isinstance(who, int) else subscribers.find(session, who)
    if row is None:
        return None
    suppression = session.get(SuppressionRow, row.email_hash)
    memberships = session.scalars(
        select(MembershipRow).where(col(MembershipRow.subscriber_id) == row.id).order_by(col(MembershipRow.list_name))
    )
    columns = (IssueRow.number, IssueRow.title, DeliveryRow.channel, DeliveryRow.state, DeliveryRow.reason)
    letters = session.execute(
        select(*columns, DeliveryRow.accepted_at)  # type: ignore[call-overload]  # SQLModel's fields are columns
        .join(IssueRow, col(IssueRow.id) == col(DeliveryRow.issue_id))
        .where(col(DeliveryRow.subscriber_id) == row.id)
        .order_by(col(DeliveryRow.id).desc())
        .limit(LETTERS_SHOWN)
    )
    return _brief(row) | {
        "attributes": row.attributes,
        "left_at": row.left_at,
        "suppressed": suppression.reason if suppression else "",
        "lists": [
            {"list": m.list_name, "joined_at": m.joined_at, "left_at": m.left_at, "origin": m.origin}
            for m in memberships
        ],
        "letters": sorted((dict(letter._mapping) for letter in letters), key=lambda letter: -letter["number"]),
    }


def begins_with(session: Session, text: str) -> list[dict[str, Any]]:
    """Up to A_PAGE subscribers whose address or name begins with `text`, first by their address."""
    key = normalize("NFC", text.strip()).casefold()
    names = {normalize("NFC", form(text.strip())) for form in (str, str.title, str.capitalize, str.upper, str.lower)}
    is_named = or_(*(_begins(session, SubscriberRow.name, name) for name in sorted(names)))
    rows: dict[int | None, SubscriberRow] = {}
    for is_it, order in (
        (_begins(session, SubscriberRow.email_key, key), SubscriberRow.email_key),
        (is_named, SubscriberRow.name),
    ):
        query = select(SubscriberRow).where(is_it).order_by(col(order)).limit(A_PAGE)
        rows |= {row.id: row for row in session.scalars(query)}
    return _listed(session, list(rows.values())[:A_PAGE])


def newest(session: Session, *, list_name: str = "", before: int | None = None) -> list[dict[str, Any]]:
    """The subscribers who came last, of all or of those on a list; those with an id under `before`."""
    identity = col(SubscriberRow.id)
    query = select(SubscriberRow)
    if list_name:
        identity = col(MembershipRow.subscriber_id)
        query = query.join(MembershipRow, identity == col(SubscriberRow.id)).where(
            col(MembershipRow.list_name) == list_name, col(MembershipRow.left_at).is_(None)
        )
    if before is not None:
        query = query.where(identity < before)
    return _listed(session, list(session.scalars(query.order_by(identity.desc()).limit(A_PAGE))))


def numbers(session: Session, lists: Collection[str]) -> dict[str, dict[str, int]]:
    """How many subscribers are in each state, how many are on each list now, and how many are suppressed.

    Who came, or left one of these lists, shows at once; who confirmed, or joined another list, within LONGEST_KEPT
    seconds where there are many.
    """
    last = col(MembershipRow.left_at)
    left = [session.scalar(select(func.max(last)).where(col(MembershipRow.list_name) == name)) for name in lists]
    came = session.scalar(select(func.max(SubscriberRow.id)))
    return _LASTING.get(session, "numbers", (came, *left), lambda: _numbers(session))


def _numbers(session: Session) -> dict[str, dict[str, int]]:
    states = select(col(SubscriberRow.state), func.count()).group_by(col(SubscriberRow.state))
    on = select(col(MembershipRow.list_name), func.count()).where(col(MembershipRow.left_at).is_(None))
    suppressed = session.scalar(select(func.count()).select_from(SuppressionRow)) or 0
    return {
        "states": {row[0]: row[1] for row in session.connection().execute(states)},
        "lists": {row[0]: row[1] for row in session.connection().execute(on.group_by(col(MembershipRow.list_name)))},
        "suppressed": {"all": suppressed},
    }


_LASTING: Lasting[dict[str, dict[str, int]]] = Lasting(
    KEPT_FOR, LONGEST_KEPT, lambda found: sum(found["states"].values()) >= WORTH_KEEPING
)


def some(session: Session, *, list_name: str | None, search: str, limit: int) -> list[dict[str, Any]]:
    """Up to `limit` subscribers by their address."""
    found = _matching(select(SubscriberRow), list_name, search)
    return [_brief(row) for row in session.scalars(found.order_by(col(SubscriberRow.email_key)).limit(limit))]


def count(session: Session, *, list_name: str | None, search: str) -> int:
    return session.scalar(_matching(select(func.count()).select_from(SubscriberRow), list_name, search)) or 0


def export(session: Session, list_name: str) -> Iterator[ImportRow]:
    """Who is due an issue of the list now; so nobody who is suppressed comes back through an import elsewhere."""
    found = select(SubscriberRow).where(col(SubscriberRow.id).in_(subscribers.audience_select((list_name,))))
    for row in session.scalars(found.order_by(col(SubscriberRow.email_key)).execution_options(yield_per=1000)):
        yield ImportRow(email=row.email, name=row.name, attributes=row.attributes)


def _matching(statement: Any, list_name: str | None, search: str) -> Any:
    if list_name is not None:
        statement = statement.join(MembershipRow, col(MembershipRow.subscriber_id) == col(SubscriberRow.id)).where(
            col(MembershipRow.list_name) == list_name, col(MembershipRow.left_at).is_(None)
        )
    if search:
        statement = statement.where(
            or_(
                col(SubscriberRow.email_key).contains(search.lower(), autoescape=True),
                col(SubscriberRow.name).contains(search, autoescape=True),
            )
        )
    return statement


def _brief(row: SubscriberRow) -> dict[str, Any]:
    return {"id": row.id, "email": row.email, "name": row.name, "state": row.state, "added_at": row.added_at}


def _listed(session: Session, rows: Sequence[SubscriberRow]) -> list[dict[str, Any]]:
    """As a page lists them: with the reason for which one of them is never mailed."""
    hashes = [row.email_hash for row in rows]
    reasons = select(SuppressionRow).where(col(SuppressionRow.email_hash).in_(hashes))
    suppressed = {row.email_hash: row.reason for row in session.scalars(reasons)}
    return [_brief(row) | {"suppressed": suppressed.get(row.email_hash, "")} for row in rows]


def _begins(session: Session, column: Any, text: str) -> ColumnElement[bool]:
    """Whether a column begins with a text, as a range: an index serves it, and nothing in the text has a meaning."""
    compared: ColumnElement[str] = column
    if session.get_bind().dialect.name == "postgresql":
        compared = collate(compared, "C")  # else letters are compared as its language does, and not by their codes
    return and_(compared >= text, compared < text + _LAST)
