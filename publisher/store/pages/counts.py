"""How many deliveries of an issue are in each state, in one look at its rows.

A list may have a million of them, and whoever watches an issue leave asks every few seconds. So what was counted when
an issue was settled is not counted again; and the count of a long list holds for ten times as long as it took, for all
who look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select
from sqlmodel import Session, col

from publisher.domain.sending import State
from publisher.store import settled
from publisher.store.pages.lasting import Lasting
from publisher.store.tables import DeliveryRow, Moment, PostRow

DEFERRED = "deferred"
KEPT_FOR, LONGEST_KEPT = 10, 5.0  # times as long as it took to count, and seconds
WORTH_KEEPING = 20_000  # letters
STATES = ("queued", "claimed", "sending", "accepted", "refused", DEFERRED, "unknown", "dropped")


@dataclass(frozen=True, slots=True)
class Counts:
    """One channel's deliveries of an issue: by state as it is told, and how many are not as they should be.

    `next_due` is when the next of those that wait is due; `recent` were accepted since the moment that was asked for.
    """

    states: dict[str, int]
    trouble: int
    next_due: datetime | None
    recent: int


def by_channel(session: Session, issue_id: int, since: datetime | None = None) -> dict[str, Counts]:
    """The counts of an issue by the names of its channels.

    What was counted when it was settled holds as long as there are as many rows as then: a ledger that does not add up
    is told, whatever was written down.
    """
    if since is None and (done := settled.counted(session, [issue_id])):
        rows = select(func.count()).where(col(DeliveryRow.issue_id) == issue_id)
        if session.scalar(rows) == sum(sum(states.values()) for states in done[issue_id].values()):
            return ended(done[issue_id])
    stuck = tuple(settled.in_trouble(session, [issue_id]).get(issue_id, {}).items())
    asked = issue_id, since is not None
    return _LASTING.get(session, asked, stuck, lambda: _counted(session, issue_id, since))


def ended(channels: Mapping[str, Mapping[str, int]]) -> dict[str, Counts]:
    """The counts of an issue of which everything has its end, from its states by channel."""
    return {channel: _ended(states) for channel, states in sorted(channels.items())}


def _is_long(counts: Mapping[str, Counts]) -> bool:
    return sum(sum(one.states.values()) for one in counts.values()) >= WORTH_KEEPING


_LASTING: Lasting[dict[str, Counts]] = Lasting(KEPT_FOR, LONGEST_KEPT, _is_long)


def _ended(states: Mapping[str, int]) -> Counts:
    """Of an issue of which everything has its end."""
    told = dict.fromkeys(STATES, 0) | dict(states)
    return Counts(told, sum(told[state] for state in settled.TROUBLE), None, 0)


def _counted(session: Session, issue_id: int, since: datetime | None) -> dict[str, Counts]:
    row = DeliveryRow
    is_queued = col(row.state) == State.QUEUED.value
    is_told = {state: col(row.state) == state for state in STATES} | {
        "queued": and_(is_queued, col(row.attempts) == 0),
        DEFERRED: and_(is_queued, col(row.attempts) > 0),
    }
    is_recent: ColumnElement[Any] = col(row.accepted_at) >= literal(since, type_=Moment()) if since else literal(False)
    due = case((is_queued, col(row.due_at)), else_=None)
    query = (
        select(
            col(row.channel),
            *(_number(is_told[state]) for state in STATES),
            _number(is_trouble(row)),
            func.min(due, type_=Moment()),
            _number(is_recent),
        )
        .where(col(row.issue_id) == issue_id)
        .group_by(col(row.channel))
        .order_by(col(row.channel))
    )
    found = {}
    for channel, *numbers in session.connection().execute(query):
        states, (trouble, next_due, recent) = numbers[: len(STATES)], numbers[len(STATES) :]
        found[channel] = Counts(dict(zip(STATES, states, strict=True)), trouble, next_due, recent)
    return found


def shown_state(rows: type[DeliveryRow] | type[PostRow]) -> ColumnElement[str]:
    """The state as it is told: queued again after an attempt is called deferred."""
    is_deferred = and_(col(rows.state) == State.QUEUED.value, col(rows.attempts) > 0)
    return case((is_deferred, DEFERRED), else_=col(rows.state))


def is_trouble(rows: type[DeliveryRow] | type[PostRow]) -> ColumnElement[bool]:
    """Whether somebody should know of it: unknown, refused, dropped, or waiting for a reason."""
    return or_(
        col(rows.state).in_([State.UNKNOWN.value, State.REFUSED.value, State.DROPPED.value]),
        and_(col(rows.state) == State.QUEUED.value, or_(col(rows.attempts) > 0, col(rows.reason) != "")),
    )


def _number(condition: ColumnElement[Any]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
