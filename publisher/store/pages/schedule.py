"""What is planned: each planned send with its issue, or why there is none."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from publisher.config.cron import last_time, next_time
from publisher.store import issues, skips


@dataclass(frozen=True, slots=True)
class PlannedSend:
    """One planned send. `number` is None while nothing is composed for it; `skip_reason` is empty unless skipped."""

    send_at: datetime
    compose_at: datetime
    number: int | None = None
    title: str = ""
    state: str = ""
    state_reason: str = ""
    skip_reason: str = ""


def upcoming(
    session: Session, *, compose: str, send: str, zone: ZoneInfo, holidays: Collection[date], now: datetime, count: int
) -> list[PlannedSend]:
    """The next planned sends after `now`, the earliest first."""
    found: list[PlannedSend] = []
    moment = now
    for _ in range(count):
        moment = next_time(send, zone, moment)
        found.append(planned_send(session, moment, compose=compose, zone=zone, holidays=holidays))
    return found


def planned_send(
    session: Session, send_at: datetime, *, compose: str, zone: ZoneInfo, holidays: Collection[date]
) -> PlannedSend:
    """What is known of the send that is planned for exactly that time."""
    compose_at = last_time(compose, zone, send_at - timedelta(microseconds=1))
    issue = issues.by_send_at(session, send_at)
    why = skips.why(session, send_at, zone, holidays)
    if issue is None:
        return PlannedSend(send_at, compose_at, skip_reason=why)
    return PlannedSend(send_at, compose_at, issue.number, issue.title, issue.state, issue.state_reason, why)
