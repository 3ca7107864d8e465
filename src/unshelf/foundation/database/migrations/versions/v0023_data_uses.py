"""The data that versions are made with."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "data_uses",
        sa.Column("deploy", sa.String(26), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("dataset", sa.String(64), nullable=True),
        sa.Column("dataset_version", sa.Integer(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("profile", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("deploy", "role", name="pk_data_uses"),
    )
    op.create_index("ix_data_uses_version", "data_uses", ["model", "version"])
    op.create_index("ix_data_uses_dataset", "data_uses", ["dataset"])
