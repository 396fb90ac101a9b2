"""standfirsts, canonical addresses, enclosures, versions of items"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    # Made anew, because SQLite would put the columns after the constraints.
    recreate: Any = "auto" if op.get_bind().dialect.name == "postgresql" else "always"
    with op.batch_alter_table("item", recreate=recreate) as item:
        item.add_column(sa.Column("dek", sa.String(), nullable=False, server_default=""))
        item.add_column(sa.Column("canonical", sa.String(), nullable=False, server_default=""))
        item.add_column(sa.Column("enclosures", sa.JSON(), nullable=False, server_default="[]"))
    op.create_table(
        "item_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("canonical", sa.String(), nullable=False),
        sa.Column("headline", sa.String(), nullable=False),
        sa.Column("dek", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("byline", sa.String(), nullable=False),
        sa.Column("picture_url", sa.String(), nullable=False),
        sa.Column("picture_alt", sa.String(), nullable=False),
        sa.Column("picture_caption", sa.String(), nullable=False),
        sa.Column("picture_credit", sa.String(), nullable=False),
        sa.Column("enclosures", sa.JSON(), nullable=False),
        sa.Column("published_at", _Moment, nullable=True),
        sa.Column("replaced_at", _Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="item_version_pkey"),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="item_version_item_id_fkey"),
    )
    op.create_index("item_version_item_id_idx", "item_version", ["item_id"])
