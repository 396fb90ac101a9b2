"""Tell the editors: news becomes one notice for each of them, and notices are mailed.

Stages never call each other, so who runs one tells afterwards: `tell(database, writer, about(database, number), …)`.
The same news is told to nobody twice, so it may be told again after a crash: `recent` is what a crash may have kept
from being told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from publisher.channels import MailChannel
from publisher.delivery.engine import Clock, Tally
from publisher.delivery.notices import NoticeRun
from publisher.domain.approval import asked, covering, planned
from publisher.domain.issue import IssueState
from publisher.domain.notice import (
    LATE_FROM,
    Approved,
    ChangesAsked,
    DraftReady,
    Held,
    Late,
    Needed,
    News,
    Notice,
    Sent,
    WithoutNumber,
)
from publisher.domain.rights import Right, may
from publisher.domain.sending import RETRY_AFTER
from publisher.errors import ChannelDown, NotFound
from publisher.mail.writer import Identity
from publisher.render.notice import NoticeWriter
from publisher.store import editors, issues, notices, proofs, revisions
from publisher.store.db import Database, Session
from publisher.store.notices import NewNotice
from publisher.store.pages import issue as pages
from publisher.store.skips import TAKEN_BACK as SKIP_TAKEN_BACK
from publisher.store.tables import EditorRow, IssueRow

NEWS_LASTS = timedelta(days=1)
# An outage may come between what happened and the telling; what still waits is news after it as well.
WAITING_LASTS = timedelta(days=14)
PLANNED_AGAIN = "the skip was taken back, so it is planned again; it needs a new approval"
NO_CHANNEL = 'no channel for mail in config.toml, so no notice can leave; add [[channel]] with kind = "smtp"'
_LONGEST_KEY = 200


def tell(database: Database, writer: NoticeWriter, news: News | Iterable[News], *, now: datetime) -> int:
    """Queue a notice to each whom it concerns, in their language, for what they were not told; returns how many.

    A template with a mistake keeps nobody from being told.
    """
    told = (news,) if isinstance(news, News) else tuple(news)
    if not told:
        return 0
    with database.read() as session:
        people = editors.list_editors(session)
        keys = {(one.key, editor.id): _key(one, editor.id) for one in told for editor in people}
        there = notices.known(session, set(keys.values()))
        issue_ids = {one.key: _issue_id(session, one) for one in told}
    written: dict[tuple[str, str, bool], Notice] = {}
    new = []
    for one in told:
        for editor in people:
            key = keys[one.key, editor.id]
            if key in there or not _concerns(one, editor):
                continue
            language = editor.language or writer.language
            is_approver = may(editor.role, Right.APPROVE)
            which = (one.key, language, is_approver)
            if which not in written:
                news_to = replace(one, may_approve=is_approver) if isinstance(one, DraftReady) else one
                written[which] = writer.write(news_to, language, now)
            notice = written[which]
            new.append(NewNotice(key, one.kind, issue_ids[one.key], editor.email, language, notice))
    if not new:
        return 0
    with database.write() as session:
        return notices.add(session, new, now)


def about(database: Database, number: int) -> list[News]:
    """What there is to tell of an issue, as it stands. Raises NotFound."""
    with database.read() as session:
        return _about(session, issues.by_number(session, number))


def recent(database: Database, *, now: datetime) -> list[News]:
    """What became of the issues within the last day, and what waits for somebody since the last two weeks."""
    with database.read() as session:
        found = notices.issues_in_the_news(session, now - NEWS_LASTS, now - WAITING_LASTS)
        return [news for issue in found for news in _about(session, issue)]


def is_due(session: Session, now: datetime) -> bool:
    """Whether `send` has anything to do: one read, by an index."""
    return notices.is_due(session, now)


def send(
    database: Database,
    channel: MailChannel | None,
    identity: Identity,
    *,
    worker: str,
    clock: Clock,
    is_stopping: Callable[[], bool] = lambda: False,
) -> Tally:
    """Mail every notice that is due. Call it inside `send.alone`; never raises ChannelDown.

    Where there is no channel, or it is down, the notices wait a few minutes before they are tried again.
    """
    with database.read() as session:
        if not notices.is_due(session, clock.now()):
            return Tally()
    with database.write() as session:
        notices.settle_lost(session, clock.now())
    try:
        if channel is None:
            tally = Tally(down=NO_CHANNEL)
        else:
            tally = NoticeRun(database, channel, identity, worker, clock, is_stopping).run()
    except ChannelDown as down:
        tally = Tally(down=down.reason)
    if tally.down:
        with database.write() as session:
            notices.wait_until(session, clock.now() + RETRY_AFTER[0])
    return tally


def _about(session: Session, issue: IssueRow) -> list[News]:
    assert issue.id is not None  # it was read from the database
    found: list[News] = []
    leaves = planned(issue.send_at, issue.moved_to)
    if issue.state == IssueState.DRAFT:
        newest = proofs.newest(session, issue.id)
        headlines = tuple(pick.headline for pick in issues.picks(session, issue.id))
        digest = newest[0].digest if newest else ""
        found.append(DraftReady(issue.number, issue.title, headlines, leaves, digest))
        if (wish := asked(issue.state_reason)) is not None:
            to = _writers(session, issue.id, wish[0])
            found.append(ChangesAsked(issue.number, issue.title, *wish, issue.state_since, leaves, to))
        if issue.state_reason == SKIP_TAKEN_BACK and issue.state_since:
            found.append(Needed(f"No. {issue.number}", PLANNED_AGAIN, issue.state_since, issue.number))
    if issue.state == IssueState.HELD:
        found.append(Held(issue.number, issue.title, issue.state_reason, leaves, issue.state_since))
    if issue.state == IssueState.APPROVED and issue.leaves_at:
        found.append(_approved(session, issue, issue.leaves_at))
    if issue.released_at and issue.released_at - leaves >= LATE_FROM:
        found.append(Late(issue.number, issue.title, issue.released_at - leaves, issue.released_at))
    if issue.state == IssueState.SENT and issue.sent_at:
        found.append(_sent(session, issue, issue.sent_at))
    return found


def _approved(session: Session, issue: IssueRow, leaves_at: datetime) -> Approved:
    assert issue.id is not None
    row = proofs.newest_row(session, issue.id)
    digest = row.digest if row else ""
    by = tuple(approval.editor for approval in covering(proofs.approvals(session, issue.id), digest))
    audience = proofs.audience_sealed(session, issue.id, digest)
    return Approved(issue.number, issue.title, by, leaves_at, audience, issue.state_since)


def _writers(session: Session, issue_id: int, but: str) -> tuple[str, ...]:
    """Who is to do what is asked for: who wrote the issue, or everybody where nobody has yet; not who asks."""
    wrote = revisions.writers(session, issue_id) or {editor.email for editor in editors.list_editors(session)}
    return tuple(sorted(wrote - {but, ""}))


def _concerns(news: News, editor: EditorRow) -> bool:
    return editor.email in news.to if isinstance(news, ChangesAsked) else True


def _sent(session: Session, issue: IssueRow, sent_at: datetime) -> Sent:
    page = pages.one(session, issue.number)
    posts: dict[str, int] = {}
    for post in page["posts"]:
        posts[post["state"]] = posts.get(post["state"], 0) + 1
    return Sent(issue.number, issue.title, sent_at, issue.audience_released or 0, page["deliveries"], posts)


def _issue_id(session: Session, news: News) -> int | None:
    if isinstance(news, WithoutNumber) or news.number is None:
        return None
    try:
        return issues.by_number(session, news.number).id
    except NotFound:
        return None


def _key(news: News, editor_id: int | None) -> str:
    """Short enough for an index and fit for a database, whatever a reason says."""
    key = f"{news.key}:{editor_id}"
    if len(key) <= _LONGEST_KEY and key.isprintable():
        return key
    return f"{news.kind}:{hashlib.sha256(key.encode(errors='backslashreplace')).hexdigest()}"
