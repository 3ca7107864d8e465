"""Jobs whose code comes from git repositories, whose outputs become data, and what they took over time."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"


def upgrade() -> None:
    """Go to this revision."""
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("git", sa.JSON(none_as_null=True), nullable=True))
        jobs.add_column(sa.Column("outputs", sa.JSON(none_as_null=True), nullable=True))
    with op.batch_alter_table("job_attempts") as attempts:
        attempts.add_column(sa.Column("series", sa.JSON(none_as_null=True), nullable=True))
    with op.batch_alter_table("dataset_versions") as versions:
        versions.add_column(sa.Column("job", sa.String(26), nullable=True))
