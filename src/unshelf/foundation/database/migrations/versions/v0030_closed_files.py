"""Files of prediction records are closed into the event log, and the event log is sent to other systems from where each left off."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "closed_files",
        sa.Column("path", sa.String(300), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("path", name="pk_closed_files"),
    )
