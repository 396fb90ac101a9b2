"""the desk: sessions, revisions, who is there, who did what; what an editor wants of a post"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    for name, columns in _COLUMNS.items():
        # Made anew, because SQLite would put the columns after the constraints.
        recreate: Any = "auto" if op.get_bind().dialect.name == "postgresql" else "always"
        with op.batch_alter_table(name, recreate=recreate) as table:
            for column in columns():
                table.add_column(column)
    _desk()
    op.create_table(
        "revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("begun_at", _Moment, nullable=False),
        sa.Column("made_at", _Moment, nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="revision_pkey"),
        sa.UniqueConstraint("issue_id", "number", name="revision_issue_id_number_key"),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="revision_issue_id_fkey"),
    )


def _desk() -> None:
    op.create_table(
        "desk_session",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("editor_id", sa.Integer(), nullable=False),
        sa.Column("made_at", _Moment, nullable=False),
        sa.Column("seen_at", _Moment, nullable=False),
        sa.Column("ends_at", _Moment, nullable=False),
        sa.Column("browser", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="desk_session_pkey"),
        sa.ForeignKeyConstraint(["editor_id"], ["editor.id"], name="desk_session_editor_id_fkey"),
    )
    op.create_index("desk_session_editor_id_idx", "desk_session", ["editor_id"])
    op.create_table(
        "presence",
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("editor_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("seen_at", _Moment, nullable=False),
        sa.PrimaryKeyConstraint("issue_id", "editor_id", name="presence_pkey"),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="presence_issue_id_fkey"),
        sa.ForeignKeyConstraint(["editor_id"], ["editor.id"], name="presence_editor_id_fkey"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", _Moment, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("issue_number", sa.Integer(), nullable=True),
        sa.Column("detail", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="audit_pkey"),
    )
    op.create_index("audit_of_issue", "audit", ["issue_number", "id"])
    op.create_index("audit_of_person", "audit", ["by", "id"])
    op.create_table(
        "link_check",
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("checked_at", _Moment, nullable=False),
        sa.PrimaryKeyConstraint("url", name="link_check_pkey"),
    )


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False, server_default="") for name in names]


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")


_COLUMNS: dict[str, Any] = {
    "issue": lambda: [_count("revision"), sa.Column("moved_to", _Moment, nullable=True), *_words("unrendered")],
    "pick": lambda: [
        *_words("section", "sponsor"),
        sa.Column("posts", sa.JSON(), nullable=False, server_default="{}"),
    ],
    "candidate": lambda: [_count("rank")],
    "proof": lambda: [sa.Column("is_passing", sa.Boolean(), nullable=False, server_default=sa.false())],
    "editor": lambda: [
        *_words("name", "password_hash", "totp_secret"),
        _count("totp_step"),
        sa.Column("has_keys", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("removed_at", _Moment, nullable=True),
    ],
}
