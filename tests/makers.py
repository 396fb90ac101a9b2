"""Tiny makers of what tests need: an issue on its way, with readers."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from sqlmodel import Session

from publisher.domain.audience import AudienceRule, ChannelAudience, ImportRow
from publisher.domain.issue import Issue, IssueState
from publisher.store import issues, ledger, subscribers
from publisher.store.db import Database

NOW = datetime(2026, 5, 28, 22, 30, tzinfo=UTC)
RULE = AudienceRule((ChannelAudience("letter", ("weekly",)),))


def an_issue(number: int = 1) -> Issue:
    """An issue without picks: enough for the ledger."""
    return Issue(
        number=number,
        state=IssueState.DRAFT,
        series="Small Bites",
        title="A made-up week",
        deks=(),
        note="",
        byline="",
        byline_address="",
        subject="A made-up week",
        preheader="",
        language="en",
        send_at=NOW.replace(day=number),
        picks=(),
    )


def readers(session: Session, count: int, list_name: str = "weekly") -> None:
    rows = [ImportRow(email=f"reader{number}@example.org", name=f"Reader {number}") for number in range(1, count + 1)]
    subscribers.import_rows(session, rows, list_name, "made for a test", NOW)


def going_out(database: Database, count: int, rule: AudienceRule = RULE, number: int = 1) -> int:
    """An issue that is released to `count` readers of "weekly"; returns its id."""
    with database.write() as session:
        readers(session, count)
        row = issues.create(session, an_issue(number), composed_at=NOW)
        assert row.id is not None
        row.audience_released = ledger.fan_out(session, row.id, rule, NOW)
        row.released_at = NOW
        issues.set_state(session, row, IssueState.SENDING, now=NOW)
        return row.id


def post_surface(text: str) -> str:
    return json.dumps(
        {"text": text, "length": len(text), "limit": 280, "link": None, "picture": None, "language": "en"}
    )
