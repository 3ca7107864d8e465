"""Roles of columns; windows of recorded predictions, what they were counted from, and their references."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "column_roles",
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("roles", sa.JSON, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("model", "version", name="pk_column_roles"),
    )
    op.create_table(
        "record_windows",
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("hours", sa.SmallInteger, nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requests", sa.BigInteger, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("errors", sa.JSON, nullable=False),
        sa.Column("latency", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("queue", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("columns", sa.JSON, nullable=False),
        sa.Column("timings", sa.LargeBinary, nullable=False),
        sa.Column("profile", sa.LargeBinary, nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("model", "version", "hours", "start", name="pk_record_windows"),
    )
    op.create_index("ix_record_windows_start", "record_windows", ["start"])
    op.create_index("ix_record_windows_counted", "record_windows", ["counted_at"])
    op.create_table(
        "counted_days",
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("files", sa.JSON, nullable=False),
        sa.Column("segments", sa.JSON, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("model", "version", "day", name="pk_counted_days"),
    )
    op.create_table(
        "window_references",
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("kinds", sa.JSON, nullable=False),
        sa.Column("requests", sa.Integer, nullable=False),
        sa.Column("first", sa.LargeBinary, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("model", "version", name="pk_window_references"),
    )
