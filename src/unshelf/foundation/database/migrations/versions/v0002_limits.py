"""Limits for callers, on keys and on models."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("keys", sa.Column("limits", sa.JSON(), nullable=True))
    op.add_column("models", sa.Column("limits", sa.JSON(), nullable=True))
