"""Labels of predictions; sums of quality by hour, and what of each day was joined."""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "labels",
        sa.Column("number", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("by_key", sa.Boolean, nullable=False),
        sa.Column("target", sa.String(200), nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("names_row", sa.Boolean, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by", sa.String(200), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("is_latest", sa.Boolean, nullable=False),
        sa.Column("is_joined", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_labels"),
    )
    op.create_index("ix_labels_target", "labels", ["model", "target", "row", "by_key"])
    op.create_index("ix_labels_model_number", "labels", ["model", "number"])
    op.create_index("ix_labels_model_day", "labels", ["model", "is_latest", "day"])
    op.create_table(
        "quality_windows",
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sums", sa.JSON, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("model", "version", "start", name="pk_quality_windows"),
    )
    op.create_table(
        "quality_days",
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("label", sa.BigInteger, nullable=False),
        sa.Column("roles", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("model", "version", "day", name="pk_quality_days"),
    )
