"""The desk: who is signed in where, who is looking at what, and what everybody did."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Index, Text
from sqlmodel import Field, SQLModel

from publisher.domain.link import LinkState
from publisher.store.tables.base import Moment, moment, one_of


class SessionRow(SQLModel, table=True):
    """One browser in which an editor is signed in. `token_hash` is the SHA-256, in hex, of what its cookie holds."""

    __tablename__ = "desk_session"

    token_hash: str = Field(primary_key=True)
    editor_id: int = Field(foreign_key="editor.id", index=True)
    made_at: datetime = moment()
    seen_at: datetime = moment()
    ends_at: datetime = moment()
    browser: str = ""


class PresenceRow(SQLModel, table=True):
    """An editor had this issue open at `seen_at`; `place` is the field they were in, or the mode."""

    __tablename__ = "presence"

    issue_id: int = Field(foreign_key="issue.id", primary_key=True)
    editor_id: int = Field(foreign_key="editor.id", primary_key=True)
    place: str = ""
    seen_at: datetime = moment()


class AuditRow(SQLModel, table=True):
    """Somebody did something (`domain/audit.py`), kept for ever: `by` is their address then, empty for the program."""

    __tablename__ = "audit"
    __table_args__ = (Index("audit_of_issue", "issue_number", "id"), Index("audit_of_person", "by", "id"))

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_column=Column(Moment(), nullable=False), default=None)
    by: str = ""
    action: str
    issue_number: int | None = None
    detail: str = ""


class LinkCheckRow(SQLModel, table=True):
    """What was behind an address when it was last asked for (`domain/link.py`).

    Where `url` begins with `dns:` it is the name of a record; `reason` then holds what it says, a line each.
    """

    __tablename__ = "link_check"
    __table_args__ = (one_of("state", LinkState),)

    url: str = Field(primary_key=True)
    state: str
    reason: str = Field(default="", sa_type=Text)
    checked_at: datetime = moment()
