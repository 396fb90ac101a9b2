"""The desk's first page: what is under way, the issues so far a page at a time, and how the clock fares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from publisher.domain.approval import covering
from publisher.domain.audience import AudienceRule
from publisher.domain.issue import IssueState
from publisher.store import proofs, resolve, settled
from publisher.store.pages.counts import by_channel, ended
from publisher.store.tables import IssueRow, PauseRow, ProofRow, RunRow, SkipRow, SurfaceRow

LISTED = 25
OPEN_SHOWN, RUNS_SHOWN, SKIPS_SHOWN, COMING_SHOWN = 12, 8, 40, 12
OPEN = (IssueState.DRAFT, IssueState.HELD, IssueState.APPROVED, IssueState.SENDING, IssueState.PAUSED)
_SHOWN = {"number", "state", "state_reason", "title", "send_at", "leaves_at", "released_at", "sent_at"}


def overview(session: Session, *, before: int | None = None) -> dict[str, Any]:
    """What is open, with who approved it and what is undecided; the newest issues with a number under `before`.

    `earlier` is the number that the next page begins before, None on the last one; `later` says whether there are newer
    ones.
    """
    query = select(IssueRow).order_by(col(IssueRow.number).desc()).limit(LISTED + 1)
    rows = list(session.scalars(query if before is None else query.where(col(IssueRow.number) < before)))
    newest = session.scalar(select(func.max(IssueRow.number)))
    return {
        "open": [] if before is not None else _open(session),
        "issues": _listed(session, rows[:LISTED]),
        "earlier": rows[LISTED - 1].number if len(rows) > LISTED else None,
        "later": bool(rows and newest and rows[0].number < newest),
        "coming": _coming(session),
        "skips": list(session.scalars(select(SkipRow).order_by(col(SkipRow.send_at).desc()).limit(SKIPS_SHOWN))),
        "runs": list(session.scalars(select(RunRow).order_by(col(RunRow.started_at).desc()).limit(RUNS_SHOWN))),
        "paused": {pause.channel: pause.reason for pause in session.scalars(select(PauseRow))},
    }


def _open(session: Session) -> list[dict[str, Any]]:
    query = select(IssueRow).where(col(IssueRow.state).in_([state.value for state in OPEN]))
    rows = session.scalars(query.order_by(col(IssueRow.number).desc()).limit(OPEN_SHOWN))
    return [_head(row) | _standing(session, row) for row in rows]


def _standing(session: Session, row: IssueRow) -> dict[str, Any]:
    """Who approved what would go out, and how much of what went out nobody can tell."""
    assert row.id is not None  # it was read from the database
    if row.released_at is None:
        digest = session.scalar(_newest_proofs([row.id]).with_only_columns(ProofRow.digest))
        standing = covering(proofs.approvals(session, row.id), digest or "")
        return {"approved_by": [approval.editor for approval in standing], "undecided": 0}
    unknown = settled.in_trouble(session, [row.id]).get(row.id, {}).get("unknown", 0)
    return {"approved_by": [], "undecided": resolve.undecided(session, row.id, letters=unknown).total}


def _listed(session: Session, rows: Sequence[IssueRow]) -> list[dict[str, Any]]:
    """Each issue with its audience and how many have it, None where nothing left. A copy on a disk is not counted."""
    ids = [row.id for row in rows if row.id is not None]
    audiences, counted = _proved(session, ids)
    done = settled.counted(session, ids)
    found = []
    for row in rows:
        assert row.id is not None  # it was read from the database
        audience = audiences.get(row.id) if row.audience_released is None else row.audience_released
        accepted = None
        if row.released_at is not None:
            counts = ended(done[row.id]) if row.id in done else by_channel(session, row.id)
            own = counted.get(row.id, tuple(counts))
            accepted = sum(one.states["accepted"] for channel, one in counts.items() if channel in own)
        found.append(_head(row) | {"audience": audience, "accepted": accepted})
    return found


def _proved(session: Session, ids: Sequence[int]) -> tuple[dict[int, int], dict[int, tuple[str, ...]]]:
    """What the newest proof of each issue counted, and the channels that it counted on."""
    query = (
        _newest_proofs(ids)
        .outerjoin(SurfaceRow, (col(SurfaceRow.proof_id) == col(ProofRow.id)) & (col(SurfaceRow.name) == "audience"))
        .with_only_columns(col(ProofRow.issue_id), col(ProofRow.audience_count), col(SurfaceRow.content))
    )
    audiences, counted = {}, {}
    for issue_id, count, content in session.connection().execute(query):
        audiences[issue_id] = count
        if content is not None:
            rule = AudienceRule.from_text(content.decode())
            counted[issue_id] = tuple(part.channel for part in rule.counted)
    return audiences, counted


def _newest_proofs(ids: Sequence[int]) -> Any:
    newest = select(func.max(ProofRow.id)).where(col(ProofRow.issue_id).in_(ids)).group_by(col(ProofRow.issue_id))
    return select(ProofRow).where(col(ProofRow.id).in_(newest))


def _coming(session: Session) -> list[dict[str, Any]]:
    """The issues that are planned furthest ahead: what is to come is among them."""
    rows = session.scalars(select(IssueRow).order_by(col(IssueRow.send_at).desc()).limit(COMING_SHOWN))
    return [_head(row) for row in rows]


def _head(row: IssueRow) -> dict[str, Any]:
    return row.model_dump(include=_SHOWN)
