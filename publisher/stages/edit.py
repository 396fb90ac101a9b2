"""Change the words or the order of an issue. Every change makes a revision and a new proof; it voids the old approvals.

`save` is for people at a desk: fields with marks of what they saw (`domain/draft.py`), so that two who write at once
lose nothing. `run` is for the command line: an `Edit` by positions, all of it or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from publisher.config.settings import SourceOptions
from publisher.domain import draft
from publisher.domain.approval import covering, too_few
from publisher.domain.audience import AudienceRule
from publisher.domain.audit import Action
from publisher.domain.issue import Issue, IssueState, Pick
from publisher.domain.item import Candidate
from publisher.domain.proof import Change, Proof, changes
from publisher.editorial.picks import pick_from
from publisher.errors import ApprovalError, RenderError, WrongUse
from publisher.render.proof import Renderer
from publisher.store import audit, editors, issues, items, proofs, revisions, subscribers
from publisher.store.db import Database, Session
from publisher.store.tables import IssueRow

OPEN = (IssueState.DRAFT, IssueState.HELD, IssueState.APPROVED)
UNRENDERED = "its newest words have not been rendered yet; look at it again"


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


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that says something else than the person saw who wanted to write `yours`.

    `theirs` is what it says now, written by `by` at `at` where that is known. `is_gone`: its pick was dropped.
    """

    field: str
    yours: str
    theirs: str
    by: str = ""
    at: datetime | None = None
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Saved:
    """What came of a save. `words` are the fields that were asked for as they are kept now, cleaned.

    `problem` says why no proof can be made of the words, which are kept all the same. `voided` counts approvals.
    """

    number: int
    revision: int
    words: Mapping[str, str]
    conflicts: tuple[Conflict, ...] = ()
    changed: tuple[str, ...] = ()
    problem: str = ""
    voided: int = 0


@dataclass(frozen=True, slots=True)
class Means:
    """What saving needs of a publication."""

    renderer: Renderer
    rule: AudienceRule
    sources: Sequence[SourceOptions]
    min_items: int


def save(
    database: Database,
    number: int,
    words: Mapping[str, str],
    was: Mapping[str, str],
    means: Means,
    *,
    by: str,
    now: datetime,
    action: Action = Action.EDITED,
) -> Saved:
    """Write these fields of the issue, but for those that say something else by now than `was` marks.

    A field without a mark is written whatever it says. Words of which no proof can be made are kept too. Raises
    ApprovalError when the issue has left, WrongUse for a field that it has not or that is too long, NotFound.
    """
    asked = {name: draft.clean(name, value) for name, value in words.items()}
    with database.write() as session:
        row = _open(issues.by_number(session, number))
        before = issues.to_fact(session, row)
        conflicts = _conflicts(session, row, draft.fields(before), asked, was)
        refused = {conflict.field for conflict in conflicts}
        taken = {name: value for name, value in asked.items() if name not in refused}
        after = draft.with_fields(before, taken, _added(session, row, before, taken, means.sources))
        there = draft.fields(after)
        said = {name: there.get(name, "") for name in taken}
        changed = tuple(draft.changed(draft.fields(before), there))
        if not changed:
            return Saved(number, row.revision, said, conflicts, problem=row.unrendered)
        was_approved = row.state == IssueState.APPROVED
        voided = _void(session, row, now)
        # What was dropped is found again in the revision before, so that one must not be written over.
        is_new = bool(voided) or was_approved or action != Action.EDITED or _items(before) != _items(after)
        _write(session, row, before, after, by, now, is_new=is_new, action=action)
        _enough(session, row, before, after, means.min_items, now)
        row.unrendered = UNRENDERED
        revision = row.revision
    problem = _render(database, number, revision, after, means, now)
    return Saved(number, revision, said, conflicts, changed, problem, voided)


def restore(database: Database, number: int, revision: int, means: Means, *, by: str, now: datetime) -> Saved:
    """The issue says again what it said in that revision; what it said until now is a revision too."""
    with database.read() as session:
        row = issues.by_number(session, number)
        there = draft.fields(issues.to_fact(session, row))
        then = dict(revisions.one(session, row, revision).words)
    kept = {f"pick:{item}:" for item in then.get("order", "").split()}
    # What was said of a post since then is taken back; of a pick that is not in it any more nothing counts.
    back = {name: "" for name in there if name not in then and any(name.startswith(start) for start in kept)}
    return save(database, number, then | back, {}, means, by=by, now=now, action=Action.RESTORED)


def run(
    database: Database,
    number: int,
    edit: Edit,
    renderer: Renderer,
    rule: AudienceRule,
    *,
    min_items: int,
    now: datetime,
    by: str = "",
) -> Edited:
    """Apply `edit`, render, store; an issue that was held for too few items is a draft again once it has enough.

    `by` is an editor's address, however it is spelt, or nothing. Raises ApprovalError when the issue has left, WrongUse
    for a position it lacks, NotFound for nobody's address, RenderError; having stored nothing.
    """
    with database.read() as session:
        by = editors.by_email(session, by).email if by else ""
        row = issues.by_number(session, number)
        before = issues.to_fact(session, _open(row))
    after = apply(before, edit)
    proof = renderer.proof(after, rule, now)
    with database.write() as session:
        row = issues.by_number(session, number)
        if issues.to_fact(session, row) != before:
            raise ApprovalError(f"No. {number} was changed by somebody else meanwhile; look again and repeat your edit")
        changed, voided = _prove(session, row, proof, rule, now)
        _write(session, row, before, after, by, now, is_new=True, action=Action.EDITED)
        _enough(session, row, before, after, min_items, now)
    return Edited(number, changed, voided)


def _render(database: Database, number: int, revision: int, issue: Issue, means: Means, now: datetime) -> str:
    """Keep the proof of these words, unless somebody has written others meanwhile; why there can be none, if so."""
    problem, proof = "", None
    try:
        proof = means.renderer.proof(issue, means.rule, now)
    except RenderError as error:
        problem = error.message
    with database.write() as session:
        row = issues.by_number(session, number)
        if row.revision != revision:
            return problem  # whoever wrote them renders them too
        assert row.id is not None
        row.unrendered = problem
        session.add(row)
        if proof is not None:
            # A large list takes long to count, and is counted again by whoever approves.
            last = proofs.newest_row(session, row.id)
            count = last.audience_count if last else subscribers.audience_count(session, means.rule)
            proofs.save(session, row.id, proof, count, now, is_passing=True)
    return problem


def _conflicts(
    session: Session, row: IssueRow, there: Mapping[str, str], asked: Mapping[str, str], was: Mapping[str, str]
) -> tuple[Conflict, ...]:
    """Which of the fields say something else than was seen, and not what is asked for either?"""
    assert row.id is not None
    in_issue = set(there["order"].split()) | set(asked.get("order", "").split())
    found = []
    for name, value in asked.items():
        item = draft.place(name).item
        is_gone = item is not None and str(item) not in in_issue
        says = there.get(name, "")
        if is_gone or (name in was and draft.mark(says) != was[name] and says != value):
            found.append(Conflict(name, value, says, is_gone=is_gone))
    # A field says what it says since the revision that wrote it; a pick is gone since the last order.
    wrote = revisions.last_of(session, row.id, ["order" if one.is_gone else one.field for one in found])
    told = []
    for one in found:
        who = wrote.get("order" if one.is_gone else one.field)
        told.append(replace(one, by=who.by, at=who.made_at) if who else one)
    return tuple(told)


def _added(
    session: Session, row: IssueRow, before: Issue, words: Mapping[str, str], sources: Sequence[SourceOptions]
) -> dict[int, Pick]:
    """The picks that a new order brings in: as they were when they were dropped, or as their items are."""
    assert row.id is not None
    there = {pick.item_id for pick in before.picks}
    added = {}
    for item_id in draft.order_of(words.get("order", "")):
        if item_id in there:
            continue
        found = items.candidate(session, sources, item_id)
        if found.used_in not in (None, row.number):
            raise WrongUse(f"item {item_id} is in No. {found.used_in} already")
        pick = pick_from(found, len(there) + 1, "added by an editor")
        said = revisions.last_words(session, row.id, item_id)
        if said:
            alone = draft.with_fields(replace(before, picks=(pick,)), {**_blank(pick), **said})
            pick = alone.picks[0]
        added[item_id] = pick
    return added


def _items(issue: Issue) -> set[int]:
    return {pick.item_id for pick in issue.picks}


def _blank(pick: Pick) -> dict[str, str]:
    return dict.fromkeys(draft.of_pick(pick), "")


def _prove(
    session: Session, row: IssueRow, proof: Proof, rule: AudienceRule, now: datetime
) -> tuple[tuple[Change, ...], int]:
    """Keep the new proof; what differs from the one before it, and how many approvals that voids."""
    assert row.id is not None
    newest = proofs.newest(session, row.id)
    if newest is not None and newest[0].digest == proof.digest and not row.unrendered:
        return (), 0
    changed = tuple(changes(newest[1], proof)) if newest else ()
    voided = _void(session, row, now)
    proofs.save(session, row.id, proof, subscribers.audience_count(session, rule), now)
    row.unrendered = ""
    return changed, voided


def _void(session: Session, row: IssueRow, now: datetime) -> int:
    """No approval stands any more: an edit back to the old words is a decision of its own. How many there were."""
    assert row.id is not None
    newest = proofs.newest_row(session, row.id)
    voided = len(covering(proofs.approvals(session, row.id), newest.digest)) if newest else 0
    proofs.withdraw(session, row.id, "edited", now)
    if row.state == IssueState.APPROVED:
        row.leaves_at = None
        issues.set_state(session, row, IssueState.DRAFT, "edited after it was approved", now=now)
    return voided


def _write(
    session: Session,
    row: IssueRow,
    before: Issue,
    after: Issue,
    by: str,
    now: datetime,
    *,
    is_new: bool,
    action: Action,
) -> None:
    """The words, their revision, and the line in the trail that goes with a revision of its own."""
    assert row.id is not None
    old, new = draft.fields(before), draft.fields(after)
    changed = draft.changed(old, new)
    if not changed:
        return
    revisions.begin(session, row, old)
    issues.update(session, row, after)
    issues.put_picks(session, row.id, after.picks)
    if revisions.add(session, row, by, changed, new, is_new=is_new, now=now):
        audit.note(session, by, action, row.number, f"revision {row.revision}", now=now)


def _enough(session: Session, row: IssueRow, before: Issue, after: Issue, least: int, now: datetime) -> None:
    was_few, is_few = too_few(len(before.picks), least), too_few(len(after.picks), least)
    if is_few:
        if row.state == IssueState.APPROVED:
            row.leaves_at = None
        issues.set_state(session, row, IssueState.HELD, is_few, now=now)
    elif row.state == IssueState.HELD and row.state_reason == was_few:
        issues.set_state(session, row, IssueState.DRAFT, now=now)


def _open(row: IssueRow) -> IssueRow:
    if row.state not in OPEN:
        raise ApprovalError(f"No. {row.number} is {row.state} and can no longer be edited")
    return row


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
