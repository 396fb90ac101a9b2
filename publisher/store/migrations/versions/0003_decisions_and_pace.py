"""decisions about what is unknown, pace"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=True),
        sa.Column("post_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", _Moment, nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="decision_pkey"),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="decision_issue_id_fkey"),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name="decision_delivery_id_fkey"),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name="decision_post_id_fkey"),
        sa.UniqueConstraint("delivery_id", name="decision_delivery_id_key"),
        sa.UniqueConstraint("post_id", name="decision_post_id_key"),
    )
    op.create_index("decision_issue_id_idx", "decision", ["issue_id"])
    op.create_table(
        "pace",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("at", _Moment, nullable=False),
        sa.PrimaryKeyConstraint("channel", "domain", name="pace_pkey"),
    )
