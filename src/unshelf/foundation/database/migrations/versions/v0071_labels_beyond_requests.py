"""Labels of rows that their request has not."""

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0070"


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("labels", sa.Column("request_rows", sa.Integer(), nullable=True))
