"""Profiles of data that records are held against."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("dataset_versions", sa.Column("baseline", sa.LargeBinary(), nullable=True))
    op.add_column("data_uses", sa.Column("baseline", sa.LargeBinary(), nullable=True))
