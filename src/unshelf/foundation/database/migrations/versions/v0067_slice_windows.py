"""Windows of slices, and references of monitors that name one."""

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "slice_windows",
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("slice", sa.String(200), nullable=False),
        sa.Column("hours", sa.SmallInteger(), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("profile", sa.LargeBinary, nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("model", "version", "slice", "hours", "start", name="pk_slice_windows"),
    )
    op.create_table(
        "slice_references",
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("slice", sa.String(200), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("profile", sa.LargeBinary, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("model", "version", "slice", name="pk_slice_references"),
    )
    with op.batch_alter_table("monitors") as monitors:
        monitors.alter_column("reference", existing_type=sa.String(32), type_=sa.String(250), existing_nullable=False)
