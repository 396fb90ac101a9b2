"""runs, skipped weeks, notices, pictures, corrections"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_Moment = sa.DateTime(timezone=True)
_STATES = "'queued', 'claimed', 'sending', 'accepted', 'refused', 'unknown', 'dropped'"


def upgrade() -> None:
    # Made anew, because SQLite would put the columns after the constraints.
    recreate: Any = "auto" if op.get_bind().dialect.name == "postgresql" else "always"
    with op.batch_alter_table("editor", recreate=recreate) as editor:
        editor.add_column(sa.Column("language", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("issue", recreate=recreate) as issue:
        issue.add_column(sa.Column("state_since", _Moment, nullable=True))
    _clock()
    _notices()
    _pictures_and_corrections()


def _clock() -> None:
    op.create_table(
        "run",
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("occurrence", _Moment, nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("started_at", _Moment, nullable=False),
        sa.Column("finished_at", _Moment, nullable=True),
        sa.Column("due_at", _Moment, nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("stage", "occurrence", name="run_pkey"),
        sa.CheckConstraint("state IN ('running', 'done', 'failed', 'passed')", name="run_state_known"),
    )
    op.create_table(
        "line",
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("since", _Moment, nullable=False),
        sa.PrimaryKeyConstraint("stage", name="line_pkey"),
    )
    op.create_table(
        "skip",
        sa.Column("send_at", _Moment, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("tells_readers", sa.Boolean(), nullable=False),
        sa.Column("skipped_by", sa.String(), nullable=False),
        sa.Column("skipped_at", _Moment, nullable=False),
        sa.Column("was_state", sa.String(), nullable=False),
        sa.Column("was_reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("send_at", name="skip_pkey"),
    )


def _notices() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=True),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("made_at", _Moment, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", _Moment, nullable=False),
        sa.Column("first_deferred_at", _Moment, nullable=True),
        sa.Column("lease_until", _Moment, nullable=True),
        sa.Column("claimed_by", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("receipt", sa.String(), nullable=False),
        sa.Column("accepted_at", _Moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name="notice_pkey"),
        sa.UniqueConstraint("key", name="notice_key_key"),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="notice_issue_id_fkey"),
        sa.CheckConstraint(f"state IN ({_STATES})", name="notice_state_known"),
    )
    op.create_index("notice_due", "notice", ["state", "due_at", "id"])
    op.create_index("notice_issue_id_idx", "notice", ["issue_id"])
    with op.batch_alter_table("attempt") as attempt:
        attempt.add_column(sa.Column("notice_id", sa.Integer(), nullable=True))
        attempt.create_foreign_key("attempt_notice_id_fkey", "notice", ["notice_id"], ["id"])
    op.create_index("attempt_notice_id_idx", "attempt", ["notice_id"])


def _pictures_and_corrections() -> None:
    op.create_table(
        "picture",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", _Moment, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="picture_pkey"),
    )
    op.create_table(
        "picture_origin",
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=True),
        sa.Column("tried_at", _Moment, nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("url", name="picture_origin_pkey"),
        sa.ForeignKeyConstraint(["digest"], ["picture.digest"], name="picture_origin_digest_fkey"),
    )
    op.create_table(
        "correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("editor_id", sa.Integer(), nullable=False),
        sa.Column("corrected_at", _Moment, nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("page", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="correction_pkey"),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="correction_issue_id_fkey"),
        sa.ForeignKeyConstraint(["editor_id"], ["editor.id"], name="correction_editor_id_fkey"),
    )
    op.create_index("correction_issue_id_idx", "correction", ["issue_id"])
