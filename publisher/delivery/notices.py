"""Send the due notices on one channel: claim, mark, send, settle, a few at a time.

There are few of them, so each is marked in the database before it leaves, and no journal is needed: after a crash what
was marked is unknown, and the rest is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from publisher.channels import MailChannel, MailSession
from publisher.delivery.engine import LEASE, Clock, Tally
from publisher.domain.message import Accepted, Deferred, Letter, Refused, SendResult, Unknown
from publisher.domain.notice import APPROVE_LINK, INVITATION_LASTS, LINK_LASTS, RESET_LASTS, Invited, ResetAsked
from publisher.domain.sending import Dropped, Marked, Progress, Returned, settle
from publisher.errors import ChannelDown, PublisherError, RenderError
from publisher.mail.identity import ApprovalLink
from publisher.mail.notice import notice_letter
from publisher.mail.writer import Identity
from publisher.store import editors, issues, ledger, notices, proofs
from publisher.store.db import Database, Session
from publisher.store.ledger import Settling
from publisher.store.notices import DueNotice
from publisher.store.tables import EditorRow, NoticeRow

AT_ONCE = 4


@dataclass
class NoticeRun:
    """Everything that is due, to every editor."""

    database: Database
    channel: MailChannel
    identity: Identity
    worker: str
    clock: Clock
    is_stopping: Callable[[], bool] = lambda: False
    _tally: Tally = field(default_factory=Tally)

    def run(self) -> Tally:
        """Until nothing is due, the channel is down, or it is told to stop. Never raises ChannelDown."""
        session: MailSession | None = None
        try:
            _ = self.identity.signer  # a key that cannot be used is told before anything is claimed
        except PublisherError as error:
            return replace(self._tally, down=error.message)
        try:
            while not self._tally.down and not self.is_stopping() and (block := self._claim()):
                session = session or self.channel.open()
                self._send(session, block)
        except ChannelDown as down:
            self._tally = replace(self._tally, down=down.reason)
            self._write([Settling(due.id, due.progress, self._back(due.progress, down.reason)) for due in block])
        finally:
            if session:
                session.close()
        return self._tally

    def _claim(self) -> list[DueNotice]:
        """A few notices that can be sent; those that cannot are dropped."""
        while True:
            now = self.clock.now()
            with self.database.write() as session:
                block = notices.claim(session, worker=self.worker, now=now, until=now + LEASE, limit=AT_ONCE)
                unwanted = [due for due in block if due.unwanted]
                ledger.settle_rows(
                    session, NoticeRow, [self._dropped(due, due.unwanted) for due in unwanted], self.worker
                )
            self._count(dropped=len(unwanted))
            if not block or len(unwanted) < len(block):
                return [due for due in block if not due.unwanted]

    def _send(self, session: MailSession, block: Sequence[DueNotice]) -> None:
        letters = [(due, letter) for due in block if (letter := self._letter(due))]
        with self.database.write() as db:
            marked = ledger.mark(db, NoticeRow, [due.id for due, _ in letters], self.worker)
        now = self.clock.now()
        on_wire = {due.id: settle(due.progress, Marked(), now) for due, _ in letters if due.id in marked}
        for due, letter in letters:
            if due.id in on_wire:
                session.put(letter)
        while on_wire:
            answers = session.take()
            now = self.clock.now()
            settlings = [
                Settling(notice_id, on_wire[notice_id], self._after(on_wire[notice_id], answer))
                for notice_id, answer in answers
            ]
            with self.database.write() as db:
                ledger.settle_rows(db, NoticeRow, settlings, self.worker)
                ledger.note_attempts(db, NoticeRow, _failures(answers), now)
            for notice_id, answer in answers:
                del on_wire[notice_id]
                self._tell(answer)

    def _letter(self, due: DueNotice) -> Letter | None:
        """None for one that cannot be written: it is dropped."""
        with self.database.read() as session:
            editor = editors.by_id(session, due.editor_id)
            approve_link = _approve_link(session, due, editor, self.identity) if editor else ""
        try:
            if editor is None:
                raise RenderError(notices.GONE)
            return notice_letter(
                due.notice,
                notice_id=due.id,
                link=_link(due, editor, self.identity),
                recipient=due.recipient,
                made_at=due.made_at,
                identity=self.identity,
                approve_link=approve_link,
            )
        except RenderError as error:
            self._write([self._dropped(due, f"its letter cannot be written: {error.message}")])
            self._count(dropped=1)
            return None

    def _after(self, progress: Progress, answer: SendResult | ChannelDown) -> Progress:
        happening = Returned(answer.reason) if isinstance(answer, ChannelDown) else answer
        return settle(progress, happening, self.clock.now(), self.clock.jitter)

    def _dropped(self, due: DueNotice, reason: str) -> Settling:
        return Settling(due.id, due.progress, settle(due.progress, Dropped(reason), self.clock.now()))

    def _back(self, progress: Progress, reason: str) -> Progress:
        return settle(progress, Returned(reason), self.clock.now())

    def _write(self, settlings: Sequence[Settling]) -> None:
        with self.database.write() as session:
            ledger.settle_rows(session, NoticeRow, settlings, self.worker)

    def _tell(self, answer: SendResult | ChannelDown) -> None:
        match answer:
            case Accepted():
                self._count(accepted=1)
            case Refused():
                self._count(refused=1)
            case Deferred():
                self._count(deferred=1)
            case Unknown():
                self._count(unknown=1)
            case ChannelDown(reason=reason):
                self._tally = replace(self._tally, down=reason)

    def _count(self, **more: int) -> None:
        self._tally = replace(self._tally, **{name: getattr(self._tally, name) + n for name, n in more.items()})


def _link(due: DueNotice, editor: EditorRow, identity: Identity) -> str:
    """The editor's own link of that kind."""
    match due.kind:
        case Invited.kind:
            return identity.invitation_url(editors.standing(editor), due.made_at + INVITATION_LASTS)
        case ResetAsked.kind:
            return identity.reset_url(editors.standing(editor), due.made_at + RESET_LASTS)
        case _:
            to = f"/desk/issues/{due.number}" if due.number is not None else "/desk"
            return identity.enter_url(editors.badge(editor), due.made_at + LINK_LASTS, to)


def _approve_link(session: Session, due: DueNotice, editor: EditorRow, identity: Identity) -> str:
    """Where the notice has one: good for the issue as it is when the notice leaves."""
    if due.number is None or APPROVE_LINK not in due.notice.text + due.notice.html:
        return ""
    issue = issues.by_number(session, due.number)
    proof = proofs.newest_row(session, issue.id) if issue.id is not None else None
    if proof is None:
        return ""
    bound = ApprovalLink(editors.badge(editor), due.number, issue.revision, proof.digest)
    return identity.approve_url(bound, due.made_at + LINK_LASTS)


def _failures(answers: Sequence[tuple[int, SendResult | ChannelDown]]) -> list[tuple[int, str, str]]:
    return [
        (row_id, type(answer).__name__.lower(), answer.reason)
        for row_id, answer in answers
        if not isinstance(answer, Accepted)
    ]
