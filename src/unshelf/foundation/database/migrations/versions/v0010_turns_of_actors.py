"""Turns of background work are shared out by actor, and a deploy can be cancelled."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("work", sa.Column("actor", sa.String(200), nullable=True))
    op.add_column("deploys", sa.Column("cancelled_by", sa.String(200), nullable=True))
