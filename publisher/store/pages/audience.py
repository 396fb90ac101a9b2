"""Whom an issue is for: how many get it, and how many do not, and why."""

from __future__ import annotations

import time
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import sqlalchemy
from sqlalchemy import Engine, exists, func
from sqlmodel import Session

from publisher.domain.audience import AudienceRule, SubscriberState
from publisher.store.bulk import table_of
from publisher.store.tables import MembershipRow, SubscriberRow, SuppressionRow

# A large list takes long to count, and every look at the page would count it again.
KEPT_FOR, WORTH_KEEPING = 60.0, 0.025  # seconds


@dataclass(frozen=True, slots=True)
class Audience:
    """Every subscriber once: who gets it, and of the others the gravest reason why not."""

    due: int = 0
    suppressed: int = 0
    left: int = 0
    pending: int = 0
    elsewhere: int = 0

    @property
    def left_out(self) -> int:
        return self.suppressed + self.left + self.pending + self.elsewhere


def audience(session: Session, rule: AudienceRule) -> Audience:
    """Counted now; of a list that takes long to count, within the last minute."""
    kept = _KEPT.setdefault(session.get_bind().engine, {})
    began = time.monotonic()
    known = kept.get(rule.lists)
    if known and began < known[1]:
        return known[0]
    found = _counted(session, rule.lists)
    took = time.monotonic() - began
    if took > WORTH_KEEPING:
        kept[rule.lists] = (found, time.monotonic() + KEPT_FOR)
    return found


# By the database, which takes its own with it.
_KEPT: WeakKeyDictionary[Engine, dict[tuple[str, ...], tuple[Audience, float]]] = WeakKeyDictionary()


def _counted(session: Session, lists: tuple[str, ...]) -> Audience:
    """How many subscribers are in each state, suppressed or not, on one of these lists or not?"""
    subscriber, membership, suppression = table_of(SubscriberRow), table_of(MembershipRow), table_of(SuppressionRow)
    is_member = exists().where(
        membership.c.subscriber_id == subscriber.c.id,
        membership.c.list_name.in_(lists),
        membership.c.left_at.is_(None),
    )
    is_suppressed = exists().where(suppression.c.email_hash == subscriber.c.email_hash)
    each = sqlalchemy.select(
        subscriber.c.state, is_suppressed.label("suppressed"), is_member.label("member")
    ).subquery()
    query = sqlalchemy.select(each.c.state, each.c.suppressed, each.c.member, func.count()).group_by(
        each.c.state, each.c.suppressed, each.c.member
    )
    numbers = dict.fromkeys(("due", "suppressed", "left", "pending", "elsewhere"), 0)
    for state, suppressed, member, count in session.connection().execute(query):
        numbers[_why(state, is_suppressed=bool(suppressed), is_member=bool(member))] += count
    return Audience(**numbers)


def _why(state: str, *, is_suppressed: bool, is_member: bool) -> str:
    if is_suppressed:
        return "suppressed"
    match SubscriberState(state):
        case SubscriberState.LEFT:
            return "left"
        case SubscriberState.PENDING:
            return "pending"
        case SubscriberState.ACTIVE:
            return "due" if is_member else "elsewhere"
