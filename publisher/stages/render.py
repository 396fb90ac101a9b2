"""Render the proof of an issue that is still open; one that is sealed is shown as it was sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from publisher.domain.audience import AudienceRule
from publisher.domain.audit import Action
from publisher.domain.issue import IssueState
from publisher.domain.proof import Change, Proof, changes
from publisher.errors import ApprovalError, NotFound
from publisher.fetch.pictures import Prepared
from publisher.render.proof import Renderer
from publisher.store import audit, issues, pictures, proofs, subscribers
from publisher.store.db import Database


@dataclass(frozen=True, slots=True)
class Shown:
    """The proof that stands for an issue now, what differs from the one before, and the pictures its letter carries."""

    number: int
    proof: Proof
    digest: str
    changed: tuple[Change, ...] = ()
    pictures: tuple[Prepared, ...] = ()


def run(
    database: Database, number: int, renderer: Renderer, rule: AudienceRule, *, now: datetime, by: str = ""
) -> Shown:
    """Render a draft or held issue anew, so that an edited template shows, and store the proof if it differs."""
    with database.read() as session:
        row = issues.by_number(session, number)
        assert row.id is not None
        issue_id = row.id
        newest = proofs.newest(session, issue_id)
        if row.state not in (IssueState.DRAFT, IssueState.HELD):
            if newest is None:
                raise NotFound(f"No. {number} has no proof")
            carried = pictures.carried(session, newest[1]["html"])
            return Shown(number, newest[1], newest[0].digest, pictures=carried)
        issue = issues.to_fact(session, row)
        audience = subscribers.audience_count(session, rule)
    proof = renderer.proof(issue, rule, now)
    with database.write() as session:
        row = issues.by_number(session, number)
        # Somebody may have edited, approved or sent it while we rendered: what they saw must not be replaced by this.
        if issues.to_fact(session, row) != issue:
            raise ApprovalError(f"No. {number} was changed by somebody else meanwhile; look again")
        proofs.save(session, issue_id, proof, audience, now)
        row.unrendered = ""
        session.add(row)
        if newest is None or newest[0].digest != proof.digest:
            audit.note(session, by, Action.RENDERED, number, f"proof {proof.digest[:12]}", now=now)
        row.unrendered = ""
        session.add(row)
        carried = pictures.carried(session, proof["html"])
    changed = tuple(changes(newest[1], proof)) if newest else ()
    return Shown(number, proof, proof.digest, changed, carried)
