"""Checks of versions with somebody's own data."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "version_checks",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.String(200), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_version_checks"),
    )
    op.create_index("ix_version_checks_version", "version_checks", ["model", "version", "id"])
