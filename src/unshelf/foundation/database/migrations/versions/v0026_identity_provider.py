"""Logins with an identity provider, and what its groups give."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "oidc_used",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_oidc_used"),
    )
    op.create_table(
        "oidc_sessions",
        sa.Column("session_id", sa.String(26), nullable=False),
        sa.Column("user_id", sa.String(26), nullable=False),
        sa.Column("sid", sa.String(255), nullable=True),
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_oidc_sessions"),
    )
    op.create_index("ix_oidc_sessions_user_id", "oidc_sessions", ["user_id"])
    op.create_index("ix_oidc_sessions_sid", "oidc_sessions", ["sid"])
    op.add_column("grants", sa.Column("source", sa.String(16), nullable=False, server_default="local"))
    op.add_column("group_members", sa.Column("is_local", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("group_members", sa.Column("is_provided", sa.Boolean(), nullable=False, server_default=sa.false()))
