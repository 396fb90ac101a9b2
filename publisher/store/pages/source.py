"""Sources and channels as config.toml names them, with how they fare. Read-only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from publisher.config.settings import ChannelOptions, SourceOptions
from publisher.store.tables import ItemRow, PauseRow, SourceRow


def sources(session: Session, configured: Sequence[SourceOptions]) -> list[dict[str, Any]]:
    """One row for each configured source, in their order."""
    counts: dict[str, int] = dict(
        session.execute(select(ItemRow.source, func.count()).group_by(ItemRow.source)).tuples().all()  # type: ignore[call-overload]  # SQLModel's fields are columns
    )
    shown = []
    for options in configured:
        row = session.get(SourceRow, options.name) or SourceRow(name=options.name)
        shown.append(
            {
                "name": options.name,
                "kind": options.kind,
                "rights": options.rights.value,
                "items": counts.get(options.name, 0),
                "last_read_at": row.last_read_at,
                "failures": row.failures,
                "last_error": row.last_error,
            }
        )
    return shown


def channels(session: Session, configured: Sequence[ChannelOptions]) -> list[dict[str, Any]]:
    """One row for each configured channel, with the reason it is paused for."""
    shown = []
    for options in configured:
        paused = session.get(PauseRow, options.name)
        shown.append(
            {
                "name": options.name,
                "kind": options.kind,
                "paused": paused.reason if paused else "",
                "paused_at": paused.paused_at if paused else None,
            }
        )
    return shown
