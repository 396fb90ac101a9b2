"""Send the due notices on one channel, as the engine sends letters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from publisher.channels import MailChannel
from publisher.delivery.engine import Clock, Run
from publisher.domain.message import Letter
from publisher.errors import RenderError
from publisher.mail.notice import notice_letter
from publisher.mail.writer import Identity
from publisher.store import editors, notices
from publisher.store.db import Database, Session
from publisher.store.notices import DueNotice
from publisher.store.tables import NoticeRow


def notice_run(
    database: Database,
    channel: MailChannel,
    identity: Identity,
    *,
    worker: str,
    clock: Clock,
    is_stopping: Callable[[], bool],
) -> Run[DueNotice]:
    """Everything that is due, to every editor."""

    def claim(session: Session, now: datetime, until: datetime, limit: int) -> list[DueNotice]:
        return notices.claim(session, worker=worker, now=now, until=until, limit=limit)

    def write(due: DueNotice) -> Letter:
        with database.read() as session:
            editor = editors.by_id(session, due.editor_id)
        if editor is None:
            raise RenderError(notices.GONE)
        return notice_letter(
            due.notice,
            notice_id=due.id,
            badge=editors.badge(editor),
            recipient=due.recipient,
            to=f"/desk/issues/{due.number}" if due.number is not None else "/desk",
            made_at=due.made_at,
            identity=identity,
        )

    return Run(database, channel, claim, write, worker, clock, is_stopping, rows=NoticeRow)
