"""Jobs that versions were made of, connections that jobs were refused, alerts of projects."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("versions", sa.Column("job", sa.String(26), nullable=True))
    op.create_index("ix_versions_job", "versions", ["job"])
    op.create_index("ix_dataset_versions_job", "dataset_versions", ["job"])
    op.add_column("job_attempts", sa.Column("refused", sa.JSON, nullable=True))
    op.add_column("alerts", sa.Column("project", sa.String(64), nullable=True))
    op.create_index("ix_alerts_project", "alerts", ["project"])
