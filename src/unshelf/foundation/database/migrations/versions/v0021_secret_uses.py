"""Uses of secrets that were logged."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "secret_uses",
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("model", name="pk_secret_uses"),
    )
