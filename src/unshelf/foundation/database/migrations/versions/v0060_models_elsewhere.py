"""Models that run elsewhere: versions without an environment, records that were taken in, and folders that are watched for them."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0063"


def upgrade() -> None:
    """Go to this revision."""
    with op.batch_alter_table("versions") as versions:
        versions.alter_column("environment", existing_type=sa.String(64), nullable=True)
    op.create_table(
        "taken_records",
        sa.Column("digest", sa.LargeBinary(16), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_taken_records"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_taken_records_day", "taken_records", ["day"])
    op.create_table(
        "taken_segments",
        sa.Column("name", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_taken_segments"),
    )
    _add_folders()
    _add_collections()


def _add_folders() -> None:
    op.create_table(
        "record_folders",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("data", sa.String(1100), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("every_seconds", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("actor_id", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_record_folders"),
    )
    op.create_index("ix_record_folders_model", "record_folders", ["model"])
    op.create_table(
        "record_files",
        sa.Column("folder", sa.String(26), nullable=False),
        sa.Column("path", sa.String(1024), nullable=False),
        sa.Column("mark", sa.String(200), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.Column("duplicates", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("folder", "path", name="pk_record_files"),
        sa.ForeignKeyConstraint(["folder"], ["record_folders.id"], name="fk_record_files_folder_record_folders"),
    )


def _add_collections() -> None:
    op.create_table(
        "collections",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("dataset", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("versions", sa.JSON(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("labelled", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("parent", sa.String(26), nullable=True),
        sa.Column("request_key", sa.String(64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("actor_id", sa.String(200), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_collections"),
        sa.UniqueConstraint("request_key", name="uq_collections_request_key"),
    )
    op.create_index("ix_collections_model", "collections", ["model"])
    op.create_index("ix_collections_dataset", "collections", ["dataset"])
