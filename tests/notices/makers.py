"""News, and a newsroom that tells it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlmodel import select

from publisher.config.settings import Publication
from publisher.delivery.engine import Clock, Tally
from publisher.domain.health import Standing
from publisher.domain.notice import (
    Approved,
    ChangesAsked,
    DraftReady,
    Held,
    Invited,
    Late,
    Needed,
    News,
    ResetAsked,
    Sent,
    Skipped,
    SourceTrouble,
    SourceWell,
)
from publisher.stages import notify, send
from publisher.store.tables import NoticeRow
from tests.newsroom import FRIDAY, THURSDAY, Newsroom

TITLE = {"ko": "검색창이 말을 걸기 시작했다", "en": "The search box begins to talk back"}
READY = DraftReady(43, TITLE["en"], ("One", "Two", "Three"), FRIDAY, "93ab0f9e78da" * 5)


def every_news(title: str = TITLE["en"], reason: str = "the issue is empty") -> list[News]:
    """One of each kind, with `title` and `reason` wherever there is one."""
    return [
        DraftReady(43, title, (title, "Two", "Three"), FRIDAY, "93ab0f9e78da" * 5),
        DraftReady(43, title, (title, "Two", "Three"), FRIDAY, "93ab0f9e78da" * 5, may_approve=True),
        ChangesAsked(43, title, "kim@example.org", f"{reason}\n{title}", FRIDAY, FRIDAY, ("lee@example.org",)),
        Approved(43, title, ("kim@example.org", "lee@example.org"), FRIDAY, 1000, THURSDAY),
        Held(43, title, reason, FRIDAY),
        Late(43, title, timedelta(hours=2), FRIDAY + timedelta(hours=2)),
        Sent(43, title, FRIDAY, 1000, {"accepted": 996, "refused": 3, "unknown": 1}, {"accepted": 5, "refused": 1}),
        Skipped(FRIDAY, reason),
        Needed("No. 43", reason, FRIDAY, 43),
        Needed("compose", reason, FRIDAY),
        SourceTrouble("windmere", Standing.BROKEN, reason, FRIDAY, failures=7),
        SourceTrouble("windmere", Standing.GONE, reason, FRIDAY, failures=1),
        SourceTrouble(title, Standing.SILENT, reason, FRIDAY, rhythm=timedelta(days=7)),
        SourceTrouble("windmere", Standing.MOVED, reason, FRIDAY, moved_to=reason),
        SourceWell(title, FRIDAY, FRIDAY + timedelta(days=3)),
        Invited(title, "approver", "7-0123456789abcdef", FRIDAY),
        ResetAsked("7-0123456789abcdef", FRIDAY),
    ]


def a_publication(language: str = "en", **more: Any) -> Publication:
    keys = {
        "name": {"ko": "한입 뉴스", "en": "Small Bites"}[language],
        "language": language,
        "timezone": "Asia/Seoul",
        "base_url": "http://127.0.0.1:8000",
        "sender": "Small Bites <letter@example.org>",
        "postal_address": "1 Example Street",
        "secret": "file:var/secret",
    }
    return Publication.model_validate(keys | more)


def tells(newsroom: Newsroom, *news: News, now: Any = THURSDAY) -> int:
    return notify.tell(newsroom.database, newsroom.publication.notice_writer, news, now=now)


def mails(newsroom: Newsroom, *, now: Any = THURSDAY, is_stopping: Callable[[], bool] = lambda: False) -> Tally:
    publication = newsroom.publication
    with send.alone(newsroom.database):
        return notify.send(
            newsroom.database,
            publication.notice_channel(),
            publication.identity(),
            worker=publication.worker,
            clock=Clock(lambda: now, lambda: 0.5),
            is_stopping=is_stopping,
        )


def is_due(newsroom: Newsroom, *, now: Any = THURSDAY) -> bool:
    with newsroom.database.read() as session:
        return notify.is_due(session, now)


def outbox(newsroom: Newsroom) -> list[NoticeRow]:
    with newsroom.database.read() as session:
        return list(session.exec(select(NoticeRow).order_by(NoticeRow.recipient, NoticeRow.id)))  # type: ignore[arg-type]
