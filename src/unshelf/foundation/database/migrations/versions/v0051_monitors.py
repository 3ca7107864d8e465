"""Monitors that somebody set or changed, and what monitors found."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "monitors",
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=True),
        sa.Column("length", sa.String(8), nullable=False),
        sa.Column("reference", sa.String(32), nullable=False),
        sa.Column("columns", sa.JSON, nullable=False),
        sa.Column("threshold", sa.Double(), nullable=True),
        sa.Column("thresholds", sa.JSON, nullable=False),
        sa.Column("severity", sa.String(16), nullable=True),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("model", "name", name="pk_monitors"),
    )
    op.create_table(
        "monitor_results",
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("monitor", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("reference", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("columns", sa.JSON, nullable=False),
        sa.Column("looks", sa.Integer, nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("model", "monitor", "version", "since", name="pk_monitor_results"),
    )
    op.create_index("ix_monitor_results_until", "monitor_results", ["until"])
    op.create_index("ix_monitor_results_open", "monitor_results", ["complete", "until"])
    op.create_index("ix_monitor_results_judged_at", "monitor_results", ["judged_at"])
