"""Origins of web pages that may call a model."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("models", sa.Column("origins", sa.JSON()))
