"""Datasets, and holds on single blobs."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "blob_holds",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("holder", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "holder", name="pk_blob_holds"),
    )
    op.create_index("ix_blob_holds_holder", "blob_holds", ["holder"])
    op.create_table(
        "data_names",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("last_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_data_names"),
    )
    op.create_index("ix_data_names_project", "data_names", ["project"])
    op.create_table(
        "dataset_versions",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("format", sa.String(16), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("profile", sa.JSON(), nullable=True),
        sa.Column("preview", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["name"], ["data_names.name"], name="fk_dataset_versions_name_data_names"),
        sa.PrimaryKeyConstraint("name", "number", name="pk_dataset_versions"),
        sa.UniqueConstraint("name", "digest", name="uq_dataset_versions_name"),
    )
