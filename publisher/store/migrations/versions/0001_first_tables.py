"""the first tables

The types are as they were then: a moment is kept as UTC, on SQLite as text without a zone.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    _sources_and_items()
    _issues()
    _audience()
    _ledger()


def _sources_and_items() -> None:
    op.create_table(
        "source",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("last_modified", sa.String(), nullable=False),
        sa.Column("first_read_at", _Moment, nullable=True),
        sa.Column("last_read_at", _Moment, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="source_pkey"),
    )
    op.create_table(
        "finished_column",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("deks", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("byline", sa.String(), nullable=False),
        sa.Column("byline_address", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("published_at", _Moment, nullable=True),
        sa.Column("first_seen_at", _Moment, nullable=False),
        sa.Column("updated_at", _Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="finished_column_pkey"),
        sa.UniqueConstraint("source", "identity", name="finished_column_source_identity_key"),
    )
    op.create_index("finished_column_first_seen_at_idx", "finished_column", ["first_seen_at"])
    op.create_table(
        "item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("canonical_url", sa.String(), nullable=False),
        sa.Column("headline", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("byline", sa.String(), nullable=False),
        sa.Column("rights", sa.String(), nullable=False),
        sa.Column("picture_url", sa.String(), nullable=False),
        sa.Column("picture_alt", sa.String(), nullable=False),
        sa.Column("picture_caption", sa.String(), nullable=False),
        sa.Column("picture_credit", sa.String(), nullable=False),
        sa.Column("published_at", _Moment, nullable=True),
        sa.Column("first_seen_at", _Moment, nullable=False),
        sa.Column("updated_at", _Moment, nullable=False),
        sa.Column("column_id", sa.Integer(), nullable=True),
        sa.Column("column_position", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["column_id"], ["finished_column.id"], name="item_column_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="item_pkey"),
        sa.UniqueConstraint("source", "identity", name="item_source_identity_key"),
    )
    op.create_index("item_canonical_url_idx", "item", ["canonical_url"])
    op.create_index("item_column_id_idx", "item", ["column_id"])
    op.create_index("item_first_seen_at_idx", "item", ["first_seen_at"])
    op.create_index("item_published_at_idx", "item", ["published_at"])


def _issues() -> None:
    op.create_table(
        "issue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_reason", sa.String(), nullable=False),
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("deks", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("byline", sa.String(), nullable=False),
        sa.Column("byline_address", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("preheader", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("composed_at", _Moment, nullable=False),
        sa.Column("send_at", _Moment, nullable=False),
        sa.Column("leaves_at", _Moment, nullable=True),
        sa.Column("sealed_digest", sa.String(), nullable=False),
        sa.Column("released_at", _Moment, nullable=True),
        sa.Column("sent_at", _Moment, nullable=True),
        sa.Column("audience_released", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'held', 'approved', 'sending', 'paused', 'sent', 'cancelled')", name="issue_state_known"
        ),
        sa.PrimaryKeyConstraint("id", name="issue_pkey"),
        sa.UniqueConstraint("number", name="issue_number_key"),
        sa.UniqueConstraint("send_at", name="issue_send_at_key"),
    )
    op.create_table(
        "pick",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("headline", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("blurb", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("attribution", sa.String(), nullable=False),
        sa.Column("picture_url", sa.String(), nullable=False),
        sa.Column("picture_alt", sa.String(), nullable=False),
        sa.Column("picture_caption", sa.String(), nullable=False),
        sa.Column("picture_credit", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="pick_issue_id_fkey"),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="pick_item_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="pick_pkey"),
        sa.UniqueConstraint("issue_id", "item_id", name="pick_issue_id_item_id_key"),
        sa.UniqueConstraint("issue_id", "position", name="pick_issue_id_position_key"),
    )
    op.create_index("pick_item_id_idx", "pick", ["item_id"])
    op.create_table(
        "candidate",
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("story_item_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="candidate_issue_id_fkey"),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="candidate_item_id_fkey"),
        sa.ForeignKeyConstraint(["story_item_id"], ["item.id"], name="candidate_story_item_id_fkey"),
        sa.PrimaryKeyConstraint("issue_id", "item_id", name="candidate_pkey"),
    )
    op.create_table(
        "proof",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("rendered_at", _Moment, nullable=False),
        sa.Column("audience_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="proof_issue_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="proof_pkey"),
    )
    op.create_index("proof_of_issue", "proof", ["issue_id", "id"])
    op.create_table(
        "surface",
        sa.Column("proof_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["proof_id"], ["proof.id"], name="surface_proof_id_fkey"),
        sa.PrimaryKeyConstraint("proof_id", "name", name="surface_pkey"),
    )
    # ### end Alembic commands ###
    op.create_table(
        "editor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("email_key", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("added_at", _Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="editor_pkey"),
        sa.UniqueConstraint("email_key", name="editor_email_key_key"),
    )
    op.create_table(
        "approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("editor_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("audience_count", sa.Integer(), nullable=False),
        sa.Column("approved_at", _Moment, nullable=False),
        sa.Column("withdrawn_at", _Moment, nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["editor_id"], ["editor.id"], name="approval_editor_id_fkey"),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="approval_issue_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="approval_pkey"),
    )
    op.create_index("approval_issue_id_idx", "approval", ["issue_id"])


def _audience() -> None:
    op.create_table(
        "subscriber",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("email_key", sa.String(), nullable=False),
        sa.Column("email_hash", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("added_at", _Moment, nullable=False),
        sa.Column("left_at", _Moment, nullable=True),
        sa.CheckConstraint("state IN ('pending', 'active', 'left')", name="subscriber_state_known"),
        sa.PrimaryKeyConstraint("id", name="subscriber_pkey"),
        sa.UniqueConstraint("email_key", name="subscriber_email_key_key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "membership",
        sa.Column("list_name", sa.String(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("joined_at", _Moment, nullable=False),
        sa.Column("left_at", _Moment, nullable=True),
        sa.Column("origin", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name="membership_subscriber_id_fkey"),
        sa.PrimaryKeyConstraint("list_name", "subscriber_id", name="membership_pkey"),
    )
    op.create_index("membership_subscriber_id_idx", "membership", ["subscriber_id"])
    op.create_table(
        "suppression",
        sa.Column("email_hash", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("suppressed_at", _Moment, nullable=False),
        sa.PrimaryKeyConstraint("email_hash", name="suppression_pkey"),
    )


def _ledger() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", _Moment, nullable=False),
        sa.Column("first_deferred_at", _Moment, nullable=True),
        sa.Column("lease_until", _Moment, nullable=True),
        sa.Column("claimed_by", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("receipt", sa.String(), nullable=False),
        sa.Column("accepted_at", _Moment, nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'claimed', 'sending', 'accepted', 'refused', 'unknown', 'dropped')",
            name="delivery_state_known",
        ),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="delivery_issue_id_fkey"),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name="delivery_subscriber_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="delivery_pkey"),
        sa.UniqueConstraint("issue_id", "channel", "subscriber_id", name="delivery_issue_id_channel_subscriber_id_key"),
    )
    op.create_index("delivery_due", "delivery", ["channel", "state", "due_at", "id"])
    op.create_index("delivery_subscriber_id_idx", "delivery", ["subscriber_id"])
    op.create_table(
        "post",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("queued_at", _Moment, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", _Moment, nullable=False),
        sa.Column("first_deferred_at", _Moment, nullable=True),
        sa.Column("lease_until", _Moment, nullable=True),
        sa.Column("claimed_by", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("receipt", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("accepted_at", _Moment, nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'claimed', 'sending', 'accepted', 'refused', 'unknown', 'dropped')",
            name="post_state_known",
        ),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="post_issue_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="post_pkey"),
        sa.UniqueConstraint("issue_id", "channel", "position", name="post_issue_id_channel_position_key"),
        sa.UniqueConstraint("key", name="post_key_key"),
    )
    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=True),
        sa.Column("post_id", sa.Integer(), nullable=True),
        sa.Column("at", _Moment, nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name="attempt_delivery_id_fkey"),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name="attempt_post_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="attempt_pkey"),
    )
    op.create_index("attempt_delivery_id_idx", "attempt", ["delivery_id"])
    op.create_index("attempt_post_id_idx", "attempt", ["post_id"])
    op.create_table(
        "pause",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("paused_at", _Moment, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name="pause_pkey"),
    )
