"""What is unknown of an issue: evidence first, then an editor's word. It is never sent again by a guess of ours.

A letter that is sent again is the same letter: its Message-ID and its Date are functions of issue, reader and release,
so a mailbox that has it already may see that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from publisher.domain.audience import AudienceRule
from publisher.domain.audit import Action
from publisher.domain.issue import IssueState
from publisher.errors import WrongUse
from publisher.mail import maillog
from publisher.mail.identity import message_id as name_of
from publisher.mail.writer import Identity
from publisher.store import audit, issues, proofs, resolve
from publisher.store.db import Database, Session
from publisher.store.resolve import Unknowns
from publisher.store.tables import IssueRow

# Of 168 that were unknown after 45 kills, 151 had arrived.
PROBABLY_THERE = 90


@dataclass(frozen=True, slots=True)
class Found:
    """What a relay's log said of unknown letters.

    `accepted` of them were taken by the relay, which has since `sent`, `bounced`, `deferred` or `expired` some of them.
    """

    lines: int
    unknown: int
    accepted: int
    fates: dict[str, int]
    is_cut: bool


def look(database: Database, number: int) -> tuple[Unknowns, Unknowns]:
    """How many of an issue wait for a decision, and how many are left as they are. Raises NotFound."""
    with database.read() as session:
        issue = issues.by_number(session, number)
        assert issue.id is not None
        return resolve.undecided(session, issue.id), resolve.left_so(session, issue.id)


def leave(database: Database, number: int, *, now: datetime, by: str = "", seen: int | None = None) -> Unknowns:
    """They stay unknown, and nobody is asked any more. `seen` is how many the editor decides about.

    Raises NotFound; WrongUse where there is nothing to decide, or where it is about others than those that were seen.
    """
    with database.write() as session:
        issue = _decidable(session, number, seen)
        assert issue.id is not None
        left = resolve.leave(session, issue.id, by, now)
        audit.note(session, by, Action.DECIDED, number, f"{left.total} unknown left as they are", now=now)
        return left


def send_again(database: Database, number: int, *, now: datetime, by: str = "", seen: int | None = None) -> Unknowns:
    """They are due once more; an issue that was settled goes out again. Raises as `leave` does."""
    with database.write() as session:
        issue = _decidable(session, number, seen)
        assert issue.id is not None
        if issue.state == IssueState.CANCELLED:
            raise WrongUse(f"No. {number} is cancelled, so nothing of it is sent again; leave what is unknown")
        again = resolve.send_again(session, issue.id, f"sent again by {by}" if by else "sent again by an editor", now)
        audit.note(session, by, Action.DECIDED, number, f"{again.total} unknown sent again", now=now)
        if issue.state == IssueState.SENT:
            issue.sent_at = None
            issues.set_state(session, issue, IssueState.SENDING, now=now)
        return again


def evidence(database: Database, number: int, identity: Identity, log: BinaryIO, *, name: str, now: datetime) -> Found:
    """Accept the unknown letters that the relay took according to its log. What it says of others changes nothing.

    Raises NotFound, or WrongUse for what cannot be read; `name` is the log's own.
    """
    with database.read() as session:
        issue = issues.by_number(session, number)
        assert issue.id is not None
        channels = _mailing(session, issue)
        unknown = resolve.unknown_readers(session, issue.id, channels)
    read = maillog.read(log, _reader_of(identity, number, unknown), name)
    receipts = {reader: f"queue id {taken.queue_id}" for reader, taken in read.taken.items()}
    with database.write() as session:
        accepted = resolve.adopt(session, issue.id, channels, receipts, now)
    fates: dict[str, int] = {}
    for taken in read.taken.values():
        fates[taken.fate] = fates.get(taken.fate, 0) + 1
    return Found(read.lines, len(unknown), accepted, fates, read.is_cut)


def _decidable(session: Session, number: int, seen: int | None) -> IssueRow:
    issue = issues.by_number(session, number)
    assert issue.id is not None
    open_ = resolve.undecided(session, issue.id).total
    if not open_:
        raise WrongUse(f"nothing of No. {number} is unknown and undecided; there is nothing to do")
    if seen is not None and seen != open_:
        raise WrongUse(f"{open_} of No. {number} are unknown now, not {seen}; look again, then decide")
    return issue


def _mailing(session: Session, issue: IssueRow) -> tuple[str, ...]:
    """The channels of an issue that mail; what writes copies appears in no relay's log."""
    if not issue.sealed_digest:
        return ()
    rule = AudienceRule.from_text(proofs.sealed(session, issue)["audience"])
    return tuple(part.channel for part in rule.channels if not part.is_copy)


def _reader_of(identity: Identity, number: int, unknown: set[int]) -> Callable[[str], int | None]:
    def reader_of(message_id: str) -> int | None:
        reader = maillog.named_reader(message_id, number)
        if reader is None or reader not in unknown:
            return None
        return reader if message_id == name_of(identity.secret, number, reader, identity.domain) else None

    return reader_of
