"""Alerts that nobody with an account could hear of."""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0067"


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("alert_lives", sa.Column("unheard", sa.Boolean(), nullable=False, server_default=sa.false()))
