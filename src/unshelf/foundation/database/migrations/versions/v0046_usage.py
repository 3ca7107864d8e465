"""Use of the machine, prices of resources, and budgets."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    """Go to this revision."""
    _add_usage()
    _add_predictions()
    _add_budgets()


def _add_usage() -> None:
    op.create_table(
        "usage_hours",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("job", sa.String(64), nullable=False),
        sa.Column("tier", sa.String(64), nullable=False),
        sa.Column("person", sa.String(200), nullable=False),
        sa.Column("cpu_seconds", sa.Double(), nullable=False),
        sa.Column("memory_gib_seconds", sa.Double(), nullable=False),
        sa.Column("held_seconds", sa.Double(), nullable=False),
        sa.Column("gpu_seconds", sa.Double(), nullable=False),
        sa.Column("disk_gib_hours", sa.Double(), nullable=False),
        sa.Column("cost", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_usage_hours"),
    )
    op.create_index("ix_usage_hours_hour", "usage_hours", ["hour"])
    op.create_index("ix_usage_hours_job", "usage_hours", ["job"])
    op.create_table(
        "usage_sources",
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_usage_sources"),
    )
    op.create_table(
        "usage_unshared",
        sa.Column("hour", sa.Integer(), nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("hour", name="pk_usage_unshared"),
    )
    op.create_table(
        "resource_prices",
        sa.Column("resource", sa.String(32), nullable=False),
        sa.Column("price", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("resource", name="pk_resource_prices"),
    )


def _add_predictions() -> None:
    op.create_table(
        "usage_predictions",
        sa.Column("hour", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("caller", sa.String(64), nullable=False),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("tier", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("predictions", sa.BigInteger(), nullable=False),
        sa.Column("cpu_seconds", sa.Double(), nullable=False),
        sa.Column("memory_gib_seconds", sa.Double(), nullable=False),
        sa.Column("held_seconds", sa.Double(), nullable=False),
        sa.Column("gpu_seconds", sa.Double(), nullable=False),
        sa.Column("cost", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "model", "version", "purpose", "caller", name="pk_usage_predictions"),
    )
    op.create_index("ix_usage_predictions_model", "usage_predictions", ["model", "version"])


def _add_budgets() -> None:
    op.create_table(
        "budgets",
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("amount", sa.Double(), nullable=False),
        sa.Column("thresholds", sa.JSON(), nullable=False),
        sa.Column("stops", sa.String(16), nullable=False),
        sa.Column("is_operators", sa.Boolean(), nullable=False),
        sa.Column("spent", sa.Double(), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.String(200), nullable=False),
        sa.Column("set_by_id", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("project", name="pk_budgets"),
    )
    op.create_table(
        "budget_alerts",
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("project", "month", "threshold", name="pk_budget_alerts"),
    )
