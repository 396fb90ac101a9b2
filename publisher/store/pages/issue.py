"""An issue as it is shown: its words and picks, its proof and approvals, and where every letter and post stands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlmodel import Session, col, select

from publisher.domain.audience import AudienceRule
from publisher.domain.sending import State
from publisher.store import issues, pictures, proofs, resolve, settled
from publisher.store.bulk import table_of
from publisher.store.items import picture_of
from publisher.store.pages import counts as counting
from publisher.store.pages.counts import DEFERRED, STATES, Counts, is_trouble, shown_state
from publisher.store.tables import (
    CorrectionRow,
    DeliveryRow,
    EditorRow,
    IssueRow,
    PauseRow,
    PickRow,
    PostRow,
    ProofRow,
    SubscriberRow,
    SurfaceRow,
)

TROUBLE_SHOWN = 50
WAITING = "waiting"  # for a reason: deferred, or queued again


def one(
    session: Session, number: int, counts: Mapping[str, Counts] | None = None, *, with_candidates: bool = True
) -> dict[str, Any]:
    """The whole page of one issue, with these counts where the caller has them already. Raises NotFound.

    Once released, `audience` = the sum of `deliveries` + `unexplained`, and `unexplained` is 0 unless something is very
    wrong. Before that `audience` is what the newest proof counted, None without a proof, and `unexplained` is None.
    """
    row = issues.by_number(session, number)
    assert row.id is not None  # it was read from the database
    proof = _newest_proof(session, row.id)
    counted = _counted_channels(session, proof)
    counts = counting.by_channel(session, row.id) if counts is None else counts
    channels = {channel: found.states for channel, found in counts.items()}
    own = [channel for channel in channels if counted is None or channel in counted]
    deliveries = total(channels[channel] for channel in own)
    trouble, more = _trouble(session, row.id, own, [counts[channel] for channel in own])
    left_so = resolve.left_so(session, row.id)
    undecided = resolve.undecided(session, row.id, letters=sum(states["unknown"] for states in channels.values()))
    is_released = row.audience_released is not None
    return {
        **_head(row),
        "series": row.series,
        "deks": row.deks,
        "note": row.note,
        "byline": row.byline,
        "byline_address": row.byline_address,
        "preheader": row.preheader,
        "language": row.language,
        "composed_at": row.composed_at,
        "picks": _picks(session, row.id),
        "candidates": _candidates(session, row.id) if with_candidates else [],
        "digest": proof.digest if proof else "",
        "approvals": [asdict(approval) for approval in proofs.approvals(session, row.id)],
        "audience": row.audience_released if is_released else proof.audience_count if proof else None,
        "deliveries": deliveries,
        "channels": channels,
        "unexplained": (row.audience_released or 0) - sum(deliveries.values()) if is_released else None,
        "fate": fate(deliveries),
        "undecided": asdict(undecided),
        "left_so": asdict(left_so),
        "copies": {channel: counts for channel, counts in channels.items() if counted and channel not in counted},
        "posts": posts_of(session, row.id) or _planned_posts(session, proof),
        "corrections": _corrections(session, row.id),
        "trouble": trouble,
        "trouble_more": more,
        "paused": {pause.channel: pause.reason for pause in session.exec(select(PauseRow))},
    }


def fate(deliveries: Mapping[str, int]) -> dict[str, int]:
    """Who has the letter and who has not, in four numbers that add up to all deliveries."""
    return {
        "has_it": deliveries["accepted"],
        "has_not": sum(deliveries[state] for state in ("queued", DEFERRED, "refused", "dropped")),
        "on_the_wire": deliveries["claimed"] + deliveries["sending"],
        "unknown": deliveries["unknown"],
    }


def all_issues(session: Session) -> list[dict[str, Any]]:
    """One line for each issue, the newest first."""
    return [_head(row) for row in issues.list_issues(session)]


def newest_posts(session: Session, limit: int) -> list[dict[str, Any]]:
    """The posts of the newest issues."""
    query = (
        select(IssueRow.number, PostRow)
        .join(PostRow, col(PostRow.issue_id) == col(IssueRow.id))
        .order_by(col(IssueRow.number).desc(), col(PostRow.channel), col(PostRow.position))
        .limit(limit)
    )
    return [{"number": number} | _post(row) for number, row in session.exec(query)]


def counted_channels(session: Session, issue_id: int) -> tuple[str, ...] | None:
    """Which channels' deliveries make up the audience of an issue? None, for all, where it has no proof."""
    return _counted_channels(session, _newest_proof(session, issue_id))


def _newest_proof(session: Session, issue_id: int) -> ProofRow | None:
    query = select(ProofRow).where(ProofRow.issue_id == issue_id)
    return session.exec(query.order_by(col(ProofRow.id).desc()).limit(1)).first()


def _counted_channels(session: Session, proof: ProofRow | None) -> tuple[str, ...] | None:
    surface = session.get(SurfaceRow, (proof.id, "audience")) if proof else None
    if surface is None:
        return None
    return tuple(part.channel for part in AudienceRule.from_text(surface.content.decode()).counted)


def total(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    whole = dict.fromkeys(STATES, 0)
    for channel in counts:
        for state, count in channel.items():
            whole[state] += count
    return whole


def _trouble(
    session: Session, issue_id: int, channels: Sequence[str], counts: Sequence[Counts]
) -> tuple[list[dict[str, Any]], int]:
    """Who is unknown, refused, dropped or waiting for a reason? The first of them, and how many more."""
    posts = select(PostRow).where(PostRow.issue_id == issue_id, is_trouble(PostRow)).order_by(col(PostRow.id))
    shown = [_post_trouble(row) for row in session.exec(posts)]
    total, found = sum(one.trouble for one in counts), 0
    stuck = {state: sum(one.states[state] for one in counts) for state in settled.TROUBLE}
    for state in ("unknown", "refused", WAITING, "dropped"):
        count = min(TROUBLE_SHOWN - found, stuck.get(state, total - sum(stuck.values())))
        if count > 0:
            letters = letters_of(session, issue_id, channels, state, count)
            shown, found = shown + letters, found + len(letters)
    return shown, total - found


def letters_of(
    session: Session, issue_id: int, channels: Sequence[str], state: str, count: int
) -> list[dict[str, Any]]:
    """So many letters of an issue that are in that state. Of those that wait, the ones with a reason are due last."""
    row, delivery = DeliveryRow, table_of(DeliveryRow)
    query = (
        select(shown_state(row), row.channel, SubscriberRow.email, row.attempts)
        .add_columns(col(row.reason), col(row.due_at))
        .join(SubscriberRow, col(SubscriberRow.id) == col(row.subscriber_id))
        .where(col(row.channel).in_(channels))
        .limit(count)
    )
    if state == WAITING:
        # Not by the issue, or SQLite would look through all of its letters instead of those that wait.
        waiting = query.where(col(row.issue_id) + 0 == issue_id, col(row.state) == State.QUEUED.value, is_trouble(row))
        query = waiting.order_by(col(row.channel), col(row.due_at).desc())
    else:
        stuck = query.where(col(row.issue_id) == issue_id, settled.is_stuck(delivery), col(row.state) == state)
        query = stuck.order_by(col(row.channel), col(row.id))
    return [_trouble_row(*each) for each in session.connection().execute(query)]


def _trouble_row(state: str, channel: str, whom: str, attempts: int, reason: str, due_at: Any) -> dict[str, Any]:
    is_waiting = state in (DEFERRED, State.QUEUED.value)
    return {
        "state": state,
        "channel": channel,
        "whom": whom,
        "attempts": attempts,
        "reason": reason,
        "due_at": due_at if is_waiting else None,
    }


def _post_trouble(row: PostRow) -> dict[str, Any]:
    return _trouble_row(_state(row), row.channel, f"post {row.position}", row.attempts, row.reason, row.due_at)


def _head(row: IssueRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "state": row.state,
        "state_reason": row.state_reason,
        "title": row.title,
        "subject": row.subject,
        "send_at": row.send_at,
        "moved_to": row.moved_to,
        "leaves_at": row.leaves_at,
        "released_at": row.released_at,
        "sent_at": row.sent_at,
    }


def _picks(session: Session, issue_id: int) -> list[dict[str, Any]]:
    rows = issues.picks(session, issue_id)
    problems = pictures.problems(session, [row.picture_url for row in rows if row.picture_url])
    return [_pick(row, problems.get(row.picture_url, "")) for row in rows]


def _pick(row: PickRow, picture_problem: str) -> dict[str, Any]:
    """`picture_problem` says why its picture is left out, and is empty where it is not."""
    picture = picture_of(row)
    return {
        "position": row.position,
        "item": row.item_id,
        "headline": row.headline,
        "body": row.body,
        "blurb": row.blurb,
        "reason": row.reason,
        "url": row.url,
        "attribution": row.attribution,
        "picture": asdict(picture) if picture else None,
        "picture_problem": picture_problem,
    }


def _corrections(session: Session, issue_id: int) -> list[dict[str, Any]]:
    """What was corrected on the issue's page after it had gone out, the oldest first."""
    query = (
        select(CorrectionRow.corrected_at, CorrectionRow.explanation, CorrectionRow.words, EditorRow.email)
        .join(EditorRow, col(EditorRow.id) == col(CorrectionRow.editor_id))
        .where(CorrectionRow.issue_id == issue_id)
        .order_by(col(CorrectionRow.id))
    )
    return [
        {"at": at, "by": by, "explanation": explanation, "words": words}
        for at, explanation, words, by in session.exec(query)
    ]


def _candidates(session: Session, issue_id: int) -> list[dict[str, Any]]:
    rows = issues.candidate_rows(session, issue_id)
    return [{"item": row.item_id, "story": row.story_item_id, "reason": row.reason} for row in rows]


def posts_of(session: Session, issue_id: int) -> list[dict[str, Any]]:
    query = select(PostRow).where(PostRow.issue_id == issue_id)
    return [_post(row) for row in session.exec(query.order_by(col(PostRow.channel), col(PostRow.position)))]


def _planned_posts(session: Session, proof: ProofRow | None) -> list[dict[str, Any]]:
    """The posts as the newest proof has them, while none is queued yet."""
    if proof is None:
        return []
    query = select(SurfaceRow).where(SurfaceRow.proof_id == proof.id, col(SurfaceRow.name).startswith("post:"))
    planned = []
    for surface in session.exec(query):
        _, channel, position = surface.name.split(":")
        planned.append(
            {
                "channel": channel,
                "position": int(position),
                "state": "",
                **_sealed(surface.content.decode()),
                "receipt": "",
                "url": "",
                "reason": "",
                "attempts": 0,
                "due_at": None,
                "accepted_at": None,
            }
        )
    return sorted(planned, key=lambda post: (post["channel"], post["position"]))


def _post(row: PostRow) -> dict[str, Any]:
    return {
        "channel": row.channel,
        "position": row.position,
        "state": _state(row),
        **_sealed(row.content),
        "receipt": row.receipt,
        "url": row.url,
        "reason": row.reason,
        "attempts": row.attempts,
        "due_at": row.due_at,
        "accepted_at": row.accepted_at,
    }


def _sealed(content: str) -> dict[str, Any]:
    surface = json.loads(content)
    return {name: surface.get(name) for name in ("text", "length", "limit", "link")}


def _state(row: PostRow) -> str:
    return DEFERRED if row.state == State.QUEUED and row.attempts else row.state
