"""What became of one issue: what went out, to how many, why not to others, what was posted, and how it was made."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from publisher.domain import unchanged
from publisher.domain.approval import covering
from publisher.domain.audience import AudienceRule
from publisher.store import issues, proofs, settled
from publisher.store.bulk import table_of
from publisher.store.pages.counts import by_channel
from publisher.store.pages.desk import shown_proof
from publisher.store.pages.issue import fate, posts_of, total
from publisher.store.tables import DeliveryRow, IssueRow, MembershipRow, RevisionRow

LEAVES_WITHIN = timedelta(days=7)
REASONS_SHOWN, REASONS_READ = 12, 2_000
WORTH_READING = 20_000  # letters; when a large issue is cancelled all are dropped for one reason
_ADDRESS = re.compile(r"<?[^\s<>]+@[^\s<>]+>?")


def report(session: Session, number: int, now: datetime) -> dict[str, Any]:
    """The report of an issue. Raises NotFound. `deliveries` is None for one that has not left."""
    row = issues.by_number(session, number)
    assert row.id is not None  # it was read from the database
    head = row.model_dump(include=_HEAD)
    if row.released_at is None:
        return head | {"deliveries": None}
    found = shown_proof(session, row)
    rule = AudienceRule.from_text(found[1]["audience"]) if found else AudienceRule(())
    counts = by_channel(session, row.id)
    counted = [part.channel for part in rule.counted] or list(counts)
    deliveries = total(one.states for channel, one in counts.items() if channel in counted)
    return head | {
        "audience": row.audience_released,
        "deliveries": deliveries,
        "fate": fate(deliveries),
        "channels": {channel: one.states for channel, one in counts.items()},
        "copies": [channel for channel in counts if channel not in counted],
        "lists": rule.lists,
        "refused": _reasons(session, row.id, "refused", counted, deliveries["refused"]),
        "dropped": _reasons(session, row.id, "dropped", counted, deliveries["dropped"]),
        "posts": posts_of(session, row.id),
        "picks": [
            {"position": pick.position, "headline": pick.headline, "url": pick.url}
            for pick in issues.picks(session, row.id)
        ],
        "made": _made(session, row),
        "leaves": _leaves(session, row, rule, now),
    }


_HEAD = {
    *("number", "state", "state_reason", "series", "title", "subject", "preheader", "byline"),
    *("composed_at", "released_at", "sent_at"),
}


def _reasons(session: Session, issue_id: int, state: str, channels: Sequence[str], count: int) -> list[tuple[str, int]]:
    """Why letters are in that state, the most frequent reason first. Addresses in what relays said do not count."""
    if not 0 < count <= WORTH_READING:
        return []
    delivery = table_of(DeliveryRow)
    query = (
        select(delivery.c.reason, func.count())
        .where(delivery.c.issue_id == issue_id, settled.is_stuck(delivery), delivery.c.state == state)
        .where(delivery.c.channel.in_(channels))
        .group_by(delivery.c.reason)
        .order_by(func.count().desc())
        .limit(REASONS_READ)
    )
    found: Counter[str] = Counter()
    for reason, number in session.connection().execute(query):
        found[_ADDRESS.sub("…", reason)] += number
    return found.most_common(REASONS_SHOWN)


def _made(session: Session, row: IssueRow) -> dict[str, Any]:
    """How long it took from the draft to the last approval that it needed, and how much went out as it was drafted.

    An issue that nobody edited is the draft.
    """
    assert row.id is not None
    sealing = covering(proofs.approvals(session, row.id), row.sealed_digest)
    of_issue = col(RevisionRow.issue_id) == row.id
    query = select(col(RevisionRow.number), col(RevisionRow.by)).where(of_issue, col(RevisionRow.number) > 0)
    edits = session.connection().execute(query).all()
    ends = select(RevisionRow).where(of_issue, col(RevisionRow.number).in_([0, row.revision]))
    words = [revision.words for revision in session.scalars(ends.order_by(col(RevisionRow.number)))]
    first, last = (words[0], words[-1]) if words else ({}, {})
    return {
        "approved_by": [approval.editor for approval in sealing],
        "approved_after": max(approval.approved_at for approval in sealing) - row.composed_at if sealing else None,
        "unchanged": unchanged.share(first, last),
        "swapped": unchanged.swapped(first, last),
        "edits": len(edits),
        "edited_by": sorted({by for _, by in edits if by}),
    }


def _leaves(session: Session, row: IssueRow, rule: AudienceRule, now: datetime) -> dict[str, Any]:
    """How many left its lists in the week after it, or until the next issue left."""
    assert row.released_at is not None
    following = select(func.min(IssueRow.released_at)).where(col(IssueRow.released_at) > row.released_at)
    next_at = session.scalar(following)
    until = min(time for time in (row.released_at + LEAVES_WITHIN, next_at, now) if time)
    left = select(func.count(func.distinct(col(MembershipRow.subscriber_id)))).where(
        col(MembershipRow.list_name).in_(rule.lists),
        col(MembershipRow.left_at) >= row.released_at,
        col(MembershipRow.left_at) < until,
    )
    return {"count": session.scalar(left) or 0, "until": until, "is_over": until < now}
