"""Ask the people who wrote an issue for changes: it is a draft again, and says what is wanted until it is approved."""

from __future__ import annotations

from datetime import datetime

from publisher.domain.approval import asking
from publisher.domain.audit import Action
from publisher.domain.issue import IssueState
from publisher.domain.message import without_marks
from publisher.errors import ApprovalError, WrongUse
from publisher.store import audit, editors, issues, proofs
from publisher.store.db import Database

OPEN = (IssueState.DRAFT, IssueState.HELD, IssueState.APPROVED)
LONGEST = 800


def run(database: Database, number: int, *, by: str, note: str, now: datetime) -> None:
    """The editor `by` wants what `note` says. Every approval is withdrawn. Raises ApprovalError, WrongUse, NotFound."""
    told = without_marks("".join(one for one in note if one == "\n" or one.isprintable())).strip()
    if not told:
        raise WrongUse("say what should change, so that whoever wrote it knows what to do")
    if len(told) > LONGEST:
        raise WrongUse(f"what should change has {len(told):,} characters, and may have {LONGEST}; shorten it")
    with database.write() as session:
        issue = issues.by_number(session, number)
        editor = editors.by_email(session, by)
        if issue.state not in OPEN:
            raise ApprovalError(f"No. {number} is {issue.state} and can no longer be changed")
        assert issue.id is not None
        proofs.withdraw(session, issue.id, editor.email, now)
        issue.leaves_at = None
        reason = asking(editor.email, told)
        if issue.state == IssueState.DRAFT and issue.state_reason != reason:
            issue.state_since = now  # asked again for something else, it is news again
        issues.set_state(session, issue, IssueState.DRAFT, reason, now=now)
        audit.note(session, editor.email, Action.ASKED_FOR_CHANGES, number, told, now=now)
