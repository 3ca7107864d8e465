"""News: the place in the event log, and the ends that were announced."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Go to this revision. News begin with the events after the first start."""
    op.create_table(
        "news_position",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_news_position"),
    )
    op.create_table(
        "announced_ends",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(26), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name="pk_announced_ends"),
    )
