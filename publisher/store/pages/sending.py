"""What goes out now: each issue on its way, of whom nobody can tell, the channels, and what was settled last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from publisher.config.settings import ChannelOptions
from publisher.domain.issue import IssueState
from publisher.domain.sending import SETTLED
from publisher.store import resolve
from publisher.store.pages import source
from publisher.store.pages.counts import by_channel
from publisher.store.pages.desk import next_due, rate_of, watched_since
from publisher.store.pages.issue import counted_channels, fate, letters_of, total
from publisher.store.tables import IssueRow, PostRow

ON_THE_WAY = (IssueState.SENDING, IssueState.PAUSED)
UNKNOWN_SHOWN, LAST_SHOWN = 20, 3
_HEAD = {"number", "title", "state", "state_reason", "released_at", "sent_at", "leaves_at"}


def now_going(session: Session, channels: Sequence[ChannelOptions], now: datetime) -> dict[str, Any]:
    """`next` is the approved issue that leaves first, None where there is none."""
    on_the_way = select(IssueRow).where(col(IssueRow.state).in_([state.value for state in ON_THE_WAY]))
    going = list(session.scalars(on_the_way.order_by(col(IssueRow.number))))
    shown = [_progress(session, row, now) for row in going]
    return {
        "issues": shown,
        "channels": [one | {"to_come": _to_come(shown, one["name"])} for one in source.channels(session, channels)],
        "last": _last(session),
        "next": _next(session),
    }


def _progress(session: Session, row: IssueRow, now: datetime) -> dict[str, Any]:
    assert row.id is not None  # it was read from the database
    since = watched_since(row, now)
    counts = by_channel(session, row.id, since)
    counted = counted_channels(session, row.id)
    own = [channel for channel in counts if counted is None or channel in counted]
    deliveries = total(counts[channel].states for channel in own)
    unknown = sum(one.states["unknown"] for one in counts.values())
    names = letters_of(session, row.id, list(counts), "unknown", min(unknown, UNKNOWN_SHOWN)) if unknown else []
    posts = _posts(session, row.id)
    return row.model_dump(include=_HEAD) | {
        "audience": row.audience_released,
        "deliveries": deliveries,
        "by_channel": {channel: one.states for channel, one in counts.items()},
        "fate": fate(deliveries),
        "rate": rate_of({channel: counts[channel] for channel in own}, since, now),
        "next_due": next_due(session, row.id, counts),
        "unknown": names,
        "unknown_more": unknown - len(names),
        "undecided": resolve.undecided(session, row.id, letters=unknown).total,
        "posts": posts,
        "posts_done": {channel: sum(states.get(end, 0) for end in SETTLED) for channel, states in posts.items()},
    }


def _posts(session: Session, issue_id: int) -> dict[str, dict[str, int]]:
    """How many posts of an issue each channel has in each state."""
    query = (
        select(col(PostRow.channel), col(PostRow.state), func.count())
        .where(col(PostRow.issue_id) == issue_id)
        .group_by(col(PostRow.channel), col(PostRow.state))
    )
    found: dict[str, dict[str, int]] = {}
    for channel, state, count in session.connection().execute(query):
        found.setdefault(channel, {})[state] = count
    return found


def _to_come(issues: Sequence[Mapping[str, Any]], channel: str) -> int:
    """How many letters and posts a channel has still to send."""
    of_issues = [issue[kind].get(channel, {}) for issue in issues for kind in ("by_channel", "posts")]
    return sum(
        count for states in of_issues for state, count in states.items() if state not in {end.value for end in SETTLED}
    )


def _last(session: Session) -> list[dict[str, Any]]:
    """What was settled last."""
    query = select(IssueRow).where(col(IssueRow.state) == IssueState.SENT.value)
    rows = session.scalars(query.order_by(col(IssueRow.number).desc()).limit(LAST_SHOWN))
    return [row.model_dump(include=_HEAD) for row in rows]


def _next(session: Session) -> dict[str, Any] | None:
    query = select(IssueRow).where(col(IssueRow.state) == IssueState.APPROVED.value)
    row = session.scalars(query.order_by(col(IssueRow.leaves_at)).limit(1)).first()
    return row.model_dump(include=_HEAD) if row else None
