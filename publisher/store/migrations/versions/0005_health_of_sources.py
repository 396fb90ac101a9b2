"""how each source fares"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    # Made anew, because SQLite would put the columns after the constraints.
    recreate: Any = "auto" if op.get_bind().dialect.name == "postgresql" else "always"
    with op.batch_alter_table("source", recreate=recreate) as source:
        for name in ("digest", "asked_as", "fault", "moved_to"):
            source.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
        for name in (
            *("last_success_at", "failing_since", "due_at", "newest_at", "silent_since"),
            *("recovered_at", "recovered_from"),
        ):
            source.add_column(sa.Column(name, _Moment, nullable=True))
        source.add_column(sa.Column("rhythm_days", sa.Float(), nullable=True))
    # The last reading went well where nothing was wrong after it.
    op.execute("UPDATE source SET last_success_at = last_read_at WHERE failures = 0")
    op.execute("UPDATE source SET fault = 'unreached', failing_since = last_read_at WHERE failures > 0")
