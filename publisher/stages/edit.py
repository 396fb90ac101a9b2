"""Change the words or the order of an issue. Every change makes a new proof and voids the approvals of the old one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from publisher.config.settings import SourceOptions
from publisher.domain.approval import covering, too_few
from publisher.domain.audience import AudienceRule
from publisher.domain.issue import Issue, IssueState, Pick
from publisher.domain.item import Candidate
from publisher.domain.proof import Change, changes
from publisher.editorial.picks import pick_from
from publisher.errors import ApprovalError, WrongUse
from publisher.render.proof import Renderer
from publisher.store import issues, items, proofs, subscribers
from publisher.store.db import Database

OPEN = (IssueState.DRAFT, IssueState.HELD, IssueState.APPROVED)


@dataclass(frozen=True, slots=True)
class Edit:
    """What to change; None leaves a field as it is. `picks` maps a position to the new words of that pick."""

    title: str | None = None
    subject: str | None = None
    preheader: str | None = None
    note: str | None = None
    byline: str | None = None
    deks: tuple[str, ...] | None = None
    headlines: dict[int, str] = field(default_factory=dict)
    bodies: dict[int, str] = field(default_factory=dict)
    blurbs: dict[int, str] = field(default_factory=dict)
    add: tuple[Candidate, ...] = ()
    drop: tuple[int, ...] = ()
    order: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Edited:
    """What the edit changed on every surface, and how many approvals it voided."""

    number: int
    changed: tuple[Change, ...]
    voided: int


def run(
    database: Database,
    number: int,
    edit: Edit,
    renderer: Renderer,
    rule: AudienceRule,
    *,
    min_items: int,
    now: datetime,
) -> Edited:
    """Apply `edit`, render, store; an issue that was held for too few items is a draft again once it has enough.

    Raises ApprovalError when the issue has left, WrongUse for a position it lacks.
    """
    with database.read() as session:
        row = issues.by_number(session, number)
        if row.state not in OPEN:
            raise ApprovalError(f"No. {number} is {row.state} and can no longer be edited")
        before = issues.to_fact(session, row)
    after = apply(before, edit)
    proof = renderer.proof(after, rule, now)
    with database.write() as session:
        row = issues.by_number(session, number)
        if issues.to_fact(session, row) != before:
            raise ApprovalError(f"No. {number} was changed by somebody else meanwhile; look again and repeat your edit")
        assert row.id is not None
        newest = proofs.newest(session, row.id)
        issues.update(session, row, after)
        issues.put_picks(session, row.id, after.picks)
        proofs.save(session, row.id, proof, subscribers.audience_count(session, rule), now)
        changed = tuple(changes(newest[1], proof)) if newest else ()
        voided = 0
        if changed and newest:
            voided = len(covering(proofs.approvals(session, row.id), newest[0].digest))
            proofs.withdraw(session, row.id, "edited", now)  # an edit back to the old words is a decision of its own
            if row.state == IssueState.APPROVED:
                row.leaves_at = None
                issues.set_state(session, row, IssueState.DRAFT, "edited after it was approved", now=now)
        was_few, is_few = too_few(len(before.picks), min_items), too_few(len(after.picks), min_items)
        if is_few:
            issues.set_state(session, row, IssueState.HELD, is_few, now=now)
        elif row.state == IssueState.HELD and row.state_reason == was_few:
            issues.set_state(session, row, IssueState.DRAFT, now=now)
    return Edited(number, changed, voided)


def candidate(database: Database, sources: Sequence[SourceOptions], item_id: int) -> Candidate:
    """An item that may be added to an issue. Raises NotFound."""
    with database.read() as session:
        return items.candidate(session, sources, item_id)


def apply(issue: Issue, edit: Edit) -> Issue:
    """The issue after the edit; positions count from 1 without gaps."""
    known = {pick.position for pick in issue.picks}
    named = [*edit.headlines, *edit.bodies, *edit.blurbs, *edit.drop, *edit.order]
    if missing := sorted(set(named) - known):
        raise WrongUse(f"No. {issue.number} has no item {missing[0]}; it has {len(known)}")
    if len({item.item_id for item in edit.add}) < len(edit.add):
        raise WrongUse("the same item cannot be put in twice")
    for item in edit.add:
        if item.used_in is not None:
            raise WrongUse(f"item {item.item_id} is in No. {item.used_in} already")
    words = {
        name: value
        for name in ("title", "subject", "preheader", "note", "byline", "deks")
        if (value := getattr(edit, name)) is not None
    }
    picks = [_reworded(pick, edit) for pick in issue.picks if pick.position not in edit.drop]
    picks += [pick_from(item, len(known) + at, "added by an editor") for at, item in enumerate(edit.add, start=1)]
    picks = _reordered(picks, edit.order)
    numbered = tuple(replace(pick, position=position) for position, pick in enumerate(picks, start=1))
    return replace(issue, picks=numbered, **words)


def _reworded(pick: Pick, edit: Edit) -> Pick:
    return replace(
        pick,
        headline=edit.headlines.get(pick.position, pick.headline),
        body=edit.bodies.get(pick.position, pick.body),
        blurb=edit.blurbs.get(pick.position, pick.blurb),
    )


def _reordered(picks: Sequence[Pick], order: Sequence[int]) -> list[Pick]:
    """The named positions first, in the order named; the others keep theirs."""
    rank = {position: index for index, position in enumerate(order)}
    return sorted(picks, key=lambda pick: (rank.get(pick.position, len(rank)), pick.position))
