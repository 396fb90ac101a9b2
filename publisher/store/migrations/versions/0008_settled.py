"""what became of an issue, counted once when it is settled; people and items are found quickly"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "settled",
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("issue_id", "channel", "state", name="settled_pkey"),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="settled_issue_id_fkey"),
    )
    op.execute(
        "INSERT INTO settled (issue_id, channel, state, count)"
        " SELECT issue_id, channel, state, count(*) FROM delivery WHERE issue_id IN"
        " (SELECT id FROM issue WHERE state IN ('sent', 'cancelled') AND sent_at IS NOT NULL)"
        " GROUP BY issue_id, channel, state"
    )
    is_trouble = sa.text("state IN ('unknown', 'refused', 'dropped')")
    op.create_index(
        "delivery_trouble",
        "delivery",
        ["issue_id", "state", "channel"],
        sqlite_where=is_trouble,
        postgresql_where=is_trouble,
    )
    op.create_index("subscriber_name_idx", "subscriber", ["name"])
    op.create_index("subscriber_state_idx", "subscriber", ["state"])
    op.create_index("membership_of_list", "membership", ["list_name", "left_at", "subscriber_id"])
    op.create_index("item_of_source", "item", ["source", "first_seen_at", "published_at", "column_id"])
