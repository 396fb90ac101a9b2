"""Send every letter and post whose time has come, and settle what came of it.

Channels work side by side: one that fails stops none of the others. Whatever happens, the ledger says of every reader
where they stand.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.channels import MailChannel, SocialChannel
from publisher.delivery.engine import Clock, Run, Tally
from publisher.delivery.posts import PostRun
from publisher.domain.audience import AudienceRule
from publisher.domain.issue import IssueState
from publisher.domain.message import Letter
from publisher.errors import PublisherError
from publisher.mail.message import Reader
from publisher.mail.writer import Identity, LetterWriter
from publisher.store import issues, ledger, outgoing, pictures, proofs
from publisher.store.db import Database, Session, exclusive
from publisher.store.ledger import Due

GONE = "it has letters or posts to send and is not in config.toml any more; put it back"
# Letters that carry their pictures are large, and a claimed block of them is held in memory.
BLOCK_BYTES = 32_000_000

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sending:
    """Everything that sending is given. `worker` names this process in the ledger.

    Channels in `resting` are passed over: they stopped a short while ago, and are tried again later.
    """

    database: Database
    mail: Sequence[MailChannel]
    socials: Sequence[tuple[SocialChannel, timedelta]]
    identity: Identity
    worker: str
    clock: Clock
    is_stopping: Callable[[], bool] = lambda: False
    told: Callable[[str, Tally], None] = lambda channel, tally: None
    resting: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sent:
    """What was done for one issue on one channel. `what` is "letters" or "posts", or both where it is not known."""

    number: int
    channel: str
    what: str
    tally: Tally


@contextmanager
def alone(database: Database) -> Iterator[None]:
    """Only one process sends on a database. Raises Busy, which names the other one."""
    with exclusive(database, "send"):
        yield


def run(sending: Sending) -> list[Sent]:
    """Work off what is due for every issue that is going out. Call it inside `alone`."""
    with sending.database.write() as session:
        ledger.recover(session, sending.clock.now())
        going_out = [(issue.id, issue.number) for issue in outgoing.sending_issues(session)]
    done: list[Sent] = []
    for issue_id, number in going_out:
        assert issue_id is not None
        done += _send_issue(sending, issue_id, number)
        with sending.database.write() as session:
            issue = issues.by_number(session, number)
            if issue.state == IssueState.SENDING and not outgoing.unsettled(session, issue_id):
                issue.sent_at = sending.clock.now()
                issues.set_state(session, issue, IssueState.SENT)
    return done


def _send_issue(sending: Sending, issue_id: int, number: int) -> list[Sent]:
    with sending.database.read() as session:
        issue = issues.by_number(session, number)
        proof = proofs.sealed(session, issue)
        waiting = outgoing.waiting_channels(session, issue_id)
        enclosed = pictures.carried(session, proof["html"])
    assert issue.released_at is not None  # release made sure of it
    rule = AudienceRule.from_text(proof["audience"])
    served = {part.channel for part in rule.channels}
    writer = LetterWriter(proof, number, sending.identity, issue.released_at, pictures=enclosed)
    block = max(1, BLOCK_BYTES // writer.size)

    def write(due: Due) -> Letter:
        return writer.letter(due.id, Reader(due.subscriber_id, due.email, due.name))

    works: list[tuple[str, str, Callable[[], Tally]]] = [
        (mail.name, "letters", _mail_run(sending, mail, issue_id, rule.lists, write, block).run)
        for mail in sending.mail
        if mail.name in served and mail.name not in sending.resting
    ]
    for social, spacing in sending.socials:
        if social.name in sending.resting:
            continue
        post_run = PostRun(
            sending.database, social, issue_id, spacing, sending.worker, sending.clock, sending.is_stopping
        )
        works.append((social.name, "posts", post_run.run))
    known = {channel for channel, _, _ in works} | sending.resting
    gone = [Sent(number, channel, "letters or posts", Tally(down=GONE)) for channel in sorted(waiting - known)]
    if not works:
        return gone
    with ThreadPoolExecutor(max_workers=len(works), thread_name_prefix="channel") as pool:
        tallies = [(channel, what, pool.submit(_guarded, channel, work)) for channel, what, work in works]
        return [Sent(number, channel, what, tally.result()) for channel, what, tally in tallies] + gone


def _guarded(channel: str, work: Callable[[], Tally]) -> Tally:
    """One channel's work; whatever goes wrong in it stops none of the others."""
    try:
        return work()
    except PublisherError as error:
        return Tally(down=error.message)
    except Exception as error:  # the outermost loop of a channel: told, with its trace in the log
        log.exception("channel %s failed", channel)
        return Tally(down=f"it failed unexpectedly ({type(error).__name__}); the log has the details")


def _mail_run(
    sending: Sending,
    mail: MailChannel,
    issue_id: int,
    lists: tuple[str, ...],
    write: Callable[[Due], Letter],
    block: int,
) -> Run[Due]:
    def claim(session: Session, now: datetime, until: datetime, limit: int) -> list[Due]:
        return ledger.claim_deliveries(
            session, issue_id, mail.name, lists, worker=sending.worker, now=now, until=until, limit=min(limit, block)
        )

    return Run(
        database=sending.database,
        channel=mail,
        claim=claim,
        write=write,
        worker=sending.worker,
        clock=sending.clock,
        is_stopping=sending.is_stopping,
        told=lambda tally: sending.told(mail.name, tally),
    )
