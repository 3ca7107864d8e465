"""Projects, the places of models in them, and the roles of people."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Go to this revision: all that there is belongs to the project `default`."""
    op.create_table(
        "projects",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("priority", sa.String(16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_projects"),
    )
    op.create_table(
        "model_access",
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("visibility", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("model", name="pk_model_access"),
    )
    op.create_index("ix_model_access_project", "model_access", ["project"])
    op.create_table(
        "grants",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("holder_kind", sa.String(16), nullable=False),
        sa.Column("holder", sa.String(26), nullable=False),
        sa.Column("role", sa.String(64), nullable=False),
        sa.Column("scope_kind", sa.String(16), nullable=False),
        sa.Column("scope", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_grants"),
    )
    op.create_index("ix_grants_holder", "grants", ["holder_kind", "holder"])
    op.create_index("ix_grants_scope", "grants", ["scope_kind", "scope"])
    op.add_column("deploys", sa.Column("project", sa.String(64), nullable=True))
    op.add_column("keys", sa.Column("project", sa.String(64), nullable=True))
    op.execute("insert into model_access (model, project, visibility) select name, 'default', 'private' from models")
    op.execute(
        "insert into projects (name, title, description, priority, created_at, created_by)"
        " values ('default', 'Default', 'Everything that was given to no other project.', 'normal', CURRENT_TIMESTAMP, 'system')"
    )
