"""Background work under claims; deploys that another control can go on with; garbage that is being deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "work",
        sa.Column("loop", sa.String(64), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(200), nullable=True),
        sa.Column("token", sa.String(26), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("loop", "key", name="pk_work"),
    )
    op.create_table(
        "garbage",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name="pk_garbage"),
    )
    op.add_column("deploys", sa.Column("limits", sa.JSON(), nullable=True))
    op.add_column("deploys", sa.Column("reached", sa.String(16), nullable=True))
    with op.batch_alter_table("deploys") as deploys:
        deploys.add_column(sa.Column("request_key", sa.String(64), nullable=True))
        deploys.create_unique_constraint("uq_deploys_request_key", ["request_key"])
