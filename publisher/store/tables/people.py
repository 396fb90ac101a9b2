"""Editors, subscribers, and addresses never to mail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Index, true
from sqlmodel import Field, SQLModel

from publisher.domain.audience import SubscriberState
from publisher.store.tables.base import moment, one_of


class EditorRow(SQLModel, table=True):
    """Who works at the desk. `password_hash` is empty until they have chosen one; `totp_secret` is kept encrypted.

    `totp_step` is the time step (RFC 6238) of the last code that was taken: none is taken twice. Who was removed stays
    as a row, for what they did is told for ever.
    """

    __tablename__ = "editor"

    id: int | None = Field(default=None, primary_key=True)
    email: str
    email_key: str = Field(unique=True)
    role: str
    language: str = Field(default="", sa_column_kwargs={"server_default": ""})
    added_at: datetime = moment()
    name: str = Field(default="", sa_column_kwargs={"server_default": ""})
    password_hash: str = Field(default="", sa_column_kwargs={"server_default": ""})
    totp_secret: str = Field(default="", sa_column_kwargs={"server_default": ""})
    totp_step: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    has_keys: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    removed_at: datetime | None = moment(null=True)


class SubscriberRow(SQLModel, table=True):
    """An address and its state. `email_key` is what makes two spellings of an address the same one.

    `email_hash` is the key's hash, by which suppressions name it. An erased subscriber's id is never given out again,
    because the leave links of old letters hold it.
    """

    __tablename__ = "subscriber"
    __table_args__ = (one_of("state", SubscriberState), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    email: str
    email_key: str = Field(unique=True)
    email_hash: str
    name: str = Field(default="", index=True)
    attributes: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    state: str = Field(default=SubscriberState.ACTIVE.value, index=True)
    added_at: datetime = moment()
    left_at: datetime | None = moment(null=True)


class MembershipRow(SQLModel, table=True):
    """A subscriber is on a list since `joined_at`, by the consent that `origin` names."""

    __tablename__ = "membership"
    __table_args__ = (Index("membership_of_list", "list_name", "left_at", "subscriber_id"),)

    list_name: str = Field(primary_key=True)
    subscriber_id: int = Field(foreign_key="subscriber.id", primary_key=True, index=True)
    joined_at: datetime = moment()
    left_at: datetime | None = moment(null=True)
    origin: str = ""


class SuppressionRow(SQLModel, table=True):
    """An address never to mail. Kept by its key's hash, so it outlives an erased subscriber."""

    __tablename__ = "suppression"

    email_hash: str = Field(primary_key=True)
    reason: str
    suppressed_at: datetime = moment()
