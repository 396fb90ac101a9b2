"""pictures once more, as narrow as letters show them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "small_picture",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("small_digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="small_picture_pkey"),
        sa.ForeignKeyConstraint(["digest"], ["picture.digest"], name="small_picture_digest_fkey"),
        sa.ForeignKeyConstraint(["small_digest"], ["picture.digest"], name="small_picture_small_digest_fkey"),
    )
    op.create_index("small_picture_small_digest_idx", "small_picture", ["small_digest"])
    op.create_index("picture_origin_digest_idx", "picture_origin", ["digest"])
