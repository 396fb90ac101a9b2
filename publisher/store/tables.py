"""Every table, as rows. Validation is at the edge: `table=True` models do not validate when constructed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    LargeBinary,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlmodel import Field, SQLModel

from publisher.domain.audience import SubscriberState
from publisher.domain.issue import IssueState
from publisher.domain.run import RunState
from publisher.domain.sending import State

# PostgreSQL's own names, for SQLite too: a migration that changes a constraint must be able to name it.
SQLModel.metadata.naming_convention = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}


class Moment(TypeDecorator[datetime]):
    """Aware UTC in and out. `DateTime(timezone=True)` alone silently loses the offset on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def moment(*, null: bool = False, index: bool = False) -> Any:
    return Field(sa_column=Column(Moment(), nullable=null, index=index), default=None)


def _one_of(column: str, values: Any) -> CheckConstraint:
    listed = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


class SourceRow(SQLModel, table=True):
    """What is remembered of a source between two looks at it; its settings are in config.toml."""

    __tablename__ = "source"

    name: str = Field(primary_key=True)
    etag: str = ""
    last_modified: str = ""
    first_read_at: datetime | None = moment(null=True)
    last_read_at: datetime | None = moment(null=True)
    failures: int = 0
    last_error: str = ""


class ItemRow(SQLModel, table=True):
    """One candidate story. `fingerprint` is of all that the source gave: when it differs, the item was edited."""

    __tablename__ = "item"
    __table_args__ = (UniqueConstraint("source", "identity"),)

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


class IssueRow(SQLModel, table=True):
    """One number of the newsletter. `send_at` is its occurrence: two composers cannot both make it.

    `sealed_digest` is the root of the proof that was released: what goes out, whatever is rendered later.
    """

    __tablename__ = "issue"
    __table_args__ = (_one_of("state", IssueState),)

    id: int | None = Field(default=None, primary_key=True)
    number: int = Field(unique=True)
    state: str = IssueState.DRAFT.value
    state_reason: str = ""
    series: str = ""
    title: str = ""
    deks: list[str] = Field(default_factory=list, sa_type=JSON)
    note: str = Field(default="", sa_type=Text)
    byline: str = ""
    byline_address: str = ""
    subject: str = ""
    preheader: str = ""
    language: str
    composed_at: datetime = moment()
    send_at: datetime = Field(sa_column=Column(Moment(), nullable=False, unique=True), default=None)
    leaves_at: datetime | None = moment(null=True)
    sealed_digest: str = ""
    released_at: datetime | None = moment(null=True)
    sent_at: datetime | None = moment(null=True)
    audience_released: int | None = None


class PickRow(SQLModel, table=True):
    """An item placed in an issue. Positions count from 1, without gaps."""

    __tablename__ = "pick"
    __table_args__ = (UniqueConstraint("issue_id", "position"), UniqueConstraint("issue_id", "item_id"))

    id: int | None = Field(default=None, primary_key=True)
    issue_id: int = Field(foreign_key="issue.id")
    item_id: int = Field(foreign_key="item.id", index=True)
    position: int
    headline: str
    body: str = Field(default="", sa_type=Text)
    blurb: str = Field(default="", sa_type=Text)
    reason: str = ""
    url: str = ""
    attribution: str = ""
    picture_url: str = ""
    picture_alt: str = ""
    picture_caption: str = ""
    picture_credit: str = ""


class CandidateRow(SQLModel, table=True):
    """Why an item was chosen for an issue or not, as compose saw it. `story_item_id` leads its story."""

    __tablename__ = "candidate"

    issue_id: int = Field(foreign_key="issue.id", primary_key=True)
    item_id: int = Field(foreign_key="item.id", primary_key=True)
    story_item_id: int = Field(foreign_key="item.id")
    reason: str


class ProofRow(SQLModel, table=True):
    """One rendering of an issue, kept for ever; the newest is what is shown."""

    __tablename__ = "proof"
    __table_args__ = (Index("proof_of_issue", "issue_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    issue_id: int = Field(foreign_key="issue.id")
    digest: str
    rendered_at: datetime = moment()
    audience_count: int


class SurfaceRow(SQLModel, table=True):
    __tablename__ = "surface"

    proof_id: int = Field(foreign_key="proof.id", primary_key=True)
    name: str = Field(primary_key=True)
    digest: str
    content: bytes = Field(sa_type=LargeBinary)


class EditorRow(SQLModel, table=True):
    __tablename__ = "editor"

    id: int | None = Field(default=None, primary_key=True)
    email: str
    email_key: str = Field(unique=True)
    role: str
    language: str = Field(default="", sa_column_kwargs={"server_default": ""})
    added_at: datetime = moment()


class ApprovalRow(SQLModel, table=True):
    """An editor sealed the proof with that digest. Pulling the issue back withdraws it."""

    __tablename__ = "approval"

    id: int | None = Field(default=None, primary_key=True)
    issue_id: int = Field(foreign_key="issue.id", index=True)
    editor_id: int = Field(foreign_key="editor.id")
    digest: str
    audience_count: int
    approved_at: datetime = moment()
    withdrawn_at: datetime | None = moment(null=True)
    withdrawn_by: str = ""


class SubscriberRow(SQLModel, table=True):
    """An address and its state. `email_key` is what makes two spellings of an address the same one.

    `email_hash` is the key's hash, by which suppressions name it. An erased subscriber's id is never given out again,
    because the leave links of old letters hold it.
    """

    __tablename__ = "subscriber"
    __table_args__ = (_one_of("state", SubscriberState), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    email: str
    email_key: str = Field(unique=True)
    email_hash: str
    name: str = ""
    attributes: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    state: str = SubscriberState.ACTIVE.value
    added_at: datetime = moment()
    left_at: datetime | None = moment(null=True)


class MembershipRow(SQLModel, table=True):
    """A subscriber is on a list since `joined_at`, by the consent that `origin` names."""

    __tablename__ = "membership"

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


class DeliveryRow(SQLModel, table=True):
    """This issue to this subscriber: the ledger. Its lifecycle is `domain/sending.py`; `claimed_by` is the worker."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("issue_id", "channel", "subscriber_id"),
        Index("delivery_due", "channel", "state", "due_at", "id"),
        _one_of("state", State),
    )

    id: int | None = Field(default=None, primary_key=True)
    issue_id: int = Field(foreign_key="issue.id")
    channel: str
    subscriber_id: int = Field(foreign_key="subscriber.id", index=True)
    state: str = State.QUEUED.value
    due_at: datetime = moment()
    first_deferred_at: datetime | None = moment(null=True)
    lease_until: datetime | None = moment(null=True)
    claimed_by: str = ""
    attempts: int = 0
    reason: str = ""
    receipt: str = ""
    accepted_at: datetime | None = moment(null=True)


class PostRow(SQLModel, table=True):
    """One text on one social channel. `key` is the same for every attempt. Its lifecycle is `domain/sending.py`."""

    __tablename__ = "post"
    __table_args__ = (UniqueConstraint("issue_id", "channel", "position"), _one_of("state", State))

    id: int | None = Field(default=None, primary_key=True)
    issue_id: int = Field(foreign_key="issue.id")
    channel: str
    position: int
    key: str = Field(unique=True)
    content: str = Field(sa_type=Text)
    queued_at: datetime = moment()
    state: str = State.QUEUED.value
    due_at: datetime = moment()
    first_deferred_at: datetime | None = moment(null=True)
    lease_until: datetime | None = moment(null=True)
    claimed_by: str = ""
    attempts: int = 0
    reason: str = ""
    receipt: str = ""
    url: str = ""
    accepted_at: datetime | None = moment(null=True)


class NoticeRow(SQLModel, table=True):
    """Mail that is no issue, to one editor. `key` names what happened and whom it tells, so nothing is told twice.

    Its lifecycle is `domain/sending.py`; `issue_id` is empty where it is about no issue.
    """

    __tablename__ = "notice"
    __table_args__ = (Index("notice_due", "state", "due_at", "id"), _one_of("state", State))

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    kind: str
    issue_id: int | None = Field(default=None, foreign_key="issue.id", index=True)
    recipient: str
    language: str
    subject: str
    text: str = Field(sa_type=Text)
    html: str = Field(sa_type=Text)
    made_at: datetime = moment()
    state: str = State.QUEUED.value
    due_at: datetime = moment()
    first_deferred_at: datetime | None = moment(null=True)
    lease_until: datetime | None = moment(null=True)
    claimed_by: str = ""
    attempts: int = 0
    reason: str = ""
    receipt: str = ""
    accepted_at: datetime | None = moment(null=True)


class AttemptRow(SQLModel, table=True):
    """One try on the wire that did not end in `accepted`, with what was answered."""

    __tablename__ = "attempt"

    id: int | None = Field(default=None, primary_key=True)
    delivery_id: int | None = Field(default=None, foreign_key="delivery.id", index=True)
    post_id: int | None = Field(default=None, foreign_key="post.id", index=True)
    notice_id: int | None = Field(default=None, foreign_key="notice.id", index=True)
    at: datetime = moment()
    result: str
    reason: str


class PauseRow(SQLModel, table=True):
    """A channel that stopped, and why; the next `send` tries it again."""

    __tablename__ = "pause"

    channel: str = Field(primary_key=True)
    paused_at: datetime = moment()
    reason: str


class RunRow(SQLModel, table=True):
    """One planned run of a stage. Its key decides between two schedulers: who writes the row runs the stage.

    `occurrence` is the planned time, `line` the cron line that named it. A run that failed is `failed` until `due_at`;
    `passed` was not run, for `reason`.
    """

    __tablename__ = "run"
    __table_args__ = (_one_of("state", RunState),)

    stage: str = Field(primary_key=True)
    occurrence: datetime = Field(sa_column=Column(Moment(), primary_key=True), default=None)
    line: str
    state: str = RunState.RUNNING.value
    worker: str = ""
    attempts: int = 0
    started_at: datetime = moment()
    finished_at: datetime | None = moment(null=True)
    due_at: datetime | None = moment(null=True)
    reason: str = ""


class LineRow(SQLModel, table=True):
    """Since when the clock goes by this cron line of a stage: what it named before that is nothing that was missed."""

    __tablename__ = "line"

    stage: str = Field(primary_key=True)
    line: str
    since: datetime = moment()


class SkipRow(SQLModel, table=True):
    """The issue planned for `send_at` is left out on purpose. Readers are told only where `tells_readers`."""

    __tablename__ = "skip"

    send_at: datetime = Field(sa_column=Column(Moment(), primary_key=True), default=None)
    reason: str = ""
    tells_readers: bool = False
    skipped_by: str = ""
    skipped_at: datetime = moment()


class PictureRow(SQLModel, table=True):
    """A picture as it is served: checked, oriented, without metadata. `digest` is the SHA-256 of `content`, in hex."""

    __tablename__ = "picture"

    digest: str = Field(primary_key=True)
    media_type: str
    width: int
    height: int
    content: bytes = Field(sa_type=LargeBinary)
    stored_at: datetime = moment()


class PictureOriginRow(SQLModel, table=True):
    """Where a picture came from; `problem` says why it could not be had, and is empty when it could."""

    __tablename__ = "picture_origin"

    url: str = Field(primary_key=True)
    digest: str | None = Field(default=None, foreign_key="picture.digest")
    tried_at: datetime = moment()
    problem: str = ""


class CorrectionRow(SQLModel, table=True):
    """What was corrected on the page of a sent issue, by whom. `page` is the whole page from then on.

    `words` maps a field (`title`, `note`, `pick:3:headline` …) to its new text. What was mailed and posted stays.
    """

    __tablename__ = "correction"

    id: int | None = Field(default=None, primary_key=True)
    issue_id: int = Field(foreign_key="issue.id", index=True)
    editor_id: int = Field(foreign_key="editor.id")
    corrected_at: datetime = moment()
    explanation: str = Field(sa_type=Text)
    words: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    page: bytes = Field(sa_type=LargeBinary)
