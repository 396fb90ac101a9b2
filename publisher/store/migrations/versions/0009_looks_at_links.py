"""a look at a link says what became of it: a status alone does not tell a dead host from a slow one"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What was looked at is looked at again.
    op.drop_table("link_check")
    op.create_table(
        "link_check",
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("url", name="link_check_pkey"),
        sa.CheckConstraint("state IN ('open', 'dead', 'unsure', 'refused')", name="link_check_state_known"),
    )
