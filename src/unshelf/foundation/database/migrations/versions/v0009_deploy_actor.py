"""Deploys keep who began them: id and kind, not the label alone."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("deploys", sa.Column("actor_id", sa.String(200), nullable=True))
    op.add_column("deploys", sa.Column("actor_kind", sa.String(16), nullable=True))
