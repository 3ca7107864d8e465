"""Scorings, and the models whose programs jobs run."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("jobs", sa.Column("model", sa.String(128), nullable=True))
    op.create_index("ix_jobs_model", "jobs", ["model"])
    op.create_table(
        "scorings",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(200), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("source", sa.JSON(), nullable=True),
        sa.Column("out", sa.Text(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("job", sa.String(26), nullable=True),
        sa.Column("chunks", sa.JSON(), nullable=True),
        sa.Column("unused", sa.JSON(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("scored", sa.BigInteger(), nullable=True),
        sa.Column("failed", sa.BigInteger(), nullable=True),
        sa.Column("results", sa.JSON(), nullable=True),
        sa.Column("written", sa.Text(), nullable=False),
        sa.Column("parent", sa.String(26), nullable=True),
        sa.Column("request_key", sa.String(64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("actor_id", sa.String(200), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_scorings"),
        sa.UniqueConstraint("request_key", name="uq_scorings_request_key"),
    )
    op.create_index("ix_scorings_project_id", "scorings", ["project", "id"])
    op.create_index("ix_scorings_state", "scorings", ["state"])
    op.create_index("ix_scorings_model", "scorings", ["model"])
    op.create_index("ix_scorings_job", "scorings", ["job"])
