"""Connections and bindings of data."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "connections",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("credential_names", sa.JSON(), nullable=False),
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["name"], ["data_names.name"], name="fk_connections_name_data_names"),
        sa.PrimaryKeyConstraint("name", name="pk_connections"),
    )
    op.create_table(
        "data_bindings",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["name"], ["data_names.name"], name="fk_data_bindings_name_data_names"),
        sa.PrimaryKeyConstraint("name", name="pk_data_bindings"),
    )
