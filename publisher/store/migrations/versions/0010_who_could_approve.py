"""whoever could approve still can: an editor of before is an approver now"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Until now every role could approve. An editor approves no more; an author never was meant to.
    op.execute("UPDATE editor SET role = 'approver' WHERE role = 'editor'")
