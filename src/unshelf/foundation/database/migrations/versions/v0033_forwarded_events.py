"""The event log is sent on to other systems, to each from where it left off."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "forwarded_events",
        sa.Column("receiver", sa.String(64), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("receiver", name="pk_forwarded_events"),
    )
