"""Jobs, their attempts, what they wait for, and the files that they read."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "job_trees",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_job_trees"),
    )
    _create_jobs()
    op.create_table(
        "job_attempts",
        sa.Column("job", sa.String(26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("outcome", sa.String(16), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("cpu_seconds", sa.Double(), nullable=True),
        sa.Column("peak_memory_bytes", sa.BigInteger(), nullable=True),
        sa.Column("output", sa.JSON(), nullable=True),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"], name="fk_job_attempts_job_jobs"),
        sa.PrimaryKeyConstraint("job", "number", name="pk_job_attempts"),
    )
    op.create_index("ix_job_attempts_outcome", "job_attempts", ["outcome"])
    op.create_table(
        "job_dependencies",
        sa.Column("job", sa.String(26), nullable=False),
        sa.Column("after", sa.String(26), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"], name="fk_job_dependencies_job_jobs"),
        sa.ForeignKeyConstraint(["after"], ["jobs.id"], name="fk_job_dependencies_after_jobs"),
        sa.PrimaryKeyConstraint("job", "after", name="pk_job_dependencies"),
    )
    op.create_index("ix_job_dependencies_after", "job_dependencies", ["after"])


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tier", sa.String(64), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("command", sa.JSON(), nullable=False),
        sa.Column("wanted_environment", sa.JSON(), nullable=False),
        sa.Column("environment", sa.String(64), nullable=True),
        sa.Column("variables", sa.JSON(), nullable=False),
        sa.Column("secrets", sa.JSON(), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("network", sa.JSON(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("parent", sa.String(26), nullable=True),
        sa.Column("array", sa.String(26), nullable=True),
        sa.Column("array_index", sa.Integer(), nullable=True),
        sa.Column("request_key", sa.String(64), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("results", sa.JSON(), nullable=True),
        sa.Column("cancelled_by", sa.String(200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("actor_id", sa.String(200), nullable=False),
        sa.Column("actor_kind", sa.String(16), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["code"], ["job_trees.digest"], name="fk_jobs_code_job_trees"),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.UniqueConstraint("request_key", name="uq_jobs_request_key"),
    )
    for column in ("tier", "code", "environment", "parent", "array", "created_by"):
        op.create_index(f"ix_jobs_{column}", "jobs", [column])
    op.create_index("ix_jobs_project_id", "jobs", ["project", "id"])
    op.create_index("ix_jobs_state_id", "jobs", ["state", "id"])
