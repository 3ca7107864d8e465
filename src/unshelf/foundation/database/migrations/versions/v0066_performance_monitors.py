"""Monitors of performance: what they measure."""

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("monitors", sa.Column("measure", sa.JSON(none_as_null=True), nullable=True))
