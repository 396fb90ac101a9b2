"""One issue's letters on one channel: by this process, or by several, each with a range of the rows.

Signing with RSA is what keeps a core busy, so it may be shared out among processes; each has a journal, a connection to
the database and connections to the relay of its own. They are given plain values and sealed bytes, never a session.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from publisher.channels import MailChannel
from publisher.delivery.engine import Clock, Run, Tally
from publisher.delivery.journal import Journal
from publisher.domain.message import Letter
from publisher.domain.pace import Limits, Spacer
from publisher.domain.proof import Proof
from publisher.errors import ChannelDown, RenderError
from publisher.fetch.pictures import Prepared
from publisher.mail.message import Reader
from publisher.mail.writer import Identity, LetterWriter
from publisher.store.driver import Driver
from publisher.store.hot import Deliveries, Due, Part

# Letters that carry their pictures are large, and as many as a session takes are held in memory.
HELD_BYTES = 32_000_000


@dataclass(frozen=True)
class Job:
    """What one worker is given: plain values, so that they can be handed to another process."""

    driver: Driver
    part: Part
    channel: MailChannel
    journals: Path
    number: int
    proof: Proof
    pictures: tuple[Prepared, ...]
    identity: Identity
    released_at: datetime
    limits: Limits = field(default_factory=Limits)
    share: float = 1.0  # of the limits, where several workers send at once

    def writer(self) -> LetterWriter:
        """Raises RenderError, ChannelDown for what keeps every letter from being written."""
        return LetterWriter(self.proof, self.number, self.identity, self.released_at, pictures=self.pictures)


def run(job: Job, clock: Clock, is_stopping: Callable[[], bool], told: Callable[[Tally], None]) -> Tally:
    """Work off what is due of the job's part, in this process. Raises DatabaseError, RenderError, never ChannelDown."""
    writer = job.writer()

    def write(due: Due) -> Letter:
        return writer.letter(due.id, Reader(due.subscriber_id, due.email, due.name))

    try:
        journal = Journal(job.journals, job.channel.name)
    except ChannelDown as down:
        return Tally(down=down.reason)
    spacer = Spacer(job.limits, start=time.monotonic(), share=job.share) if job.limits else None
    with closing(Deliveries(job.driver, job.part, journal.claimed_by, job.limits)) as deliveries:
        return Run(
            deliveries,
            journal,
            job.channel,
            write,
            clock,
            is_stopping,
            told,
            at_once=max(1, HELD_BYTES // writer.size),
            spacer=spacer,
        ).run()


def faults(job: Job) -> Iterator[tuple[int, str]]:
    """The waiting rows whose letter could not be written, each with the reason. Nothing has left before all are known.

    Raises DatabaseError, and RenderError for what is wrong with every letter.
    """
    writer = job.writer()
    with closing(Deliveries(job.driver, job.part, "")) as deliveries:
        for rows in deliveries.queued():
            _, _, emails, names = zip(*rows, strict=True)
            if writer.suits(emails, names):
                continue
            for delivery_id, subscriber_id, email, name in rows:
                try:
                    writer.check(Reader(subscriber_id, email, name))
                except RenderError as error:
                    yield delivery_id, f"its letter cannot be written: {error.message}"


def shared_out(job: Job, workers: int) -> list[Job]:
    """The same job in so many parts, each with a range of ids and a share of the connections of its own."""
    part, workers = job.part, max(1, min(workers, job.channel.connections))
    size = -(-(part.last - part.first + 1) // workers)
    firsts = range(part.first, part.last + 1, size)
    if len(firsts) == 1:
        return [job]
    channel = job.channel.shared(len(firsts))
    return [
        replace(
            job,
            part=replace(part, first=first, last=min(part.last, first + size - 1)),
            channel=channel,
            share=1 / len(firsts),
        )
        for first in firsts
    ]


def together(tallies: Sequence[Tally]) -> Tally:
    """What several workers did."""
    counts = {
        name: sum(getattr(tally, name) for tally in tallies)
        for name in ("accepted", "refused", "deferred", "unknown", "dropped")
    }
    down = next((tally.down for tally in tallies if tally.down), "")
    return Tally(**counts, down=down, ask=next((tally.ask for tally in tallies if tally.ask), ""))
