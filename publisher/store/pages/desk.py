"""What the desk shows beside an issue's page: whom it is for, what it looks like, and all that became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from publisher.domain.approval import covering
from publisher.domain.audience import AudienceRule
from publisher.domain.issue import IssueState
from publisher.domain.proof import Change, Proof, changes
from publisher.domain.sending import State
from publisher.store import issues, pictures, proofs, revisions
from publisher.store.pages.audience import Audience, audience
from publisher.store.pages.counts import Counts, by_channel
from publisher.store.pages.issue import one
from publisher.store.tables import (
    AttemptRow,
    CandidateRow,
    DeliveryRow,
    IssueRow,
    ItemRow,
    NoticeRow,
    PickRow,
    PostRow,
    ProofRow,
    SubscriberRow,
    SurfaceRow,
)

ATTEMPTS_SHOWN = 30
NOTICES_SHOWN = 40
LEFT_OUT_SHOWN = 25
# How long back the rate of a send is counted.
OF_LATE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Changed:
    """How the proof that stands differs from the one `before` it; `is_last_approval` says which that is."""

    since: str
    is_last_approval: bool
    before: Proof
    changes: tuple[Change, ...]


def progress(session: Session, number: int, now: datetime) -> dict[str, Any]:
    """Where an issue stands, as it changes while one watches. Raises NotFound.

    `rate` is how many letters were accepted in a second of late, None where it is not going out.
    """
    row = issues.by_number(session, number)
    assert row.id is not None  # it was read from the database
    since = watched_since(row, now)
    counts = by_channel(session, row.id, since)
    page = one(session, number, counts, with_candidates=False)
    standing = covering(proofs.approvals(session, row.id), page["digest"])
    return {
        **page,
        "approved_by": [approval.editor for approval in standing],
        "writers": sorted(revisions.writers(session, row.id)),
        "readers": _readers(session, row),
        "next_due": next_due(session, row.id, counts),
        "rate": rate_of(counts, since, now),
    }


def issue(session: Session, number: int, now: datetime, seen: str = "") -> dict[str, Any]:
    """All that the page of one issue shows. Raises NotFound, or DatabaseError where a stored proof was changed.

    `changed` is against the proof of that digest when `seen` is given, else against what was approved last; `progress`
    is what that function says.
    """
    page = progress(session, number, now)
    row = issues.by_number(session, number)
    assert row.id is not None
    found = shown_proof(session, row)
    rule = AudienceRule.from_text(found[1]["audience"]) if found else None
    return {
        **page,
        "progress": page,
        "left_out": _left_out(session, row.id),
        "proof": found[1] if found else None,
        "enclosed": pictures.carried(session, found[1]["html"]) if found else (),
        "rendered_at": found[0].rendered_at if found else None,
        "lists": rule.lists if rule else (),
        "changed": _changed(session, row.id, found, seen) if found else None,
        "attempts": _attempts(session, row.id),
        "notices": _notices(session, row.id),
    }


def _readers(session: Session, row: IssueRow) -> Audience | None:
    """Whom an issue would go to, and whom not, as its proof says; None once it has left, or without a proof."""
    assert row.id is not None
    newest = proofs.newest_row(session, row.id)
    rule = session.get(SurfaceRow, (newest.id, "audience")) if newest and not row.sealed_digest else None
    return audience(session, AudienceRule.from_text(rule.content.decode())) if rule else None


def shown_proof(session: Session, row: IssueRow) -> tuple[ProofRow, Proof] | None:
    """What went out of a released issue, else what would go out now."""
    assert row.id is not None
    if row.sealed_digest:
        return proofs.with_digest(session, row.id, row.sealed_digest)
    return proofs.newest(session, row.id)


def next_due(session: Session, issue_id: int, counts: Mapping[str, Counts]) -> datetime | None:
    """When the next letter or post is due."""
    posts = select(func.min(PostRow.due_at)).where(PostRow.issue_id == issue_id, PostRow.state == State.QUEUED.value)
    times = [found.next_due for found in counts.values()] + [session.exec(posts).one()]
    return min((time for time in times if time), default=None)


def watched_since(row: IssueRow, now: datetime) -> datetime | None:
    """Since when the rate of an issue is counted; None where it is not going out."""
    return max(now - OF_LATE, row.released_at) if row.state == IssueState.SENDING and row.released_at else None


def rate_of(counts: Mapping[str, Counts], since: datetime | None, now: datetime) -> float | None:
    """How many letters were accepted in a second since then."""
    if since is None:
        return None
    recent = sum(found.recent for found in counts.values())
    return recent / max(1.0, (now - since).total_seconds())


def _left_out(session: Session, issue_id: int) -> dict[str, Any]:
    """What was there when the issue was composed and is not in it, with the reason: the best of it, and how much more.

    Stories that had a place among all come first, in that order, then the newest.
    """
    picked = select(PickRow.item_id).where(PickRow.issue_id == issue_id)
    is_left = (col(CandidateRow.issue_id) == issue_id, col(CandidateRow.item_id).not_in(picked))
    number = session.exec(select(func.count()).select_from(CandidateRow).where(*is_left)).one()
    query = (
        select(col(CandidateRow.reason), col(ItemRow.id), col(ItemRow.headline), col(ItemRow.source))
        .add_columns(col(ItemRow.url), col(ItemRow.published_at))
        .join(ItemRow, col(ItemRow.id) == col(CandidateRow.item_id))
        .where(*is_left)
        .order_by(col(CandidateRow.rank) == 0, col(CandidateRow.rank))
        .order_by(func.coalesce(col(ItemRow.published_at), col(ItemRow.first_seen_at)).desc(), col(ItemRow.id).desc())
        .limit(LEFT_OUT_SHOWN)
    )
    names = ("reason", "item", "headline", "source", "url", "published_at")
    shown = [dict(zip(names, row, strict=True)) for row in session.connection().execute(query)]
    return {"items": shown, "number": number, "more": number - len(shown)}


def _changed(session: Session, issue_id: int, shown: tuple[ProofRow, Proof], seen: str) -> Changed | None:
    """What differs between the proof that is shown and the one that was seen, or approved last."""
    approved = [approval.digest for approval in proofs.approvals(session, issue_id)]
    # What somebody saw while it was being typed is not kept; what was approved always is.
    for since in (seen, approved[-1] if approved else ""):
        if since and (before := proofs.with_digest(session, issue_id, since)) is not None:
            return Changed(since, since != seen, before[1], tuple(changes(before[1], shown[1])))
    return None


def _attempts(session: Session, issue_id: int) -> list[dict[str, Any]]:
    """The last tries that did not end well, with what was answered."""
    query = (
        select(col(AttemptRow.at), col(AttemptRow.result), col(AttemptRow.reason), col(DeliveryRow.channel))
        .add_columns(col(SubscriberRow.email), col(PostRow.channel), col(PostRow.position))
        .select_from(AttemptRow)
        .outerjoin(DeliveryRow, col(DeliveryRow.id) == col(AttemptRow.delivery_id))
        .outerjoin(SubscriberRow, col(SubscriberRow.id) == col(DeliveryRow.subscriber_id))
        .outerjoin(PostRow, col(PostRow.id) == col(AttemptRow.post_id))
        .where(or_(col(DeliveryRow.issue_id) == issue_id, col(PostRow.issue_id) == issue_id))
        .order_by(col(AttemptRow.id).desc())
        .limit(ATTEMPTS_SHOWN)
    )
    return [
        {
            "at": at,
            "channel": letter_channel or post_channel,
            "whom": whom or "",
            "position": position,
            "result": result,
            "reason": reason,
        }
        for at, result, reason, letter_channel, whom, post_channel, position in session.connection().execute(query)
    ]


def _notices(session: Session, issue_id: int) -> list[NoticeRow]:
    query = select(NoticeRow).where(NoticeRow.issue_id == issue_id).order_by(col(NoticeRow.id).desc())
    return list(session.exec(query.limit(NOTICES_SHOWN)))
