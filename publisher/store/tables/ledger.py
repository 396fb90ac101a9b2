"""What is to be sent, where each of it stands, which channels stopped, and how fast the others may go."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from publisher.domain.sending import State
from publisher.store.tables.base import moment, one_of


class DeliveryRow(SQLModel, table=True):
    """This issue to this subscriber: the ledger. Its lifecycle is `domain/sending.py`; `claimed_by` is the worker."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("issue_id", "channel", "subscriber_id"),
        Index("delivery_due", "channel", "state", "due_at", "id"),
        # What is well is on its way or has arrived, and is not in it: so it costs the sending nothing.
        Index(
            *("delivery_trouble", "issue_id", "state", "channel"),
            sqlite_where=text("state IN ('unknown', 'refused', 'dropped')"),
            postgresql_where=text("state IN ('unknown', 'refused', 'dropped')"),
        ),
        one_of("state", State),
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


class SettledRow(SQLModel, table=True):
    """How many deliveries of a settled issue a channel has in one state: a list is long, and its end is told for ever.

    It holds as long as as many are unknown as it says: nothing else of a settled issue may still change.
    """

    __tablename__ = "settled"

    issue_id: int = Field(foreign_key="issue.id", primary_key=True)
    channel: str = Field(primary_key=True)
    state: str = Field(primary_key=True)
    count: int


class PostRow(SQLModel, table=True):
    """One text on one social channel. `key` is the same for every attempt. Its lifecycle is `domain/sending.py`."""

    __tablename__ = "post"
    __table_args__ = (UniqueConstraint("issue_id", "channel", "position"), one_of("state", State))

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
    __table_args__ = (Index("notice_due", "state", "due_at", "id"), one_of("state", State))

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


class DecisionRow(SQLModel, table=True):
    """An editor leaves this unknown delivery or post as it is: it stays unknown, and nobody is asked any more."""

    __tablename__ = "decision"

    id: int | None = Field(default=None, primary_key=True)
    issue_id: int = Field(foreign_key="issue.id", index=True)
    delivery_id: int | None = Field(default=None, foreign_key="delivery.id", unique=True)
    post_id: int | None = Field(default=None, foreign_key="post.id", unique=True)
    decided_at: datetime = moment()
    decided_by: str = ""


class PaceRow(SQLModel, table=True):
    """How many letters may leave at once, as it was at `at` (`domain/pace.py`).

    The bucket of the whole channel has no domain.
    """

    __tablename__ = "pace"

    channel: str = Field(primary_key=True)
    domain: str = Field(primary_key=True)
    tokens: float
    at: datetime = moment()
