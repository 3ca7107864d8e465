"""Where the operator keeps the values of secrets that are in no row."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Go to this revision."""
    with op.batch_alter_table("secrets") as table:
        table.add_column(sa.Column("source", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("fingerprint", sa.String(64), nullable=False, server_default=""))
    with op.batch_alter_table("secrets") as table:
        table.alter_column("source", existing_type=sa.Text(), existing_nullable=False, server_default=None)
        table.alter_column("fingerprint", existing_type=sa.String(64), existing_nullable=False, server_default=None)
