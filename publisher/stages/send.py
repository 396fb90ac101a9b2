"""Send every letter and post whose time has come, and settle what came of it.

Channels work side by side: one that fails stops none of the others. Whatever happens, the ledger says of every reader
where they stand.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from publisher.channels import MailChannel, SocialChannel
from publisher.delivery import letters, worker
from publisher.delivery.engine import Clock, Tally
from publisher.delivery.posts import PostRun
from publisher.delivery.recovery import recover
from publisher.domain.audience import AudienceRule
from publisher.domain.issue import IssueState
from publisher.domain.pace import Limits
from publisher.errors import DatabaseError, PublisherError
from publisher.mail.writer import Identity
from publisher.store import issues, ledger, outgoing, pictures, proofs, settled
from publisher.store.db import Database, exclusive
from publisher.store.hot import Part

GONE = "it has letters or posts to send and is not in config.toml any more; put it back"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sending:
    """Everything that sending is given. `worker` names this process in the ledger, and journals are kept in `journals`.

    `workers` says how many processes a mail channel's letters are shared out to; 0: one for each of the `cores` where
    they are signed with RSA, else this one. `limits` says how fast it may be, where that is not as fast as it can.
    Channels in `resting` are passed over: they stopped a short while ago, and are tried again later.
    """

    database: Database
    mail: Sequence[MailChannel]
    socials: Sequence[tuple[SocialChannel, timedelta]]
    identity: Identity
    worker: str
    journals: Path
    clock: Clock
    is_stopping: Callable[[], bool] = lambda: False
    told: Callable[[str, Tally], None] = lambda channel, tally: None
    resting: frozenset[str] = frozenset()
    workers: Mapping[str, int] = field(default_factory=dict)
    cores: int = 1
    limits: Mapping[str, Limits] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sent:
    """What was done for one issue on one channel. `what` is "letters" or "posts", or both where it is not known."""

    number: int
    channel: str
    what: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Work:
    """What one channel does for every issue that is going out, the oldest first.

    `run` needs no other channel and may take long: give each a thread of its own. It raises nothing but DatabaseError.
    """

    channel: str
    run: Callable[[], list[Sent]]


# One issue, by its id and number, on one channel.
_Step = Callable[[int, int], Tally | None]


@contextmanager
def alone(database: Database) -> Iterator[None]:
    """Only one process sends on a database. Raises Busy, which names the other one."""
    with exclusive(database, "send"):
        yield


def run(sending: Sending) -> list[Sent]:
    """Work off what is due for every issue that is going out. Call it inside `alone`."""
    works = begin(sending)
    done: list[Sent] = []
    if works:
        with ThreadPoolExecutor(max_workers=len(works), thread_name_prefix="channel") as pool:
            for work, sent in [(work, pool.submit(work.run)) for work in works]:
                note(sending.database, work.channel, sent.result(), sending.clock.now())
                done += sent.result()
    finish(sending.database, sending.clock.now())
    return sorted(done, key=lambda sent: sent.number)


def begin(sending: Sending, busy: frozenset[str] = frozenset()) -> list[Work]:
    """What each channel has to do, but for those that rest and the `busy`: of these an earlier work is still at it.

    Call it inside `alone`, and stay there until the works have ended; then `note` what came of each, and `finish`.
    """
    recover(sending.database, sending.journals, sending.clock.now(), besides=busy)
    with sending.database.read() as session:
        going_out = [(issue.id, issue.number) for issue in outgoing.sending_issues(session) if issue.id is not None]
        waiting = {issue_id: outgoing.waiting_channels(session, issue_id) for issue_id, _ in going_out}
    steps: dict[str, list[tuple[str, _Step]]] = {}
    for mail in sending.mail:
        steps.setdefault(mail.name, []).append(("letters", partial(_letters, sending, mail)))
    for social, spacing in sending.socials:
        steps.setdefault(social.name, []).append(("posts", partial(_posts, sending, social, spacing)))
    for channel in sorted(set().union(*waiting.values()) - steps.keys()):
        steps[channel] = [("letters or posts", partial(_gone, channel, waiting))]
    passed_over = sending.resting | busy
    return [
        Work(channel, partial(_work, channel, todo, going_out))
        for channel, todo in steps.items()
        if going_out and channel not in passed_over
    ]


def note(
    database: Database, channel: str, done: Sequence[Sent], now: datetime, *, since: datetime | None = None
) -> str:
    """Write down that a channel stopped, or works again; gives back why it stopped. The trouble began at `since`."""
    down = next((sent.tally.down for sent in done if sent.tally.down), "")
    has_worked = any(sent.tally.answered for sent in done)
    if down or has_worked:
        with database.write() as session:
            if down:
                outgoing.pause_channel(session, channel, down, since or now)
            else:
                outgoing.resume_channel(session, channel)
    return down


def finish(database: Database, now: datetime) -> None:
    """Call an issue sent when nothing of it is left to send; a channel that has nothing left is in no trouble."""
    with database.write() as session:
        outgoing.drop_cancelled(session, now)
        for going_out in outgoing.sending_issues(session):
            issue = issues.by_number(session, going_out.number)
            assert issue.id is not None
            if issue.state == IssueState.SENDING and not outgoing.unsettled(session, issue.id):
                issue.sent_at = now
                issues.set_state(session, issue, IssueState.SENT, now=now)
                settled.count(session, issue.id)
        session.flush()
        outgoing.resume_idle(session)


def _work(channel: str, todo: Sequence[tuple[str, _Step]], going_out: Sequence[tuple[int, int]]) -> list[Sent]:
    done = []
    for issue_id, number in going_out:
        for what, step in todo:
            tally = _guarded(channel, partial(step, issue_id, number))
            if tally is not None:
                done.append(Sent(number, channel, what, tally))
    return done


def _guarded(channel: str, step: Callable[[], Tally | None]) -> Tally | None:
    """One channel's work; whatever goes wrong in it stops none of the others."""
    try:
        return step()
    except DatabaseError:  # not the channel's trouble, but everybody's
        raise
    except PublisherError as error:
        return Tally(down=error.message)
    except Exception as error:  # the outermost loop of a channel: told, with its trace in the log
        log.exception("channel %s failed", channel)
        return Tally(down=f"it failed unexpectedly ({type(error).__name__}); the log has the details")


def _letters(sending: Sending, mail: MailChannel, issue_id: int, number: int) -> Tally | None:
    """None where the issue has no letters on that channel."""
    with sending.database.read() as session:
        issue = issues.by_number(session, number)
        proof = proofs.sealed(session, issue)
        enclosed = pictures.carried(session, proof["html"])
        bounds = ledger.bounds(session, issue_id, mail.name)
        has_begun = bounds is not None and ledger.has_begun(session, issue_id, mail.name)
    assert issue.released_at is not None  # release made sure of it
    rule = AudienceRule.from_text(proof["audience"])
    if bounds is None or mail.name not in {part.channel for part in rule.channels}:
        return None
    job = letters.Job(
        driver=sending.database.driver,
        part=Part(issue_id, mail.name, rule.lists, *bounds),
        channel=mail,
        journals=sending.journals,
        number=number,
        proof=proof,
        pictures=tuple(enclosed),
        identity=sending.identity,
        released_at=issue.released_at,
        limits=sending.limits.get(mail.name, Limits()),
    )
    dropped = 0 if has_begun else _drop_faulty(sending, job)
    tally = _run(sending, job, lambda tally: sending.told(mail.name, tally))
    if tally.ask:
        _ask(sending, number, tally.ask)
    return replace(tally, dropped=tally.dropped + dropped)


def _drop_faulty(sending: Sending, job: letters.Job) -> int:
    """Every letter is looked at before the first leaves; who cannot be written to is dropped with the reason."""
    faulty = list(letters.faults(job))
    if not faulty:
        return 0
    with sending.database.write() as session:
        return ledger.drop(session, faulty, sending.clock.now())


def _run(sending: Sending, job: letters.Job, told: Callable[[Tally], None]) -> Tally:
    signer = sending.identity.signer
    worth = sending.cores if signer and "rsa" in signer.algorithms else 1
    jobs = letters.shared_out(job, sending.workers.get(job.channel.name, 1) or worth)
    if len(jobs) > 1:
        return worker.run_all(jobs, sending.clock, sending.is_stopping, told)
    return letters.run(job, sending.clock, sending.is_stopping, told)


def _ask(sending: Sending, number: int, reason: str) -> None:
    """Pause the issue until an editor has looked."""
    with sending.database.write() as session:
        issue = issues.by_number(session, number)
        if issue.state == IssueState.SENDING:
            issues.set_state(session, issue, IssueState.PAUSED, reason, now=sending.clock.now())


def _posts(sending: Sending, social: SocialChannel, spacing: timedelta, issue_id: int, number: int) -> Tally:
    return PostRun(
        sending.database, social, issue_id, spacing, sending.worker, sending.clock, sending.is_stopping
    ).run()


def _gone(channel: str, waiting: Mapping[int, set[str]], issue_id: int, number: int) -> Tally | None:
    return Tally(down=GONE) if channel in waiting[issue_id] else None
