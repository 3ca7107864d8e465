"""Pipelines, their versions and their runs."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    """Go to this revision."""
    _add_pipelines()
    _add_runs()


def _add_pipelines() -> None:
    op.create_table(
        "pipelines",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pipelines"),
        sa.UniqueConstraint("project", "name", name="uq_pipelines_project"),
    )
    op.create_table(
        "pipeline_versions",
        sa.Column("pipeline", sa.String(26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["pipeline"], ["pipelines.id"], name="fk_pipeline_versions_pipeline_pipelines"),
        sa.PrimaryKeyConstraint("pipeline", "number", name="pk_pipeline_versions"),
    )


def _add_runs() -> None:
    op.create_table(
        "pipeline_runs",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("pipeline", sa.String(26), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("fresh", sa.Boolean(), nullable=False),
        sa.Column("parent", sa.String(26), nullable=True),
        sa.Column("request_key", sa.String(64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("actor_id", sa.String(200), nullable=False),
        sa.Column("actor_label", sa.String(200), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["pipeline"], ["pipelines.id"], name="fk_pipeline_runs_pipeline_pipelines"),
        sa.PrimaryKeyConstraint("id", name="pk_pipeline_runs"),
        sa.UniqueConstraint("request_key", name="uq_pipeline_runs_request_key"),
    )
    op.create_index("ix_pipeline_runs_project_id", "pipeline_runs", ["project", "id"])
    op.create_index("ix_pipeline_runs_pipeline", "pipeline_runs", ["pipeline"])
    op.create_index("ix_pipeline_runs_state", "pipeline_runs", ["state"])
    op.create_table(
        "pipeline_steps",
        sa.Column("run", sa.String(26), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(64), nullable=True),
        sa.Column("job", sa.String(26), nullable=True),
        sa.Column("cached_from", sa.String(26), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["pipeline_runs.id"], name="fk_pipeline_steps_run_pipeline_runs"),
        sa.PrimaryKeyConstraint("run", "position", name="pk_pipeline_steps"),
    )
    op.create_index("ix_pipeline_steps_key", "pipeline_steps", ["key"])
    op.create_index("ix_pipeline_steps_job", "pipeline_steps", ["job"])
