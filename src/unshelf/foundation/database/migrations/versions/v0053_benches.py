"""Benches, and what use of jobs counts as."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0051"


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "benches",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(200), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("chunk", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("options", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("tiers", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("currency", sa.String(16), nullable=False),
        sa.Column("request_key", sa.String(64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("actor_id", sa.String(200), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_benches"),
        sa.UniqueConstraint("request_key", name="uq_benches_request_key"),
    )
    op.create_index("ix_benches_project_id", "benches", ["project", "id"])
    op.create_index("ix_benches_state", "benches", ["state"])
    op.create_index("ix_benches_model_version", "benches", ["model", "version"])
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("use", sa.String(16), nullable=True))
