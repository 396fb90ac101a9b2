"""What sources gave: what is remembered of each, its items, its columns, its pictures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from publisher.store.tables.base import moment


class SourceRow(SQLModel, table=True):
    """What is remembered of a source between two looks at it; its settings are in config.toml.

    `asked_as` is a digest of those settings, `digest` of what its server gave last; `domain/health.py` says what the
    rest means.
    """

    __tablename__ = "source"

    name: str = Field(primary_key=True)
    etag: str = ""
    last_modified: str = ""
    first_read_at: datetime | None = moment(null=True)
    last_read_at: datetime | None = moment(null=True)
    failures: int = 0
    last_error: str = ""
    digest: str = Field(default="", sa_column_kwargs={"server_default": ""})
    asked_as: str = Field(default="", sa_column_kwargs={"server_default": ""})
    fault: str = Field(default="", sa_column_kwargs={"server_default": ""})
    moved_to: str = Field(default="", sa_column_kwargs={"server_default": ""})
    last_success_at: datetime | None = moment(null=True)
    failing_since: datetime | None = moment(null=True)
    due_at: datetime | None = moment(null=True)
    newest_at: datetime | None = moment(null=True)
    silent_since: datetime | None = moment(null=True)
    recovered_at: datetime | None = moment(null=True)
    recovered_from: datetime | None = moment(null=True)
    rhythm_days: float | None = None


class ItemRow(SQLModel, table=True):
    """One candidate story. `fingerprint` is of all that the source gave: when it differs, the item was edited.

    `canonical` is what the page calls its own address, as it says it; `canonical_url` is for comparing.
    """

    __tablename__ = "item"
    __table_args__ = (
        UniqueConstraint("source", "identity"),
        Index("item_of_source", "source", "first_seen_at", "published_at", "column_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    source: str
    identity: str
    fingerprint: str
    url: str = ""
    canonical_url: str = Field(default="", index=True)
    headline: str
    body: str = Field(default="", sa_type=Text)
    language: str = ""
    byline: str = ""
    dek: str = Field(default="", sa_column_kwargs={"server_default": ""})
    canonical: str = Field(default="", sa_column_kwargs={"server_default": ""})
    enclosures: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=JSON, sa_column_kwargs={"server_default": "[]"}
    )
    rights: str
    picture_url: str = ""
    picture_alt: str = ""
    picture_caption: str = ""
    picture_credit: str = ""
    published_at: datetime | None = moment(null=True, index=True)
    first_seen_at: datetime = moment(index=True)
    updated_at: datetime = moment()
    column_id: int | None = Field(default=None, foreign_key="finished_column.id", index=True)
    column_position: int | None = None


class VersionRow(SQLModel, table=True):
    """What an item said until an edit of its source replaced it."""

    __tablename__ = "item_version"

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id", index=True)
    fingerprint: str
    url: str = ""
    canonical: str = ""
    headline: str
    dek: str = ""
    body: str = Field(default="", sa_type=Text)
    language: str = ""
    byline: str = ""
    picture_url: str = ""
    picture_alt: str = ""
    picture_caption: str = ""
    picture_credit: str = ""
    enclosures: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    published_at: datetime | None = moment(null=True)
    replaced_at: datetime = moment()


class ColumnRow(SQLModel, table=True):
    """A finished column that a source gave; its items point to it."""

    __tablename__ = "finished_column"
    __table_args__ = (UniqueConstraint("source", "identity"),)

    id: int | None = Field(default=None, primary_key=True)
    source: str
    identity: str
    fingerprint: str
    url: str = ""
    series: str = ""
    title: str
    deks: list[str] = Field(default_factory=list, sa_type=JSON)
    note: str = Field(default="", sa_type=Text)
    byline: str = ""
    byline_address: str = ""
    language: str = ""
    published_at: datetime | None = moment(null=True)
    first_seen_at: datetime = moment(index=True)
    updated_at: datetime = moment()


class PictureRow(SQLModel, table=True):
    """A picture as it is served: checked, oriented, without metadata. `digest` is the SHA-256 of `content`, in hex."""

    __tablename__ = "picture"

    digest: str = Field(primary_key=True)
    media_type: str
    width: int
    height: int
    content: bytes = Field(sa_type=LargeBinary)
    stored_at: datetime = moment()


class SmallPictureRow(SQLModel, table=True):
    """A picture and the same one as narrow as letters show it."""

    __tablename__ = "small_picture"

    digest: str = Field(primary_key=True, foreign_key="picture.digest")
    small_digest: str = Field(foreign_key="picture.digest", index=True)


class PictureOriginRow(SQLModel, table=True):
    """Where a picture came from; `problem` says why it could not be had, and is empty when it could."""

    __tablename__ = "picture_origin"

    url: str = Field(primary_key=True)
    digest: str | None = Field(default=None, foreign_key="picture.digest", index=True)
    tried_at: datetime = moment()
    problem: str = ""
