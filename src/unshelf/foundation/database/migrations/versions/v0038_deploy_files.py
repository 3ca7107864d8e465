"""Uploaded files that deploys make their bundles of."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "deploy_files",
        sa.Column("deploy", sa.String(26), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("lock", sa.Text(), nullable=True),
        sa.Column("python", sa.String(32), nullable=True),
        sa.Column("tiers", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["deploy"], ["deploys.id"], name="fk_deploy_files_deploy_deploys"),
        sa.PrimaryKeyConstraint("deploy", name="pk_deploy_files"),
    )
