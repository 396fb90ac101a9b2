"""Send the due posts of one issue on one social channel, one at a time and never closer together than its spacing.

A post whose answer was lost is looked for before anything else: found, it is adopted; certainly not there, it is sent
once more; where nobody can look, it stays unknown until an editor decides.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from publisher.channels import SocialChannel, SocialSession
from publisher.delivery.engine import LEASE, Clock, Tally
from publisher.domain.message import Accepted, Deferred, Picture, Refused, SendResult, SocialPost, Unknown
from publisher.domain.sending import Marked, Progress, Returned, SendAgain, State, settle
from publisher.errors import ChannelDown
from publisher.store import ledger
from publisher.store.db import Database
from publisher.store.ledger import DuePost, Settling
from publisher.store.tables import PostRow


@dataclass
class PostRun:
    """One issue on one social channel."""

    database: Database
    channel: SocialChannel
    issue_id: int
    spacing: timedelta
    worker: str
    clock: Clock
    is_stopping: Callable[[], bool] = lambda: False
    _tally: Tally = field(default_factory=Tally)

    def run(self) -> Tally:
        """Until nothing is due, the channel is down, or it is told to stop. Never raises ChannelDown."""
        with self.database.read() as db:
            lost = ledger.unknown_posts(db, self.issue_id, self.channel.name)
        due = self._claim()
        if not lost and not due:
            return self._tally
        try:
            session = self.channel.open()
        except ChannelDown as down:
            self._stopped(down, due)
            return self._tally
        try:
            self._work(session, lost, due)
        finally:
            session.close()
        return self._tally

    def _work(self, session: SocialSession, lost: list[DuePost], due: DuePost | None) -> None:
        try:
            for post in lost:
                self._look_for(session, post)
            while due:
                sent = due
                due = None
                after = self._send(session, sent)
                if after.state == State.UNKNOWN:
                    self._look_for(session, replace(sent, progress=after))
                due = self._claim()
        except ChannelDown as down:
            self._stopped(down, due)

    def _claim(self) -> DuePost | None:
        if self.is_stopping():
            return None
        now = self.clock.now()
        with self.database.write() as db:
            last = ledger.last_post_at(db, self.channel.name)
            if last and now - last < self.spacing * ledger.SPACING_KEPT:
                return None
            return ledger.claim_post(
                db, self.issue_id, self.channel.name, worker=self.worker, now=now, until=now + LEASE
            )

    def _send(self, session: SocialSession, post: DuePost) -> Progress:
        """Mark, send, settle; where it stands then. Raises ChannelDown after the row is back in the queue."""
        now = self.clock.now()
        with self.database.write() as db:
            marked = ledger.mark(db, PostRow, [post.id], self.worker)
        if not marked:
            raise ChannelDown(self.channel.name, "another process took over; nothing was sent")
        sending = settle(post.progress, Marked(), now)
        try:
            answer = session.send(sealed_post(post))
        except ChannelDown as down:
            self._settle(post.id, sending, settle(sending, Returned(down.reason), self.clock.now()), down)
            raise
        now = self.clock.now()
        after = settle(sending, answer, now, self.clock.jitter)
        self._settle(post.id, sending, after, answer)
        return after

    def _look_for(self, session: SocialSession, post: DuePost) -> None:
        found = session.find(sealed_post(post))
        now = self.clock.now()
        if found:
            self._settle(post.id, post.progress, settle(post.progress, found, now), found)
        elif post.progress.attempts < ledger.SENT_AT_MOST:
            again = SendAgain("the answer was lost and the post is not there; sent once more")
            self._settle(post.id, post.progress, settle(post.progress, again, now), None)

    def _settle(self, row_id: int, before: Progress, after: Progress, answer: SendResult | ChannelDown | None) -> None:
        with self.database.write() as db:
            ledger.settle_rows(db, PostRow, [Settling(row_id, before, after)], self.worker)
            if answer is not None and not isinstance(answer, Accepted):
                failure = (row_id, type(answer).__name__.lower(), answer.reason)
                ledger.note_attempts(db, PostRow, [failure], self.clock.now())
        match answer:
            case Accepted():
                self._tally = replace(self._tally, accepted=self._tally.accepted + 1)
            case Refused():
                self._tally = replace(self._tally, refused=self._tally.refused + 1)
            case Deferred():
                self._tally = replace(self._tally, deferred=self._tally.deferred + 1)
            case Unknown():
                self._tally = replace(self._tally, unknown=self._tally.unknown + 1)
            case ChannelDown() | None:
                pass

    def _stopped(self, down: ChannelDown, claimed: DuePost | None) -> None:
        if claimed and claimed.progress.state == State.CLAIMED:
            back = settle(claimed.progress, Returned(down.reason), self.clock.now())
            with self.database.write() as db:
                ledger.settle_rows(db, PostRow, [Settling(claimed.id, claimed.progress, back)], self.worker)
        self._tally = replace(self._tally, down=down.reason)


def sealed_post(post: DuePost) -> SocialPost:
    """The post exactly as it was sealed."""
    surface = json.loads(post.content)
    picture = surface["picture"]
    return SocialPost(
        key=post.key,
        not_before=post.queued_at,
        text=surface["text"],
        length=surface["length"],
        limit=surface["limit"],
        language=surface["language"],
        link=surface["link"],
        picture=Picture(url=picture["url"], alt=picture["alt"]) if picture else None,
    )
