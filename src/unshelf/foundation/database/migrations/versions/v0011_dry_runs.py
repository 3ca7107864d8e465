"""A deploy may be a dry run, which registers nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("deploys", sa.Column("dry_run", sa.Boolean(), nullable=True))
    op.add_column("deploys", sa.Column("found", sa.JSON(none_as_null=True), nullable=True))
