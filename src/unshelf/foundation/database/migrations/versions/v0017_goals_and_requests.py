"""Goals of projects, and requests."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Go to this revision."""
    _add_goals()
    _add_requests()


def _add_goals() -> None:
    op.create_table(
        "goals",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(26), nullable=True),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("metric", sa.String(100), nullable=False),
        sa.Column("direction", sa.String(16), nullable=False),
        sa.Column("target", sa.Float(), nullable=True),
        sa.Column("worth", sa.String(500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_goals"),
    )
    op.create_index("ix_goals_project", "goals", ["project"])
    op.create_index("ix_goals_owner", "goals", ["owner"])
    op.create_table(
        "goal_ties",
        sa.Column("goal", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("tied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tied_by", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("goal", "kind", "name", name="pk_goal_ties"),
        sa.ForeignKeyConstraint(["goal"], ["goals.id"], name="fk_goal_ties_goal_goals"),
    )
    op.create_table(
        "goal_values",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("goal", sa.String(26), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("source", sa.String(500), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_by", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_goal_values"),
        sa.ForeignKeyConstraint(["goal"], ["goals.id"], name="fk_goal_values_goal_goals"),
    )
    op.create_index("ix_goal_values_goal", "goal_values", ["goal"])


def _add_requests() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("project", sa.String(64), nullable=True),
        sa.Column("model", sa.String(64), nullable=True),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.String(26), nullable=False),
        sa.Column("asked_by", sa.String(200), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(200), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_requests"),
    )
    op.create_index("ix_requests_project", "requests", ["project"])
    op.create_index("ix_requests_model", "requests", ["model"])
    op.create_index("ix_requests_asked_by_id", "requests", ["asked_by_id"])
    op.create_index("ix_requests_state", "requests", ["state", "kind"])
