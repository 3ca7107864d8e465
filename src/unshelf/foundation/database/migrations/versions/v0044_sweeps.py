"""Sweeps, schedules and triggers."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    """Go to this revision."""
    _add_sweeps()
    _add_schedules()
    _add_triggers()


def _add_sweeps() -> None:
    op.create_table(
        "sweeps",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("job", sa.String(26), nullable=False),
        sa.Column("strategy", sa.String(16), nullable=False),
        sa.Column("space", sa.JSON(), nullable=False),
        sa.Column("trials", sa.Integer(), nullable=False),
        sa.Column("parallel", sa.Integer(), nullable=False),
        sa.Column("folds", sa.Integer(), nullable=True),
        sa.Column("objective", sa.String(200), nullable=False),
        sa.Column("maximize", sa.Boolean(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("actor_id", sa.String(200), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_sweeps"),
    )
    op.create_index("ix_sweeps_project_id", "sweeps", ["project", "id"])
    op.create_index("ix_sweeps_job", "sweeps", ["job"])
    op.create_index("ix_sweeps_state", "sweeps", ["state"])
    op.create_table(
        "sweep_trials",
        sa.Column("sweep", sa.String(26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("spread", sa.Double(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["sweep"], ["sweeps.id"], name="fk_sweep_trials_sweep_sweeps"),
        sa.PrimaryKeyConstraint("sweep", "number", name="pk_sweep_trials"),
    )
    op.create_table(
        "sweep_jobs",
        sa.Column("sweep", sa.String(26), nullable=False),
        sa.Column("trial", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("fold", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("job", sa.String(26), nullable=True),
        sa.ForeignKeyConstraint(["sweep"], ["sweeps.id"], name="fk_sweep_jobs_sweep_sweeps"),
        sa.PrimaryKeyConstraint("sweep", "trial", "fold", name="pk_sweep_jobs"),
    )
    op.create_index("ix_sweep_jobs_job", "sweep_jobs", ["job"])


def _add_schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("target", sa.String(200), nullable=False),
        sa.Column("cron", sa.String(200), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("catch_up", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("paused_because", sa.Text(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("actor_id", sa.String(200), nullable=False),
        sa.Column("actor_label", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_schedules"),
        sa.UniqueConstraint("project", "name", name="uq_schedules_project"),
    )
    op.create_index("ix_schedules_next_at", "schedules", ["state", "next_at"])
    op.create_table(
        "schedule_starts",
        sa.Column("schedule", sa.String(26), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started", sa.String(200), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["schedule"], ["schedules.id"], name="fk_schedule_starts_schedule_schedules", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("schedule", "due_at", name="pk_schedule_starts"),
    )


def _add_triggers() -> None:
    op.create_table(
        "triggers",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("target", sa.String(200), nullable=False),
        sa.Column("waits_for", sa.String(16), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("most_an_hour", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("paused_because", sa.Text(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("actor_id", sa.String(200), nullable=False),
        sa.Column("actor_label", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_triggers"),
        sa.UniqueConstraint("project", "name", name="uq_triggers_project"),
    )
    op.create_index("ix_triggers_waits_for", "triggers", ["state", "waits_for"])
    op.create_table(
        "trigger_starts",
        sa.Column("trigger", sa.String(26), nullable=False),
        sa.Column("cause", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("started", sa.String(200), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["trigger"], ["triggers.id"], name="fk_trigger_starts_trigger_triggers", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("trigger", "cause", name="pk_trigger_starts"),
    )
    op.create_index("ix_trigger_starts_at", "trigger_starts", ["trigger", "at"])
