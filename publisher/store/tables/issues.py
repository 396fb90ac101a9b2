"""An issue: its picks, why they were chosen, its proofs, who approved, what was corrected."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Column, Index, LargeBinary, Text, UniqueConstraint, false
from sqlmodel import Field, SQLModel

from publisher.domain.issue import IssueState
from publisher.store.tables.base import Moment, moment, one_of


class IssueRow(SQLModel, table=True):
    """One number of the newsletter. `send_at` is its occurrence: two composers cannot both make it.

    `state_since` is when it came into its state, or was held for this reason; None where nobody wrote it down.
    `sealed_digest` is the root of the proof that was released: what goes out, whatever is rendered later. `revision`
    counts its edits. `moved_to` is the time that an editor chose instead of `send_at`. `unrendered` says why no proof
    can be made of its words, so that the newest proof is of older ones; empty where it is of these.
    """

    __tablename__ = "issue"
    __table_args__ = (one_of("state", IssueState),)

    id: int | None = Field(default=None, primary_key=True)
    number: int = Field(unique=True)
    state: str = IssueState.DRAFT.value
    state_reason: str = ""
    state_since: datetime | None = moment(null=True)
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
    revision: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    moved_to: datetime | None = moment(null=True)
    unrendered: str = Field(default="", sa_column_kwargs={"server_default": ""})


class PickRow(SQLModel, table=True):
    """An item placed in an issue. Positions count from 1, without gaps.

    `sponsor` is who paid for it, `posts` what an editor wants of its posts: {channel: {text, tags, at, off}}, each only
    where it is not what the post would be anyway.
    """

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
    section: str = Field(default="", sa_column_kwargs={"server_default": ""})
    sponsor: str = Field(default="", sa_column_kwargs={"server_default": ""})
    posts: dict[str, dict[str, str]] = Field(
        default_factory=dict, sa_type=JSON, sa_column_kwargs={"server_default": "{}"}
    )


class CandidateRow(SQLModel, table=True):
    """Why an item was chosen for an issue or not, as compose saw it. `story_item_id` leads its story.

    `rank` is the place of a story's lead among all leads, from 1; 0 for what had no place.
    """

    __tablename__ = "candidate"

    issue_id: int = Field(foreign_key="issue.id", primary_key=True)
    item_id: int = Field(foreign_key="item.id", primary_key=True)
    story_item_id: int = Field(foreign_key="item.id")
    reason: str
    rank: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class ProofRow(SQLModel, table=True):
    """One rendering of an issue; the newest is what is shown.

    One that `is_passing` was made while somebody typed, and gives way to the next. The others are kept for ever.
    """

    __tablename__ = "proof"
    __table_args__ = (Index("proof_of_issue", "issue_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    issue_id: int = Field(foreign_key="issue.id")
    digest: str
    rendered_at: datetime = moment()
    audience_count: int
    is_passing: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


class RevisionRow(SQLModel, table=True):
    """What an issue said after an edit: `words` has its fields (`domain/draft.py`), `fields` names those that changed.

    While one person types, one revision follows them, with the number of the last edit in it.
    """

    __tablename__ = "revision"
    __table_args__ = (UniqueConstraint("issue_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    issue_id: int = Field(foreign_key="issue.id")
    number: int
    by: str = ""
    begun_at: datetime = moment()
    made_at: datetime = moment()
    fields: list[str] = Field(default_factory=list, sa_type=JSON)
    words: dict[str, str] = Field(default_factory=dict, sa_type=JSON)


class SurfaceRow(SQLModel, table=True):
    __tablename__ = "surface"

    proof_id: int = Field(foreign_key="proof.id", primary_key=True)
    name: str = Field(primary_key=True)
    digest: str
    content: bytes = Field(sa_type=LargeBinary)


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
