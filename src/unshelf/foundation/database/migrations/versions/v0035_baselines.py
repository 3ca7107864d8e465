"""The file of a baseline waits to be profiled until the deploy that it belongs to is worked on."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("data_uses", sa.Column("file", sa.JSON(), nullable=True))
